"""What ``midfill why`` says of the project's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server.editor_rules import editor_rules


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


def test_what_is_wrong_in_it_is_said(tmp_path: Path) -> None:
    (tmp_path / ".midfill.toml").write_text("[settings]\nmod = 1\n")
    lines = editor_rules(tmp_path / "a.py")
    assert lines[1].startswith("Unknown setting ") and lines[1].endswith("mode?")


def test_without_a_file_the_editor_decides(tmp_path: Path) -> None:
    assert editor_rules(tmp_path / "a.py") == ["no .midfill.toml: the editor's settings hold"]
