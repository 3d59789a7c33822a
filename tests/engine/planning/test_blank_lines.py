from __future__ import annotations

import pytest

from engine.languages import language_of
from engine.planning.blank_lines import blank_lines_before, is_definition
from engine.spans import ByteOffset
from engine.syntax import parse


def before(text: str, line: str, path: str = "a.py") -> int:
    """How many blank lines stand before ``line`` behind ``text``, which ends a line."""
    tree = parse(text.encode(), language_of(path))
    return blank_lines_before(tree, ByteOffset(len(text.encode())), line)


def test_what_the_file_does_most_often_is_done() -> None:
    method = "    def f(self):\n        pass"
    methods = f"class A:\n    x = 1\n\n\n{method}\n\n\n{method}"
    assert before(methods, "    def h(self):") == 2


def test_each_depth_counts_for_itself() -> None:
    text = "x = 1\n\n\ndef f():\n    y = 2\n\n    def g():\n        pass\n\n\ndef h():\n    z = 3"
    assert before(text, "    def i():") == 1
    assert before(text, "def i():") == 2


@pytest.mark.parametrize(
    ("text", "line", "path", "num"),
    [
        ("x = 1", "def f():", "a.py", 2),
        ("    x = 1", "    @property", "a.py", 1),
        ("const x = 1;", "export async function f() {", "a.ts", 1),
        ("const x = 1;", "const y = 2;", "a.ts", 0),
        ("class A {", "  static f() {", "a.ts", 0),
        ("var x = 1", "func f() {", "a.go", 1),
        ("int x;", "struct point y;", "a.c", 0),
        ("# why", "def f():", "a.py", 0),
        ("@cache", "def f():", "a.py", 0),
        ("class A:", "    def f(self):", "a.py", 0),
    ],
)
def test_without_a_model_in_the_file(text: str, line: str, path: str, num: int) -> None:
    assert before(text, line, path) == num


def test_a_name_that_begins_like_a_word_defines_nothing() -> None:
    assert is_definition(b"class A:")
    assert not is_definition(b"default_value = 1")
    assert not is_definition(b"classes = []")
