"""What ``midfill why`` says of the project's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server.editor_rules import editor_rules
from lsp_server.mode import MAX_LINE_BYTES


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("enabled = false", "an editor shows nothing here: enabled is false"),
        (
            'languages.python.mode = "off"',
            "an editor shows nothing here unless asked by hand: mode is off",
        ),
        ('mode = "quiet"', "an editor shows what is at least 0.50 sure: mode quiet"),
    ],
)
def test_the_nearest_file_says_when_an_editor_is_silent(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / ".midfill.toml"
    file.write_text(f"[settings]\n{text}\n")
    assert editor_rules(tmp_path / "a.py") == [str(file), said]


def test_a_line_that_no_one_wrote_is_silent_unless_asked(tmp_path: Path) -> None:
    lines = editor_rules(tmp_path / "a.js", MAX_LINE_BYTES + 1)
    assert lines[-1].endswith("unless asked by hand: the line has 10001 bytes, over 10000")
    assert editor_rules(tmp_path / "a.js", MAX_LINE_BYTES) == editor_rules(tmp_path / "a.js")


def test_what_is_wrong_in_it_is_said(tmp_path: Path) -> None:
    (tmp_path / ".midfill.toml").write_text("[settings]\nmod = 1\n")
    lines = editor_rules(tmp_path / "a.py")
    assert lines[1].startswith("Unknown setting ") and lines[1].endswith("mode?")


def test_without_a_file_the_editor_decides(tmp_path: Path) -> None:
    assert editor_rules(tmp_path / "a.py") == ["no .midfill.toml: the editor's settings hold"]
