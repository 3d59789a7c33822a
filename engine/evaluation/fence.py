"""Run the Python program on stdin under limits. Started as a process of its own by ``executed``.

Arguments: seconds of processor time, megabytes of memory, and a token to print when the program
has reached its end. Imports nothing of the engine: it runs isolated (``python -I -S``).
"""

from __future__ import annotations

import os
import resource
import sys

assert sys.platform != "win32", "Windows has no resource limits"

_REFUSED = (
    "socket.", "subprocess.", "ctypes.", "os.system", "os.exec", "os.posix_spawn", "os.spawn",
    "os.fork", "os.kill", "os.chmod", "os.chown", "os.link", "os.symlink", "os.remove", "os.rename",
    "os.rmdir", "os.mkdir", "os.truncate", "os.putenv", "shutil.", "pty.", "signal.pthread_kill",
)  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def limit_resources(cpu_seconds: int, memory_megabytes: int) -> None:
    """Lower this process's limits for good; what the system limits further stays."""
    limits = {
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_AS: memory_megabytes << 20,
        resource.RLIMIT_FSIZE: 1 << 20,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_NPROC: 0,
    }
    for kind, wanted in limits.items():
        hard = resource.getrlimit(kind)[1]
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (limit, limit))


def refuse_outside(folder: str) -> None:
    """Refuse the network, new processes, foreign code and writes outside ``folder`` for good."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(_REFUSED):
            raise PermissionError(f"refused in a test: {event}")
        if event != "open":
            return
        name, mode, flags = arguments
        is_write = isinstance(mode, str) and not set(mode).isdisjoint("wax+")
        is_write = is_write or (isinstance(flags, int) and bool(flags & _WRITING))
        is_inside = isinstance(name, str) and os.path.realpath(name).startswith(folder + os.sep)
        if is_write and not is_inside:
            raise PermissionError(f"refused in a test: writing {name!r}")

    sys.addaudithook(hook)


def main() -> None:
    """Run the program, then print the token."""
    cpu_seconds, memory_megabytes, token = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    program = sys.stdin.read()
    sys.argv = ["test"]
    limit_resources(cpu_seconds, memory_megabytes)
    refuse_outside(os.path.realpath(os.getcwd()))
    exec(compile(program, "<test>", "exec"), {"__name__": "__main__"})
    sys.stdout.write(f"\n{token}\n")


if __name__ == "__main__":
    main()
