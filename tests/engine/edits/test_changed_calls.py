"""Calls of a function whose parameters were changed."""

from __future__ import annotations

import pytest

from engine.edits.applied import applied
from engine.edits.changed_calls import changed_calls
from engine.edits.names_of import name_table
from engine.edits.template import HOLE
from engine.edits.user_change import last_change
from engine.languages import language_of
from engine.syntax import parse
from typed_edits import typed


def called(marked: str, path: str = "a.py") -> list[str]:
    """The lines behind the first one with the calls changed, ``?`` for a hole."""
    request = typed(marked, path)
    data = request.text.encode()
    change = last_change(request, data)
    assert change is not None
    language = language_of(path)
    before, now = (
        name_table(parse(change.undone(data), language)),
        name_table(parse(data, language)),
    )
    assert before is not None and now is not None
    text = applied(data, changed_calls(before, now, change)).decode()
    return text.replace(HOLE, "?").splitlines()[1:]


@pytest.mark.parametrize(
    ("marked", "lines"),
    [
        ("def f(a⟦⟧, b⟦⟧): ...\nb = 1\nf(2)\nf(a=3)\n", ["b = 1", "f(2, b)", "f(a=3, b=b)"]),
        ("def f(⟦⟧b, ⟦⟧a): ...\nf(2)\n", ["f(?, 2)"]),
        ("def f(⟦⟧b⟦⟧): ...\nf()\n", ["f(?)"]),
        ("def f(a⟦, b⟧⟦⟧): ...\nf(2, 3)\nf(1, b=2)\nf(1)\n", ["f(2)", "f(1)", "f(1)"]),
        ("def f(⟦a, ⟧⟦⟧b): ...\nf(2, 3)\nf(b=1, a=2)\n", ["f(3)", "f(b=1)"]),
        ("def f(⟦a⟧⟦⟧): ...\nf(2)\n", ["f()"]),
        ("def f(a⟦⟧, b=1⟦⟧): ...\nf(2)\n", ["f(2)"]),
        ("def f(a⟦⟧, b⟦⟧): ...\nf(*x)\ng(f)\n", ["f(*x)", "g(f)"]),
        ("def f(⟦a⟧b⟦⟧): ...\nf(2)\n", ["f(2)"]),
        ("def f(a⟦⟧, b⟦⟧): ...\ndef f(a): ...\nf(2)\n", ["def f(a): ...", "f(2)"]),
    ],
)
def test_what_calls_become(marked: str, lines: list[str]) -> None:
    assert called(marked) == lines


@pytest.mark.parametrize(
    ("path", "marked", "line"),
    [
        ("a.ts", "function f(a: A⟦⟧, b: B⟦⟧) {}\nfunction g(b: B) { f(b) }", "f(b, b)"),
        ("A.java", "class A { void f(int a⟦⟧, int b⟦⟧) {}\n void g() { f(1); } }", "f(1, ?)"),
        ("a.go", "func f(a int⟦, b int⟧⟦⟧) {}\nfunc g() { f(1, 2) }", "f(1)"),
        ("a.c", "char *f(int a⟦⟧, char *b⟦⟧) {}\nint g(char *b) { f(1); }", "f(1, b)"),
        ("a.cpp", "int f(int a⟦, T &b⟧⟦⟧) {}\nint g() { f(1, x); }", "f(1)"),
        ("A.java", "class A { void f(int a⟦, int b⟧⟦⟧) {}\n void g() { this.f(1, 2); } }", "f(1)"),
        (
            "A.java",
            "class A { A(int a⟦⟧, int b⟦⟧) {}\n static A g(int b) { new A(1); } }",
            "A(1, b)",
        ),
        ("A.java", "class A<T> { A(⟦T a⟧⟦⟧) {}\n A<T> g(T b) { return new A<>(b); } }", "A<>()"),
        (
            "A.java",
            "class A { A(int a⟦⟧, int b⟦⟧) {}\nA() {}\nA(A a, A b, A c) {}\n"
            "void g(int b) { new A(1); new A(); } }",
            "new A(1, b); new A();",
        ),
        (
            "A.java",
            "class A { A(int a⟦⟧, int b⟦⟧) {}\nA(A a) {}\nvoid g(int b) { new A(1); } }",
            "new A(1);",
        ),
        ("a.ts", "class A { constructor(a: A⟦⟧, b: B⟦⟧) {} }\nlet x = new A(1)", "A(1, ?)"),
        ("a.py", "class A:  # ⟦⟧.⟦⟧\n  def __init__(self, a): ...\nA(1)", "A(1)"),
    ],
)
def test_other_languages(path: str, marked: str, line: str) -> None:
    assert line in "\n".join(called(marked, path))


def test_calls_of_a_class_follow_its_constructor() -> None:
    text = "class A:\n    def __init__(self, a⟦⟧, b⟦⟧): ...\n\nb = A(1)\n"
    assert called(text)[-1] == "b = A(1, b)"
