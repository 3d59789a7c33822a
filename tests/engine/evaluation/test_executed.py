from __future__ import annotations

import sys

import pytest

from engine.evaluation.executed import Fence, FenceConfig, Verdict

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX resource limits")


@pytest.fixture(scope="module")
def fence() -> Fence:
    return Fence(FenceConfig(wall_seconds=60.0, cpu_seconds=5, memory_megabytes=512))


def test_a_program_that_ends_well_passes(fence: Fence) -> None:
    program = "import math, re, collections\nopen('scratch', 'w').write('x')\nassert 1 + 1 == 2"
    assert fence.run(program).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("program", "detail"),
    [
        ("assert False, 'wrong'", "AssertionError: wrong"),
        ("def broken(:", "SyntaxError"),
        ("import sys; sys.exit(0)", "exit code 0"),
        ("import os; os._exit(0)", "exit code 0"),
        ("x = ' ' * (4 << 30)", "MemoryError"),
        ("open('/tmp/outside', 'w')", "refused in a test: writing"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "PermissionError"),
        ("import subprocess; subprocess.run(['true'])", "PermissionError"),
        ("import os; os.fork()", "PermissionError"),
    ],
)
def test_a_program_that_fails_or_reaches_out_says_why(
    fence: Fence, program: str, detail: str
) -> None:
    execution = fence.run(program)
    assert execution.verdict is Verdict.FAILED
    assert detail in execution.detail


def test_a_program_that_does_not_end_is_stopped() -> None:
    busy = Fence(FenceConfig(wall_seconds=20.0, cpu_seconds=1))
    assert busy.run("while True: pass").verdict is Verdict.TIMED_OUT
    idle = Fence(FenceConfig(wall_seconds=0.5))
    assert idle.run("import time; time.sleep(60)").verdict is Verdict.TIMED_OUT
