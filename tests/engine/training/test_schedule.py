from __future__ import annotations

import pytest

from engine.training.progress import Counts
from engine.training.schedule import Schedule

TEN = Schedule(
    num_steps=100, learning_rate=1.0, warmup_steps=10, decay_share=0.5, rounding_share=0.4
)


@pytest.mark.parametrize(
    ("steps", "rate"), [(0, 0.1), (4, 0.5), (9, 1.0), (50, 1.0), (75, 0.5), (99, 0.02)]
)
def test_the_rate_warms_up_stays_and_falls_in_a_line(steps: int, rate: float) -> None:
    assert TEN.rate(Counts(steps=steps)) == pytest.approx(rate)


def test_the_rate_is_nothing_behind_the_end() -> None:
    assert TEN.rate(Counts(steps=130)) == 0.0


def test_steps_or_minutes_end_a_run_whichever_come_first() -> None:
    both = Schedule(num_steps=100, minutes=2.0)
    assert both.progress(Counts(steps=50, seconds=30.0)) == 0.5
    assert both.progress(Counts(steps=50, seconds=90.0)) == 0.75
    assert Schedule().progress(Counts(steps=50, seconds=90.0)) == 0.0


def test_rounding_sets_in_at_its_share() -> None:
    assert [TEN.is_rounded(Counts(steps=steps)) for steps in (0, 39, 40, 99)] == [
        False,
        False,
        True,
        True,
    ]


def test_a_further_run_begins_with_all_corruption_and_a_lower_rate() -> None:
    first = Schedule(num_steps=100, minutes=2.0)
    further = first.further()
    assert further.warmth_steps == 0
    assert further.learning_rate < first.learning_rate
    assert (further.num_steps, further.minutes) == (100, 2.0)
    assert further.is_rounded(Counts())
    later = [further.rate(Counts(steps=further.warmup_steps + at)) for at in range(3)]
    assert later == sorted(later, reverse=True)
