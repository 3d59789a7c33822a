"""How a line goes on that imports what a file lacks."""

from __future__ import annotations

import pytest

from engine.languages import language_of
from engine.loose_ends.likely_imports import likely_imports
from engine.loose_ends.loose_names import line_around
from engine.request import OpenDocument
from engine.spans import span
from engine.syntax import parse
from marked_text import read_marks

OTHERS = (
    OpenDocument("p/shapes.py", None, "class Shape:\n    pass\n"),
    OpenDocument("p/other.py", None, "from .colours import Red, Blue\n"),
    OpenDocument("p/list.js", None, "export const one = 1;\nexport const two = 2;\n"),
    OpenDocument("p/more.js", None, "import { three } from './three';\n"),
)


def likely(marked: str, missing: str, path: str = "p/a.py") -> list[str]:
    found = read_marks(marked)
    assert found.cursor is not None
    tree = parse(found.data, language_of(path))
    line = line_around(tree.data, span(found.cursor, found.cursor))
    own = tree.data[line.start : found.cursor].decode()
    rest = tree.data[found.cursor : line.end].decode()
    return likely_imports(tree, line, own, rest, set(missing.split()), path, OTHERS)


def test_other_files_import_it_or_define_it() -> None:
    assert likely("import os\n‸\n\nx(Red, Shape)\n", "Red Shape") == [
        "from .colours import Red",
        "from .shapes import Shape",
    ]


@pytest.mark.parametrize(
    "marked",
    [
        "from .sha‸\nx()\n",
        "‸\nx()\n",
        '"""A docstring."""\n‸\nx()\n',
        "# a comment\n‸\nx()\n",
        "    from . i‸\nx()\n",
        "x()\n‸\nimport os\n",
    ],
)
def test_where_a_line_may_import(marked: str) -> None:
    assert likely(marked, "Shape") == ["from .shapes import Shape"]


@pytest.mark.parametrize("marked", ["x = 1\n‸\ny = 2\n", "x = ‸\n", "def f():\n    ‸\n"])
def test_where_it_may_not(marked: str) -> None:
    assert likely(marked, "Shape") == []


def test_a_file_imports_nothing_from_itself() -> None:
    assert likely("‸\n\nx(Red)\n", "Red", "p/colours.py") == []
    assert likely("‸\n\nx(three);\n", "three", "p/three.js") == []


def test_what_stands_behind_the_cursor_is_not_written_again() -> None:
    assert likely("from .shapes ‸ Shape\nShape()\n", "Shape") == ["from .shapes import"]
    assert likely("from .shapes ‸ Other\nShape()\n", "Shape") == []


@pytest.mark.parametrize(
    ("marked", "line"),
    [
        ('export * from "./more";\n‸\n', 'export * from "./list";'),
        ('‸\nexport * from "./more";\n', 'export * from "./list";'),
        ('export * from "./more";\nexport * from "./li‸\n', 'export * from "./list";'),
        ('export * from "./more";\nconst x = 1;\n‸\n', None),
    ],
)
def test_a_file_that_exports_others_lacks_one(marked: str, line: str | None) -> None:
    found = likely(marked + 'const y = 2;\nexport * from "./shapes";\n', "", "p/index.js")
    assert found == [line][: line is not None]


def test_a_line_says_itself_what_it_imports() -> None:
    marked = "import { one } from‸\n"
    assert likely(marked, "", "p/a.js") == ["import { one } from './list';"]
    assert likely("import three, { two‸\n", "", "p/a.js") == [
        "import { three } from './three';",
        "import { two } from './list';",
    ]
    assert likely("const one = ‸\n", "", "p/a.js") == []


def test_a_list_of_imports_ends_with_the_file_that_has_most_of_it() -> None:
    marked = "import {\n  one,\n  two,\n  three,\n‸\none + two + three;\n"
    assert likely(marked, "", "p/a.js") == ["} from './list';"]
    assert likely("from x import (\n    Red,\n‸\n", "Red") == []
