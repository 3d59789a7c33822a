"""Candidates of one request: each denoised, checked and scored; the best one is the outcome.

sampler(denoiser, constraints) → check → proposal
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.effort import POLICIES, SamplerConfig
from engine.proposal import Edit, Outcome, Proposal
from engine.sampler import Sampler
from engine.task import Task
from engine.verdict import Retry, judge


def best_candidate(task: Task) -> Outcome:
    """The most confident proposal with the next ones as its alternatives, or the first refusal."""
    return _best(_candidates(task), task.request.candidates)


def _candidates(task: Task) -> list[Outcome]:
    """The argmax first, then draws while time lasts and too few proposals differ."""
    policy = POLICIES[task.request.effort]
    num_wanted = max(policy.num_candidates, task.request.candidates)
    drawn = replace(policy.sampler, temperature=policy.temperature)
    outcomes: list[Outcome] = []
    began = task.budget.clock()
    for number in range(2 * num_wanted - 1):
        outcomes.append(_candidate(task, drawn if number else policy.sampler, number))
        mean_s = (task.budget.clock() - began) / (number + 1)
        if len(_distinct(outcomes)) >= num_wanted or not task.budget.lasts(mean_s):
            break
    return outcomes


def _distinct(outcomes: Sequence[Outcome]) -> list[Proposal]:
    """The proposals whose edits differ, the first of each."""
    found: dict[tuple[Edit, ...], Proposal] = {}
    for outcome in outcomes:
        if isinstance(outcome, Proposal):
            found.setdefault(outcome.edits, outcome)
    return list(found.values())


def _candidate(task: Task, config: SamplerConfig, number: int) -> Outcome:
    """Denoise one copy of the canvas; what the check refuses is banned and denoised again."""
    seed = (task.request.seed, number)
    sampler = Sampler(
        task.canvas.copy(),
        task.handle,
        task.plan.holes,
        task.model,
        config,
        task.constraints,
        task.budget,
        seed,
    )
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
