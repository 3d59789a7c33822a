"""The file and the place that a command line names: ``FILE:LINE:COL`` to text and byte offset.

Reads only; every way in which that can fail is one line that says what to do.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from engine.errors import BadInput, TooLarge
from engine.spans import ByteOffset
from lsp_server.buffer import TextBuffer
from lsp_server.file_form import FileForm
from lsp_server.positions import Encoding, num_units, offset_of

MAX_FILE_BYTES = 4 * 1024 * 1024
_PLACE = re.compile(r"(?P<path>.+):(?P<line>\d+):(?P<column>\d+)", re.DOTALL)
_SNIFFED_BYTES = 8192
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Place:
    """A place as a person writes it: line and column count from 1, columns in characters."""

    path: Path
    line: int
    column: int

    @classmethod
    def parse(cls, argument: str) -> Place:
        """Split ``FILE:LINE:COL`` at its last two colons (a drive letter stays in the path)."""
        match = _PLACE.fullmatch(argument)
        if match is None:
            raise BadInput(
                f"'{argument}' is not FILE:LINE:COL: add the line and the column, both counted "
                f"from 1, as in main.py:12:5"
            )
        line, column = int(match["line"]), int(match["column"])
        if line < 1 or column < 1:
            raise BadInput(f"'{argument}': LINE and COL count from 1, as in {match['path']}:1:1")
        return cls(Path(match["path"]), line, column)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as the engine reads it (``form``), and the byte offset of the cursor in that text."""

    path: Path
    form: FileForm
    cursor: ByteOffset

    @property
    def text(self) -> str:
        r"""The text without a byte order mark, its line ends ``\n`` if they are of one kind."""
        return self.form.text

    @property
    def name(self) -> str:
        """The path as text, also where the locale is not UTF-8 (``LC_ALL=C``)."""
        return os.fsencode(self.path).decode(errors="replace")

    @property
    def num_line_bytes(self) -> int:
        """How long the cursor's line is."""
        buffer = TextBuffer(self.text.encode())
        line = buffer.line_at(self.cursor)
        return buffer.line_end(line) - buffer.line_start(line)

    @classmethod
    def read(cls, place: Place) -> SourceFile:
        """Read the file of ``place``; BadInput (TooLarge) when it cannot be used."""
        data = _read_bytes(place.path)
        form = FileForm.of(_decoded(place.path, data))
        return cls(place.path, form, _cursor(place, TextBuffer(form.text.encode())))


def _read_bytes(path: Path) -> bytes:
    """Read a regular file within the size limit."""
    if path.is_dir():
        raise BadInput(f"{path} is a directory: name a file in it")
    if not path.exists():
        raise BadInput(f"{path} does not exist: check the path (seen from {Path.cwd()})")
    if not path.is_file():
        raise BadInput(f"{path} is not a regular file: name a source file")
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise TooLarge(
                f"{path} has {size:,} bytes, the limit is {MAX_FILE_BYTES:,}: "
                f"name a smaller file or split it"
            )
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}): check its permissions") from None


def _decoded(path: Path, data: bytes) -> str:
    """Decode UTF-8; tell binary files and other encodings apart."""
    if data.startswith(_UTF16_MARKS):
        raise BadInput(f"{path} is UTF-16, not UTF-8: save it as UTF-8 first")
    if b"\0" in data[:_SNIFFED_BYTES]:
        raise BadInput(f"{path} is a binary file: name a source file in UTF-8")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path} is not UTF-8 (byte 0x{data[error.start]:02x} at offset {error.start}): "
            f"save it as UTF-8 first"
        ) from None


def _cursor(place: Place, buffer: TextBuffer) -> ByteOffset:
    """Byte offset of the place; BadInput with the valid range when it lies outside the text."""
    if place.line > buffer.num_lines:
        raise BadInput(
            f"{place.path} has no line {place.line}: LINE goes from 1 to {buffer.num_lines}"
        )
    line = place.line - 1
    text = buffer.slice(buffer.line_start(line), buffer.line_end(line)).decode()
    num_columns = num_units(text, Encoding.UTF32) + 1
    if place.column > num_columns:
        raise BadInput(
            f"{place.path} line {place.line} has no column {place.column}: "
            f"COL goes from 1 to {num_columns}"
        )
    return offset_of(buffer, line, place.column - 1, Encoding.UTF32)
