"""Run a test program that a model had a part in, fenced in.

Each program is its own process group with limits on processor time, memory, file size, processes
and wall clock, in an empty folder, without the user's site-packages. The network is taken away by
a namespace of its own where the system permits that, and by an audit hook (PEP 578), which cannot
be removed again and also refuses new processes, foreign functions and writes outside the folder.
This keeps accidents away, not an attacker.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from engine.errors import BadInput

_FENCE = Path(__file__).with_name("fence.py")
_OUTPUT_CHARACTERS = 300
# How the system ends what is over its limits.
_OVER: tuple[int, ...] = ()
if sys.platform != "win32":
    _OVER = signal.SIGXCPU, signal.SIGKILL


class Verdict(str, Enum):
    """How a test program ended."""

    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True)
class FenceConfig:
    """Limits of one program."""

    wall_seconds: float = 30.0
    cpu_seconds: int = 5
    memory_megabytes: int = 1024


@dataclass(frozen=True, slots=True)
class Execution:
    """The verdict, and the last line of what the program complained about."""

    verdict: Verdict
    detail: str = ""


class Fence:
    """Runs programs under limits. Raises BadInput where the system has no resource limits."""

    config: FenceConfig
    _prefix: list[str]

    def __init__(self, config: FenceConfig) -> None:
        if sys.platform == "win32":
            raise BadInput("executable tests need resource limits: run them on Linux or macOS")
        self.config = config
        self._prefix = _namespace_prefix()

    def run(self, program: str) -> Execution:
        """Run ``program`` to its end or its limit; nothing of it is left when this returns."""
        # A program that only looks as if it had reached its end cannot know the token.
        token = secrets.token_hex(8)
        limits = [str(self.config.cpu_seconds), str(self.config.memory_megabytes)]
        command = [*self._prefix, sys.executable, "-I", "-S", "-B", str(_FENCE), *limits, token]
        with tempfile.TemporaryDirectory(prefix="midfill-test-") as folder:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={"PATH": os.defpath, "PYTHONHASHSEED": "0"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            try:
                return self._wait(process, program, token)
            finally:
                _end(process)

    def _wait(self, process: subprocess.Popen[str], program: str, token: str) -> Execution:
        try:
            output, errors = process.communicate(program, timeout=self.config.wall_seconds)
        except subprocess.TimeoutExpired:
            return Execution(Verdict.TIMED_OUT, f"over {self.config.wall_seconds:g} s")
        if process.returncode == 0 and output.rstrip().endswith(token):
            return Execution(Verdict.PASSED)
        if -process.returncode in _OVER:
            return Execution(Verdict.TIMED_OUT, f"over {self.config.cpu_seconds} s of processor")
        lines = [line for line in errors.splitlines() if line.strip()]
        detail = lines[-1] if lines else f"exit code {process.returncode}"
        return Execution(Verdict.FAILED, detail[:_OUTPUT_CHARACTERS])


def kill_group(process: subprocess.Popen[Any]) -> None:
    """Kill a process that leads a session, and what it has started (Windows: it alone)."""
    if sys.platform == "win32":
        process.kill()
        return
    # The group outlives its leader when a child runs on; mostly all of it has ended by itself.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _end(process: subprocess.Popen[str]) -> None:
    kill_group(process)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _namespace_prefix() -> list[str]:
    """The command that starts a program without a network, empty where that is not permitted."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return []
    prefix = [unshare, "--user", "--map-current-user", "--net", "--"]
    done = subprocess.run([*prefix, "true"], capture_output=True, check=False, timeout=10)
    return prefix if done.returncode == 0 else []
