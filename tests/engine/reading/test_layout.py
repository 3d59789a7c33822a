from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.canvas import Canvas, HoleCanvas, Ids
from engine.reading.layout import SuffixFirst
from engine.tokenizer import BPETokenizer

LAYOUT = SuffixFirst(suf_id=1, pre_id=2, rest_id=3, mid_id=4, hole_ids=(5, 6, 7, 8, 9, 10, 11))
MASK = 12


def ids(*values: int) -> Ids:
    return np.array(values, np.int64)


def canvas(
    context: tuple[Ids, ...],
    sizes: tuple[int, ...],
    cursor_hole: int = 0,
    rest_tokens: int = 0,
    rest_holes: int = 0,
    snippets: Ids | None = None,
) -> Canvas:
    holes = [HoleCanvas.masked(size, MASK) for size in sizes]
    return Canvas(
        ids() if snippets is None else snippets,
        context,
        holes,
        cursor_hole,
        rest_tokens,
        rest_holes,
    )


def test_one_hole_without_rest() -> None:
    one = canvas((ids(20, 21), ids(30)), (2,), snippets=ids(99, 98))
    assert LAYOUT.context(one).ids.tolist() == [99, 98, 1, 30, 2, 20, 21]
    assert LAYOUT.context(one).end_of_prefix == 7
    tokens = LAYOUT.canvases(one)
    assert tokens.ids.tolist() == [4, MASK, MASK]
    assert tokens.rows.tolist() == [0, 1]


def test_rest_of_the_line_stands_behind_the_prefix() -> None:
    one = canvas((ids(20), ids(40, 41, 30)), (1,), rest_tokens=2)
    context = LAYOUT.context(one)
    assert context.ids.tolist() == [1, 30, 2, 20, 3, 40, 41]
    assert context.extended(ids(50, 51)).ids.tolist() == [1, 30, 2, 20, 50, 51, 3, 40, 41]
    assert context.extended(ids(50, 51)).end_of_prefix == 6


def test_holes_before_and_behind_leave_sentinels_in_text_order() -> None:
    three = canvas((ids(20), ids(21), ids(30), ids(31)), (1, 2, 3), cursor_hole=1)
    assert LAYOUT.context(three).ids.tolist() == [1, 30, 6, 31, 2, 20, 5, 21]
    tokens = LAYOUT.canvases(three)
    assert tokens.ids.tolist() == [4, MASK, MASK, 5, MASK, 6, MASK, MASK, MASK]
    assert tokens.rows.tolist() == [3, 0, 1, 5, 6, 7]


def test_a_hole_on_the_rest_of_the_line_stays_in_the_rest() -> None:
    two = canvas((ids(20), ids(40), ids(41, 30)), (1, 1), rest_tokens=1, rest_holes=1)
    assert LAYOUT.context(two).ids.tolist() == [1, 30, 2, 20, 3, 40, 5, 41]
    at_once = canvas((ids(20), ids(), ids(30)), (1, 1), rest_tokens=0, rest_holes=1)
    assert LAYOUT.context(at_once).ids.tolist() == [1, 30, 2, 20, 3, 5]


def test_finished_blocks_are_context() -> None:
    two = canvas((ids(20), ids(30), ids(31)), (2, 2))
    two.holes[0].done = ids(60, 61)
    two.holes[1].done = ids(70)
    assert LAYOUT.context(two).ids.tolist() == [1, 30, 70, 5, 31, 2, 20, 60, 61]


def test_finished_blocks_are_what_extending_gives() -> None:
    one = canvas((ids(20), ids(40, 30)), (2,), rest_tokens=1)
    before = LAYOUT.context(one)
    one.holes[0].done = ids(60, 61)
    extended, direct = before.extended(ids(60, 61)), LAYOUT.context(one)
    assert extended.ids.tolist() == direct.ids.tolist()
    assert extended.end_of_prefix == direct.end_of_prefix


def test_near_are_the_ends_of_prefix_and_suffix_that_face_the_cursor() -> None:
    one = canvas((ids(20, 21, 22), ids(40, 30, 31)), (1,), rest_tokens=1, snippets=ids(99))
    assert LAYOUT.context(one).ids.tolist() == [99, 1, 30, 31, 2, 20, 21, 22, 3, 40]
    context = LAYOUT.context(one)
    nearness = LAYOUT.nearness(context, 2, 1)
    assert context.ids[nearness.is_near].tolist() == [30, 21, 22, 3, 40]
    assert context.ids[nearness.is_far].tolist() == [31, 20]
    assert context.ids[nearness.pre] == 2
    whole = LAYOUT.nearness(context, 100, 100)
    assert context.ids[whole.is_near].tolist() == [30, 31, 20, 21, 22, 3, 40]
    assert not whole.is_far.any()


def test_nothing_before_the_first_hole_or_behind_the_last_is_far() -> None:
    three = canvas((ids(20, 22), ids(21), ids(30), ids(31, 32)), (1, 2, 3), cursor_hole=1)
    context = LAYOUT.context(three)
    assert context.ids.tolist() == [1, 30, 6, 31, 32, 2, 20, 22, 5, 21]
    assert context.ids[LAYOUT.nearness(context, 1, 1).is_far].tolist() == [31, 32, 20, 22]


def test_more_holes_than_names() -> None:
    pieces = tuple(ids(20) for _ in range(10))
    with pytest.raises(ValueError, match="9 holes"):
        LAYOUT.context(canvas(pieces, (1,) * 9))
    LAYOUT.context(canvas(pieces[:9], (1,) * 8))


def test_ids_of_the_shipped_tokenizer() -> None:
    path = Path(__file__).parents[3] / "engine" / "weights" / "tokenizer.json"
    layout = SuffixFirst.of(BPETokenizer(path))
    named = {layout.suf_id, layout.pre_id, layout.rest_id, layout.mid_id, *layout.hole_ids}
    assert len(named) == 11 and layout.max_holes == 8


@given(
    pieces=st.lists(st.lists(st.integers(20, 99), max_size=4), min_size=2, max_size=6),
    data=st.data(),
)
def test_every_token_appears_once_and_every_position_has_its_row(
    pieces: list[list[int]], data: st.DataObject
) -> None:
    num_holes = len(pieces) - 1
    cursor = data.draw(st.integers(0, num_holes - 1))
    rest_holes = data.draw(st.integers(0, num_holes - 1 - cursor))
    rest_tokens = data.draw(st.integers(0, len(pieces[cursor + 1 + rest_holes])))
    sizes = tuple(data.draw(st.integers(1, 4)) for _ in range(num_holes))
    drawn = canvas(tuple(ids(*piece) for piece in pieces), sizes, cursor, rest_tokens, rest_holes)
    for number, hole in enumerate(drawn.holes):
        hole.ids = np.arange(len(hole)) + 1000 * (number + 1)
    context, tokens = LAYOUT.context(drawn), LAYOUT.canvases(drawn)
    sentinels = list(LAYOUT.hole_ids[: num_holes - 1])
    plain = sorted(value for value in context.ids.tolist() if value >= 20)
    assert plain == sorted(value for piece in pieces for value in piece)
    assert sorted(v for v in context.ids.tolist() if v in LAYOUT.hole_ids) == sentinels
    assert sorted(v for v in tokens.ids.tolist() if v in LAYOUT.hole_ids) == sentinels
    assert context.ids[: context.end_of_prefix][-len(pieces[cursor]) :].tolist() == pieces[
        cursor
    ] or (not pieces[cursor])
    in_text_order = np.concatenate([hole.ids for hole in drawn.holes])
    assert tokens.ids[tokens.rows + 1].tolist() == in_text_order.tolist()
