from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decoding.commit import CommitConfig, may_end, select_commits


def floats(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, np.float32)


def test_commits_what_is_sure_and_at_least_one() -> None:
    config = CommitConfig(threshold=0.9)
    everything = np.ones(3, np.bool_)
    sure = select_commits(floats(0.99, 0.5, 0.98), everything, 1, config)
    assert sure.tolist() == [True, False, True]
    unsure = select_commits(floats(0.2, 0.5, 0.1), everything, 1, config)
    assert unsure.tolist() == [False, True, False]


def test_commits_as_many_as_are_owed() -> None:
    flags = select_commits(floats(0.2, 0.5, 0.1), np.ones(3, np.bool_), 2, CommitConfig())
    assert flags.tolist() == [True, True, False]


@given(st.data())
def test_commits_are_eligible_and_never_none(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 12))
    p = floats(*data.draw(st.lists(st.floats(0, 1, width=32), min_size=size, max_size=size)))
    eligible = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    owed = data.draw(st.integers(0, size))
    flags = select_commits(p, eligible, owed, CommitConfig())
    assert not (flags & ~eligible).any()
    assert flags.sum() >= min(max(owed, 1), eligible.sum())


def test_the_end_needs_support_before_it() -> None:
    masked = np.array([True, False, True])
    assert may_end(floats(0.3, 0.0, 0.9), masked, 2, 0.3)
    assert not may_end(floats(0.2, 0.0, 0.9), masked, 2, 0.3)
    assert may_end(floats(0.2, 0.0, 0.1), masked, 0, 0.3)


def test_a_threshold_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="threshold=0"):
        CommitConfig(threshold=0.0)
