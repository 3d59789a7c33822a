from __future__ import annotations

import numpy as np

from engine.canvas import Ids
from engine.decoding.lookup import UNKNOWN
from engine.memory.passage import MAX_MATCH, Passage

BREAK = 9


def passage(*texts: list[int]) -> Passage:
    is_line_end = np.zeros(10, np.bool_)
    is_line_end[BREAK] = True
    return Passage.of([np.array(text, np.int64) for text in texts], is_line_end)


def ids(*tokens: int) -> Ids:
    return np.array(tokens, np.int64)


def found(made: Passage, known: Ids) -> list[tuple[int, int]]:
    places, lengths = made.matches(known)
    return list(zip(made.ids[places].tolist(), lengths.tolist(), strict=True))


def test_each_place_behind_the_last_token_is_found_with_its_agreement() -> None:
    made = passage([1, 2, 3, 4], [5, 2, 3, 6], [3, 7])
    assert found(made, ids(0, 1, 2, 3)) == [(4, 3), (6, 2), (7, 1)]


def test_a_match_does_not_cross_texts() -> None:
    made = passage([1, 2], [3, 4])
    assert found(made, ids(1, 2, 3)) == [(4, 1)]
    assert found(made, ids(1, 2)) == []


def test_a_match_is_counted_up_to_a_limit() -> None:
    made = passage([1] * 40 + [2])
    assert found(made, ids(*[1] * 40))[-1] == (2, MAX_MATCH)


def test_nothing_known_matches_nothing() -> None:
    made = passage([1, 2])
    assert found(made, ids()) == found(made, ids(UNKNOWN)) == found(passage(), ids(1)) == []


def test_line_ends_are_the_next_ones_and_the_end_of_a_text() -> None:
    made = passage([1, BREAK, 2], [3])
    assert made.ids.tolist() == [UNKNOWN, 1, BREAK, 2, UNKNOWN, 3, UNKNOWN]
    assert made.line_ends.tolist() == [0, 2, 2, 4, 4, 6, 6]


def test_what_follows_is_compared_up_to_the_first_difference() -> None:
    made = passage([1, 2, 3, 4], [1, 2, 5])
    starts = np.flatnonzero(made.ids == 1)
    assert made.agreeing(starts, ids(1, 2, 3)).tolist() == [3, 2]
    assert made.agreeing(starts, ids()).tolist() == [0, 0]
    assert made.agreeing(np.array([len(made.ids) - 1]), ids(1)).tolist() == [0]
