"""Candidates of one request: each denoised, checked and scored; the best one is the outcome.

sampler(denoiser, constraints) → check → proposal
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.effort import POLICIES, Decoding, SamplerConfig
from engine.proposal import Edit, Outcome, Proposal
from engine.sampler import Sampler
from engine.task import Task
from engine.verdict import Retry, judge


def best_candidate(task: Task) -> Outcome:
    """The most confident proposal with the next ones as its alternatives, or the first refusal."""
    return _best(_candidates(task), task.request.candidates)


def _candidates(task: Task) -> list[Outcome]:
    """The argmax first, then others while time lasts and too few proposals differ."""
    policy = POLICIES[task.decoding][task.request.effort]
    num_wanted = max(policy.num_candidates, task.request.candidates)
    drawn = replace(policy.sampler, temperature=policy.temperature)
    began = task.budget.clock()
    first = _sampler(task, policy.sampler, 0)
    outcomes = [_finish(task, first)]
    branches = first.branches(2 * num_wanted - 2)
    for number in range(1, 2 * num_wanted - 1):
        mean_s = (task.budget.clock() - began) / number
        if len(_distinct(outcomes)) >= num_wanted or not task.budget.lasts(mean_s):
            break
        if task.decoding is Decoding.MASKED:
            outcomes.append(_finish(task, _sampler(task, drawn, number)))
        elif number <= len(branches):
            other = _sampler(task, policy.sampler, number)
            other.follow(branches[number - 1])
            outcomes.append(_finish(task, other))
    return outcomes


def _distinct(outcomes: Sequence[Outcome]) -> list[Proposal]:
    """The proposals whose edits differ, the first of each."""
    found: dict[tuple[Edit, ...], Proposal] = {}
    for outcome in outcomes:
        if isinstance(outcome, Proposal):
            found.setdefault(outcome.edits, outcome)
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
    )


def _finish(task: Task, sampler: Sampler) -> Outcome:
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
    return replace(verdict, timings_ms=task.watch.timings_ms())


def _best(outcomes: Sequence[Outcome], num_wanted: int) -> Outcome:
    """The most confident proposal, the next ones as its alternatives; else the first refusal.

    Its counts are those of the whole request.
    """
    steps = sum(outcome.steps for outcome in outcomes)
    forwards = sum(outcome.forwards for outcome in outcomes)
    timings_ms = outcomes[-1].timings_ms
    proposals = sorted(_distinct(outcomes), key=lambda proposal: -proposal.confidence)
    if not proposals:
        return replace(outcomes[0], steps=steps, forwards=forwards, timings_ms=timings_ms)
    return replace(
        proposals[0],
        steps=steps,
        forwards=forwards,
        timings_ms=timings_ms,
        alternatives=tuple(proposals[1 : max(num_wanted, 1)]),
    )
