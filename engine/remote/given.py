"""A server's text in the shape in which the local model's are judged: the same checks for both."""

# N tokens of a text

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.constraints import Fault
from engine.effort import SamplerConfig
from engine.judging.confidence import Calibration
from engine.judging.verdict import Misfit, Retry, judge
from engine.proposal import Outcome, Proposal
from engine.remote.question import RemoteText
from engine.sampler import Stop, TokenScores
from engine.task import Task


class Given:
    """``text`` for the cursor's hole of ``task``; the other holes keep what stands there.

    ``trust``: the probability of a text that came without any.
    """

    def __init__(self, task: Task, text: RemoteText, trust: float) -> None:
        self.stop: Stop | None = Stop.FINISHED
        self.fault: Fault | None = None
        self.is_usable = True
        self.num_steps = self.forwards = 0
        self.config = SamplerConfig()
        self._plan, self._data = task.plan, task.tree.data
        self._text, self._trust = text, trust

    @property
    def num_positions(self) -> int:
        """Tokens that the holes had room for: as many as came."""
        return len(self._text.tokens)

    def texts(self) -> tuple[str, ...]:
        """The server's text, and those that stand in the other holes."""
        old = [hole.span.of(self._data).decode("utf-8", "replace") for hole in self._plan.holes]
        old[self._plan.cursor_hole] = self._text.text
        return tuple(old)

    def scores(self, hole: int) -> TokenScores:
        """The server's tokens if they spell its text, else the text as one token."""
        if hole != self._plan.cursor_hole:
            return TokenScores((), np.empty(0, np.float32))
        whole = self._text.text.encode()
        tokens = self._text.tokens
        spelled = b"".join(token.data for token in tokens)
        if tokens and spelled.lstrip().startswith(whole.lstrip()):
            p = np.exp(np.array([token.log_p for token in tokens], np.float32))
            return TokenScores(tuple(token.data for token in tokens), np.minimum(p, 1.0))
        confidence = self._trust if self._text.confidence is None else self._text.confidence
        return TokenScores((whole,), np.array([confidence], np.float32))


def judged(task: Task, text: RemoteText, trust: float, model: str) -> Outcome:
    """Check a server's text as if the local model had written it.

    Its probabilities are not the local model's: they count as they are.
    """
    least = task.calibration.min_prefix
    own = replace(task, calibration=Calibration(min_prefix=least))
    verdict = judge(own, Given(task, text, trust))
    outcome = verdict.refusal if isinstance(verdict, Retry | Misfit) else verdict
    if isinstance(outcome, Proposal):
        return replace(outcome, model=model)
    return outcome
