"""What the Python contenders share: the message that every contender sends, clocks, and the line of figures."""

import json
import resource
import time

VALUES = {"기관명": "나루의원", "예약일": "12월 1일", "예약시간": "14:30", "진료과": "내과", "의사": "이바다"}


def recipient(number):
    """A number of the simulator whose message is delivered: the last two digits choose what happens."""
    ending = number // 100 % 60
    return "0100000%02d%02d" % (number % 100, ending if ending < 10 else ending + 40)


def values(number):
    return {**VALUES, "환자명": f"김하늘{number}"}


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e6


def peak_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def measure(call, messages, batch):
    """`call(first, count)` sends messages and returns when the gateway has taken all. The first call is of one message, by a
    fresh process; then as many as it takes, each of `batch`."""
    began = time.perf_counter()
    call(0, 1)
    first = time.perf_counter() - began
    took = []
    begun, used = time.perf_counter(), cpu()
    for number in range(1, messages + 1, batch):
        began = time.perf_counter()
        call(number, min(batch, messages + 1 - number))
        took.append((time.perf_counter() - began) * 1e6)
    seconds, used = time.perf_counter() - begun, cpu() - used
    took.sort()
    of = lambda part: took[int((len(took) - 1) * part)]
    call = {"p50": of(0.5), "p99": of(0.99), "p999": of(0.999), "mean": sum(took) / len(took)}
    figures = {"messages": messages, "seconds": seconds, "cpu_us": used, "first_ms": first * 1e3}
    print(json.dumps({**figures, "call": call, "peak_kib": peak_kib()}))
