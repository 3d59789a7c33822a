"""Import lines of other files, as another file would write them."""

from __future__ import annotations

import pytest

from engine.loose_ends.import_lines import import_lines
from engine.request import OpenDocument


@pytest.mark.parametrize(
    ("source", "line", "target", "wanted", "found"),
    [
        ("p/a.py", "from .wsgi import wrap, other", "p/q/b.py", "wrap", "from ..wsgi import wrap"),
        ("p/q/a.py", "from ..wsgi import wrap", "p/b.py", "wrap", "from .wsgi import wrap"),
        ("p/q/a.py", "from . import wrap", "p/b.py", "wrap", "from .q import wrap"),
        ("p/a.py", "from .wsgi import wrap", "other/b.py", "wrap", None),
        ("p/a.py", "from ...x import wrap", "p/b.py", "wrap", None),
        ("p/a.py", "    from x import y as wrap", "b.py", "wrap", "from x import y as wrap"),
        ("p/a.py", "from x import y as wrap", "b.py", "y", None),
        ("p/a.py", "import os.path", "b.py", "os", "import os.path"),
        ("p/a.py", "import os.path as path, sys", "b.py", "path", "import os.path as path"),
        ("p/a.py", "from x import *", "b.py", "wrap", None),
    ],
)
def test_python(source: str, line: str, target: str, wanted: str, found: str | None) -> None:
    other = OpenDocument(source, "python", f"# {wanted}\n{line}\n")
    assert import_lines([other], {wanted}, target, "python") == [found][: found is not None]


@pytest.mark.parametrize(
    ("line", "wanted", "found"),
    [
        ('import { Base, a } from "./base.js";', "Base", 'import { Base } from "../base.js";'),
        ('import {Base, a as b} from "../x.js"', "b", 'import {a as b} from "../../x.js"'),
        ('import D, { x } from "d";', "D", 'import D from "d";'),
        ('import D, { x } from "d";', "x", 'import { x } from "d";'),
        ('import type { T, U } from "t"', "U", 'import type { U } from "t"'),
        ('import * as ns from "ns"', "ns", 'import * as ns from "ns"'),
        ('const { x, y } = require("./y");', "y", 'const { y } = require("../y");'),
        ("var m = require('./k/m')", "m", "var m = require('./m')"),
        ('import "./base.js"; // Base', "Base", None),
    ],
)
def test_javascript(line: str, wanted: str, found: str | None) -> None:
    other = OpenDocument("lib/a.js", "javascript", f"{line}\n")
    lines = import_lines([other], {wanted}, "lib/k/b.js", "javascript")
    assert lines == [found][: found is not None]


def test_the_standard_library_is_known() -> None:
    assert import_lines([], {"Callable"}, None, "python") == [
        "from collections.abc import Callable"
    ]
    assert import_lines([], {"Callable"}, None, "typescript") == []


def test_windows_has_other_slashes_and_a_file_may_have_no_name() -> None:
    other = OpenDocument("p\\a.py", "python", "from .w import wrap\nfrom w import also\n")
    assert import_lines([other], {"wrap"}, "p\\q\\b.py", "python") == ["from ..w import wrap"]
    assert import_lines([other], {"wrap", "also"}, None, "python") == ["from w import also"]
