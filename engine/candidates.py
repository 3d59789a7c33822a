"""Candidates of one request: each denoised, checked and scored; the best one is the outcome.

sampler(denoiser, constraints) → check → proposal
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engine.decoding.branches import Branch
from engine.effort import Decoding, SamplerConfig
from engine.judging.verdict import Misfit, Retry, judge
from engine.proposal import Edit, Outcome, Proposal
from engine.sampler import Sampler
from engine.task import Task

MAX_DETOURS = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """An outcome and the log likelihood of all that was written for it.

    ``is_misfit``: it does not belong there as a whole.
    """

    outcome: Outcome
    log_p: float
    is_misfit: bool = False


def best_candidate(task: Task) -> Outcome:
    """The most likely proposal with the next ones as its alternatives, or the first refusal."""
    return _best(_candidates(task), task.request.candidates)


def _candidates(task: Task) -> list[Candidate]:
    """The argmax first, then others while time lasts and too few proposals differ."""
    policy = task.policy
    num_wanted = max(policy.num_candidates, task.request.candidates)
    drawn = replace(policy.sampler, temperature=policy.temperature)
    began = task.budget.clock()
    first = _sampler(task, policy.sampler, 0)
    candidates = [_finish(task, first)]
    if candidates[0].is_misfit:
        candidates += _detours(task, first, candidates[0])
    branches = first.branches(2 * num_wanted - 2)
    for number in range(1, 2 * num_wanted - 1):
        mean_s = (task.budget.clock() - began) / number
        if len(_distinct(candidates)) >= num_wanted or not task.budget.lasts(mean_s):
            break
        if task.decoding is Decoding.MASKED:
            candidates.append(_finish(task, _sampler(task, drawn, number)))
        elif number <= len(branches):
            other = _sampler(task, policy.sampler, number)
            other.follow(branches[number - 1])
            candidates.append(_finish(task, other))
    return candidates


def _detours(task: Task, sampler: Sampler, misfit: Candidate) -> Iterator[Candidate]:
    """Other texts than one that does not belong there, up to the first that may.

    Each begins with the likeliest start of all that were not followed yet; what is left out shares
    its probability among the others.
    """
    starts: list[Branch] = []
    left = 1.0
    for number in range(1, MAX_DETOURS + 1):
        starts += sampler.detours()
        left -= math.exp(misfit.log_p)
        if not starts or not task.budget.lasts():
            return
        starts.sort(key=lambda each: each.likelihood)
        sampler = _sampler(task, task.policy.sampler, number)
        sampler.follow(starts.pop().given(left))
        yield (misfit := _finish(task, sampler))
        if not misfit.is_misfit:
            return


def _distinct(candidates: Sequence[Candidate]) -> list[Proposal]:
    """The proposals whose edits differ, the most likely first, of each the first one."""
    found: dict[tuple[Edit, ...], Proposal] = {}
    for candidate in sorted(candidates, key=lambda each: -each.log_p):
        if isinstance(candidate.outcome, Proposal):
            found.setdefault(candidate.outcome.edits, candidate.outcome)
    return list(found.values())


def _sampler(task: Task, config: SamplerConfig, number: int) -> Sampler:
    """A run over a copy of the canvas."""
    return Sampler(
        task.canvas.copy(),
        task.handle,
        task.plan.holes,
        task.model,
        config,
        task.constraints,
        task.budget,
        (task.request.seed, number),
        task.request.draft or "",
        task.memory,
        task.is_hopeless if task.request.candidates <= 1 else None,
    )


def _finish(task: Task, sampler: Sampler) -> Candidate:
    """Denoise to the end; what the check refuses is banned and denoised again."""
    while True:
        with task.watch.measure("denoise"):
            for step in sampler.steps():
                if task.on_step is not None:
                    task.on_step(step)
        with task.watch.measure("check"):
            verdict = judge(task, sampler)
        if not isinstance(verdict, Retry):
            break
        if not sampler.reject(verdict.hole, verdict.fault):
            verdict = verdict.refusal
            break
    for stage, seconds in (("constraints", sampler.constraint_s), ("score", sampler.score_s)):
        task.watch.add(stage, seconds)
        task.watch.add("denoise", -seconds)
    found = verdict.refusal if isinstance(verdict, Misfit) else verdict
    outcome = replace(found, timings_ms=task.watch.timings_ms())
    return Candidate(outcome, sampler.log_p, isinstance(verdict, Misfit))


def _best(candidates: Sequence[Candidate], num_wanted: int) -> Outcome:
    """The most likely proposal, the next ones as its alternatives; else the first refusal.

    Its counts are those of the whole request.
    """
    proposals = _distinct(candidates)
    best = proposals[0] if proposals else candidates[0].outcome
    counted = replace(
        best,
        steps=sum(each.outcome.steps for each in candidates),
        forwards=sum(each.outcome.forwards for each in candidates),
        timings_ms=candidates[-1].outcome.timings_ms,
    )
    if isinstance(counted, Proposal):
        return replace(counted, alternatives=tuple(proposals[1 : max(num_wanted, 1)]))
    return counted
