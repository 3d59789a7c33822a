"""Which names of a file wait for a line, as seen from that line."""

from __future__ import annotations

import pytest

from engine.languages import language_of
from engine.loose_ends.loose_names import (
    MAX_BYTES,
    LooseNames,
    is_global,
    line_around,
    loose_names,
    opened_below,
)
from engine.request import OpenDocument
from engine.spans import span
from engine.syntax import parse

PYTHON = """import os
import re

def total(items, scale):
    §
    for item in items:
        amount += item
    return helper(amount)

print(total([os.sep]))
"""
TYPESCRIPT = """import { read, write } from "./files";

export function copy(from: string, to: string): Result {
  §
  if (text === undefined) return none(from);
  return done(read(text));
}
export const unused = 1;
"""


def loose(text: str, path: str = "a.py") -> LooseNames:
    before, _, behind = text.partition("§")
    data = (before + behind).encode()
    place = span(len(before.encode()), len(before.encode()))
    return loose_names(parse(data, language_of(path)), line_around(data, place))


def free(found: LooseNames) -> list[str]:
    return [each.name for each in found.free]


def test_what_is_used_below_and_not_declared_and_what_is_imported_and_not_used() -> None:
    found = loose(PYTHON)
    assert free(found) == ["amount", "helper"]
    assert [each.is_called for each in found.free] == [False, True]
    assert found.unused == ("re",)


def test_the_nearest_use_comes_first_and_exports_are_nobodys_business() -> None:
    found = loose(TYPESCRIPT, "a.ts")
    assert free(found)[:2] == ["text", "none"]
    assert found.unused == ("write",)


def test_a_line_that_opens_a_body_is_missed_for_what_the_body_needs() -> None:
    python = """class A:
    def f(self):
        §
            x()
        assert context.error

    def g(self):
        pass
"""
    assert set(free(loose(python))) == {"context", "x"}
    javascript = """const all = {
  §
    start();
    return group.run();
  },
};
"""
    found = loose(javascript, "a.js")
    assert set(free(found)) == {"start", "group"} and found.is_in_body


def test_what_a_class_declares_does_not_hold_in_its_methods() -> None:
    text = """class A:
    §
        return load(value)

    other = make(1)

    def g(self):
        return elsewhere
"""
    found = loose(text)
    assert [(each.name, each.is_parameter) for each in found.free] == [
        ("load", True), ("value", True), ("make", False)
    ]  # fmt: skip
    script = "class A {\n  §\n    return load(value);\n  }\n\n  g() {\n    return it;\n  }\n}\n"
    found = loose(script, "a.js")
    assert [(each.name, each.is_parameter) for each in found.free] == [
        ("load", True), ("value", True)
    ]  # fmt: skip


def test_a_declaration_in_a_function_helps_nobody_outside() -> None:
    assert free(loose("def f():\n    pass\n    §\n\nprint(missing)\n")) == []
    assert free(loose("def f():\n    pass\n§\nprint(missing)\n")) == ["missing"]


def test_the_last_line_of_a_body_belongs_to_it() -> None:
    found = loose("import os\n\ndef f(a, b):\n    c = a\n    §\n\nprint(missing)\n")
    assert free(found) == []
    assert found.unused == ("os",)
    data = b"import os\n\ndef f():\n    c = 1\n\n\nprint(missing)\n"
    line = line_around(data, span(data.index(b"\n\n\n") + 1, data.index(b"\n\n\n") + 1))
    assert free(loose_names(parse(data, language_of("a.py")), line)) == ["missing"]
    assert free(loose_names(parse(data, language_of("a.py")), line, "    ")) == []
    within = loose("def f(a):\n    def g(b):\n        c = 1\n    §\n")
    assert not within.unused


def test_what_stands_on_the_line_itself_does_not_count() -> None:
    assert loose("x = missing§\n") == LooseNames()
    assert free(loose("missing = 1§\nprint(missing)\n")) == ["missing"]


def test_what_is_used_above_too_is_told_apart() -> None:
    found = loose("a(1)\n§\na(b)\n").free
    assert [(each.name, each.is_late) for each in found] == [("a", True), ("b", False)]


def test_what_is_assigned_is_told_apart() -> None:
    text = "§\nfor (const a of b) { c += a; d = 1; ++e; f++; g == 1; h(() => i); }\n"
    changed = {each.name for each in loose(text, "a.js").free if each.is_changed}
    assert changed == {"c", "d", "f"}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("page.get(1)\npage.get(2)\n", "x = page\n"), True),
        (("page.get(1)\npage.get(2)\n", "const page = open()\n"), False),
        (("page.get(1)\npage.get(2)\n", "function f(a, page) { page() }\n"), False),
        (("page.get(1)\nfrom a import page\npage.b()\n",), False),
        (("a.page(1)\nb.page(2)\nc.page(3)\n",), False),
        (("page.get(1)\n",), False),
    ],
)
def test_what_other_files_use_and_none_declares_is_global(
    texts: tuple[str, ...], expected: bool
) -> None:
    others = [OpenDocument(f"{number}.js", None, text) for number, text in enumerate(texts)]
    assert is_global("page", others) == expected


@pytest.mark.parametrize(
    ("text", "path", "opens"),
    [
        ("§\n  y();\n}\n", "a.js", "{"),
        ("§\n  y();\n});\n", "a.ts", "({"),
        ("x = §\n    1,\n)\n", "a.py", "("),
        ("func f() {\n\t§\n\t\ty()\n\t}\n}\n", "a.go", "{"),
        ("function f(\n  a,\n§\n  return a;\n}\n", "a.ts", "{"),
        ("if (x) {\n§\n}\n", "a.js", ""),
        ("§\ny();\n", "a.js", ""),
        ("§\n}\n", "a.txt", ""),
        ("§\n  y();\n}\n" + "/" * MAX_BYTES, "a.js", ""),
    ],
)
def test_brackets_that_the_line_leaves_open(text: str, path: str, opens: str) -> None:
    before, _, behind = text.partition("§")
    tree = parse((before + behind).encode(), language_of(path))
    line = line_around(tree.data, span(len(before), len(before)))
    assert opened_below(tree, line) == opens


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("print(len(missing))\n§\n", "a.go"),
        ("print(missing)\n§\n" + "#" * MAX_BYTES, "a.py"),
        ("§\n" + "".join(f"print(missing_{number})\n" for number in range(20)), "a.py"),
        ("".join(f"from a import b{number}\n" for number in range(9)) + "§\n", "__init__.py"),
        ("from __future__ import annotations\n§\n", "a.py"),
    ],
)
def test_where_too_little_or_too_much_is_known_nothing_is_said(text: str, path: str) -> None:
    found = loose(text, path)
    assert not found.free and not found.unused
