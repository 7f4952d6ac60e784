# coding: utf-8
"""Reads the appointments of a CP949 file, reminds every patient by AlimTalk with an LMS as fallback, and prints what became of
the messages. The same as examples/c/quickstart.c.

    python quickstart.py [CONFIGURATION [APPOINTMENTS]]

Run it twice, or stop it in the middle and run it again: nothing is sent twice. The outbox is where the configuration says; a
path that is not absolute begins in the directory of the configuration.
"""
from __future__ import print_function

import collections
import io
import os
import sys

import alimi

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
OUTCOMES = ["AlimTalk", "LMS/SMS", "failed", "unknown", "expired"]


def outcome_of(result):
    """The column of the table; None while the message is under way."""
    if result.state == "delivered":
        return "AlimTalk" if result.channel == "alimtalk" else "LMS/SMS"
    return {"failed": "failed", "unknown": "unknown", "expired": "expired", "cancelled": "expired"}.get(result.state)


def send_reminders(client, appointments):
    """Hands all over; answers the institution and the outcome of each by its key."""
    with io.open(appointments, encoding="cp949") as file:
        names = file.readline().strip().split(",")
        rows = [dict(zip(names, line.rstrip("\r\n").split(","))) for line in file]
    number, institution, phone = names[0], names[1], names[4]
    institutions, outcomes, earlier = {}, {}, 0
    for row in rows:
        # The columns' headings are the names of the template's variables.
        variables = {name: row[name] for name in names if name not in (number, institution, phone)}
        sent = client.send_alimtalk(row[phone], "reminder", variables, row[number], {"account": row[institution]})
        earlier += sent.duplicate
        institutions[sent.key] = row[institution]
        # What an earlier run has acknowledged does not come again; its result can be looked up.
        outcomes[sent.key] = outcome_of(client.status(sent.key)) if sent.duplicate else None
    print("%d messages handed over" % len(rows))
    if earlier:
        print("%d were accepted by an earlier run and are not sent again" % earlier)
    sys.stdout.flush()
    return institutions, outcomes


def collect_results(client, outcomes):
    """Takes results until every message has one. What is not acknowledged comes again, after a crash as well."""
    waiting = {key for key, outcome in outcomes.items() if outcome is None}
    taken = 0
    while True:
        result = client.poll(timeout=1 if waiting else 0)
        if result is None:
            if not waiting:
                return
            continue
        # Here a real program writes the result to its own database; then it lets it go.
        client.acknowledge(result.key)
        if result.key in waiting:
            waiting.remove(result.key)
            outcomes[result.key] = outcome_of(result)
        taken += 1
        if taken % 250 == 0:
            print("%d results taken" % taken)


def print_table(institutions, outcomes):
    counts = collections.Counter()
    for key, outcome in outcomes.items():
        for row in (institutions[key], "all"):
            counts[row, outcome] += 1
            counts[row, "total"] += 1
    print("\n%-12s" % "institution" + "".join("%10s" % name for name in OUTCOMES + ["total"]))
    # In the order of the file, as its keys are in order.
    rows = list(collections.OrderedDict.fromkeys(institutions[key] for key in sorted(institutions))) + ["all"]
    for row in rows:
        print("%-12s" % row + "".join("%10d" % counts[row, name] for name in OUTCOMES + ["total"]))


def main():
    arguments = sys.argv[1:] + ["quickstart.json", "appointments.csv"][len(sys.argv) - 1 :]
    given = len(sys.argv) - 1
    config, appointments = [a if i < given else os.path.join(DATA, a) for i, a in enumerate(arguments)]
    with alimi.Client(config) as client:
        institutions, outcomes = send_reminders(client, appointments)
        collect_results(client, outcomes)
    print_table(institutions, outcomes)


if __name__ == "__main__":
    try:
        main()
    except alimi.Error as error:
        sys.exit("quickstart: %s" % error)
