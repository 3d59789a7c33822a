"""What each effort buys. All numbers of the sampler's policy in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeVar

from engine.decoding.commit import CommitConfig
from engine.errors import BadInput
from engine.request import Effort

PolicyChanges = Sequence[tuple[str, float]]
Part = TypeVar("Part", "EffortPolicy", "SamplerConfig", CommitConfig)


class Decoding(str, Enum):
    """How a canvas is filled: by what its masked pass is sure of, or its causal pass verifies."""

    MASKED = "masked"
    VERIFIED = "verified"
    """Drafts come out of the context."""
    DRAFTED = "drafted"
    """A masked pass before each causal one drafts what the context does not: worth it for weights
    whose masked pass is often right about several tokens at once."""

    @staticmethod
    def of(defaults: Mapping[str, float]) -> Decoding:
        """What a manifest's defaults say: the one that is above 0, masked steps without any."""
        chosen = [each for each in Decoding if defaults.get(each.value, 0.0) > 0]
        return chosen[-1] if chosen else Decoding.MASKED


@dataclass(frozen=True, slots=True)
class SamplerConfig:
    """Policy of one run.

    ``steps_per_token``: a block of L positions gets at most ceil(steps_per_token * L) steps.
    ``max_blocks``: canvases one after the other. ``is_scored``: whether the causal pass is asked
    what it gives a full text. ``eom_bias``: taken off <eom>'s logit at a block's first step, halved
    at each one after. ``eom_support``: what every masked position before <eom> must have.
    ``max_faults``: objections before the run gives up. ``safe_p``: at the deadline the text is cut
    before the first token under it. ``max_positions``: to this a further hole may grow.

    ``decoding``: masked steps, or verified ones: drafts of at most ``draft_tokens`` behind every
    frontier, found by matches of ``min_match`` tokens; in ``num_revisits`` rounds further holes are
    verified again when the holes before them are full.
    """

    commit: CommitConfig = field(default_factory=CommitConfig)
    steps_per_token: float = 1.0
    max_blocks: int = 4
    is_scored: bool = True
    eom_bias: float = 1.0
    eom_support: float = 0.3
    max_faults: int = 3
    safe_p: float = 0.4
    max_positions: int = 32
    temperature: float = 0.0
    decoding: Decoding = Decoding.MASKED
    draft_tokens: int = 8
    min_match: int = 1
    num_revisits: int = 1


@dataclass(frozen=True, slots=True)
class EffortPolicy:
    """A run's policy and how many candidates are tried.

    The first one is the argmax. Further ones are drawn at ``temperature`` (masked steps), or begin
    with a runner-up of the first one's tokens (verified steps).
    """

    sampler: SamplerConfig
    num_candidates: int
    temperature: float = 0.4


# Thresholds: Fast-dLLM .9, .95 for quality, .7 to .8 for speed (arXiv:2505.22618).
_MASKED: Mapping[Effort, EffortPolicy] = {
    Effort.INSTANT: EffortPolicy(
        SamplerConfig(
            CommitConfig(threshold=0.7),
            steps_per_token=0.25,
            max_blocks=1,
            is_scored=False,
        ),
        num_candidates=1,
    ),
    Effort.LOW: EffortPolicy(
        SamplerConfig(
            CommitConfig(threshold=0.8),
            steps_per_token=0.5,
            max_blocks=2,
        ),
        num_candidates=1,
    ),
    Effort.MEDIUM: EffortPolicy(SamplerConfig(), num_candidates=1),
    Effort.HIGH: EffortPolicy(
        SamplerConfig(CommitConfig(threshold=0.95), max_blocks=8),
        num_candidates=3,
    ),
}
_STEP = SamplerConfig(decoding=Decoding.VERIFIED, is_scored=False)
_VERIFIED: Mapping[Effort, EffortPolicy] = {
    Effort.INSTANT: EffortPolicy(replace(_STEP, max_blocks=1, num_revisits=0), num_candidates=1),
    Effort.LOW: EffortPolicy(replace(_STEP, max_blocks=2), num_candidates=1),
    Effort.MEDIUM: EffortPolicy(_STEP, num_candidates=1),
    # More candidates were no better (docs/log.md): they are there for who asks for several.
    Effort.HIGH: EffortPolicy(replace(_STEP, max_blocks=8, num_revisits=2), num_candidates=1),
}
POLICIES: Mapping[Decoding, Mapping[Effort, EffortPolicy]] = {
    Decoding.MASKED: _MASKED,
    Decoding.VERIFIED: _VERIFIED,
    Decoding.DRAFTED: {
        effort: replace(policy, sampler=replace(policy.sampler, decoding=Decoding.DRAFTED))
        for effort, policy in _VERIFIED.items()
    },
}


def policy_of(decoding: Decoding, effort: Effort, changes: PolicyChanges = ()) -> EffortPolicy:
    """The policy of an effort, with other numbers for some names, of whatever part.

    Raises BadInput for a name that stands in no part, or a number that cannot be there.
    """
    policy = POLICIES[decoding][effort]
    for name, value in changes:
        commit, sampler = policy.sampler.commit, policy.sampler
        if name in (known := _numbers(policy)):
            policy = _changed(policy, name, value)
        elif name in (known := known + _numbers(sampler)):
            policy = replace(policy, sampler=_changed(sampler, name, value))
        elif name in (known := known + _numbers(commit)):
            sampler = replace(sampler, commit=_changed(commit, name, value))
            policy = replace(policy, sampler=sampler)
        else:
            names = ", ".join(dict.fromkeys(known))
            raise BadInput(f"no number of a policy is named {name}: {names}")
    return policy


def _numbers(part: EffortPolicy | SamplerConfig | CommitConfig) -> list[str]:
    """The names of the numbers that a part holds."""
    return [name for name in part.__slots__ if isinstance(getattr(part, name), int | float)]


def _changed(part: Part, name: str, value: float) -> Part:
    kind = type(getattr(part, name))
    try:
        return replace(part, **{name: kind(value)})
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{name}={value:g}: {error}") from error
