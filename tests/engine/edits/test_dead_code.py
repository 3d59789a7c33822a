from __future__ import annotations

import pytest

from engine.edits.applied import applied
from engine.edits.dead_code import dead_code
from engine.languages import language_of
from engine.proposal import Edit
from engine.syntax import parse


def cleaned(text: str, path: str = "a.py") -> str:
    tree = parse(text.encode(), language_of(path))
    return applied(tree.data, [Edit(dead.span, "") for dead in dead_code(tree)]).decode()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("def f():\n    return 1\n    x = 2\n    g()\n", "def f():\n    return 1\n"),
        ("for x in y:\n    continue\n    g()\n", "for x in y:\n    continue\n"),
        (
            "if a == 1:\n    b\nelif a == 1:\n    c\nelse:\n    d\n",
            "if a == 1:\n    b\nelse:\n    d\n",
        ),
    ],
)
def test_what_never_runs_goes(text: str, left: str) -> None:
    assert cleaned(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    return 1\n    yield\n",  # makes it a generator
        "if f(a):\n    b\nelif f(a):\n    c\n",  # a call may answer otherwise
        "def f():\n    if a:\n        return 1\n    return 2\n",
        "def f(:\n    return 1\n    g()\n",
    ],
)
def test_what_may_matter_stays(text: str) -> None:
    assert cleaned(text) == text


def test_javascript_functions_are_hoisted() -> None:
    text = "function f() {\n  return g();\n  function g() {}\n}\n"
    assert cleaned(text, "a.js") == text
    assert cleaned("function f() {\n  return 1;\n  g();\n}\n", "a.js") == (
        "function f() {\n  return 1;\n}\n"
    )


def test_comments_behind_the_end_stay() -> None:
    text = "class A {\n  int f() {\n    return 1; // never 2\n    /* nor 3 */\n  }\n}\n"
    assert cleaned(text, "A.java") == text
