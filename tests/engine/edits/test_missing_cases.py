from __future__ import annotations

import pytest

from engine.edits.missing_cases import missing_cases
from engine.edits.template import HOLE
from marked_refactoring import after, selected

ENUM = "class Colour(Enum):\n    RED = 1\n    GREEN = 2\n    BLUE = 3\n\n\n"
MATCH = "def f(c):\n    «»match c:\n        case Colour.RED:\n            return 1\n"


def completed(marked: str, path: str = "a.py") -> str | None:
    tree, selection = selected(marked, path)
    found = missing_cases(tree, selection.start)
    return None if found is None else after(tree, found.plain)


def test_python() -> None:
    text = completed(ENUM + MATCH)
    assert text == ENUM + MATCH.replace("«»", "").rstrip("\n") + (
        "\n        case Colour.GREEN:\n            raise NotImplementedError"
        "\n        case Colour.BLUE:\n            raise NotImplementedError\n"
    )


def test_every_body_is_a_hole_of_the_template() -> None:
    tree, selection = selected(ENUM + MATCH)
    found = missing_cases(tree, selection.start)
    assert found is not None and found.names == ("GREEN", "BLUE")
    assert found.template[0].new_text.count(HOLE) == 2


@pytest.mark.parametrize(
    "marked",
    [
        ENUM + MATCH + "        case _:\n            return 2\n",
        ENUM + MATCH.replace("RED", "RED | Colour.GREEN | Colour.BLUE"),
        MATCH,  # the enum is not in sight
        ENUM + MATCH.replace("RED", "PINK"),
        ENUM + "«»x = 1\n",
    ],
)
def test_where_none_is_missing_none_is_offered(marked: str) -> None:
    assert completed(marked) is None


def test_typescript() -> None:
    marked = (
        "enum Colour { Red, Green = 2 }\nfunction f(c: Colour) {\n  «»switch (c) {\n"
        "    case Colour.Red:\n      return 1;\n  }\n}\n"
    )
    text = completed(marked, "a.ts")
    assert text is not None and "    case Colour.Green:\n      break;\n  }\n" in text


def test_rust() -> None:
    marked = (
        "enum Colour { Red, Green }\nfn f(c: Colour) -> u8 {\n    «»match c {\n"
        "        Colour::Red => 1,\n    }\n}\n"
    )
    text = completed(marked, "a.rs")
    assert text is not None and "        Colour::Green => todo!(),\n    }\n" in text
