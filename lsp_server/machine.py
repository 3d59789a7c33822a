"""What this process holds and may use, from the operating system alone."""

from __future__ import annotations

import os
import platform
import re
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def resident_mb() -> float | None:
    """Resident memory now; None where the system does not tell (anything but Linux)."""
    return _status_mb("VmRSS")


def peak_mb() -> float | None:
    """The most resident memory so far; None on Windows."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def family_mb(pid: int) -> float | None:
    """Resident memory of a process and its children, shared pages once; None but on Linux."""
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    if not rollup.exists():
        return None
    match = re.search(r"^Pss:\s+(\d+) kB", rollup.read_text(), re.MULTILINE)
    own = int(match[1]) * 1024 / 1e6 if match else 0.0
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(family_mb(int(child)) or 0.0 for child in children)


def cpu_name() -> str:
    """What the system calls the processor."""
    listed = Path("/proc/cpuinfo")
    names = (
        re.search(r"^model name\s*:\s*(.+)$", listed.read_text(), re.M) if listed.exists() else None
    )
    return names[1] if names else platform.processor() or platform.machine()


def total_memory_gb() -> float | None:
    """Memory that the machine has; None where the system does not tell (Windows)."""
    if sys.platform == "win32" or not {"SC_PAGE_SIZE", "SC_PHYS_PAGES"} <= os.sysconf_names.keys():
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def num_cpus() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _status_mb(name: str) -> float | None:
    if not _STATUS.exists():
        return None
    match = re.search(rf"^{name}:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
    return int(match[1]) * 1024 / 1e6 if match else None
