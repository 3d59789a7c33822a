"""Starts a module of ours in a process of its own."""

from __future__ import annotations

import subprocess
import sys

# The module path is handed over whole: ``-m`` would put the editor's working directory first,
# and a user's ``engine`` or ``json.py`` would be run in place of ours.
_START = "import sys; sys.path[:] = {path!r}; from {module} import main; main()"
# On Windows a process whose parent has no console gets one, in a window, unless it is told not to.
if sys.platform == "win32":
    NO_WINDOW = subprocess.CREATE_NO_WINDOW
else:
    NO_WINDOW = 0


def command_of(module: str, *arguments: str) -> list[str]:
    """The command that runs ``main()`` of ``module``, which finds what it imports where we do."""
    return [sys.executable, "-c", _START.format(path=sys.path, module=module), *arguments]


def start_child(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Run ``main()`` of ``module`` with ``arguments``; its stdin and stdout are pipes to us."""
    command = command_of(module, *arguments)
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, creationflags=NO_WINDOW
    )
