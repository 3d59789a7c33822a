"""Processes by their number, on each system: whether one runs, and how to end it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

if sys.platform == "win32":
    import ctypes

    _SYNCHRONIZE, _TIMED_OUT = 0x00100000, 0x102

    def is_running(pid: int) -> bool:
        """Whether a process runs."""
        kernel = ctypes.WinDLL("kernel32")
        kernel.OpenProcess.restype = ctypes.c_void_p
        handle = ctypes.c_void_p(kernel.OpenProcess(_SYNCHRONIZE, False, pid))
        if not handle:
            return False
        waited: int = kernel.WaitForSingleObject(handle, 0)
        kernel.CloseHandle(handle)
        return waited == _TIMED_OUT

    def kill(pid: int) -> None:
        """End a process at once."""
        os.kill(pid, signal.SIGTERM)  # TerminateProcess: nobody can handle it

    KILLED = signal.SIGTERM.value  # its exit code

else:

    def is_running(pid: int) -> bool:
        """Whether a process runs; one that only waits to be reaped does not."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        if not Path("/proc/self/stat").exists():
            return True
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False  # it ended meanwhile
        return state != "Z"

    def kill(pid: int) -> None:
        """End a process at once."""
        os.kill(pid, signal.SIGKILL)

    KILLED = -signal.SIGKILL.value
