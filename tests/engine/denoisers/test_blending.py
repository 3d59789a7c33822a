"""Plans for a context of tokens that were read elsewhere, and of such as are not."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.canvas import Ids
from engine.denoisers.blending import MIN_KNOWN, NOWHERE, NUM_MATCHING, Blend, Run, blend_of
from engine.reading.layout import ContextTokens, Nearness

ONE, OTHER, NEW = np.arange(100, 150), np.arange(200, 240), np.arange(300, 310)


def joined(*pieces: Ids) -> Ids:
    return np.concatenate(pieces)


def blend(ids: Ids, known: Ids, *near: slice, pre: int = 0, far: slice | None = None) -> Blend:
    """``far``: what may be left out; ``pre``: where the window's ends meet."""
    is_near, is_far = (np.zeros(len(ids), np.bool_) for _ in range(2))
    for place in near:
        is_near[place] = True
    if far is not None:
        is_far[far] = True
    is_far[pre] = False
    tokens = ContextTokens(ids, len(ids))
    return blend_of(tokens, known, Nearness(is_near, is_far & ~is_near, pre))


def nowhere_near(length: int) -> Nearness:
    none = np.zeros(length, np.bool_)
    return Nearness(none, none, 0)


def runs_of(ids: Ids, known: Ids, *near: slice) -> list[Run]:
    return list(blend(ids, known, *near).taken)


def test_pieces_that_change_places_are_taken() -> None:
    known, moved = joined(ONE, OTHER), joined(OTHER, ONE)
    assert runs_of(moved, known) == [Run(0, 40, 50), Run(40, 90, 0)]


def test_what_is_new_is_read_where_it_stands() -> None:
    made = blend(joined(ONE, NEW, OTHER), joined(ONE, OTHER))
    assert list(made.taken) == [Run(0, 50, 0), Run(60, 100, 50)]
    assert (made.read.tolist(), made.is_behind) == (list(range(50, 60)), False)


def test_what_is_near_is_read_in_any_case() -> None:
    runs = runs_of(joined(OTHER, ONE), joined(ONE, OTHER), slice(80, 90))
    assert runs == [Run(0, 40, 50), Run(40, 80, 0)]


def test_what_stands_behind_all_that_is_known_moves_nothing() -> None:
    made = blend(joined(ONE, OTHER, NEW), joined(ONE, OTHER), slice(80, 100))
    assert list(made.taken) == [Run(0, 90, 0)]
    assert made.is_behind
    cannot = blend_of(
        ContextTokens(joined(OTHER, ONE), 90), joined(ONE, OTHER), nowhere_near(90), can_move=False
    )
    assert list(cannot.taken) == [] and cannot.is_behind


def test_new_lines_at_the_windows_ends_are_left_out() -> None:
    """Before ``<pre>``, here 7, stands the window's last line, behind it the first one."""
    pre, far = np.array([7]), slice(20, 120)
    known = joined(ONE, pre, OTHER)
    made = blend(joined(ONE, NEW, pre, NEW + 50, OTHER), known, pre=60, far=far)
    assert made.tokens.ids.tolist() == known.tolist() and made.tokens.end_of_prefix == len(known)
    within = joined(ONE[:25], NEW, ONE[25:], pre, OTHER)
    kept = blend(within, known, pre=60, far=far)
    assert kept.tokens.ids.tolist() == within.tolist(), "what is new among known lines is not"


def test_ends_of_a_few_tokens_stay_if_they_are_known() -> None:
    """A whole file is in the window: nothing is left out of it."""
    few = OTHER[: MIN_KNOWN - 1]
    known = joined(ONE, np.array([7]), few)
    for new, is_kept in ((few, True), (few + 100, False)):
        made = blend(joined(ONE, np.array([7]), new), known, pre=50, far=slice(51, 74))
        assert len(made.tokens.ids) == (74 if is_kept else 51)


def test_of_a_repeated_piece_the_longer_match_is_taken() -> None:
    known = joined(NEW, ONE[:NUM_MATCHING], NEW, ONE)
    assert runs_of(ONE, known) == [Run(0, 50, NUM_MATCHING + 20)]


def test_nothing_in_common_is_one_reading() -> None:
    assert runs_of(ONE, OTHER) == []
    assert runs_of(ONE, OTHER[:0]) == []
    assert runs_of(ONE[1:4], ONE) == []


ids = st.lists(st.integers(0, 3), min_size=1, max_size=300).map(lambda it: np.array(it, np.int64))


@given(known=ids, cut=st.integers(0, 300), typed=ids, end=st.integers(0, 300), data=st.data())
def test_each_token_is_taken_from_its_like_or_read(
    known: Ids, cut: int, typed: Ids, end: int, data: st.DataObject
) -> None:
    whole = joined(known[cut:], typed[:20], known[:cut])
    near = slice(data.draw(st.integers(0, len(whole))), end)
    made = blend(whole, known, near)
    end = 0
    for run in made.taken:
        assert run.start >= end and (made.places[end : run.start] == NOWHERE).all()
        end = run.end
        taken = known[run.source : run.source + run.end - run.start]
        assert np.array_equal(whole[run.start : run.end], taken)
    assert (made.places[end:] == NOWHERE).all()
    if not made.is_behind:
        assert (made.places[near] == NOWHERE).all()
