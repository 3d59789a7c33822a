"""What the user changed: names, or only what stands beside them."""

from __future__ import annotations

import pytest

from engine.edits.user_change import keeps_names, last_change
from engine.languages import language_of
from engine.syntax import parse
from typed_edits import typed


def keeps(marked: str, path: str = "a.py") -> bool:
    request, language = typed(marked, path), language_of(path)
    data = request.text.encode()
    change = last_change(request, data)
    assert change is not None
    return keeps_names(parse(change.undone(data), language), parse(data, language), change)


@pytest.mark.parametrize(
    ("marked", "path"),
    [
        ("x = y + ⟦1⟧2⟦⟧\n", "a.py"),
        ("x = y ⟦+⟧-⟦⟧ z\n", "a.py"),
        ("x = f(y)  # ⟦one⟧two three⟦⟧\n", "a.py"),
        ("x = f(⟦'one'⟧'two'⟦⟧)\n", "a.py"),
        ("⟦⟧// a new line\n⟦⟧let x = y;\n", "a.js"),
    ],
)
def test_words_of_code_are_the_same(marked: str, path: str) -> None:
    assert keeps(marked, path)


@pytest.mark.parametrize(
    ("marked", "path"),
    [
        ("x = ⟦y⟧z⟦⟧\n", "a.py"),
        ("x ⟦==⟧=⟦⟧ y\n", "a.py"),
        ("x = f'{⟦y⟧z⟦⟧}'\n", "a.py"),
        ("if x:\n⟦    ⟧⟦⟧y = 1\n    z = 2\n", "a.py"),
        ("⟦let ⟧⟦⟧x = y;\n", "a.js"),
        ("x = `${⟦y⟧z⟦⟧}`\n", "a.js"),
    ],
)
def test_a_word_or_the_part_it_plays_is_another(marked: str, path: str) -> None:
    assert not keeps(marked, path)
