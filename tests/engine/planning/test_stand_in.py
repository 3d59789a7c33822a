"""A line for the one that is missing: what stands behind it parses as it will."""

from __future__ import annotations

import pytest

from engine.languages import language_of
from engine.planning.stand_in import stand_in
from engine.syntax import parse

CASES = (
    ("a.js", "run();\n§\n  stop();\n}\n"),
    ("a.js", "const shown = {\n  a: 1,\n§  b: 2,\n  },\n};\n"),
    ("a.js", "on(first, () => {\n  x();\n});\n§\n  y();\n});\n"),
    ("a.go", "func f() int {\n§\n\t\treturn 1\n\t}\n\treturn 2\n}\n"),
    ("a.js", "class A {\n  a() {\n    x();\n  }\n§  \n    y();\n  }\n}\n"),
    ("a.ts", "function f(\n  a: string,\n§\n  return a;\n}\n"),
    ("a.ts", "const all = find(\n  (x) => x,\n§\nrun(all);\n"),
    ("a.js", "§\n  first,\n  second,\n);\n"),
    ("a.py", "def f():\n§    \n        return 1\n    return 2\n"),
    ("a.py", "try:\n    x()\n§\n    y()\n"),
    ("a.py", "§\n    first,\n    second,\n)\n"),
)


@pytest.mark.parametrize(("path", "marked"), CASES)
def test_a_line_makes_the_rest_parse_without_a_fault(path: str, marked: str) -> None:
    before, _, behind = marked.partition("§")
    lead = behind[: len(behind) - len(behind.lstrip(" "))]
    text = (before + behind.removeprefix(lead)).encode()
    found = stand_in(parse(text, language_of(path)), len(before), lead.encode())
    assert (found.num_faults, found.num_plain_faults > 0) == (0, True), found.tree.data.decode()
    assert found.tree.data.startswith(before.encode())


def test_nothing_stands_where_nothing_is_missing() -> None:
    tree = parse(b"a = 1\n\nb = 2\n", language_of("a.py"))
    assert stand_in(tree, 6, b"").tree is tree
