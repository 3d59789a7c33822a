"""Proposals found again by the text around the cursor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.proposal import Proposal, Reason, Refusal
from engine.request import Request
from engine.spans import ByteOffset
from lsp_server.proposal_cache import MAX_TYPED_BYTES, ProposalCache

BEFORE, BEHIND = "é = 1\nx = ", "\nprint(x)\n"


def request(
    typed: str = "", added: str = "", before: str = BEFORE, behind: str = BEHIND
) -> Request:
    """The request when ``typed`` stands before the cursor and ``added`` behind it."""
    return Request(before + typed + added + behind, ByteOffset(len((before + typed).encode())))


def put(cache: ProposalCache, make_proposal: Any, text: str, origin: str = "r1") -> Proposal:
    at = len(BEFORE.encode())
    proposal: Proposal = make_proposal(at, (at, at, text))
    cache.put(request(), proposal, origin)
    return proposal


# The fixture is a function without state.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="ab(é😀\n", max_size=12), data=st.data())
def test_every_beginning_finds_the_rest(make_proposal: Any, text: str, data: Any) -> None:
    cache = ProposalCache()
    at = len(BEFORE.encode())
    cache.put(request(), make_proposal(at, (at, at, text)), "r1")
    length = data.draw(st.integers(0, max(len(text) - 1, 0)))
    found = cache.find(request(text[:length]))
    assert isinstance(found.outcome, Proposal)
    assert (found.outcome.text, found.origin) == (text[length:], "r1")
    assert found.outcome.plan.cursor == request(text[:length]).cursor


def test_closers_that_an_editor_adds_are_replaced(make_proposal: Any) -> None:
    cache = ProposalCache()
    put(cache, make_proposal, 'f(["a"])')
    found = cache.find(request('f(["', '"])')).outcome
    assert isinstance(found, Proposal)
    (edit,) = found.edits
    assert (edit.new_text, len(edit.span)) == ('a"])', 3)


@pytest.mark.parametrize(
    "other",
    [
        request("g"),
        request(behind="\nprint(y)\n"),
        request(before="é = 2\nx = "),
        request("", ")"),
        replace(request(), seed=1),
        replace(request(), path="b.py"),
        replace(request(), candidates=2),
        replace(request(), is_typing=True),
    ],
)
def test_another_text_finds_nothing(make_proposal: Any, other: Request) -> None:
    cache = ProposalCache()
    put(cache, make_proposal, "f()")
    assert cache.find(other).outcome is None


def test_a_departure_leaves_a_draft(make_proposal: Any) -> None:
    cache = ProposalCache()
    put(cache, make_proposal, "total(prices) + 1")
    assert cache.find(request("total(v")).draft == ") + 1"
    assert cache.find(request("totally")).draft == "(prices) + 1"
    assert cache.find(request("total(prices) + 1")).draft is None


def test_the_newest_wins_and_the_oldest_goes(make_proposal: Any) -> None:
    cache = ProposalCache(capacity=2)
    put(cache, make_proposal, "old")
    put(cache, make_proposal, "new", "r2")
    found = cache.find(request())
    assert isinstance(found.outcome, Proposal)
    assert (found.outcome.text, found.origin) == ("new", "r2")
    for number in range(2):
        other = request(before=f"{number}")
        cache.put(other, make_proposal(1, (1, 1, "x")), "r3")
    assert cache.find(request()).outcome is None


def test_alternatives_are_typed_along_too(make_proposal: Any) -> None:
    cache = ProposalCache()
    at = len(BEFORE.encode())
    other = make_proposal(at, (at, at, "first"))
    cache.put(request(), replace(make_proposal(at, (at, at, "x")), alternatives=(other,)), "r1")
    found = cache.find(request("fi")).outcome
    assert isinstance(found, Proposal)
    assert found.text == "rst"


def test_a_refusal_holds_for_the_same_text_and_circumstances() -> None:
    cache = ProposalCache()
    cache.put(request(), Refusal(Reason.LOW_CONFIDENCE), "r1", "as it was")
    assert cache.find(request(), "as it was").outcome == Refusal(Reason.LOW_CONFIDENCE)
    assert cache.find(request("a"), "as it was").outcome is None
    assert cache.find(request(), "otherwise").outcome is None


@pytest.mark.parametrize("reason", [Reason.DEADLINE, Reason.CANCELLED, Reason.WORKER_LOST])
def test_what_may_end_otherwise_next_time_is_not_kept(reason: Reason) -> None:
    cache = ProposalCache()
    cache.put(request(), Refusal(reason), "r1")
    assert cache.find(request()).outcome is None


def test_too_far_along_is_another_place(make_proposal: Any) -> None:
    cache = ProposalCache()
    put(cache, make_proposal, "x" * (MAX_TYPED_BYTES + 2))
    assert cache.find(request("x" * MAX_TYPED_BYTES)).outcome is not None
    assert cache.find(request("x" * (MAX_TYPED_BYTES + 1))).outcome is None
