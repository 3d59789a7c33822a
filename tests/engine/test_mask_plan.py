"""What holds for every plan; the choice of holes itself is in tests/golden."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.holes import HoleKind, MaskPlan
from engine.languages import language_of
from engine.mask_plan import plan_masks
from engine.planning.bodies import is_placeholder
from engine.planning.gaps import gaps_of
from engine.planning.hole_spans import hole_spans
from engine.request import OpenDocument, RecentEdit, Request
from engine.spans import ByteOffset, span
from engine.syntax import SyntaxTree, parse

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CASES = json.loads((FIXTURES / "cases.json").read_text(encoding="utf-8"))
NAMES = [case["file"] for case in CASES]


def tree_of(name: str, text: bytes | None = None) -> SyntaxTree:
    data = (FIXTURES / name).read_bytes() if text is None else text
    return parse(data, language_of(name))


def plan_of(tree: SyntaxTree, cursor: int, **options: object) -> MaskPlan:
    text = tree.data.decode("utf-8", "replace")
    return plan_masks(tree, cursor, Request(text, ByteOffset(cursor), **options))  # type: ignore[arg-type]


def assert_sound(tree: SyntaxTree, plan: MaskPlan) -> None:
    cursor_hole = plan.holes[plan.cursor_hole]
    assert cursor_hole.span.start == plan.cursor
    assert plan.rest.start == cursor_hole.span.end or cursor_hole.span.end > plan.rest.end
    assert all(hole.num_tokens in (8, 16, 32) and hole.reason for hole in plan.holes)
    for left, right in zip(plan.holes, plan.holes[1:], strict=False):
        assert left.span.end < right.span.start
    for hole in plan.holes:
        words = hole.span.of(tree.data)
        assert not words.strip() or is_placeholder(words, tree.language), words


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_any_cursor_in_sound_and_broken_code(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    text = (FIXTURES / name).read_bytes()
    start = data.draw(st.integers(0, len(text)))
    size = data.draw(st.sampled_from([0, 0, 3, 30]))
    word = data.draw(st.sampled_from([b"", b"(", b"for  in :", b"def f():", b"{", b"x = "]))
    tree = tree_of(name, text[:start] + word + text[start + size :])
    assert_sound(tree, plan_of(tree, start + len(word)))


@pytest.mark.parametrize("cursor", [-5, 10**9])
def test_cursor_outside_moves_to_the_end(cursor: int) -> None:
    tree = tree_of("a.py", b"x = 1\n")
    plan = plan_masks(tree, cursor, Request("x = 1\n", ByteOffset(0)))
    assert plan.cursor in (0, 6)


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, 40), size=st.integers(0, 20), age=st.floats(0, 5))
def test_recent_text_is_never_masked(start: int, size: int, age: float) -> None:
    text = b"class A:\n    def f(self, ):\n        pass\n"
    tree = tree_of("a.py", text)
    cursor = text.index(b"):")
    end = min(start + size, len(text))
    edit = RecentEdit(span(min(start, end), end), "", age)
    plan = plan_of(tree, cursor, recent_edits=(edit,))
    masked = [hole.span for hole in plan.holes if len(hole.span)]
    assert not any(place.overlaps(edit.span) for place in masked)


@pytest.mark.parametrize("single_line", [True, False])
def test_the_caller_decides_between_one_line_and_several(single_line: bool) -> None:
    text = b"def f(a):\n    \n"
    plan = plan_of(tree_of("a.py", text), 14, single_line=single_line)
    assert plan.holes[0].single_line is single_line
    parameters = plan_of(tree_of("a.py", b"def f():\n    pass\n"), 6, single_line=True)
    assert all(hole.single_line for hole in parameters.holes)


@pytest.mark.parametrize("name", NAMES)
def test_sound_lines_have_no_gaps(name: str) -> None:
    tree = tree_of(name)
    unfinished = [case["line"] for case in CASES if case["file"] == name]
    start = 0
    for number, line in enumerate(tree.data.split(b"\n"), 1):
        if number not in unfinished:
            assert gaps_of(tree.data, span(start, start + len(line)), tree.language) == [], line
        start += len(line) + 1


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith(".txt")])
def test_hole_spans_of_every_kind(name: str) -> None:
    tree = tree_of(name)
    for kind in HoleKind:
        found = hole_spans(tree, kind)
        assert found == sorted(found)
        assert bool(found) is (kind is not HoleKind.SPAN) or kind is HoleKind.COMMENT
        for place in found:
            assert place.of(tree.data) == place.of(tree.data).strip()


def test_hole_spans_by_example() -> None:
    text = b'def f(a, b):\n    """Say it."""\n    c = g(a)\n    return c\n'
    tree = tree_of("a.py", text)

    def words(kind: HoleKind) -> list[bytes]:
        return [place.of(text) for place in hole_spans(tree, kind)]

    assert words(HoleKind.ARGUMENTS) == [b"a, b", b"a"]
    assert words(HoleKind.COMMENT) == [b"Say it."]
    assert words(HoleKind.STATEMENT)[-2:] == [b"c = g(a)", b"return c"]
    assert words(HoleKind.BODY) == [b'"""Say it."""\n    c = g(a)\n    return c']
    assert words(HoleKind.BLOCK)[-1] == b"c = g(a)\n    return c"
    assert b"g(a)" in words(HoleKind.EXPRESSION)
    assert words(HoleKind.REST_OF_LINE)[0] == b"def f(a, b):"
    inside = span(text.index(b"c ="), text.index(b"    return"))
    assert [place.of(text) for place in hole_spans(tree, HoleKind.NAME, inside)] == [
        b"c",
        b"g",
        b"a",
    ]


def test_a_very_long_line_keeps_a_short_rest() -> None:
    text = b"x = [" + b"1, " * 5000 + b"]\n"
    plan = plan_of(tree_of("a.py", text), 5)
    assert len(plan.rest) <= 400


def test_the_head_of_a_new_file_is_one_line_where_the_file_s_place_says_what_it_is() -> None:
    beside = OpenDocument("net/listen.go", None, "package netio\n")
    tree = tree_of("net/dial.go", b"// Copyright\n\n")
    head = plan_of(tree, 14, path="net/dial.go", nearby=(beside,))
    assert head.holes[0].kind is HoleKind.STATEMENT
    assert head.holes[0].single_line
    elsewhere = plan_of(tree, 14, path="go-net.d/dial.go", nearby=(beside,))
    assert elsewhere.holes[0].kind is HoleKind.BLOCK
