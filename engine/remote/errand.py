"""A question to a server beside the local model's work, and what both together come to.

The surer of both texts is taken, if the server's comes in time and passes the checks; whatever goes
wrong, the local outcome stands, and ``remote`` says what happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.budget import Budget
from engine.errors import BadInput, RemoteFailed
from engine.holes import MaskPlan
from engine.proposal import Outcome, Proposal
from engine.remote.backend import Backend, Role
from engine.remote.given import judged
from engine.remote.question import RemoteText, question_of
from engine.remote.scores import best_scored
from engine.request import Request
from engine.syntax import SyntaxTree
from engine.task import Task

if TYPE_CHECKING:
    from engine.remote.desk import Desk

_NUM_SCORED = 3
# An answer that comes while the local model is still at work is not late.
_MAX_WAIT_S = 30.0
_POLL_S = 0.01


class Errand:
    """One request's way to ``backend``, until ``ends_at`` on the budget's clock."""

    def __init__(self, backend: Backend, desk: Desk, budget: Budget) -> None:
        self._backend, self._desk, self._budget = backend, desk, budget
        self._began = budget.clock()
        self._answer: Future[RemoteText] | None = None
        self._failure = ""

    def begin(self, request: Request, tree: SyntaxTree, plan: MaskPlan) -> None:
        """Send the question, if the server proposes."""
        backend = self._backend
        if backend.role is not Role.PROPOSE:
            return
        question = question_of(request, tree, plan, backend.context_bytes)
        try:
            self._answer = self._desk.ask(backend, question, max(self._left_s, _MAX_WAIT_S))
        except (BadInput, RemoteFailed) as error:
            self._failure = str(error)

    def end(self) -> None:
        """Hang up, if there is no answer yet."""
        if self._answer is not None:
            self._answer.cancel()

    def wish(self, request: Request) -> Request:
        """What the local model is asked for: whole texts, several if the server judges them."""
        whole = replace(request, is_typing=False)
        if self._backend.role is Role.PROPOSE:
            return whole
        return replace(whole, candidates=max(request.candidates, _NUM_SCORED))

    def settled(self, task: Task, local: Outcome) -> Outcome:
        """The better of the local outcome and the server's. Raises Cancelled when it is waiting."""
        if self._backend.role is Role.SCORE:
            return self._scored(task, local)
        with task.watch.measure("remote"):
            text = self._waited()
        if text is None:
            return replace(local, remote=self._failure, timings_ms=task.watch.timings_ms())
        model = f"{self._backend.model or self._backend.kind.value} at {self._backend.host}"
        theirs = judged(task, text, self._backend.trust, model)
        timings_ms = task.watch.timings_ms()
        if not isinstance(theirs, Proposal):
            said = f"{self._backend.host}: its text was refused, {theirs.reason.value}"
            return replace(local, remote=f"{said}: {theirs.detail}", timings_ms=timings_ms)
        best = self._surer(theirs, local, task.request.candidates)
        return replace(best, steps=local.steps, forwards=local.forwards, timings_ms=timings_ms)

    def _surer(self, theirs: Proposal, local: Outcome, num_wanted: int) -> Proposal:
        """The text that is likelier to be right, the others behind it.

        Of a local text that was cut only its beginning is sure, so it does not count.
        """
        host = self._backend.host
        if not isinstance(local, Proposal):
            return replace(theirs, remote=f"{host}: its text was taken")
        others = [replace(each, alternatives=()) for each in (local, *local.alternatives)]
        others = [each for each in others if each.edits != theirs.edits]
        if others[:1] != [replace(local, alternatives=())]:
            ranked, said = [theirs, *others], "its text is the local one, too"
        elif local.confidence > theirs.confidence and not local.is_cut:
            ranked, said = [others[0], theirs, *others[1:]], "the local text is surer than its own"
        else:
            ranked, said = [theirs, *others], "its text was taken"
        best, *behind = ranked
        kept = tuple(behind[: max(num_wanted - 1, 0)])
        return replace(best, alternatives=kept, remote=f"{host}: {said}")

    @property
    def _left_s(self) -> float:
        """How long the server may still take."""
        now = self._budget.clock()
        left = self._began + self._backend.timeout_ms / 1000.0 - now
        if self._budget.deadline is not None:
            left = min(left, self._budget.deadline - now)
        return max(left, 0.0)

    def _waited(self) -> RemoteText | None:
        """The server's text; None, with ``_failure`` set, when there is none in time."""
        if self._answer is None:
            return None
        while not self._answer.done() and self._left_s:
            self._budget.raise_if_cancelled()
            wait([self._answer], min(_POLL_S, self._left_s))
        if not self._answer.done():
            self._desk.note_late(self._backend)
            self._failure = f"{self._backend.host}: not in time"
            return None
        try:
            return self._answer.result()
        except RemoteFailed as error:
            self._failure = str(error)
            return None

    def _scored(self, task: Task, local: Outcome) -> Outcome:
        """The local candidates in the server's order."""
        self._began = self._budget.clock()  # nothing was asked before
        if not isinstance(local, Proposal) or not local.alternatives:
            return replace(local, remote=f"{self._backend.host}: no two candidates to judge")
        try:
            with task.watch.measure("remote"):
                best = best_scored(self._desk, self._backend, task, local, self._left_s)
        except (BadInput, RemoteFailed) as error:
            return replace(local, remote=str(error), timings_ms=task.watch.timings_ms())
        return replace(best, timings_ms=task.watch.timings_ms())


class Remote:
    """Keeps the connections from request to request."""

    def __init__(self) -> None:
        self._desk: Desk | None = None

    def close(self) -> None:
        """Close the connections; the next question opens new ones."""
        desk, self._desk = self._desk, None
        if desk is not None:
            desk.close()

    @contextmanager
    def asked(
        self,
        backend: Backend | None,
        request: Request,
        tree: SyntaxTree,
        plan: MaskPlan,
        budget: Budget,
    ) -> Iterator[Errand | None]:
        """Ask while the block runs; None without a backend.

        Raises BadInput when the library for it is not installed.
        """
        if backend is None:
            yield None
            return
        if self._desk is None:
            self._desk = _new_desk()
        errand = Errand(backend, self._desk, budget)
        errand.begin(request, tree, plan)
        try:
            yield errand
        finally:
            errand.end()


def _new_desk() -> Desk:
    """Imported here: who asks nobody needs no HTTP library."""
    try:
        from engine.remote.desk import Desk
    except ModuleNotFoundError as error:
        raise BadInput(
            f"{error.name} is not installed, so no backend can be asked: "
            "run pip install 'midfill[remote]' first"
        ) from error
    return Desk()
