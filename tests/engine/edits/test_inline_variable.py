from __future__ import annotations

import pytest

from engine.edits.inline_variable import inline_variable
from marked_refactoring import after, selected


def inlined(marked: str, path: str = "a.py") -> str | None:
    tree, selection = selected(marked, path)
    found = inline_variable(tree, selection.start)
    return None if found is None else after(tree, found.edits)


@pytest.mark.parametrize(
    ("body", "made"),
    [
        ("«»x = a + 1\n    return x * 2\n", "return (a + 1) * 2\n"),
        ("x = a + 1\n    return g(«»x, x)\n", "return g(a + 1, a + 1)\n"),
        ("«»x = g(a)\n    return x\n", "return g(a)\n"),
        ("«»x = yield a\n    return x\n", "return (yield a)\n"),
        ("«»x = yield a\n    g(x, a)\n", "g((yield a), a)\n"),
        ("«»x = 1, 2\n    return g(x)\n", "return g((1, 2))\n"),
        ("«»x = a + 1\n    return x[0]\n", "return (a + 1)[0]\n"),
        ("«»x = g(a)\n    a.h(x, a.b)\n", "a.h(g(a), a.b)\n"),
        ("«»x = g(a)\n    for y in x:\n        h(y)\n", "for y in g(a):\n        h(y)\n"),
        ("«»x = [a]\n    return a.b.h(x)\n", "return a.b.h([a])\n"),
        ("«»x = a.b\n    return g(x, h(x))\n", "return g(a.b, h(a.b))\n"),
        ("«»x = g(a)\n    with x as y:\n        h(y)\n", "with g(a) as y:\n        h(y)\n"),
    ],
)
def test_the_value_is_written_at_every_use(body: str, made: str) -> None:
    assert inlined(f"def f(a):\n    {body}") == f"def f(a):\n    {made}"


@pytest.mark.parametrize(
    "body",
    [
        "«»x = g(a)\n    return x + x\n",  # two calls instead of one
        "«»x = g(a)\n    a = h()\n    return x\n",  # something happens in between
        "«»x = a\n    a = 2\n    return x\n",  # a is another one by then
        "«»x = 1\n    x = 2\n    return x\n",
        "«»x = g(a)\n    return [x for y in a]\n",  # again and again
        "«»x = a\n    return lambda: x\n",
        "«»x = 'b'\n    return f'{x}'\n",
        "«»x = 1\n    return 2\n",
        "for «»x in a:\n        print(x)\n",
        "try:\n        «»x = a.b\n    except E:\n        pass\n    return x\n",
        "if a:\n        «»x = a\n        print(a)\n    return x\n",
        "«»a.b = 1\n    return a.b\n",
        "«»x = a.b\n    a.b = 2\n    return x\n",
        "«»x = 1\n    x += 2\n    return x\n",
        "«»x = g(a)\n    return h() + x\n",  # the other way round
        "«»x = g(a)\n    return a.b + x\n",
        "«»x = g(a)\n    return a and x\n",
        "«»x = g(a)\n    return x if a else 1\n",
        "«»x = g(a)\n    if a:\n        return x\n",
        "«»x = g(a)\n    return 1 < a < x\n",
        "«»x = g(a)\n    while x:\n        h()\n",
        "«»x = a.b\n    g(a)\n    return x\n",
        "«»x = a\n    for b in g():\n        h(x)\n        a = b\n",  # from the second time on
        "«»x = a\n    (b, a) = 1, 2\n    return x\n",
    ],
)
def test_what_could_be_another_value_is_left(body: str) -> None:
    assert inlined(f"def f(a):\n    {body}") is None


def test_a_module_level_name_may_be_used_elsewhere() -> None:
    assert inlined("«»x = 1\nprint(x)\n") is None


def test_typescript() -> None:
    text = "function f(a: number) {\n  const «»x = a + 1;\n  return x * 2;\n}\n"
    made = "function f(a: number) {\n  return (a + 1) * 2;\n}\n"
    assert inlined(text, "a.ts") == made


@pytest.mark.parametrize(
    "body",
    [
        "const «»x = g(a); return h() + x;",
        "const «»x = g(a); if (a) { return x; }",
        "const «»x = g(a); return a && x;",
        "const «»x = a.b; g(a); return x;",
        "let «»x = 0; x = g(a); return x;",
        "let «»x = ''; for (const b of a) { x += b; } return x;",
        "let «»x = 0; a[x++] = 1; return x;",
        "let «»x = 0; [x, a] = [1, x]; return x;",
        "let «»x = 0; ({ y: x } = a); return x;",
        "let «»x = 0; for (x of a) { g(x); }",
        "const «»x = a; a = 2; return x;",
        "const «»x = a.b; a.b = 2; return x;",
        "const «»x = a.b; delete a.b; return x;",
        "const «»x = a.b; a.b++; return x;",
        "const «»x = a; while (g(x)) { a = 2; }",
    ],
)
@pytest.mark.parametrize("path", ["a.js", "a.ts"])
def test_what_is_written_again_is_left(path: str, body: str) -> None:
    marked = f"function f(a) {{ {body} }}".replace("; ", ";\n  ")
    assert inlined(marked, path) is None
