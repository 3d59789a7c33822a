"""How long the server waits for the next key."""

from __future__ import annotations

import pytest

from lsp_server.pace import Pace


class Clock:
    """Moves when the test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def typing(clock: Clock, interval_s: float, num_keys: int = 8) -> Pace:
    pace = Pace(clock)
    for _ in range(num_keys):
        clock.now_s += interval_s
        pace.note_key()
    return pace


def test_who_does_not_type_waits_for_nothing() -> None:
    assert Pace(Clock()).delay_s(300) == 0.0


def test_the_wait_is_one_key_less_the_latency() -> None:
    clock = Clock()
    pace = typing(clock, 0.2)
    assert pace.delay_s(300) == pytest.approx(0.2)
    for _ in range(30):
        pace.note_latency(0.15)
    assert pace.delay_s(300) == pytest.approx(0.05)
    pace.note_latency(3.0)
    assert pace.delay_s(300) == 0.0


def test_time_since_the_last_key_is_no_wait_any_more() -> None:
    clock = Clock()
    pace = typing(clock, 0.2)
    clock.now_s += 0.15
    assert pace.delay_s(300) == pytest.approx(0.05)
    clock.now_s += 0.1
    assert pace.delay_s(300) == 0.0


def test_who_took_a_text_waits_for_nothing() -> None:
    clock = Clock()
    pace = typing(clock, 0.2)
    pace.note_text()
    assert pace.delay_s(300) == 0.0
    clock.now_s += 0.1  # the time until the next key is no typing
    pace.note_key()
    assert pace.delay_s(300) == pytest.approx(0.2)


def test_the_wait_has_a_limit() -> None:
    assert typing(Clock(), 0.5).delay_s(300) == pytest.approx(0.3)
    assert typing(Clock(), 0.5).delay_s(0) == 0.0


def test_a_pause_for_thinking_is_no_typing() -> None:
    clock = Clock()
    pace = typing(clock, 0.1)
    clock.now_s += 1.0
    pace.note_key()
    assert pace.delay_s(300) == pytest.approx(0.1)


def test_a_job_is_worth_finishing_from_half_of_its_time_on() -> None:
    pace = Pace(Clock())
    pace.note_latency(0.4)
    assert not pace.is_worth_finishing(0.1)
    assert pace.is_worth_finishing(0.2)


def test_a_slow_engine_is_not_starved_by_keys() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.is_worth_finishing(0.0)
    pace.note_latency(3.0)
    assert not pace.is_worth_finishing(0.5)
    clock.now_s += 1.1
    assert pace.is_worth_finishing(0.5)


def test_a_pause_is_no_slow_typing_and_a_new_speed_is_learnt() -> None:
    clock = Clock()
    pace = typing(clock, 0.1)
    clock.now_s += 60.0
    pace.note_key()
    assert pace.delay_s(300) == pytest.approx(0.1)
    for _ in range(20):
        clock.now_s += 0.25
        pace.note_key()
    assert pace.delay_s(300) == pytest.approx(0.25, abs=0.01)
