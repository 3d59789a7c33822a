"""Imports of names from the files that define them, as the importing file writes imports."""

from __future__ import annotations

import pytest

from engine.loose_ends.definition_imports import definition_imports
from engine.request import OpenDocument

SHAPES = """import enum

LIMIT = 3
scale: int = 1

class Shape(enum.Enum):
    side = 1

async def draw(x):
    wrap()
"""
ABSOLUTE = OpenDocument("/w/app/src/app/other.py", "python", "from app.core.base import Base\n")


@pytest.mark.parametrize(
    ("source", "text", "wanted", "line"),
    [
        ("/w/app/src/app/shapes.py", "", "Shape", "from app.shapes import Shape"),
        ("/w/app/src/app/core/__init__.py", "", "draw", "from app.core import draw"),
        ("/w/app/src/app/shapes.py", "", "LIMIT scale", "from app.shapes import LIMIT, scale"),
        ("/w/app/src/app/core/x.py", "from . import y\n", "Shape", "from .core.x import Shape"),
        ("/w/app/src/lib/x.py", "from .y import z\n", "Shape", "from ..lib.x import Shape"),
        ("/w/app/src/app/shapes.py", "", "side", None),  # not at the file's top
        ("/w/app/src/app/shapes.py", "", "wrap", None),  # only used
        ("/elsewhere/x.py", "", "Shape", None),
        ("/w/app/src/app/shapes.ts", "", "Shape", None),
    ],
)
def test_python(source: str, text: str, wanted: str, line: str | None) -> None:
    documents = [OpenDocument(source, None, SHAPES), ABSOLUTE]
    path = "/w/app/src/app/main.py"
    found = definition_imports(documents, set(wanted.split()), path, text)
    assert found == [line][: line is not None]


def test_a_project_without_absolute_imports_is_imported_relatively() -> None:
    documents = [OpenDocument("p/_compat.py", None, SHAPES)]
    assert definition_imports(documents, {"Shape"}, "p/q/a.py", "import os\n") == [
        "from .._compat import Shape"
    ]


@pytest.mark.parametrize(
    ("source", "exported", "text", "wanted", "line"),
    [
        ("lib/a.js", "export class A {}\n", "", "A", 'import { A } from "../a";'),
        (
            "lib/k/a.ts",
            "export const a = 1;\nexport async function b() {}\n",
            "import {c} from './c.js'\n",
            "a b",
            "import {a, b} from './a.js'",
        ),
        ("lib/k/a/index.ts", "export enum A {}\n", "", "A", 'import { A } from "./a";'),
        (
            "lib/k/t.ts",
            "export interface T {}\n",
            "import type { U } from './u';\n",
            "T",
            "import type { T } from './t';",
        ),
        ("lib/a.ts", "export default class A {}\n", "", "A", 'import A from "../a";'),
        ("lib/a.js", "class A {}\nexport { x as A, b };\n", "", "A", 'import { A } from "../a";'),
        ("lib/a.js", "export { A } from './other';\n", "", "A", None),
        ("lib/a.js", "class A {}\n", "", "A", None),
        ("lib/a.js", "export class AB {}\n", "", "A", None),
    ],
)
def test_scripts(source: str, exported: str, text: str, wanted: str, line: str | None) -> None:
    documents = [OpenDocument(source, None, exported)]
    found = definition_imports(documents, set(wanted.split()), "lib/k/b.ts", text)
    assert found == [line][: line is not None]


def test_a_text_without_a_name_imports_nothing() -> None:
    assert definition_imports([OpenDocument("a.py", None, SHAPES)], {"Shape"}, None, "") == []
    assert definition_imports([OpenDocument("a.py", None, SHAPES)], set(), "b.py", "") == []
