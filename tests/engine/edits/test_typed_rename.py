"""A name changed by hand at one place is changed at the others."""

from __future__ import annotations

import pytest

from engine.edits.typed_rename import typed_rename
from engine.request import RecentEdit
from engine.spans import span

PYTHON = """def total(items):
    count = 0
    for item in items:
        count += item
    return count
"""


def typed(before: str, old: str, new: str, nth: int = 0, path: str = "a.py") -> str | None:
    """The text after one occurrence of ``old`` was retyped and the proposal was taken."""
    at = -1
    for _ in range(nth + 1):
        at = before.index(old, at + 1)
    text = before[:at] + new + before[at + len(old) :]
    start = len(before[:at].encode())
    edited = RecentEdit(span(start, start + len(new.encode())), old, 1.0, path)
    return applied(text, (edited,), path)


def applied(text: str, edits: tuple[RecentEdit, ...], path: str = "a.py") -> str | None:
    proposed = typed_rename(text, None, path, edits)
    if proposed is None:
        return None
    data = text.encode()
    for edit in reversed(proposed.edits):
        data = data[: edit.start] + edit.new_text.encode() + data[edit.end :]
    return data.decode()


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_definition_or_use_the_others_follow(nth: int) -> None:
    assert typed(PYTHON, "count", "number_of_items", nth) == PYTHON.replace(
        "count", "number_of_items"
    )


def test_keystrokes_in_the_middle_of_the_name() -> None:
    text = PYTHON.replace("count", "counter", 1)
    start = text.index("counter") + len("count")
    edits = (
        RecentEdit(span(start, start + 1), "", 9.0, "a.py"),
        RecentEdit(span(start + 1, start + 2), "", 1.0, "a.py"),
    )
    assert applied(text, edits) == PYTHON.replace("count", "counter")


def test_deleted_first_and_typed_later() -> None:
    text = PYTHON.replace("count", "n", 1)
    start = text.index("n = 0")
    edits = (
        RecentEdit(span(start, start), "count", 9.0, "a.py"),
        RecentEdit(span(start, start + 1), "", 1.0, "a.py"),
    )
    assert applied(text, edits) == PYTHON.replace("count", "n")


def test_a_use_turned_to_another_name_is_no_rename() -> None:
    assert typed("a = 1\nb = 2\nuse(a)\nuse(a)\n", "a", "b", 1) is None


def test_a_name_that_is_taken_is_no_rename() -> None:
    assert typed(PYTHON, "count", "items") is None
    assert typed("x = 1\ndef f(y):\n    return x + y\n", "y", "x") is None


@pytest.mark.parametrize("new", ["for", "1x", "a b", ""])
def test_what_is_no_name_is_no_rename(new: str) -> None:
    assert typed(PYTHON, "count", new) is None


def test_builtins_and_other_edits_are_no_rename() -> None:
    assert typed("print(1)\nprint(2)\n", "print", "log") is None
    assert applied(PYTHON, ()) is None
    beside = (RecentEdit(span(0, 9), "def", 1.0, "a.py"),)
    assert applied(PYTHON, beside) is None
    elsewhere = (RecentEdit(span(22, 27), "n", 1.0, "b.py"),)
    assert applied(PYTHON, elsewhere) is None


def test_methods_of_unknown_objects_follow_each_other() -> None:
    before = "class A { void f(Field a, Field b) { a.getFieldID(); b.getFieldID(); } }"
    after = before.replace("getFieldID", "getID")
    assert typed(before, "getFieldID", "getID", path="A.java") == after


@pytest.mark.parametrize("declared", ["", "class Field { int getID() { return 1; } }"])
def test_members_of_unknown_objects_are_not_certain(declared: str) -> None:
    text = f"class A {{ void f(Other a, Other b) {{ a.getKey(); b.getID(); }} }} {declared}"
    at = text.index("getKey")
    edited = RecentEdit(span(at, at + 6), "getID", 1.0, "A.java")
    found = typed_rename(text, None, "A.java", (edited,))
    assert found is not None and not found.is_certain
    assert [text[edit.start : edit.end] for edit in found.edits] == ["getID"]
    assert found.edits[0].start < text.index("} }")


def test_a_declared_name_is_certain() -> None:
    text = "def f(total):\n    return count + 1\n"
    found = typed_rename(text, None, "a.py", (RecentEdit(span(6, 11), "count", 1.0, "a.py"),))
    assert found is not None and found.is_certain


def test_an_imported_name_gets_an_alias() -> None:
    before = "from m import load\nload(1)\nload(2)\n"
    assert typed(before, "load", "read", 1) == "from m import load as read\nread(1)\nread(2)\n"


def test_non_ascii_text_before_the_name() -> None:
    before = "# größe\nname = 'ü'\nprint(name)\n"
    assert typed(before, "name", "größe") == before.replace("name", "größe")
