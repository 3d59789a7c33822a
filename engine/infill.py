"""From a request to a checked proposal, or the reason there is none. Read this file first.

syntax → mask_plan → context → canvas → candidates: sampler(denoiser, constraints) → check →
proposal
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from engine.budget import Budget, Clock
from engine.candidates import best_candidate
from engine.canvas import Canvas
from engine.check import CheckLimits
from engine.constraints import Constraint
from engine.context import ContextLimits, select_context
from engine.decoding.frontier import Heads
from engine.decoding.grammar import Grammar
from engine.decoding.likelihood import log_likelihoods
from engine.decoding.rules import ProjectRules, RulesFinder
from engine.decoding.spelling import Spelling
from engine.denoisers.protocol import ContextHandle, Denoiser, Waking
from engine.effort import Decoding, PolicyChanges, policy_of
from engine.errors import BadInput, Cancelled, MidfillError
from engine.holes import MaskPlan
from engine.in_turn import InTurn, Relay
from engine.job import OnStep
from engine.judging.confidence import Calibration
from engine.languages import language_of
from engine.lexicon import Lexicon
from engine.mask_plan import plan_masks
from engine.memory.library import Library
from engine.memory.memory import Memory
from engine.next_line import fill_on
from engine.planning.span_plan import is_within_character, plan_spans
from engine.proposal import Outcome, Reason, Refusal
from engine.reading.handles import HandleKey, Handles
from engine.reading.reader import Reader
from engine.remote.errand import Errand, Remote
from engine.request import Request
from engine.sampler import ModelView
from engine.spans import Span
from engine.stopwatch import Stopwatch
from engine.syntax import ParseCache, SyntaxTree
from engine.task import Task


@dataclass(frozen=True, slots=True)
class InfillConfig:
    """Limits of the pipeline. ``min_confidence`` None leaves it to the model's calibration.

    ``decoding``, ``has_memory`` and ``is_joint`` (several holes on one canvas, or in turn) None
    leave it to the model's manifest. ``policy``: other numbers than those of ``engine.effort``,
    whatever the effort.

    ``has_grammar``: whether the parser looks on while denoising (it judges the result anyway).
    ``num_contexts``: encoded contexts that are kept, counted in whole windows.
    """

    context: ContextLimits = field(default_factory=ContextLimits)
    check: CheckLimits = field(default_factory=CheckLimits)
    max_bytes: int = 4 * 1024 * 1024
    min_confidence: float | None = None
    has_grammar: bool = True
    decoding: Decoding | None = None
    has_memory: bool | None = None
    is_joint: bool | None = None
    policy: PolicyChanges = ()
    num_contexts: float = 2.25


class Infiller:
    """Fills holes with one model. Keeps trees and contexts from request to request.

    One request at a time: a second thread waits for the first one's answer.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        calibration: Calibration | None = None,
        config: InfillConfig | None = None,
        clock: Clock = time.perf_counter,
        decoding: Decoding = Decoding.MASKED,
        has_memory: bool = False,
        is_joint: bool = True,
    ) -> None:
        self.denoiser, self.config = denoiser, config or InfillConfig()
        self.decoding = self.config.decoding or decoding
        self.calibration = calibration or Calibration()
        self._clock, self._lock = clock, threading.Lock()
        tokenizer = denoiser.tokenizer
        self._model = ModelView(denoiser, Lexicon(tokenizer), Spelling(tokenizer))
        self._trees, self._heads, self._rules = ParseCache(), Heads(), RulesFinder()
        has_memory = has_memory if self.config.has_memory is None else self.config.has_memory
        self.is_joint = is_joint if self.config.is_joint is None else self.config.is_joint
        # Masked steps have no causal pass to add anything to.
        is_asked = has_memory and self.decoding is not Decoding.MASKED
        self._library = Library(self._model.lexicon) if is_asked else None
        self._handles = Handles(denoiser, self.config.num_contexts)
        self._reader = Reader(denoiser, self._handles, self.config.context, clock)
        self._remote = Remote()

    @property
    def has_memory(self) -> bool:
        """Whether the user's files are asked what stands in them."""
        return self._library is not None

    def reading_s(self, num_tokens: int) -> float:
        """How long the model reads so many tokens, in seconds, as far as that is known."""
        return self._reader.seconds(num_tokens)

    def wake(self) -> None:
        """Do now what the first request would otherwise wait for, while nobody waits."""
        if isinstance(self.denoiser, Waking):
            self.denoiser.wake()

    def close(self) -> None:
        """Close the connections to backends, if any were asked."""
        self._remote.close()

    def keep_contexts(self, num_contexts: float) -> None:
        """Keep that many encoded contexts from now on, in whole windows, if it kept fewer."""
        self._handles.capacity = max(self._handles.capacity, num_contexts)

    def twins(self, num_twins: int) -> list[Infiller]:
        """More of the same, for requests at the same time: they share model and contexts."""
        self._handles.capacity *= 1 + num_twins
        known = (self.denoiser, self.calibration, self.config, self._clock, self.decoding)
        twins = [Infiller(*known, self.has_memory, self.is_joint) for _ in range(num_twins)]
        for twin in twins:
            twin._model, twin._handles = self._model, self._handles
            twin._reader = self._reader
        return twins

    def infill(
        self,
        request: Request,
        cancel: threading.Event | None = None,
        on_step: OnStep | None = None,
    ) -> Outcome:
        """Fill at the cursor. ``on_step`` is called after each denoising step.

        Raises BadInput when the cursor is not in the text or a rules file is wrong; whatever else
        happens is a Refusal.
        """
        return self._answer(request, (), cancel, on_step)

    def read_ahead(self, request: Request, cancel: threading.Event | None = None) -> Outcome:
        """Encode what a request at this cursor would show the model, and ask it nothing.

        What was encoded is kept, also when it is cancelled. Always a Refusal: nothing is proposed.
        Raises BadInput as ``infill`` does.
        """
        return self._answer(request, (), cancel, None, is_asked=False)

    def fill_spans(
        self,
        request: Request,
        spans: Sequence[Span],
        cancel: threading.Event | None = None,
        on_step: OnStep | None = None,
    ) -> Outcome:
        """Replace the given spans of the request's text, in one atomic edit set.

        The first in text order counts as the cursor's. Raises BadInput when there is none, or when
        they overlap, leave the text, cut a character or are too many.
        """
        if not spans:
            raise BadInput("no spans: give at least one")
        return self._answer(request, tuple(spans), cancel, on_step)

    def log_likelihoods(
        self,
        request: Request,
        spans: Sequence[Span],
        alternatives: Sequence[Sequence[str]],
        cancel: threading.Event | None = None,
        limits: ContextLimits | None = None,
    ) -> list[list[float]]:
        """Log probability of each text at each of ``spans`` (in text order), by alternative.

        The text outside of the spans is what the model reads, of it as much as ``limits`` say.
        Raises BadInput as ``fill_spans`` does, and Cancelled, also when the request's budget is
        over.
        """
        budget = Budget.of(request.budget_ms, cancel, self._clock)
        data = _valid_data(request)
        with self._lock:
            tree = self._trees.parse(
                request.path, data, language_of(request.path, request.language)
            )
            plan = plan_spans(tree, spans, self.denoiser.tokenizer)
            read = limits or self.config.context
            context = select_context(tree, plan, request, read)
            canvas = Canvas.from_plan(plan, context, data, self.denoiser.tokenizer)
            # Other limits read other tokens, and would push out what is kept for proposals.
            key = HandleKey(request.path, read.total / self.config.context.total)
            began = self._clock()
            handle = self._handles.prefill(key, canvas, budget.interruption)
            self._reader.learn(handle, self._clock() - began)
            return log_likelihoods(self.denoiser, handle, canvas, alternatives, budget.interruption)

    def _answer(
        self,
        request: Request,
        spans: tuple[Span, ...],
        cancel: threading.Event | None,
        on_step: OnStep | None,
        is_asked: bool = True,
    ) -> Outcome:
        """Exactly one outcome, whatever happens on the way."""
        watch = Stopwatch(self._clock)
        budget = Budget.of(request.budget_ms, cancel, self._clock)
        data = _valid_data(request)
        if len(data) > self.config.max_bytes:
            detail = f"{len(data)} bytes are over the limit of {self.config.max_bytes}"
            return Refusal(Reason.TOO_LARGE, detail, model=self.denoiser.name)
        with self._lock:
            with watch.measure("parse"):
                language = language_of(request.path, request.language)
                tree = self._trees.parse(request.path, data, language)
            with watch.measure("plan"):
                plan = self._plan(tree, request, spans)
            try:
                if is_asked:
                    if spans:
                        return self._fill(request, tree, plan, budget, watch, on_step)
                    fill = partial(self._ask, budget, watch)
                    mask_id = self.denoiser.tokenizer.mask_id
                    return fill_on(request, tree, plan, fill, mask_id, on_step)
                self._read_first(request, tree, plan, budget, watch)
                reason, detail = Reason.EMPTY, "the context was read ahead, nothing was asked"
            except BadInput:
                raise
            except Cancelled as error:
                is_late = cancel is None or not cancel.is_set()
                reason, detail = Reason.CANCELLED, _one_line(error)
                if is_late:
                    reason, detail = Reason.DEADLINE, "the context was not read in time: ask again"
            except (MidfillError, RuntimeError, MemoryError) as error:
                reason, detail = Reason.BACKEND_FAILED, _one_line(error)
        timings_ms = watch.timings_ms()
        return Refusal(reason, detail, plan, timings_ms=timings_ms, model=self.denoiser.name)

    def _ask(
        self,
        budget: Budget,
        watch: Stopwatch,
        request: Request,
        tree: SyntaxTree,
        plan: MaskPlan,
        on_step: OnStep | None,
    ) -> Outcome:
        """What the model says, and the request's backend beside it."""
        with self._remote.asked(request.backend, request, tree, plan, budget) as errand:
            return self._fill(request, tree, plan, budget, watch, on_step, errand)

    def _fill(
        self,
        request: Request,
        tree: SyntaxTree,
        plan: MaskPlan,
        budget: Budget,
        watch: Stopwatch,
        on_step: OnStep | None,
        errand: Errand | None = None,
        is_further: bool = False,
    ) -> Outcome:
        """What happens to a planned request, stage by stage. ``is_further``: see ``Reader``."""
        if self._goes_in_turn(plan):
            return self._fill_in_turn(request, tree, plan, budget, watch, on_step, errand)
        with watch.measure("constraints"):
            rules = self._project_rules(request, tree.data, plan)
            grammar = [Grammar(tree, plan, self._heads)] if self.config.has_grammar else []
        canvas, handle, memory = self._read(request, tree, plan, budget, watch, is_further)
        task = Task(
            request if errand is None else errand.wish(request),
            tree,
            plan,
            canvas,
            handle,
            self._model,
            (*grammar, *rules),
            rules,
            self.config.check,
            self.calibration,
            self._least_confidence(request),
            budget,
            watch,
            on_step,
            self.decoding,
            policy_of(self.decoding, request.effort, self.config.policy),
            memory,
        )
        outcome = best_candidate(task)
        return outcome if errand is None else errand.settled(task, outcome)

    def _goes_in_turn(self, plan: MaskPlan) -> bool:
        return len(plan.holes) > 1 and not self.is_joint

    def _fill_in_turn(
        self,
        request: Request,
        tree: SyntaxTree,
        plan: MaskPlan,
        budget: Budget,
        watch: Stopwatch,
        on_step: OnStep | None,
        errand: Errand | None,
    ) -> Outcome:
        """Every hole of a plan as a request of its own; a server is asked for the cursor's."""
        turns = InTurn(request, tree, plan, self._least_confidence(request))
        relay = None
        if on_step is not None:
            relay = Relay(plan.holes, self.denoiser.tokenizer.mask_id, on_step)
        for turn in turns:
            is_first = turn.number == plan.cursor_hole
            show = None if relay is None else relay.of(turn.number)
            own = turn.request, turn.tree, turn.plan, budget, watch, show
            late = Refusal(Reason.DEADLINE, "the time was up before all holes were filled")
            try:
                outcome = self._fill(*own, errand if is_first else None, not is_first)
            except Cancelled:
                budget.raise_if_cancelled()
                if is_first:
                    raise
                outcome = late
            turns.take(turn, outcome if is_first or budget.lasts() else late)
        outcome = turns.outcome(self._project_rules(request, tree.data, plan))
        return replace(outcome, timings_ms=watch.timings_ms())

    def _read_first(
        self, request: Request, tree: SyntaxTree, plan: MaskPlan, budget: Budget, watch: Stopwatch
    ) -> None:
        """Read what the first pass of this request would need."""
        if self._goes_in_turn(plan):
            first = next(iter(InTurn(request, tree, plan, 0.0)))
            request, tree, plan = first.request, first.tree, first.plan
        self._read(request, tree, plan, budget, watch)

    def _read(
        self,
        request: Request,
        tree: SyntaxTree,
        plan: MaskPlan,
        budget: Budget,
        watch: Stopwatch,
        is_further: bool = False,
    ) -> tuple[Canvas, ContextHandle, Memory | None]:
        """Choose the context and encode it, as far as it is not known."""
        reading = self._reader.read(request, tree, plan, budget, watch, is_further)
        canvas, window = reading.canvas, reading.context.window
        with watch.measure("tokenize"):
            memory = None
            if self._library is not None:
                memory = self._library.open(request, plan, window, tree, canvas)
        return canvas, reading.handle, memory

    def _plan(self, tree: SyntaxTree, request: Request, spans: tuple[Span, ...]) -> MaskPlan:
        if spans:
            return plan_spans(tree, spans, self.denoiser.tokenizer, request.single_line)
        return plan_masks(tree, request.cursor, request)

    def _least_confidence(self, request: Request) -> float:
        asked = request.min_confidence
        configured = self.config.min_confidence if asked is None else asked
        return self.calibration.min_confidence if configured is None else configured

    def _project_rules(
        self, request: Request, data: bytes, plan: MaskPlan
    ) -> tuple[Constraint, ...]:
        rules = self._rules.rules_for(request.path)
        return () if rules is None else (ProjectRules(rules, data, plan),)


def _valid_data(request: Request) -> bytes:
    """The request's text in UTF-8; BadInput when the cursor is no place in it."""
    try:
        data = request.text.encode()
    except UnicodeEncodeError as error:
        raise BadInput(
            f"the text holds half a character (at {error.start}): send it whole"
        ) from error
    if not 0 <= request.cursor <= len(data):
        raise BadInput(f"cursor {request.cursor} is outside the text: use 0 to {len(data)}")
    if is_within_character(data, request.cursor):
        raise BadInput(f"cursor {request.cursor} cuts a character: count in bytes of UTF-8")
    return data


def _one_line(error: BaseException) -> str:
    words = " ".join(str(error).split())[:300]
    if isinstance(error, MidfillError):
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
