"""The ring of the last requests."""

from __future__ import annotations

from engine.proposal import Reason, Refusal
from engine.step import State, Step
from lsp_server.trace import MAX_RECORDS, TraceRecord, TraceRing

STEP = Step(0, ((5,),), ((State.COMMITTED,),), ((0.9,),), (("done",),), ((0, 0),), (), 1, 2.0)


def record(number: int) -> TraceRecord:
    return TraceRecord(f"r{number}", "file:///a.py", Refusal(Reason.EMPTY), ())


def test_a_record_is_found_by_the_ids_of_its_request_and_of_its_items() -> None:
    ring = TraceRing()
    ring.add(record(1))
    ring.add(record(11))
    assert ring.find("r1") == ring.find("r1.3") == record(1)
    assert ring.find(None) == record(11)
    assert ring.find("r2") is None


def test_the_oldest_is_dropped() -> None:
    ring = TraceRing()
    assert ring.find(None) is None
    for number in range(MAX_RECORDS + 1):
        ring.add(record(number))
    assert ring.find("r0") is None
    assert ring.find("r1") == record(1)


def test_steps_that_came_after_the_request_was_over_are_its_steps() -> None:
    ring = TraceRing()
    ring.add(record(1))
    assert ring.steps_of("r1") == ()
    ring.add_late("r1", (STEP,))
    assert ring.steps_of("r1") == (STEP,)
    for number in range(2, MAX_RECORDS + 2):
        ring.add_late(f"r{number}", ())
    assert ring.steps_of("r1") == ()
