"""Who takes part: how each is started, with how many messages, and what it keeps."""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "benches/peers"
BUILD = ROOT / "build/benchmarks"
PACKAGES = ROOT / "build/vendor_clients"
LEVELS = [1_000, 10_000, 100_000, 1_000_000]

PYTHON = [str(PACKAGES / "venv/bin/python")]
NODE = ["node", "--require", str(ROOT / "tests/vendor_clients/redirect.cjs")]
OURS = "everything, synced before the call returns; retries, reports, results"
NOTHING = "nothing"


@dataclass
class Contender:
    """One row of the tables. `full` and `short`: messages in the two forms of the run."""

    name: str
    group: str
    full: int
    short: int
    command: list
    keeps: str = NOTHING
    batch: str = ""
    encryption: str = ""
    report_delay_ms: int = 600_000
    # Messages beside those that are counted: the first one of a fresh process.
    extra: int = 1
    rounds_max: int = 100
    environment: dict = field(default_factory=dict)

    def ours(self):
        return bool(self.encryption)


def ours(mode, name, full, short, encryption, *last, **more):
    title = {"sealed": "alimi", "none": "alimi, encryption none"}[encryption]
    command = [str(BUILD / "ours"), mode, "CONFIG", "MESSAGES", *last]
    return Contender(title + name, mode, full, short, command, keeps=OURS, encryption=encryption, **more)


def contenders(short):
    """All of them, in the order of the tables."""
    python, node = (lambda script: [*PYTHON, str(HERE / script)]), [*NODE, str(HERE / "solapi_node.cjs")]
    curl = [str(BUILD / "curl_multi"), "MESSAGES"]
    alone = {"environment": {"NODE_PATH": str(PACKAGES / "node_modules")}}
    levels = [str(level) for level in LEVELS if not short or level <= 10_000]
    rows = []
    for encryption in ["sealed", "none"]:
        rows.append(ours("accept", "", 100_000, 20_000, encryption, "1000", batch="1,000 a call"))
    rows += [
        Contender("solapi for Python", "vendor", 50_000, 20_000, [*python("solapi_python.py"), "MESSAGES", "10000"], batch="10,000 a call"),
        Contender("solapi for Node", "vendor", 50_000, 20_000, [*node, "MESSAGES", "10000"], batch="10,000 a call", **alone),
        Contender("bizgo for Python", "vendor", 10_000, 2_000, [*python("bizgo_python.py"), "MESSAGES", "10000"], batch="200 a request, 4 at a time"),
        Contender("libcurl in C", "curl", 200_000, 40_000, [*curl, "200", "4"], batch="200 a request, 4 at a time"),
        Contender("libcurl in C", "curl", 200_000, 40_000, [*curl, "10000", "2"], batch="10,000 a request, 2 at a time"),
        Contender("limit of the simulator", "limit", 200_000, 40_000, [*curl, "10000", "2", "prebuilt"], batch="bodies made before"),
    ]
    life = {"report_delay_ms": 20, "extra": 0, "batch": "1,000 a call"}
    rows += [ours("life", "", 100_000, 20_000, encryption, "1000", **life) for encryption in ["sealed", "none"]]
    one = {"batch": "one a call"}
    rows += [
        ours("single", "", 2_000, 400, "sealed", "FOLDER", extra=0, **one),
        ours("keep", ", for tomorrow", 2_000, 400, "sealed", "FOLDER", extra=0, **one),
        Contender("solapi for Python", "vendor one", 300, 50, [*python("solapi_python.py"), "MESSAGES", "1"], **one),
        Contender("solapi for Node", "vendor one", 1_000, 200, [*node, "MESSAGES", "1"], **one, **alone),
        Contender("bizgo for Python", "vendor one", 500, 100, [*python("bizgo_python.py"), "MESSAGES", "1"], **one),
        Contender("libcurl in C", "curl one", 2_000, 400, [*curl, "1", "1"], **one),
        ours("grow", "", 20_000, 5_000, "sealed", *levels, extra=0, rounds_max=1, batch="others waiting"),
    ]
    return rows


def configuration(folder, contender, url):
    """alimi's configuration for the simulator: what is registered there, everything else as it is without saying."""
    setup = json.loads((ROOT / "programs/simulator/setup.json").read_text())
    text = next(template["text"] for template in setup["templates"] if template["code"] == "REMIND01")
    seal = {"key": secrets.token_hex(32)} if contender.encryption == "sealed" else {"encryption": "none"}
    # Reports are asked for where there are any; every 5 seconds, as it is without saying, would be most of a short run.
    poll_ms = 100 if contender.report_delay_ms < 1_000 else 600_000
    path = folder / "configuration.json"
    path.write_text(json.dumps({
        "outbox": {"path": str(folder / "outbox.db"), "max_messages": 5_000_000, "max_megabytes": 100_000, **seal},
        "gateways": {"solapi": {"type": "solapi", "base_url": url, "poll_ms": poll_ms, **setup["solapi"]}},
        "accounts": {"naru": {"sender_key": "KA01PF-naru", "sender_number": "070-0000-0001", "gateway": "solapi"}},
        "templates": {"reminder": {"code": "KA01TP-REMIND01", "text": text}},
    }))
    return path
