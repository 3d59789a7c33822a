"""A docstring that named all parameters names them after the edit as well."""

from __future__ import annotations

from engine.edits.applied import applied
from engine.edits.next_edit import analysed
from engine.edits.template import HOLE
from typed_edits import typed

GOOGLE = '    """It.\n\n    Args:\n        a: One.\n        b: Two.\n    """\n'


def followed(marked: str) -> str:
    request = typed(marked)
    return applied(request.text.encode(), analysed(request)).decode().replace(HOLE, "?")


def test_the_entry_of_a_parameter_that_went_goes() -> None:
    text = followed(f"def f(a⟦, b⟧⟦⟧):\n{GOOGLE}\n\nf(1, 2)\n")
    assert text == 'def f(a):\n    """It.\n\n    Args:\n        a: One.\n    """\n\n\nf(1)\n'


def test_a_new_parameter_gets_an_entry_that_the_model_fills() -> None:
    text = followed(f"def f(a, b⟦⟧, c⟦⟧):\n{GOOGLE}    return c\n")
    assert "        b: Two.\n        c: ?\n    " in text


def test_a_docstring_that_was_wrong_before_stays() -> None:
    marked = f"def f(a⟦⟧, c⟦⟧):\n{GOOGLE}    return c\n"
    assert analysed(typed(marked)) == ()


def test_a_docstring_without_entries_stays() -> None:
    assert analysed(typed('def f(a⟦⟧, c⟦⟧):\n    """It."""\n    return c\n')) == ()
    assert analysed(typed("def f(a⟦⟧, c⟦⟧):\n    return c\n")) == ()


def test_tags_of_other_languages_follow_as_well() -> None:
    tags = "/**\n * @param a one\n */\n"
    request = typed(f"{tags}int f(int a⟦⟧, int b⟦⟧);\n", "a.c")
    made = applied(request.text.encode(), analysed(request)).decode()
    assert made == f"/**\n * @param a one\n * @param b {HOLE}\n */\nint f(int a, int b);\n"
