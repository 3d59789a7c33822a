"""Where a line declares a name, by what is written of it."""

from __future__ import annotations

import pytest

from engine.loose_ends.declarations import Kind, Opening, open_import_list, opening


@pytest.mark.parametrize(
    ("language", "line", "kind", "part", "separator"),
    [
        ("python", "def", Kind.FUNCTION, "", " "),
        ("python", "    async def lo", Kind.FUNCTION, "lo", ""),
        ("python", "class ", Kind.TYPE, "", ""),
        ("python", "import ", Kind.MODULE, "", ""),
        ("python", "from a.b import c, d", Kind.IMPORT, "d", ""),
        ("python", "from a import (", Kind.IMPORT, "", ""),
        ("python", "for index, ", Kind.VARIABLE, "", ""),
        ("python", "    with open(path) as", Kind.VARIABLE, "", " "),
        ("python", "def f(a, *", Kind.PARAMETER, "", ""),
        ("python", "def f(a,", Kind.PARAMETER, "", " "),
        ("python", "x = map(lambda ", Kind.PARAMETER, "", ""),
        ("python", "    res", Kind.START, "res", ""),
        ("javascript", "const", Kind.CONSTANT, "", " "),
        ("javascript", "  export const ta", Kind.CONSTANT, "ta", ""),
        ("javascript", "for (const ", Kind.CONSTANT, "", ""),
        ("javascript", "let", Kind.VARIABLE, "", " "),
        ("javascript", "const {a, ", Kind.CONSTANT, "", ""),
        ("javascript", "import { a, ", Kind.IMPORT, "", ""),
        ("javascript", "import {", Kind.IMPORT, "", " "),
        ("javascript", "import", Kind.DEFAULT, "", " "),
        ("javascript", "export default async function ", Kind.FUNCTION, "", ""),
        ("javascript", "call(function (a, ", Kind.PARAMETER, "", ""),
        ("javascript", "} catch (", Kind.VARIABLE, "", ""),
        ("typescript", "export interface ", Kind.TYPE, "", ""),
        ("typescript", "type Pair<A, ", Kind.TYPE_PARAMETER, "", ""),
        ("typescript", "export const make = async (", Kind.PARAMETER, "", ""),
    ],
)
def test_a_name_is_declared(
    language: str, line: str, kind: Kind, part: str, separator: str
) -> None:
    assert opening(language, line) == Opening(kind, part, separator)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("python", "from __future__ import "),
        ("python", "x = "),
        ("python", "f(a, "),
        ("python", "import a."),
        ("javascript", "x = function"),
        ("javascript", "  type: "),
        ("javascript", "f(a, "),
        ("javascript", "a.const "),
        ("go", "func "),
    ],
)
def test_none_is(language: str, line: str) -> None:
    assert opening(language, line) is None


def test_braces_stand_as_in_the_file() -> None:
    assert opening("javascript", "import {", is_spaced=False) == Opening(Kind.IMPORT, "")


@pytest.mark.parametrize(
    ("part", "separator", "name", "rest"),
    [
        ("", " ", "total", " total"),
        ("to", "", "total", "tal"),
        ("total", "", "total", None),
        ("x", "", "total", None),
    ],
)
def test_what_is_left_of_a_name(part: str, separator: str, name: str, rest: str | None) -> None:
    assert Opening(Kind.VARIABLE, part, separator).rest_of(name) == rest


@pytest.mark.parametrize(
    ("language", "above", "is_list"),
    [
        ("python", "from a import (\n    b,\n", True),
        ("python", "from a import (b)\n", False),
        ("typescript", "import type {\n  A,\n", True),
        ("typescript", "import { A } from 'a';\nconst x = {\n", False),
        ("go", "import (\n", False),
    ],
)
def test_lists_of_imports(language: str, above: str, is_list: bool) -> None:
    assert (open_import_list(language, above) is not None) == is_list
