"""The tables of a run as Markdown, and its plots. Every sentence holds for whatever the figures are."""

from statistics import median

from machine import machine
from plots import bars, line

PEERS = {"vendor": "peer", "vendor one": "peer", "curl": "limit", "curl one": "limit", "limit": "limit"}


def number(value):
    """With three digits that mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


class Row:
    """A contender with what its rounds gave."""

    def __init__(self, kept):
        self.name, self.group, self.batch, self.keeps = kept["name"], kept["group"], kept["batch"], kept["keeps"]
        self.rounds = kept["rounds"]

    def all(self, figure):
        return [figure(run) for run in self.rounds]

    def middle(self, figure):
        return median(self.all(figure))

    def cell(self, figure):
        """The median, and the least and most of the rounds."""
        values = self.all(figure)
        if len(values) == 1:
            return number(values[0])
        return f"{number(median(values))} ({number(min(values))} to {number(max(values))})"

    def spread(self, figure):
        values = self.all(figure)
        return median(values), min(values), max(values)

    def kind(self):
        return PEERS.get(self.group, "ours")


rate = lambda run: run["messages"] / run["seconds"]
cpu = lambda run: run["cpu_us"] / run["messages"]
memory = lambda run: run["peak_kib"] / 1024
first = lambda run: run["first_ms"]
simulator = lambda run: run["simulator_us"] / run["messages"]
busy = lambda run: run["simulator_us"] / 1e6 / run["seconds"] * 100
call = lambda part, of="call": lambda run: run[of][part]
cores = lambda run: run["cpu_us"] / 1e6 / run["seconds"]


def table(head, rows):
    left = "|" + " --- |" + " ---: |" * (len(head) - 1)
    return "\n".join(["| " + " | ".join(head) + " |", left, *("| " + " | ".join(row) + " |" for row in rows)])


def throughput(rows):
    head = ["from send to accepted by the gateway", "messages/s", "CPU, µs/message", "memory, MiB", "first message, ms", "simulator's CPU, µs/message", "simulator busy"]
    groups = ["accept", "vendor", "curl", "limit"]
    return table(head, [
        [f"{row.name}, {row.batch}", row.cell(rate), row.cell(cpu), number(row.middle(memory)), number(row.middle(first)), number(row.middle(simulator)), f"{row.middle(busy):.0f} %"]
        for row in rows if row.group in groups
    ])


def life(rows):
    head = ["from send to the acknowledged result", "messages/s", "CPU, µs/message", "memory, MiB", "simulator's CPU, µs/message", "simulator busy"]
    return table(head, [
        [f"{row.name}, {row.batch}", row.cell(rate), row.cell(cpu), number(row.middle(memory)), number(row.middle(simulator)), f"{row.middle(busy):.0f} %"]
        for row in rows if row.group == "life"
    ])


def calls(rows):
    head = ["one message a call", "messages/s", "call p50, µs", "p99, µs", "p99.9, µs", "CPU, µs/message", "the call returns when"]
    when = {"single": "it is synced to the disk", "keep": "it is synced to the disk"}
    lines = []
    for row in rows:
        if row.group in ["single", "keep", "vendor one", "curl one"]:
            parts = [row.cell(call(part)) for part in ["p50", "p99", "p999"]]
            lines.append([row.name, row.cell(rate), *parts, row.cell(cpu), when.get(row.group, "the gateway has answered")])
        if row.group in ["single", "keep"]:
            parts = [row.cell(call(part, "raw")) for part in ["p50", "p99", "p999"]]
            raw = row.cell(lambda run: 1e6 / run["raw"]["mean"])
            lines.append(["raw write and fdatasync of 4 KiB, in turns with it", raw, *parts, "", "it is synced to the disk"])
    return table(head, lines)


def growth(levels):
    head = ["others waiting", "µs/message", "CPU, µs/message", "memory, MiB"]
    return table(head, [
        [f"{level['waiting']:,}", number(median(r["us"] for r in level["rounds"])), number(median(r["cpu_us"] for r in level["rounds"])), number(level["peak_kib"] / 1024)]
        for level in levels
    ])


def asked(rows, levels):
    """What must hold, and whether it does."""
    of = lambda group: [row for row in rows if row.group == group]
    best = lambda group: max(of(group), key=lambda row: row.middle(rate))
    (sealed, plain), (alive, alive_plain), single, keep = of("accept"), of("life"), of("single")[0], of("keep")[0]
    vendor, curl = best("vendor"), best("curl")
    one = next(row for row in of("vendor one") if row.name == vendor.name)
    worst = lambda row: median(run["call"]["p99"] / run["raw"]["p99"] for run in row.rounds)
    cost = lambda figure: [median(r[figure] for r in level["rounds"]) for level in levels]
    grown = lambda figure: cost(figure)[-1] / cost(figure)[0]
    ratio = lambda ours, peer: ours.middle(rate) / peer.middle(rate)
    span = f"{levels[-1]['waiting']:,} waiting against {levels[0]['waiting']:,}"
    lines = [
        (f"messages/s beside {vendor.name}, {vendor.batch}", "at least 1 x", ratio(sealed, vendor), ratio(plain, vendor), " x", 1, True),
        (f"messages/s beside {one.name}, one a call", "at least 10 x", ratio(sealed, one), ratio(plain, one), " x", 10, True),
        (f"messages/s beside {curl.name}, {curl.batch}", "at least 0.3 x", ratio(sealed, curl), ratio(plain, curl), " x", 0.3, True),
        ("CPU from send to accepted", "at most 20 µs/message", sealed.middle(cpu), plain.middle(cpu), " µs", 20, False),
        ("CPU over the whole life", "at most 40 µs/message", alive.middle(cpu), alive_plain.middle(cpu), " µs", 40, False),
        ("send call p99 beside raw fdatasync p99", "at most 3 x", worst(single), None, " x", 3, False),
        ("the same where nothing is sent meanwhile", "at most 3 x", worst(keep), None, " x", 3, False),
        (f"cost of a message, time: {span}", "at most 1.20 x", grown("us"), None, " x", 1.2, False),
        (f"cost of a message, CPU: {span}", "at most 1.20 x", grown("cpu_us"), None, " x", 1.2, False),
    ]
    said = lambda value, unit: "" if value is None else f"{value:.2f}{unit}"
    holds = lambda value, bound, least: "yes" if (value >= bound if least else value <= bound) else "**no**"
    return table(
        ["asked", "bound", "measured", "with encryption none", "holds"],
        [[what, bound, said(ours, unit), said(none, unit), holds(ours, limit, least)] for what, bound, ours, none, unit, limit, least in lines],
    )


def reading(rows):
    """What limits each, in words that the figures choose."""
    sentences = []
    for row in rows:
        if row.group in ["accept", "vendor", "curl", "limit", "life"]:
            own, other = row.middle(cores), row.middle(busy) / 100
            if other > 0.85:
                limit = "the simulator, which had no time left"
            elif own > 0.85:
                limit = "its own computing"
            else:
                limit = "waiting, for the disk, for answers or for a core: neither side was busy all the time"
            phase = "whole life" if row.group == "life" else "to accepted"
            sentences.append([f"{row.name}, {row.batch}, {phase}", f"{own:.2f}", f"{other:.2f}", limit])
    return table(["who", "cores it used", "cores the simulator used", "what limits it"], sentences)


def keeping(rows):
    seen, lines = set(), []
    for row in rows:
        if row.name not in seen and row.group in ["accept", "vendor", "curl"]:
            seen.add(row.name)
            lines.append([row.name, row.keeps])
    return table(["contender", "what is kept when the power fails"], lines)


TEXT = """# Benchmarks

alimi beside what one would take instead: the vendors' own clients in their fastest documented mode, a program in C on libcurl's
multi interface, and the bare limits of the machine. This file and its plots are written by

```
benches/peers/run
```

which builds everything, runs it and takes about 7 minutes; `benches/peers/run --short` shows in a minute that all contenders work.
{how} The machine: {machine}. All processes share its cores. Each contender is a process of its own against a
fresh process of the simulator in [programs/simulator](../programs/simulator/README.md), over HTTP on the loopback; its journal had
every message of every run exactly once. Figures are medians, in brackets the least and the most of the rounds, which took turns.

## What was asked

{asked}

## How many messages a second

![messages a second](benchmarks/throughput.svg)

{throughput}

{life}

alimi is the shipped library, called by a C program that gives it JSON; the messages are on the disk before a call returns, sealed
with the key of the configuration unless it says otherwise. It goes to the gateway in requests of 200, so that a lost answer is
settled soon; the others use the largest request that their vendor allows. Bodies and objects are made inside the time that is
measured, except for the limit of the simulator. *First message*: from the first call of a fresh process until the gateway has the
message. CPU is user and system time of the contender's process alone. In the whole life alimi asks for reports every 100 ms and the
simulator has them after 20 ms.

![CPU of a message](benchmarks/cpu.svg)

## One message a call

![latency of one call](benchmarks/latency.svg)

{calls}

These are different promises: after alimi's call the message survives a power failure and the host's thread has not waited for the
network; after the others' call the gateway has it, and until then nobody has.

## With many messages waiting

![cost of a message](benchmarks/growth.svg)

{growth}

Messages reserved for tomorrow lie in the outbox while others are sent and taken by the gateway. The memory is the peak of the process
so far, with the filling in batches of 10,000.

## What each keeps

{keeping}

alimi keeps a message, retries what certainly did not leave, asks the gateway about what may have left, collects the report and keeps the
result until it is acknowledged. The others leave all of that to their caller, and their figures have none of it in them.

## What the limit is

{reading}

The simulator answers with one thread. Where it is busy all the time, the figure is the simulator's and a faster contender could not
show it; the last row, for which a generator made all bodies before the clock began, is what it takes at most. Behind a real vendor none of this is reached: its contract allows
some hundreds or thousands of messages a second, and an answer takes tens of milliseconds.
"""


def write(kept, place):
    """Writes benchmarks.md and the plots into `place`; gives the text."""
    rows = [Row(row) for row in kept["rows"]]
    levels = next(row for row in rows if row.group == "grow").rounds[0]["levels"]
    folder = place / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    named = lambda row: f"{row.name}, {row.batch}"
    speed = [row for row in rows if row.group in ["accept", "vendor", "curl", "limit"]]
    plot = lambda name, text: (folder / f"{name}.svg").write_text(text)
    bar = lambda rows, figure: [(named(row), row.kind(), *row.spread(figure)) for row in rows]
    plot("throughput", bars("From send to accepted by the gateway", "messages a second, logarithmic; black: least and most", bar(speed, rate)))
    alive = [(named(row) + ", whole life", "ours", *row.spread(cpu)) for row in rows if row.group == "life"]
    plot("cpu", bars("CPU of a message", "µs of the sending process, user and system, logarithmic", bar(speed, cpu) + alive))
    single, keep = (next(row for row in rows if row.group == group) for group in ["single", "keep"])
    one = [row for row in rows if row.group in ["single", "keep", "vendor one", "curl one"]]
    latency = [("raw fdatasync, p99", "limit", *single.spread(call("p99", "raw")))]
    latency += [(f"{row.name}, {part}", row.kind(), *row.spread(call(part))) for row in one for part in ["p50", "p99"]]
    plot("latency", bars("One message a call", "µs until the call returns, logarithmic", latency))
    points = lambda figure: [(l["waiting"], median(v), min(v), max(v)) for l in levels for v in [[r[figure] for r in l["rounds"]]]]
    plot("growth", line("Cost of a message while others wait", "µs of CPU from send to accepted", "messages waiting, logarithmic", points("cpu_us")))
    rounds = max(len(row.rounds) for row in rows)
    how = f"The figures below are of {rounds} rounds." if rounds > 1 else "The figures below are of one short round and mean little."
    text = TEXT.format(
        how=how, machine=machine(place), asked=asked(rows, levels), throughput=throughput(rows), life=life(rows), calls=calls(rows),
        growth=growth(levels), keeping=keeping(rows), reading=reading(rows),
    )
    (place / "benchmarks.md").write_text(text)
    return "\n\n".join([asked(rows, levels), throughput(rows), life(rows), calls(rows), growth(levels), reading(rows)])
