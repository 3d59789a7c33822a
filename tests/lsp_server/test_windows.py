"""What differs on Windows and macOS, as far as it can be shown on any system."""

from __future__ import annotations

import ast
from pathlib import PureWindowsPath

import pytest
from pygls import uris

from engine.context import short_path
from engine.languages import language_of
from engine.reading.names_near import names_near
from engine.syntax import parse
from engine.tags import definitions_in
from lsp_server.secret_mask import without_secrets
from lsp_server.source_file import Place
from lsp_server.workspace.ignore import _relative, _spelled
from source_tree import name_of, python_files, tree_of

UNIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
WINDOWS_ONLY = {"_winapi", "msvcrt", "nt", "winreg", "winsound"}


def test_modules_of_one_system_are_imported_where_they_are_used() -> None:
    eager = [
        f"{name_of(path)} imports {alias.name}"
        for path in python_files("engine", "lsp_server")
        for node in tree_of(path).body
        # A program of its own, which Windows never starts.
        if name_of(path) != "engine/evaluation/fence.py"
        and isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
        if {alias.name, getattr(node, "module", "")} & (UNIX_ONLY | WINDOWS_ONLY)
    ]
    assert eager == []


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///c%3A/project/a%20b.py", "c:\\project\\a b.py"),
        ("file:///C:/project/a.py", "c:\\project\\a.py"),
        ("file://server/share/a.py", "\\\\server\\share\\a.py"),
    ],
)
def test_uris_of_windows_name_their_files(
    monkeypatch: pytest.MonkeyPatch, uri: str, path: str
) -> None:
    monkeypatch.setattr(uris, "IS_WIN", True)
    found = uris.to_fs_path(uri)
    assert found is not None
    # One file, however its drive is written: what the workspace compares.
    assert PureWindowsPath(found) == PureWindowsPath(path.replace("c:", "C:"))
    assert short_path(path) == PureWindowsPath(path).name


def test_ignore_rules_see_slashes_and_no_case_of_drives() -> None:
    root = PureWindowsPath("c:\\Project")
    below = _relative(PureWindowsPath("C:\\project\\src\\.ENV"), root)
    assert below is not None
    assert _spelled(below.parts, is_folder=False) == "src/.ENV"
    assert _relative(PureWindowsPath("d:\\project\\a.py"), root) is None
    unc = PureWindowsPath("\\\\server\\share\\p")
    assert _relative(unc / "src" / "a.py", unc) == PureWindowsPath("src/a.py")


def test_a_place_keeps_its_drive() -> None:
    place = Place.parse("C:\\project\\a.py:12:5")
    assert (str(place.path), place.line, place.column) == ("C:\\project\\a.py", 12, 5)


def test_windows_line_ends_change_nothing_but_themselves() -> None:
    lines = [
        "from shop import Price",
        "",
        "def total(cart):",
        "    password = 'hunter22!'",
        "    return 1",
    ]
    unix, windows = "\n".join(lines), "\r\n".join(lines)
    assert names_near(windows, len(windows)) == names_near(unix, len(unix))
    assert without_secrets(windows) == without_secrets(unix).replace("\n", "\r\n")
    language = language_of("a.py")
    found = [list(definitions_in(parse(text.encode(), language))) for text in (unix, windows)]
    assert "hunter22" not in without_secrets(windows)
    assert [[(one.name, one.signature) for one in tags] for tags in found] == [
        [("total", "def total(cart):")]
    ] * 2
