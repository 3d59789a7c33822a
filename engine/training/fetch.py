"""Download pinned packages through the ordinary clients of their registries, and verify them.

pip for wheels and source distributions, npm for JavaScript, apt for Debian's source tarballs. The
configured proxies of those clients apply, and the mirrors and caches of pip and npm. A file that
does not match its SHA-256 is never kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from engine.errors import TrainingError
from engine.training.debian import private_options
from engine.training.pins import Pin, Registry

TIMEOUT_SECONDS = 900
_CHUNK_BYTES = 1 << 20


def fetch(pin: Pin, folder: Path) -> Path:
    """The verified archive of ``pin`` in ``folder``, downloaded when it is not there yet.

    Raises TrainingError when the client is missing or fails, or the file is not the pinned one.
    """
    target = folder / pin.file
    if target.is_file() and sha256_of(target) == pin.sha256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".partial-") as scratch:
        _download(pin, Path(scratch), folder)
        found = Path(scratch) / pin.file
        if not found.is_file():
            names = ", ".join(sorted(entry.name for entry in Path(scratch).iterdir())) or "nothing"
            raise TrainingError(f"{pin.key}: {pin.file} was wanted, the client brought {names}")
        digest = sha256_of(found)
        if digest != pin.sha256:
            raise TrainingError(
                f"{pin.key}: {pin.file} has SHA-256 {digest}, pinned is {pin.sha256}; not used"
            )
        found.replace(target)
    return target


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal digits. Raises TrainingError when it is unreadable."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise TrainingError(f"{path}: cannot be read ({error.strerror})") from error
    return digest.hexdigest()


def check_interpreter(pin: Pin) -> None:
    """Raise TrainingError when the running interpreter is not the pinned one (CPYTHON pins)."""
    if platform.python_version() != pin.version:
        raise TrainingError(
            f"{pin.key}: this is Python {platform.python_version()}; run with Python {pin.version} "
            "or leave the registry cpython out"
        )


def wheel_options(file: str) -> list[str]:
    """The options that make pip choose this wheel whatever machine it runs on.

    >>> wheel_options("a-1-cp312-cp312-manylinux_2_17_x86_64.whl")[:4]
    ['--python-version', '3.12', '--implementation', 'cp']
    """
    python, abi, platforms = file[: -len(".whl")].rsplit("-", 3)[1:]
    if platforms == "any":
        return ["--ignore-requires-python"]
    version = re.fullmatch(r"cp(\d)(\d+)", python.split(".")[0])
    if version is None:
        raise TrainingError(f"{file}: the tag {python!r} is not of a CPython wheel")
    options = ["--python-version", f"{version[1]}.{version[2]}", "--implementation", "cp"]
    options += ["--abi", abi]
    for name in platforms.split("."):
        options += ["--platform", name]
    return options


def _download(pin: Pin, scratch: Path, folder: Path) -> None:
    """Bring ``pin`` into ``scratch``; clients keep their state in ``folder``."""
    if pin.registry is Registry.PYPI:
        _run(pin, _pip_command(pin, scratch), scratch)
    elif pin.registry is Registry.NPM:
        npm, package = _client("npm", pin), f"{pin.name}@{pin.version}"
        pack = [npm, "pack", package, "--ignore-scripts", "--pack-destination", str(scratch)]
        _run(pin, pack, scratch)
    elif pin.registry is Registry.DEBIAN:
        _download_source(pin, scratch, folder / f"apt-{pin.release}")
    else:
        raise TrainingError(f"{pin.key}: there is nothing to download for {pin.registry.value}")


def _download_source(pin: Pin, scratch: Path, state: Path) -> None:
    client = [_client("apt-get", pin), *private_options(state, pin.release)]
    source = [*client, "source", "--tar-only", "--only-source", pin.name]
    # A thousand packages of one release share its lists; they are only asked for again where they
    # do not lead to the tarball.
    if any((state / "lists").glob("*Sources*")):
        with contextlib.suppress(TrainingError):
            _run(pin, source, scratch)
        if (scratch / pin.file).is_file():
            return
    _run(pin, [*client, "update"], scratch)
    _run(pin, source, scratch)


def _pip_command(pin: Pin, scratch: Path) -> list[str]:
    # pip reads a source distribution's metadata by running its build: it must have the right hash
    # before that, so pip gets the hash too.
    wanted = scratch / "requirements.txt"
    wanted.write_text(f"{pin.name}=={pin.version} --hash=sha256:{pin.sha256}\n", "utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--dest", str(scratch), "--requirement", str(wanted)]
    if pin.file.endswith(".whl"):
        return [*command, "--only-binary", ":all:", *wheel_options(pin.file)]
    return [*command, "--no-binary", ":all:"]


def _client(name: str, pin: Pin) -> str:
    client = shutil.which(name)
    if client is None:
        raise TrainingError(
            f"{pin.key}: {name} is not installed; install it or leave the registry "
            f"{pin.registry.value} out"
        )
    return client


def _run(pin: Pin, command: list[str], scratch: Path) -> None:
    name = "pip" if command[0] == sys.executable else Path(command[0]).name
    try:
        done = subprocess.run(
            command,
            cwd=scratch,
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TrainingError(
            f"{pin.key}: {name} took over {TIMEOUT_SECONDS} s; run again to go on"
        ) from error
    except OSError as error:
        raise TrainingError(f"{pin.key}: {name} cannot be run ({error.strerror})") from error
    if done.returncode:
        raise TrainingError(f"{pin.key}: {name} failed: {_last_error(done.stderr)}")


def _last_error(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    # The last lines are advice, npm's first one a bare code.
    errors = [line for line in lines if re.match(r"(?i)(npm )?(error|err!|e:)(?! code )", line)]
    return (errors or lines or ["no message"])[0]
