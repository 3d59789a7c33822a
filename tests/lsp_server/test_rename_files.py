"""Files as a rename reads them, and what it says of those that it cannot read."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server.documents import Documents
from lsp_server.rename_files import read, why_unread

IMPORTER = "from a import total\n\ntotal([2])\n"


def test_files_on_disk_are_read_with_their_stamp(tmp_path: Path) -> None:
    path = tmp_path / "b.py"
    path.write_text(IMPORTER)
    file = read(path)
    assert file is not None and file.version is None
    assert file.is_current(Documents())
    path.write_text(IMPORTER + "\n")
    assert not file.is_current(Documents())
    path.unlink()
    assert not file.is_current(Documents())
    assert read(path) is None


def test_a_byte_order_mark_moves_no_place(tmp_path: Path) -> None:
    path = tmp_path / "b.py"
    path.write_bytes(b"\xef\xbb\xbf" + IMPORTER.encode())
    file = read(path)
    assert file is not None and file.source.text == IMPORTER
    assert file.buffer.content() == IMPORTER.encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfet\x00o\x00t\x00a\x00l\x00", None),
        (b"totals = '\xe9'\n", None),
        (b"$total = '\xe9'\n", "it is not UTF-8"),
        (b"total = 1\n" + b"#\n" * 1_000_000, "it is larger than 2 MB"),
    ],
)
def test_why_a_file_is_not_read(tmp_path: Path, content: bytes, reason: str | None) -> None:
    path = tmp_path / "b.py"
    path.write_bytes(content)
    assert read(path) is None
    assert why_unread(path, "total") == reason
