"""The denoising loop: predict, commit what is sure, let the constraints look, stop.

Knows a canvas, a denoiser and a policy; knows nothing of files or proposals. Deterministic: the
same canvas, policy and seed give the same text.
"""

# M masked positions, V vocabulary

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from engine.budget import Budget
from engine.canvas import Canvas
from engine.constraints import Constraint, Draft, Fault, first_fault
from engine.decoding.blocks import Blocks
from engine.decoding.branches import Branch
from engine.decoding.causal_scores import CausalScores
from engine.decoding.commit import Floats
from engine.decoding.denoising import Denoising
from engine.decoding.drafts import GuessDrafts, LookupDrafts, MemoryDrafts, ProposedDrafts
from engine.decoding.filters import Filters
from engine.decoding.safe_prefix import cut_to_safe_prefix
from engine.decoding.snapshot import Changes, Counts, snapshot
from engine.decoding.spelling import Spelling
from engine.decoding.verifier import Verifier
from engine.decoding.writer import Place, Writer
from engine.denoisers.protocol import ContextHandle, Denoiser
from engine.effort import Decoding, SamplerConfig
from engine.errors import Cancelled
from engine.holes import Hole
from engine.lexicon import Lexicon
from engine.memory.memory import Memory
from engine.proposal import Reason
from engine.step import Step

LEAST_P = 1e-6


class Stop(Enum):
    """Why a run ended."""

    FINISHED = "finished"
    DEADLINE = "deadline"
    UNFINISHED = "unfinished"
    FAULT = "fault"
    HOPELESS = "hopeless"


@dataclass(frozen=True, slots=True)
class ModelView:
    """A denoiser with what was derived from its tokenizer."""

    denoiser: Denoiser
    lexicon: Lexicon
    spelling: Spelling


@dataclass(frozen=True, slots=True)
class TokenScores:
    """Bytes of the N tokens of a hole behind what was healed (<eom> has none), their p (N,).

    What the causal pass gives them where it was asked, else what they were committed with.
    """

    pieces: tuple[bytes, ...]
    p: Floats


class Sampler:
    """One run over one canvas, which it owns. ``steps`` may be resumed after ``reject``.

    ``seed`` and ``candidate`` choose the noise when the policy's temperature is above 0.
    ``proposed`` is the request's draft. ``memory`` is asked at verified steps.
    ``is_hopeless`` says of the p of a text's first tokens that it will not be shown whole: the only
    hole's text is left there.
    """

    def __init__(
        self,
        canvas: Canvas,
        handle: ContextHandle,
        holes: Sequence[Hole],
        model: ModelView,
        config: SamplerConfig,
        constraints: Sequence[Constraint] = (),
        budget: Budget | None = None,
        seed: tuple[int, int] = (0, 0),
        proposed: str = "",
        memory: Memory | None = None,
        is_hopeless: Callable[[Floats], bool] | None = None,
    ) -> None:
        self.canvas, self.model, self.config = canvas, model, config
        self.stop: Stop | None = None
        self.fault: Fault | None = None
        self.num_steps = self.forwards = 0
        self.constraint_s = self.score_s = 0.0
        self.is_usable = True
        sizes = [hole.num_tokens for hole in holes]
        self.blocks = Blocks(canvas, handle, sizes, model.denoiser, model.spelling, config)
        self._causal = CausalScores()
        self._ends_line = [hole.single_line for hole in holes]
        self._filters = Filters(canvas, model.spelling, model.lexicon, self._ends_line)
        self._writer = Writer(canvas, model.spelling, self._ends_line, config)
        self._pass = self._new_pass(seed, proposed, memory)
        can_give_up = len(holes) == 1 and config.decoding is not Decoding.MASKED
        self._is_hopeless = is_hopeless if can_give_up else None
        self._constraints, self._budget = constraints, budget or Budget()
        self._began = self._budget.clock()
        self._step_s = 0.0
        self._num_faults = 0
        self._seen: list[tuple[bytes, bool] | None] = [None] * len(holes)
        self._remasked: list[Place] = []

    def steps(self) -> Iterator[Step]:
        """Denoise until every hole has ended or nothing more may be spent; see ``stop``.

        Raises Cancelled between two steps.
        """
        self.stop = None
        while self.stop is None:
            self._budget.raise_if_cancelled()
            try:
                step = self._advance()
            except Cancelled:
                self._budget.raise_if_cancelled()
                self._expire()  # it was the deadline that ended the pass
            else:
                if step is not None:
                    yield step

    def _advance(self) -> Step | None:
        """One step, or what there is to do when nothing is masked."""
        if not self._budget.lasts(self._step_s):
            self._expire()
        elif self._gives_up():
            self.stop = Stop.HOPELESS
        elif len(self.canvas.masked()):
            return self._step()
        elif not self._revisit():
            self._score()
            self._lengthen()
        return None

    def _gives_up(self) -> bool:
        """Whether what is written is too unsure already; then no more than that is left."""
        if self._is_hopeless is None:
            return False
        [hole] = self.canvas.holes
        p = np.concatenate([self.blocks.done_p(0), hole.p[: hole.num_frontier]])
        if not len(p) or not self._is_hopeless(p):
            return False
        hole.truncate(hole.num_frontier)
        return True

    def _expire(self) -> None:
        """The time is up."""
        if self._is_finished():
            self.stop = Stop.FINISHED
        else:
            self._cut(Stop.DEADLINE)

    def reject(self, hole: int, fault: Fault) -> bool:
        """Ban the token that wrote the fault and open the hole from there.

        False when that was done too often. Call ``steps`` again afterwards.
        """
        self._num_faults += 1
        if self._num_faults > self.config.max_faults:
            self.stop, self.fault = Stop.FAULT, fault
            return False
        canvas = self.canvas.holes[hole]
        index = self.model.spelling.token_at(canvas, fault.offset)
        token = int(np.concatenate([canvas.done, canvas.ids])[index])
        self._filters.ban(hole, index, token)
        self._remasked += [(hole, place) for place in self.blocks.reopen(hole, index)]
        return True

    def branches(self, num_wanted: int) -> list[Branch]:
        """Starts of other candidates than the text that was just verified; none of masked steps."""
        if isinstance(self._pass, Denoising):
            return []
        return self._pass.runners_up.branches(self.canvas, num_wanted)

    def detours(self) -> list[Branch]:
        """Starts of other texts than the one that was just verified; none of masked steps."""
        if isinstance(self._pass, Denoising):
            return []
        return self._pass.runners_up.detours(self.canvas)

    def follow(self, branch: Branch) -> None:
        """Begin where a branch begins. Before the first step."""
        cursor_hole = self.canvas.cursor_hole
        hole = self.canvas.holes[cursor_hole]
        hole.grow(max(len(branch.tokens) + 1 - len(hole), 0), self.model.spelling.tokenizer.mask_id)
        for index, (token, p) in enumerate(zip(branch.tokens, branch.p, strict=True)):
            self._writer.put(cursor_hole, index, int(token), float(p))
        for other, draft in zip(self.canvas.holes, branch.drafts, strict=True):
            start = other.num_frontier
            num_drafted = min(len(draft), len(other) - start)
            other.guess[start : start + num_drafted] = draft[:num_drafted]

    @property
    def num_positions(self) -> int:
        """Tokens that the holes had room for."""
        return sum(len(hole.done) + len(hole) for hole in self.canvas.holes)

    def texts(self) -> tuple[str, ...]:
        """The text of each hole up to its first masked position, behind the forced bytes."""
        return tuple(self.model.spelling.text(hole) for hole in self.canvas.holes)

    def scores(self, hole: int) -> TokenScores:
        """Every token of a hole with its probabilities; of a cut hole those that are left."""
        canvas = self.canvas.holes[hole]
        pieces = self.model.spelling.new_pieces(canvas)
        causal_p = self.blocks.causal_p(hole, self._causal)
        if causal_p is not None:
            return TokenScores(tuple(pieces), causal_p)
        p = np.concatenate([self.blocks.done_p(hole)[: len(canvas.done)], canvas.p])
        return TokenScores(tuple(pieces), p)

    @property
    def log_p(self) -> float:
        """The log likelihood of all that is written, the ends included."""
        p = np.concatenate([self.scores(hole).p for hole in range(len(self.canvas.holes))])
        return float(np.log(np.maximum(p, LEAST_P)).sum())

    def _new_pass(
        self, seed: tuple[int, int], proposed: str, memory: Memory | None
    ) -> Denoising | Verifier:
        """What a step does, by the policy."""
        canvas, model, config = self.canvas, self.model, self.config
        filters, writer = self._filters, self._writer
        denoiser, lexicon = model.denoiser, model.lexicon
        denoising = Denoising(canvas, denoiser, lexicon, filters, writer, config, seed)
        if config.decoding is Decoding.MASKED:
            return denoising
        ends_line, num_tokens = self._ends_line, config.draft_tokens
        remembered = () if memory is None else (MemoryDrafts(model.spelling, memory, num_tokens),)
        sources = (
            GuessDrafts(denoiser.tokenizer.eom_id),
            *remembered,
            LookupDrafts(model.spelling, ends_line, config.min_match, num_tokens),
            ProposedDrafts(model.spelling, proposed, ends_line, num_tokens),
        )
        drafting = denoising if config.decoding is Decoding.DRAFTED else None
        return Verifier(
            canvas, denoiser, lexicon, filters, writer, sources, config, drafting, memory
        )

    def _is_finished(self) -> bool:
        return all(self.model.spelling.is_finished(hole) for hole in self.canvas.holes)

    def _step(self) -> Step:
        began = self._budget.clock()
        forwards = self._pass.forwards
        committed = self._pass.step(self.blocks, self._budget.interruption)
        self.forwards += self._pass.forwards - forwards
        self.num_steps += 1
        self.blocks.num_steps += 1
        self._look()
        self._step_s = self._budget.clock() - began
        remasked, self._remasked = self._remasked, []
        elapsed_ms = (self._budget.clock() - self._began) * 1000.0
        done_p = [self.blocks.done_p(number) for number in range(len(self.canvas.holes))]
        changes = Changes(committed, remasked)
        counts = Counts(self.num_steps, self.forwards, elapsed_ms)
        return snapshot(self.canvas, done_p, self.model.spelling, changes, counts)

    def _look(self, is_final: bool = False) -> None:
        """Show the constraints every frontier that changed; ban and mask again what they refuse."""
        began = self._budget.clock()
        spelling = self.model.spelling
        others = tuple(
            text if spelling.is_finished(hole) else None
            for text, hole in zip(self.texts(), self.canvas.holes, strict=True)
        )
        for number, canvas in enumerate(self.canvas.holes):
            data, is_finished = spelling.data(canvas), is_final or spelling.is_finished(canvas)
            if spelling.missing(canvas) or self._seen[number] == (data, is_finished):
                continue
            self._seen[number] = (data, is_finished)
            fault = self._fault(number, data, is_finished, others)
            if fault is not None and is_final:
                self.stop, self.fault = Stop.FAULT, fault
            elif fault is not None:
                self._seen[number] = None
                self.reject(number, fault)
        self.constraint_s += self._budget.clock() - began

    def _fault(
        self, hole: int, data: bytes, is_finished: bool, others: tuple[str | None, ...]
    ) -> Fault | None:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            is_cut = error.reason == "unexpected end of data" and not is_finished
            if not is_cut:
                return Fault(error.start, Reason.DOES_NOT_PARSE, "the bytes are not UTF-8")
            text = data[: error.start].decode("utf-8")
        return first_fault(self._constraints, Draft(hole, text, is_finished, others))

    def _revisit(self) -> bool:
        """Whether holes were opened to be verified once more."""
        if isinstance(self._pass, Denoising) or not self._is_finished():
            return False
        hidden = self._pass.revisit(self.blocks)
        self._remasked += hidden
        return bool(hidden)

    def _score(self) -> None:
        """Ask the causal pass about the full block, once."""
        if not self.config.is_scored or self._causal.hold(self.canvas):
            return
        began = self._budget.clock()
        self._causal.score(
            self.canvas,
            self.blocks.handle,
            self.model.denoiser,
            self.model.lexicon,
            [
                each
                for number, hole in enumerate(self.canvas.holes)
                for each in self._filters.of_text(number, hole.ids.tolist())[:-1]
            ],
            self._budget.interruption,
        )
        self.forwards += 1
        self.score_s += self._budget.clock() - began

    def _lengthen(self) -> None:
        """Give every hole that has not ended more room; stop when all ended or none is left."""
        if self._is_finished():
            self.stop = Stop.FINISHED
        elif not self.blocks.lengthen(self._causal):
            self._cut(Stop.UNFINISHED)

    def _cut(self, stop: Stop) -> None:
        """End the run with what is safe to keep; no text at all when a further hole is open."""
        self.is_usable = cut_to_safe_prefix(
            self.canvas, self._ends_line, self.model.spelling, self.config.safe_p
        )
        self.stop = stop
        if self.is_usable:
            self._look(is_final=True)
