from __future__ import annotations

import threading

import pytest

from engine.budget import Budget
from engine.errors import Cancelled


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lasts_until_its_deadline() -> None:
    clock = Clock()
    budget = Budget.of(2000.0, None, clock)
    assert budget.lasts() and budget.lasts(1.5) and not budget.lasts(2.5)
    clock.now = 1.5
    assert budget.left_ms == 500.0
    clock.now = 2.0
    assert not budget.lasts() and budget.left_ms == 0.0
    endless = Budget.of(None, None, clock)
    assert endless.lasts(1e9) and endless.left_ms is None


def test_only_the_event_cancels() -> None:
    clock, cancel = Clock(), threading.Event()
    budget = Budget.of(1.0, cancel, clock)
    clock.now = 9.0
    budget.raise_if_cancelled()
    cancel.set()
    with pytest.raises(Cancelled):
        budget.raise_if_cancelled()


@pytest.mark.parametrize("has_event", [True, False])
def test_a_running_call_is_ended_by_the_deadline_too(has_event: bool) -> None:
    clock = Clock()
    interruption = Budget.of(1000.0, threading.Event() if has_event else None, clock).interruption
    assert interruption is not None and not interruption.is_set()
    assert not interruption.wait(0.001)
    clock.now = 1.0
    assert interruption.is_set() and interruption.wait(0.001) and interruption.wait()


def test_a_running_call_is_ended_by_the_event() -> None:
    cancel = threading.Event()
    interruption = Budget.of(1e9, cancel, Clock()).interruption
    cancel.set()
    assert interruption is not None and interruption.is_set()
    assert Budget.of(None, cancel, Clock()).interruption is cancel
    assert Budget.of(None, None, Clock()).interruption is None
