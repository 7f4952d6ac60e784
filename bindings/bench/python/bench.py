"""What sending and polling cost in Python: bench.py DIRECTORY COUNT ROUND. ../README.md says what it does."""
import sys
import timeit

import alimi

now = timeit.default_timer


def run(client, first, count):
    began = now()
    for i in range(first, first + count):
        client.send_alimtalk("010-0000-0001", "visit", "name=A\ntime=10:00", "K-%d" % i)
    for _ in range(count):
        client.acknowledge(client.poll(20).key)
    return now() - began


def main():
    count = int(sys.argv[2])
    config = {
        "outbox": {"encryption": "none", "path": "%s/%s.db" % (sys.argv[1], sys.argv[3])},
        "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 0}},
        "accounts": {"clinic": {"sender_key": "any", "sender_number": "070-0000-0001"}},
        "templates": {"visit": {"text": "#{name} - #{time}"}},
        "logging": {"file": None},
    }
    with alimi.Client(config) as client:
        run(client, 0, count // 10)
        print("%.2f" % (run(client, count // 10, count) * 1e6 / count))


if __name__ == "__main__":
    main()
