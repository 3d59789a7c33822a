"""Incremental trees equal full ones, and nothing raises."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.languages import LANGUAGES, PLAIN_TEXT, language_of
from engine.spans import span
from engine.syntax import ParseCache, SyntaxTree, difference, parse

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SOURCES = ("inventory.py", "debounce.js", "events.ts", "cache.go", "tokens.rs", "ring.c")


def shape(tree: SyntaxTree) -> list[tuple[str, int, int, bool]]:
    found, stack = [], [] if tree.root is None else [tree.root]
    while stack:
        node = stack.pop()
        found.append((node.type, node.start_byte, node.end_byte, node.is_missing))
        stack.extend(node.children)
    return found


TYPED = (
    b"foo(bar, ",
    b"if (x) {\n  re",
    b"\n    for i",
    b"x = [1, 2",
    b"} else {",
    b'"ab',
    b"\xc3\xa9:\n",
)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_warm_cache_equals_a_cold_one(data: st.DataObject) -> None:
    """Key by key, while the code is broken: a warm cache must not change what is proposed."""
    name = data.draw(st.sampled_from(SOURCES))
    text = (FIXTURES / name).read_bytes()
    language = language_of(name)
    start = data.draw(st.integers(0, len(text)))
    typed = data.draw(st.sampled_from(TYPED))
    cache = ParseCache()
    for size in range(len(typed) + 1):
        edited = text[:start] + typed[:size] + text[start:]
        tree = cache.parse(name, edited, language)
        assert tree.data == edited
        assert shape(tree) == shape(parse(edited, language))


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_incremental_equals_full_in_sound_code(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(SOURCES))
    text = (FIXTURES / name).read_bytes()
    language = language_of(name)
    tree = parse(text, language)
    line = data.draw(st.integers(0, text.count(b"\n") - 1))
    start = sum(len(row) + 1 for row in text.split(b"\n")[:line])
    for inserted in (b"\n", b"  \n", b""):
        edited = text[:start] + inserted + text[start:]
        tree = parse(edited, language, tree)
        full = parse(edited, language)
        assert full.num_faults() > 0 or shape(tree) == shape(full)


@settings(max_examples=60, deadline=None)
@given(
    data=st.binary(max_size=200),
    new=st.binary(max_size=20),
    language=st.sampled_from([*LANGUAGES, PLAIN_TEXT]),
    place=st.tuples(st.integers(0, 200), st.integers(0, 200)),
)
def test_never_raises(data: bytes, new: bytes, language: object, place: tuple[int, int]) -> None:
    tree = parse(data, language)  # type: ignore[arg-type]
    start, end = sorted(min(offset, len(data)) for offset in place)
    edited = tree.replaced(span(start, end), new)
    assert edited.data == data[:start] + new + data[end:]
    assert tree.data == data
    assert edited.num_faults() >= 0
    for offset in (0, start, len(edited.data)):
        edited.node_at(offset)
        edited.scopes(offset)
        edited.statement_at(offset)
        assert b"\n" not in edited.line_at(min(offset, len(edited.data))).of(edited.data)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=30), st.binary(max_size=30))
def test_difference_turns_old_into_new(old: bytes, new: bytes) -> None:
    changed, inserted = difference(old, new)
    assert old[: changed.start] + inserted + old[changed.end :] == new


def test_old_tree_stays_valid() -> None:
    language = language_of("a.py")
    tree = parse(b"def f():\n    return 1\n", language)
    before = shape(tree)
    tree.replaced(span(0, 3), b"class")
    assert shape(tree) == before


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.py", b"x = foo(1)\n", 0),
        ("a.py", b"if :\n    pass\n", 1),
        ("a.js", b"const x = (1;\n", 1),
        ("a.txt", b"see (page 3) and [4]", 0),
        ("a.txt", b"don't count ' in prose (", 1),
        ("a.txt", b'say "hello\nbye) ', 2),
    ],
)
def test_num_faults(name: str, text: bytes, expected: int) -> None:
    assert parse(text, language_of(name)).num_faults() == expected


def test_faults_within() -> None:
    text = b"x = 1\nif :\n    pass\ny = 2\n"
    tree = parse(text, language_of("a.py"))
    assert tree.num_faults(span(0, 4)) == 0
    assert tree.num_faults(span(6, 10)) == 1


def test_scopes_are_outermost_first() -> None:
    text = b"class A:\n    def f(self):\n        return 1\n"
    tree = parse(text, language_of("a.py"))
    assert [node.type for node in tree.scopes(text.index(b"1"))] == [
        "class_definition",
        "function_definition",
    ]
    statement = tree.statement_at(text.index(b"1"))
    assert statement is not None and statement.type == "return_statement"


def test_line_at_leaves_out_carriage_returns() -> None:
    tree = parse(b"ab\r\ncd", language_of("a.txt"))
    assert tree.line_at(1) == span(0, 2)
    assert tree.line_at(5) == span(4, 6)


def test_cache_is_bounded_and_incremental() -> None:
    cache = ParseCache(capacity=2)
    language = language_of("a.py")
    first = cache.parse("a.py", b"x = 1\n", language)
    assert cache.parse("a.py", b"x = 1\n", language) is first
    cache.parse("b.py", b"", language)
    cache.parse("c.py", b"", language)
    assert len(cache) == 2
    assert cache.parse("a.py", b"x = 1\n", language) is not first
    assert cache.parse(None, b"x", language).data == b"x"
    assert cache.parse("c.py", b"x", language_of("c.go")).language.id == "go"


@pytest.mark.parametrize("name", SOURCES)
def test_fixtures_are_sound(name: str) -> None:
    assert parse((FIXTURES / name).read_bytes(), language_of(name)).num_faults() == 0
