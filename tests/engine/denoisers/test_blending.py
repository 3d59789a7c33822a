"""Plans for a context of tokens that were read elsewhere, and of such as are not."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.canvas import Ids
from engine.denoisers.blending import MIN_TAKEN, NUM_MATCHING, Run, num_read, runs_of
from engine.layout import Flags

ONE, OTHER, NEW = np.arange(100, 150), np.arange(200, 240), np.arange(300, 310)


def joined(*pieces: Ids) -> Ids:
    return np.concatenate(pieces)


def near(length: int, *places: slice) -> Flags:
    flags = np.zeros(length, np.bool_)
    for place in places:
        flags[place] = True
    return flags


def test_pieces_that_change_places_are_taken() -> None:
    known, moved = joined(ONE, OTHER), joined(OTHER, ONE)
    assert runs_of(moved, known, near(90)) == [Run(0, 40, 50), Run(40, 90, 0)]


def test_what_is_new_is_read_where_it_stands() -> None:
    runs = runs_of(joined(ONE, NEW, OTHER), joined(ONE, OTHER), near(100))
    assert runs == [Run(0, 50, 0), Run(50, 60, None), Run(60, 100, 50)]
    assert num_read(runs) == 10


def test_what_is_near_is_read_in_any_case() -> None:
    known = joined(ONE, OTHER)
    assert runs_of(known, known, near(90, slice(80, 90))) == [Run(0, 80, 0), Run(80, 90, None)]


def test_a_few_tokens_between_others_are_read_with_them() -> None:
    few = ONE[: MIN_TAKEN - 1]
    assert runs_of(joined(NEW, few, NEW + 50), ONE, near(20 + len(few))) == [
        Run(0, 20 + len(few), None)
    ]


def test_of_a_repeated_piece_the_longer_match_is_taken() -> None:
    known = joined(ONE[:NUM_MATCHING], NEW, ONE)
    assert runs_of(ONE, known, near(50)) == [Run(0, 50, NUM_MATCHING + 10)]


def test_nothing_in_common_is_one_reading() -> None:
    assert runs_of(ONE, OTHER, near(50)) == [Run(0, 50, None)]
    assert runs_of(ONE, OTHER[:0], near(50)) == [Run(0, 50, None)]
    assert runs_of(ONE[:3], ONE, near(3)) == [Run(0, 3, None)]


ids = st.lists(st.integers(0, 3), min_size=1, max_size=300).map(lambda it: np.array(it, np.int64))


@given(known=ids, cut=st.integers(0, 300), typed=ids, end=st.integers(0, 300), data=st.data())
def test_each_token_is_taken_from_its_like_or_read(
    known: Ids, cut: int, typed: Ids, end: int, data: st.DataObject
) -> None:
    whole = joined(known[cut:], typed[:20], known[:cut])
    is_near = near(len(whole), slice(data.draw(st.integers(0, len(whole))), end))
    runs = runs_of(whole, known, is_near)
    assert [run.start for run in runs] == [0, *(run.end for run in runs[:-1])]
    assert runs[-1].end == len(whole)
    for run in runs:
        if run.source is not None:
            length = run.end - run.start
            assert length >= MIN_TAKEN and not is_near[run.start : run.end].any()
            taken = known[run.source : run.source + length]
            assert np.array_equal(whole[run.start : run.end], taken)
