"""The training corpus: one JSON object a line, zstd compressed, one line a source file.

Reading needs only `zstandard`; nothing here knows tokens or models.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from engine.errors import TrainingError

FIELDS = ("package", "version", "licence", "path", "lang", "text")
COMPRESSION_LEVEL = 19


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of one published package. ``path`` is relative to the package's root."""

    package: str
    version: str
    licence: str
    path: str
    lang: str
    text: str


def read_corpus(path: Path) -> Iterator[SourceFile]:
    """Stream the source files of a ``.jsonl.zst`` (or plain ``.jsonl``) corpus in file order.

    Raises TrainingError when the file is missing, is no zstd, or a line is not such an object.
    """
    try:
        with path.open("rb") as raw:
            source: BinaryIO = raw
            if path.suffix == ".zst":
                decompressor = zstandard.ZstdDecompressor()
                # The reader is a stream in all but its declared type.
                source = cast(BinaryIO, decompressor.stream_reader(raw, read_across_frames=True))
            with io.TextIOWrapper(source, encoding="utf-8", newline="\n") as lines:
                for number, line in enumerate(lines, start=1):
                    yield _parse_line(path, number, line)
    except OSError as error:
        raise TrainingError(
            f"{path}: cannot be read ({error.strerror}); give the path of a corpus .jsonl.zst file"
        ) from error
    except zstandard.ZstdError as error:
        raise TrainingError(f"{path}: not a whole zstd file ({error}); build it again") from error
    except UnicodeDecodeError as error:
        raise TrainingError(f"{path}: not UTF-8 ({error.reason}); build it again") from error


def write_corpus(path: Path, files: Iterable[SourceFile], level: int = COMPRESSION_LEVEL) -> int:
    """Write ``files`` to ``path`` in one step (a broken run leaves no half file); return how many.

    ``level`` is zstd's, 1 to 22. Raises TrainingError when the disk does not take it.
    """
    partial = path.with_name(path.name + ".partial")
    num_files = 0
    try:
        with partial.open("wb") as raw:
            compressor = zstandard.ZstdCompressor(level=level)
            with compressor.stream_writer(raw, closefd=False) as sink:
                for file in files:
                    sink.write(_format_line(file))
                    num_files += 1
        partial.replace(path)
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        partial.unlink(missing_ok=True)
    return num_files


def _parse_line(path: Path, number: int, line: str) -> SourceFile:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise TrainingError(f"{path}: line {number} is no JSON ({error.msg})") from error
    if not isinstance(record, dict):
        raise TrainingError(f"{path}: line {number} is no JSON object")
    for name in FIELDS:
        if not isinstance(record.get(name), str):
            raise TrainingError(f'{path}: line {number} has no text field "{name}"')
    return SourceFile(**{name: record[name] for name in FIELDS})


def _format_line(file: SourceFile) -> bytes:
    return (json.dumps(asdict(file), ensure_ascii=False) + "\n").encode("utf-8")
