from __future__ import annotations

import pytest

from engine.edits.add_parameter import add_parameter, wanted_parameter
from engine.edits.template import HOLE
from engine.errors import BadInput
from marked_refactoring import after, selected


def added(marked: str, path: str = "a.py") -> str:
    tree, selection = selected(marked, path)
    return after(tree, add_parameter(tree, selection.start).plain)


@pytest.mark.parametrize(
    ("marked", "made"),
    [
        (
            "def f(a):\n    return a + «»b\n\n\ndef g(b):\n    return f(1)\n",
            "def f(a, b):\n    return a + b\n\n\ndef g(b):\n    return f(1, b)\n",
        ),
        (
            "def f():\n    return «»b\n\n\nf()\n",
            "def f(b):\n    return b\n\n\nf(None)\n",
        ),
        (  # recursion passes on what it was given
            "def f(a):\n    return f(a - 1) + «»b\n",
            "def f(a, b):\n    return f(a - 1, b) + b\n",
        ),
        (
            "def f(a, c=1):\n    return «»b\n\n\nf(1)\n",
            "def f(a, c=1, *, b):\n    return b\n\n\nf(1, b=None)\n",
        ),
        (
            "def f(a, *rest, **more):\n    return «»b\n\n\nf(1)\n",
            "def f(a, *rest, b, **more):\n    return b\n\n\nf(1, b=None)\n",
        ),
        (
            "def f(a):\n    return «»b\n\n\nf(a=1)\n",
            "def f(a, b):\n    return b\n\n\nf(a=1, b=None)\n",
        ),
        (
            "def f(\n    a,\n):\n    return «»b\n",
            "def f(\n    a,\n    b,\n):\n    return b\n",
        ),
    ],
)
def test_python(marked: str, made: str) -> None:
    assert added(marked) == made


def test_a_caller_that_does_not_know_it_gets_a_hole() -> None:
    tree, selection = selected("def f(a):\n    return «»b\n\n\ndef g(b):\n    f(b)\n\n\nf(1)\n")
    texts = [edit.new_text for edit in add_parameter(tree, selection.start).template]
    assert texts == [", b", ", b", f", {HOLE}"]


@pytest.mark.parametrize(
    ("marked", "words"),
    [
        ("def f(a):\n    return «»b\n\n\nmap(f, [])\n", "in line 5: who calls it is not known"),
        ("def f(a):\n    return «»b\n\n\nf(*c)\n", "line 5 unpacks"),
    ],
)
def test_callers_that_are_not_known_are_named(marked: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        added(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "def f(a):\n    return «»a\n",
        "def f(a):\n    return «»len(a)\n",
        "«»b\n",
        "class A:\n    def __init__(self):\n        «»b\n",
        "def f(a:\n    return «»b\n",
    ],
)
def test_where_nothing_is_missing_nothing_is_offered(marked: str) -> None:
    tree, selection = selected(marked)
    assert wanted_parameter(tree, selection.start) is None


def test_javascript_fills_up_what_a_call_leaves_out() -> None:
    marked = "function f(a, c) {\n  return «»b;\n}\nf(1);\n"
    made = "function f(a, c, b) {\n  return b;\n}\nf(1, undefined, undefined);\n"
    assert added(marked, "a.js") == made
