from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decoding.lookup import MAX_MATCH, UNKNOWN, Lookup


def found(
    text: list[int], known: list[int], at: int, least: int = 1
) -> list[tuple[list[int], int]]:
    made = Lookup(np.array(text, np.int64)).continuations(np.array(known, np.int64), at, least)
    return [(ids.tolist(), length) for ids, length in made]


def test_the_longest_match_comes_first_and_ends_where_nothing_is_known() -> None:
    text = [1, 2, 3, 9, 2, 3, 8, UNKNOWN, 7]
    assert found(text, [1, 2, 3], at=7) == [([9, 2, 3, 8], 3), ([8], 2)]


def test_of_equal_matches_the_nearest_comes_first() -> None:
    text = [5, 1, 0, 0, 5, 2, 0, 0, 0, 5, 3]
    assert [ids[0] for ids, _ in found(text, [5], at=6)] == [2, 3, 1]


def test_a_match_does_not_reach_over_what_is_unknown() -> None:
    text = [1, UNKNOWN, 2, 7, 0, 1, UNKNOWN, 2]
    assert found(text, text, at=8)[0] == ([7, 0, 1], 1)


def test_without_a_least_match_every_place_answers() -> None:
    assert len(found([1, 2, UNKNOWN], [9], at=0, least=0)) == 2
    assert found([1, 2, UNKNOWN], [9], at=0) == []
    assert found([1, 2], [], at=0) == []


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=40), st.lists(st.integers(0, 3), max_size=8)
)
def test_every_answer_stands_behind_a_match_of_its_length(
    text: list[int], known: list[int]
) -> None:
    for ids, length in found(text, known, at=0):
        assert 1 <= length <= MAX_MATCH
        start = len(text) - len(ids)
        assert text[start - length : start] == known[len(known) - length :]
        is_maximal = length == len(known) or start == length or length == MAX_MATCH
        assert is_maximal or text[start - length - 1] != known[len(known) - length - 1]


@pytest.mark.parametrize("num_known", [2, 60])
def test_a_match_counts_up_to_its_limit(num_known: int) -> None:
    known = list(range(num_known))
    [first, *_] = found([*known, 99, UNKNOWN, *known], known, at=0)
    assert first == ([99], min(num_known, MAX_MATCH))
