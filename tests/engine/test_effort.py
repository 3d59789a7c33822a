from __future__ import annotations

import pytest

from engine import Infiller, OpenDocument, Proposal, Request
from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.effort import POLICIES, Decoding, policy_of
from engine.errors import BadInput
from engine.infill import InfillConfig
from engine.request import Effort
from engine.spans import ByteOffset


def test_a_changed_number_is_found_in_whatever_part_it_stands() -> None:
    changes = [("num_candidates", 3.0), ("draft_tokens", 16.0), ("threshold", 0.6)]
    policy = policy_of(Decoding.VERIFIED, Effort.MEDIUM, changes)
    assert policy.num_candidates == 3
    assert policy.sampler.draft_tokens == 16
    assert policy.sampler.commit.threshold == 0.6
    assert policy.sampler.decoding is Decoding.VERIFIED


def test_without_changes_it_is_the_effort_s_policy() -> None:
    assert policy_of(Decoding.DRAFTED, Effort.HIGH) is POLICIES[Decoding.DRAFTED][Effort.HIGH]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("decoding", 1.0, "no number of a policy is named decoding: num_candidates"),
        ("drafts", 1.0, "no number of a policy is named drafts"),
        ("threshold", 2.0, "threshold=2"),
        ("draft_tokens", float("inf"), "draft_tokens=inf"),
    ],
)
def test_what_cannot_be_changed_is_named(name: str, value: float, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        policy_of(Decoding.MASKED, Effort.MEDIUM, [(name, value)])


@pytest.mark.parametrize(("draft_tokens", "forwards"), [(8, 1), (1, 3)])
def test_requests_are_answered_by_the_changed_policy(draft_tokens: int, forwards: int) -> None:
    tokenizer = ByteTokenizer(("left", "right", "move"))
    made = Infiller(
        ScriptedDenoiser(tokenizer, (Script(("move(right)",)),)),
        config=InfillConfig(policy=(("draft_tokens", float(draft_tokens)),)),
        decoding=Decoding.VERIFIED,
        has_memory=True,
    )
    nearby = (OpenDocument("other.py", None, "turn.move(right)\n"),)
    outcome = made.infill(Request("turn.\n", ByteOffset(5), "python", nearby=nearby))
    assert isinstance(outcome, Proposal)
    assert (outcome.text, outcome.forwards) == ("move(right)", forwards)
