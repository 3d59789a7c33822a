"""The white space that an empty line gets, as someone who types there would want it."""

from __future__ import annotations

import pytest

from engine.holes import HoleKind
from engine.languages import language_of
from engine.mask_plan import plan_masks
from engine.planning.indentation import indent_unit
from engine.request import Request
from engine.spans import ByteOffset
from engine.syntax import parse


def lead_at(name: str, marked: str) -> str:
    before, after = marked.split("‸")
    text = before + after
    cursor = ByteOffset(len(before.encode()))
    tree = parse(text.encode(), language_of(name))
    return plan_masks(tree, cursor, Request(text, cursor, path=name)).lead


@pytest.mark.parametrize(
    ("name", "marked", "lead"),
    [
        # the block goes on, whatever follows
        ("a.go", "func f() {\n\tx()\n‸\n}\n", "\t"),
        ("a.go", "func f() {\n\tif a {\n\t\tx()\n‸\n\t}\n}\n", "\t\t"),
        ("a.go", "func f() {\n\tx()\n}\n\n‸\n\nfunc g() {\n}\n", ""),
        # a statement over several lines counts by its first
        ("a.go", "func f() {\n\tx := a.\n\t\tb().\n\t\tc()\n‸\n\ty()\n}\n", "\t"),
        ("a.c", "int f(int a,\n      int b) {\n‸\n    return a;\n}\n", "    "),
        # no braces
        ("a.c", "int f(void)\n{\n    if (x)\n        return 1;\n‸\n}\n", "    "),
        ("a.c", "int f(void)\n{\n    if (x)\n‸\n    return 1;\n}\n", "        "),
        ("a.js", "function f() {\n  if (x) a();\n  else\n‸\n}\n", "    "),
        # cases
        ("a.go", "func f() {\n\tswitch v {\n‸\n\t}\n}\n", "\t"),
        ("a.go", "func f() {\n\tswitch v {\n\t‸\n\t}\n}\n", ""),
        ("a.go", "func f() {\n\tswitch v {\n\tcase 1:\n‸\n\t}\n}\n", "\t\t"),
        (
            "a.c",
            "void f(void) {\n    switch (v) {\n‸\n    case 1:\n        x();\n    }\n}\n",
            "    ",
        ),
        ("a.js", "switch (x) {\n  case 1:\n    y();\n‸\n}\n", "    "),
        # members, macros, namespaces
        ("a.cpp", "class A {\n public:\n‸\n  int x;\n};\n", "  "),
        ("a.cpp", "namespace a {\n‸\nint x;\n}\n", ""),
        ("a.c", "void f(void) {\n    a();\n#ifdef X\n    b();\n#endif\n‸\n}\n", "    "),
        ("a.java", "class A {\n    void f() {}\n\n‸\n}\n", "    "),
        ("a.rs", "fn f() {\n    match x {\n        A => 1,\n‸\n    }\n}\n", "        "),
        ("a.tsx", "const a = (\n  <div>\n    <b/>\n‸\n  </div>\n);\n", "    "),
        # lists
        ("a.c", "void f(void) {\n    call(first,\n‸\n         third);\n}\n", "         "),
        ("a.java", "class A {\n    int x = f(\n‸\n    );\n}\n", "        "),
        ("a.py", "x = {\n‸\n}\n", "    "),
        # what is closed nowhere is closed on the level of its opener
        ("a.ts", "import {\n  one,\n  two,\n‸\n\nexport const x = 1;\n", ""),
        ("a.ts", "function f(\n  a: string,\n‸\n  return a;\n}\n", ""),
        ("a.py", "def f(\n    a: str,\n‸\n    return a\n", ""),
        ("a.ts", "import {\n  one,\n‸\n} from './x';\n", "  "),
        ("a.ts", "f(\n  a,\n‸\n);\n", "  "),
        ("a.js", "function f() {\n  x();\n‸\n\nfunction g() {\n}\n", "  "),
        # below two blank lines, a header of what stands below
        ("a.py", "class A:\n    x = 1\n\n\n‸\n    y = 2\n", ""),
        ("a.py", "class A:\n    x = 1\n\n‸\n    y = 2\n", "    "),
        ("a.py", "class A:\n    x = 1\n\n\n‸\n\n    y = 2\n", "    "),
        # what is there already wins
        ("a.go", "func f() {\n\tif a {\n\t\tx()\n\t‸\n\t}\n}\n", ""),
        ("a.py", "if a:\n    b()\n‸\n", ""),
    ],
)
def test_an_empty_line_is_indented_as_its_block(name: str, marked: str, lead: str) -> None:
    assert lead_at(name, marked) == lead


def test_the_body_below_a_lone_brace_is_a_body() -> None:
    text = "int f(void)\n{\n\n}\n"
    tree = parse(text.encode(), language_of("a.c"))
    for cursor, lead in ((14, "    "), (13, "")):
        plan = plan_masks(tree, cursor, Request(text, ByteOffset(cursor), path="a.c"))
        assert plan.holes[plan.cursor_hole].kind is HoleKind.BODY
        assert plan.lead == lead


def test_a_body_in_the_headers_line_is_over() -> None:
    text = "class A {\n    void f() {}\n\n}\n"
    tree = parse(text.encode(), language_of("A.java"))
    plan = plan_masks(tree, 26, Request(text, ByteOffset(26), path="A.java"))
    assert plan.holes[plan.cursor_hole].kind is HoleKind.BLOCK


@pytest.mark.parametrize(
    ("text", "path", "unit"),
    [
        ('def f():\n    """Text.\n\n   odd\n    """\n    if x:\n        pass\n', "a.py", b"    "),
        ("if (x) {\n\ty();\n}\n  z();\n", "a.js", b"\t"),
        ("f(\n   x);\n", "a.js", b"   "),
        ("x();\n", "a.ts", b"  "),
        ("x()\n", "a.py", b"    "),
        ("package a\n", "a.go", b"\t"),
    ],
)
def test_a_level_is_what_comes_in_below_what_opens_a_block(
    text: str, path: str, unit: bytes
) -> None:
    assert indent_unit(parse(text.encode(), language_of(path))) == unit
