"""Read the members of a package archive in memory; nothing is unpacked onto the disk.

So no member can escape a folder: links and special files are skipped, a name that is absolute or
climbs is refused, and no more than ``MAX_MEMBER_BYTES`` of a member are ever decompressed.
"""

from __future__ import annotations

import lzma
import sysconfig
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from engine.errors import TrainingError

MAX_MEMBER_BYTES = 1_000_000
MAX_MEMBERS = 200_000


def read_archive(path: Path, is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """The wanted regular members of a wheel, zip or tar file as ``(path, bytes)``, in its order.

    Paths are relative to the package: a tar file's single top folder is left out. Members over
    ``MAX_MEMBER_BYTES`` are skipped. Raises TrainingError when the archive is damaged or hostile.
    """
    try:
        if zipfile.is_zipfile(path):
            yield from _read_zip(path, is_wanted)
        else:
            yield from _read_tar(path, is_wanted)
    except (
        OSError,
        EOFError,
        RuntimeError,
        NotImplementedError,
        zipfile.BadZipFile,
        tarfile.TarError,
        lzma.LZMAError,
        zlib.error,
    ) as error:
        raise TrainingError(
            f"{path}: cannot be unpacked ({error}); delete it to download it again"
        ) from error


def read_standard_library(is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """The wanted modules of the running interpreter's standard library, without site-packages."""
    root = Path(sysconfig.get_paths()["stdlib"])
    for file in sorted(root.rglob("*.py")):
        path = file.relative_to(root).as_posix()
        if "site-packages" in path or not is_wanted(path) or not file.is_file():
            continue
        if file.stat().st_size <= MAX_MEMBER_BYTES:
            yield path, file.read_bytes()


def safe_path(name: str, archive: Path) -> str:
    """``name`` in its plain form; TrainingError when it is absolute or climbs out."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name[:2]:
        raise TrainingError(f"{archive}: the member {name!r} points outside; refuse this package")
    return path.as_posix()


def _read_zip(path: Path, is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _check_count(len(members), path)
        for member in members:
            name = safe_path(member.filename, path)
            # The upper half of a zip's attributes holds the Unix mode; 0o120000 is a link.
            is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
            if member.is_dir() or is_link or not is_wanted(name):
                continue
            with archive.open(member) as stream:
                data = stream.read(MAX_MEMBER_BYTES + 1)
            if len(data) <= MAX_MEMBER_BYTES:
                yield name, data


def _read_tar(path: Path, is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path, "r:*") as archive:
        for number, member in enumerate(archive, start=1):
            _check_count(number, path)
            parts = PurePosixPath(safe_path(member.name, path)).parts[1:]
            name = "/".join(parts)
            if not member.isreg() or not parts or member.size > MAX_MEMBER_BYTES:
                continue
            if is_wanted(name):
                stream = archive.extractfile(member)
                if stream is not None:
                    yield name, stream.read(MAX_MEMBER_BYTES)


def _check_count(number: int, path: Path) -> None:
    if number > MAX_MEMBERS:
        raise TrainingError(f"{path}: more than {MAX_MEMBERS} members; refuse this package")
