"""The machine in general words: no name of it, no path on it."""

import os
import platform
import subprocess


def disk(folder):
    """What kind of disk a folder is on."""
    number = os.stat(folder).st_dev
    device = os.path.realpath(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    # A partition has its queue one folder further up.
    place = next((p for p in [device, os.path.dirname(device)] if os.path.exists(p + "/queue/rotational")), None)
    if place is None:
        return "a disk of unknown kind"
    name = os.path.basename(place)
    if name.startswith("vd"):
        return "a virtual disk"
    if name.startswith("nvme"):
        return "an NVMe disk"
    with open(place + "/queue/rotational") as rotational:
        return "a rotating disk" if rotational.read().strip() == "1" else "a solid state disk"


def machine(folder):
    with open("/proc/cpuinfo") as info:
        virtual = "hypervisor" in info.read()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    kind = subprocess.run(["stat", "-f", "-c", "%T", str(folder)], capture_output=True, text=True).stdout.strip()
    what = "a virtual machine" if virtual else "a machine"
    return (
        f"{what} ({platform.machine()}) with {os.cpu_count()} cores, {memory:.0f} GiB of memory and {disk(folder)} "
        f"({kind.replace('ext2/ext3', 'ext4')}), Linux {platform.release().split('-')[0]}, Python {platform.python_version()}"
    )
