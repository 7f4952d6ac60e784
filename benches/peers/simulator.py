"""The simulator as a process of its own: it is the judge of what was delivered, and says what it spent itself."""

import json
import os
import subprocess
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")
# No contender may go through a proxy of this machine to reach it.
PROXIES = {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name.lower() not in PROXIES}
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Simulator:
    """Fresh for every measurement, on a port of its own."""

    def __init__(self, program, report_delay_ms, keep):
        options = ["--listen", "127.0.0.1:0", "--counters-only", "--capture", "0", "--keep", str(keep)]
        command = [program, *options, "--report-delay-ms", str(report_delay_ms)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        self.url = self.process.stdout.readline().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def cpu_us(self):
        """User and system time so far."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS * 1e6

    def journal(self):
        with OPENER.open(self.url + "/control/journal", timeout=60) as answer:
            return json.load(answer)
