"""What all candidates of one request share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.budget import Budget
from engine.canvas import Canvas
from engine.check import CheckLimits
from engine.constraints import Constraint
from engine.decoding.commit import Floats
from engine.denoisers.protocol import ContextHandle
from engine.effort import Decoding, EffortPolicy
from engine.holes import MaskPlan
from engine.judging.confidence import Calibration
from engine.memory.memory import Memory
from engine.proposal import Reason, Refusal
from engine.request import Request
from engine.sampler import ModelView
from engine.step import Step
from engine.stopwatch import Stopwatch
from engine.syntax import SyntaxTree


@dataclass(frozen=True, slots=True)
class Task:
    """A planned request in front of the sampler.

    ``constraints`` look on while denoising; ``rules``, one of them, judge the mended text again.
    ``memory``: what the user's files say of the hole.
    """

    request: Request
    tree: SyntaxTree
    plan: MaskPlan
    canvas: Canvas
    handle: ContextHandle
    model: ModelView
    constraints: Sequence[Constraint]
    rules: Sequence[Constraint]
    check: CheckLimits
    calibration: Calibration
    min_confidence: float
    budget: Budget
    watch: Stopwatch
    on_step: Callable[[Step], None] | None
    decoding: Decoding
    policy: EffortPolicy
    memory: Memory | None = None

    def is_hopeless(self, p: Floats) -> bool:
        """Whether a text that begins with tokens of these p (N,) cannot become sure enough."""
        return self.calibration.whole_p(p, 0) < self.min_confidence

    def refusal(self, reason: Reason, detail: str, steps: int, forwards: int) -> Refusal:
        """A refusal with what is known about this request."""
        timings_ms, model = self.watch.timings_ms(), self.model.denoiser.name
        return Refusal(reason, detail, self.plan, steps, forwards, timings_ms, model)
