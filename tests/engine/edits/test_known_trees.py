"""Trees of texts that were seen before."""

from __future__ import annotations

from engine.edits.known_trees import KnownTrees
from engine.languages import language_of
from engine.syntax import parse

PYTHON = language_of("a.py")


def test_a_text_that_was_seen_has_the_same_tree() -> None:
    known = KnownTrees()
    first = known.parse("a.py", b"x = 1\n", PYTHON)
    second = known.parse("a.py", b"x = 12\n", PYTHON)
    assert known.parse("a.py", b"x = 1\n", PYTHON) is first
    assert known.parse("a.py", b"x = 12\n", PYTHON) is second
    assert known.parse("b.py", b"x = 1\n", PYTHON) is not first


def test_only_the_last_trees_are_kept() -> None:
    known = KnownTrees(capacity=2)
    first = known.parse("a.py", b"x = 1\n", PYTHON)
    for number in range(2, 4):
        known.parse("a.py", b"x = %d\n" % number, PYTHON)
    assert known.parse("a.py", b"x = 1\n", PYTHON) is not first


def test_broken_code_reads_as_it_does_alone() -> None:
    known = KnownTrees()
    known.parse("a.py", b"def f(a):\n    return [a]\n", PYTHON)
    broken = b"def f(a:\n    return [a\n"
    found, alone = known.parse("a.py", broken, PYTHON), parse(broken, PYTHON)
    assert found.root is not None and alone.root is not None
    assert str(found.root) == str(alone.root)
    assert known.parse("a.py", broken, PYTHON) is not found
