"""Names that other files import from one that does not declare them."""

from __future__ import annotations

import pytest

from engine.loose_ends.asked_names import MAX_ASKED, AskedName, asked_names
from engine.request import OpenDocument


def asked(
    path: str, text: str = "", declared: tuple[str, ...] = (), **others: str
) -> list[AskedName]:
    names = {"py": ".py", "ts": ".ts"}
    documents = [
        OpenDocument(f"p/{name.replace('__', '/')}{names[path[-2:]]}", None, other)
        for name, other in others.items()
    ]
    return asked_names(documents, path, text, declared)


@pytest.mark.parametrize(
    "line",
    [
        "from .shapes import Shape",
        "from p.shapes import Shape as S",
        "    from p.shapes import Shape",
        "from .shapes import (\n    Shape,  # the base\n)",
    ],
)
def test_python_names_a_module(line: str) -> None:
    assert asked("p/shapes.py", a=f"{line}\nShape()\n") == [AskedName("Shape", True, False)]


@pytest.mark.parametrize(
    "line", ["from .other import Shape", "from shapes import Shape", "import p.shapes"]
)
def test_another_module_is_another(line: str) -> None:
    assert asked("p/shapes.py", a=f"{line}\n") == []


def test_a_module_of_another_folder() -> None:
    assert asked("p/q/shapes.py", a="from .q.shapes import One\n") != []
    assert asked("p/q/shapes.py", q__r__a="from ..shapes import One\n") != []
    assert asked("p/q/shapes.py", r__a="from ..shapes import One\n") == []


@pytest.mark.parametrize(
    "line",
    [
        "import { area } from './shapes';",
        "import type { area } from './shapes';",
        "import All, { type area as size } from './shapes.js';",
        "import {\n  // the size\n  area,\n} from './shapes';",
        "export { area } from './shapes';",
    ],
)
def test_scripts_name_a_file(line: str) -> None:
    assert asked("p/shapes.ts", a=f"{line}\n") == [AskedName("area", False, False)]


def test_scripts_name_an_index_by_its_folder() -> None:
    assert asked("p/shapes/index.ts", a="import { area } from './shapes';\n") != []
    assert asked("p/shapes/index.ts", shapes__a="import { area } from '.';\n") != []


@pytest.mark.parametrize(
    "text",
    [
        "export function area() {}",
        "export abstract class area {}",
        "const area = 1;\nexport { area };",
        "const size = 1;\nexport { size as area };",
        "export * from './areas';",
        "export { width } from './areas';",
        "export const { area, width } = sizes;",
        "module.exports = { area };",
        "exports.area = 1;",
    ],
)
def test_what_a_script_exports_is_not_missing(text: str) -> None:
    assert asked("p/shapes.ts", text, a="import { area } from './shapes';\n") == []


def test_what_a_script_declares_may_still_have_to_be_exported() -> None:
    text, other = "function area() {}\n", "import { area } from './shapes';\n"
    [found] = asked("p/shapes.ts", text, ("area",), a=other)
    assert found.heads("typescript") == ["export { area }"]


@pytest.mark.parametrize(
    "text", ["from .areas import *", "def __getattr__(name):\n    return name"]
)
def test_a_module_that_passes_on_may_have_any_name(text: str) -> None:
    assert asked("p/shapes.py", text, a="from .shapes import Shape\n") == []


def test_what_python_declares_is_not_missing() -> None:
    assert asked("p/shapes.py", "", ("Shape",), a="from .shapes import Shape\n") == []


def test_through_a_file_that_exports_all_of_it() -> None:
    others = {"all": "export * from './shapes';\n", "a": "import { area } from './all';\n"}
    assert asked("p/shapes.ts", **others) == [AskedName("area", False, False)]
    declaring = others["all"] + "export * from './areas';\n"
    assert asked("p/shapes.ts", **others | {"all": declaring}) == [], "that file is not seen"
    others |= {"all": declaring, "areas": "export const area = 1;\n"}
    assert asked("p/shapes.ts", **others) == []


def test_many_names_come_in_another_way() -> None:
    names = ", ".join(f"name{number}" for number in range(MAX_ASKED + 1))
    assert asked("p/shapes.py", a=f"from .shapes import {names}\n") == []


@pytest.mark.parametrize(
    ("name", "is_called", "language", "heads"),
    [
        ("Shape", True, "python", ["class Shape"]),
        ("area", True, "python", ["def area", "async def area"]),
        ("area", False, "python", ["def area", "async def area", "area"]),
        ("_AREA", False, "python", ["_AREA", "class _AREA"]),
        ("AREA", False, "typescript", ["export const AREA"]),
        ("area", True, "javascript", ["class", "const", "function"]),
        ("Shape", True, "javascript", ["class", "const", "function"]),
        ("Shape", False, "typescript", ["class", "const", "interface", "type"]),
    ],
)
def test_how_a_name_is_declared_for_others(
    name: str, is_called: bool, language: str, heads: list[str]
) -> None:
    found = AskedName(name, is_called, False).heads(language)
    assert [head.removesuffix(f" {name}").removeprefix("export ") for head in found] == [
        head.removesuffix(f" {name}").removeprefix("export ") for head in heads
    ]
