"""Fill holes with known contents and count: the backend of ``midfill eval``.

Two sets: holes cut from a corpus that gave nothing to training, and the public HumanEval-Infilling
problems with their executable tests. Every number comes with the floors on the same holes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.effort import Decoding, PolicyChanges
from engine.errors import BadInput
from engine.evaluation import metrics
from engine.evaluation.executed import Fence, FenceConfig, Verdict
from engine.evaluation.fillers import Answer, Filler, Floor, floor_filler
from engine.evaluation.holes import (
    SINGLE_LINE,
    CutConfig,
    CutKind,
    EvalHole,
    cut_holes,
    read_sources,
)
from engine.evaluation.human_eval import Problem, read_problems
from engine.evaluation.model_filler import load_filler
from engine.evaluation.nearby import with_nearby
from engine.evaluation.remembered import RememberingFiller
from engine.infill import InfillConfig
from engine.memory.library import MAX_OTHER_CHARACTERS
from engine.request import Effort

Progress = Callable[[Sequence[EvalHole], str], Iterable[EvalHole]]


@dataclass(frozen=True, slots=True)
class EvaluationConfig:
    """What to measure.

    ``corpus``: a ``.jsonl.zst`` file or a folder of source files, ``data``: the folder of the
    public HumanEval-Infilling files; at least one of the two. ``num_holes``, ``kinds``,
    ``context_tokens`` and ``is_as_typed`` as in ``CutConfig``. ``model`` as for ``engine.load``;
    ``has_model`` False measures the floors alone. ``num_problems`` limits the public problems,
    spread evenly; None takes all. ``min_confidence`` shows what the model is less sure of too; None
    leaves it to the model, as do ``decoding`` and ``has_memory``. ``policy``: see ``InfillConfig``.
    ``answers``: a file that keeps the model's answers from run to run.
    """

    corpus: Path | None = None
    data: Path | None = None
    model: str | None = None
    has_model: bool = True
    floors: tuple[Floor, ...] = tuple(Floor)
    num_holes: int = 300
    kinds: tuple[CutKind, ...] = SINGLE_LINE
    num_problems: int | None = None
    context_tokens: int | None = None
    is_as_typed: bool = False
    effort: Effort = Effort.MEDIUM
    budget_ms: float | None = None
    min_confidence: float | None = None
    decoding: Decoding | None = None
    has_memory: bool | None = None
    policy: PolicyChanges = ()
    answers: Path | None = None
    seed: int = 0
    fence: FenceConfig = field(default_factory=FenceConfig)
    is_progress_shown: bool = True


@dataclass(frozen=True, slots=True)
class HoleResult:
    """One answer, measured. ``verdict`` only where there is a test to run."""

    hole: EvalHole
    answer: Answer
    is_exact: bool
    kept_rate: float
    edit_similarity: float
    parses_no_worse: bool
    is_as_sound: bool
    num_unresolved: int
    verdict: Verdict | None = None
    detail: str = ""

    @property
    def is_right(self) -> bool:
        """Passed its test, or exact where there is none."""
        return self.is_exact if self.verdict is None else self.verdict is Verdict.PASSED

    @property
    def is_beginning(self) -> bool:
        """Whether one text was written, and is right as far as it goes."""
        if len(self.answer.texts) != 1 or self.answer.changes_elsewhere:
            return False
        text = self.answer.texts[0].strip()
        return bool(text) and self.hole.gold[0].strip().startswith(text)

    @property
    def is_as_claimed(self) -> bool:
        """Right, or for a text that was cut: right as far as it goes."""
        return self.is_right or (self.answer.is_cut and self.is_beginning)

    @property
    def judged_tokens(self) -> list[tuple[float, bool]]:
        """Confidence of the cursor's tokens up to the first wrong one, and whether it is right."""
        if self.answer.changes_elsewhere or not self.answer.texts:
            return []
        cursor = self.hole.cursor_hole
        text, gold = (each[cursor].encode("utf-8") for each in (self.answer.texts, self.hole.gold))
        judged, at = [], 0
        for length, p in self.answer.tokens:
            is_right = text[at : at + length] == gold[at : at + length]
            judged.append((p, is_right))
            at += length
            if not is_right:
                break
        return judged


@dataclass(frozen=True, slots=True)
class FillerResults:
    """All answers of one filler on one set, in the order of the holes."""

    set_name: str
    filler: str
    results: tuple[HoleResult, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was run and every result; the model's come first in each set."""

    config: EvaluationConfig
    results: tuple[FillerResults, ...]


def run(config: EvaluationConfig, fillers: Sequence[Filler] = ()) -> Evaluation:
    """Measure the model (or the given fillers instead of it) and the floors.

    Raises BadInput for a missing corpus or folder or unusable settings, UnknownModel and
    DamagedWeights as ``engine.load`` does, TrainingError for a damaged corpus.
    """
    if config.corpus is None and config.data is None:
        raise BadInput("nothing to measure: give a corpus file, a folder of sources, or --data")
    holes, problems = holes_of(config), _problems(config)
    tested = all_fillers(config, fillers)
    progress = progress_of(config)
    results = []
    if holes:
        for filler in tested:
            measured = tuple(evaluate(holes, filler, progress))
            results.append(FillerResults("holes", filler.name, measured))
    for name in dict.fromkeys(problem.benchmark for problem in problems):
        chosen = [problem for problem in problems if problem.benchmark == name]
        for filler in tested:
            measured = tuple(execute(chosen, filler, Fence(config.fence), progress))
            results.append(FillerResults(name, filler.name, measured))
    return Evaluation(config, tuple(results))


def all_fillers(config: EvaluationConfig, fillers: Sequence[Filler] = ()) -> list[Filler]:
    """The given fillers or the model, then the floors. Raises BadInput when none is left."""
    tested = list(fillers)
    if not tested and config.has_model:
        tested.append(_model_filler(config))
    tested += [floor_filler(floor) for floor in config.floors]
    if not tested:
        raise BadInput("nothing to measure: no model and no floor is left")
    return tested


def limits_of(config: EvaluationConfig) -> InfillConfig:
    """What the model is loaded with."""
    return InfillConfig(
        min_confidence=config.min_confidence,
        decoding=config.decoding,
        has_memory=config.has_memory,
        policy=config.policy,
    )


def _model_filler(config: EvaluationConfig) -> Filler:
    limits = limits_of(config)
    filler = load_filler(config.model, config.effort, config.budget_ms, config.seed, limits)
    if config.answers is None:
        return filler
    settings = {
        "effort": config.effort.value,
        "budget_ms": config.budget_ms,
        "seed": config.seed,
        "min_confidence": config.min_confidence,
        "decoding": None if config.decoding is None else config.decoding.value,
        "has_memory": config.has_memory,
        "context_tokens": config.context_tokens,
        "is_as_typed": config.is_as_typed,
        "policy": dict(config.policy),
    }
    return RememberingFiller(filler, config.answers, settings)


def progress_of(config: EvaluationConfig) -> Progress:
    """How the work is shown while it goes on."""
    return progress_bar if config.is_progress_shown else _no_progress


def evaluate(
    holes: Sequence[EvalHole], filler: Filler, progress: Progress | None = None
) -> Iterator[HoleResult]:
    """Fill ``holes`` one after the other and measure each answer."""
    for hole in (progress or _no_progress)(holes, filler.name):
        yield measure(hole, filler.fill(hole))


def execute(
    problems: Sequence[Problem], filler: Filler, fence: Fence, progress: Progress | None = None
) -> Iterator[HoleResult]:
    """Fill the problems' holes, measure each answer, and run its test.

    A silent filler leaves the hole empty: that program is tested too, as a user would keep it.
    """
    by_hole = {problem.hole.id: problem for problem in problems}
    known: dict[tuple[str, str], tuple[Verdict, str]] = {}
    for hole in (progress or _no_progress)([problem.hole for problem in problems], filler.name):
        answer = filler.fill(hole)
        text = answer.texts[0] if answer.texts else ""
        if (hole.id, text) not in known:
            execution = fence.run(by_hole[hole.id].program(text))
            known[hole.id, text] = execution.verdict, execution.detail
        yield measure(hole, answer, *known[hole.id, text])


def measure(
    hole: EvalHole, answer: Answer, verdict: Verdict | None = None, detail: str = ""
) -> HoleResult:
    """Compare one answer with what stood in the hole."""
    texts = answer.texts or ("",) * len(hole.spans)
    filled = metrics.filled_tree(hole, texts)
    return HoleResult(
        hole=hole,
        answer=answer,
        is_exact=not answer.changes_elsewhere and _is_exact(hole, texts),
        kept_rate=metrics.kept_rate(texts, hole.gold),
        edit_similarity=metrics.edit_similarity(texts, hole.gold),
        parses_no_worse=metrics.parses_no_worse(hole, texts),
        is_as_sound=metrics.is_as_sound(hole, filled),
        num_unresolved=metrics.num_unresolved(hole, filled, texts),
        verdict=verdict,
        detail=detail,
    )


def _is_exact(hole: EvalHole, texts: Sequence[str]) -> bool:
    also = hole.closed is not None and metrics.is_exact(texts, (hole.closed,))
    return also or metrics.is_exact(texts, hole.gold)


def holes_of(config: EvaluationConfig) -> list[EvalHole]:
    """The holes of the corpus, with the files beside theirs; none without a corpus.

    Raises BadInput when none can be cut.
    """
    if config.corpus is None:
        return []
    cut = CutConfig(
        config.num_holes, config.kinds, config.seed, config.context_tokens, config.is_as_typed
    )
    files = read_sources(config.corpus)
    holes = with_nearby(cut_holes(files, cut), files, MAX_OTHER_CHARACTERS)
    if not holes:
        kinds = ", ".join(kind.value for kind in config.kinds)
        raise BadInput(f"{config.corpus}: no hole of the kinds {kinds} can be cut from it")
    return holes


def _problems(config: EvaluationConfig) -> list[Problem]:
    if config.data is None:
        return []
    problems = read_problems(config.data)
    if config.num_problems is None or config.num_problems >= len(problems):
        return problems
    if config.num_problems < 1:
        raise BadInput("the number of problems must be at least 1")
    step = len(problems) / config.num_problems
    return [problems[int(at * step)] for at in range(config.num_problems)]


def _no_progress(holes: Sequence[EvalHole], name: str) -> Iterable[EvalHole]:
    del name
    return holes


def progress_bar(holes: Sequence[EvalHole], name: str) -> Iterator[EvalHole]:
    """One line on stderr, rewritten in place; nothing where stderr is no terminal."""
    is_terminal = sys.stderr.isatty()
    for at, hole in enumerate(holes, start=1):
        yield hole
        if is_terminal:
            sys.stderr.write(f"\r{name}: {at}/{len(holes)}\x1b[K")
    if is_terminal:
        sys.stderr.write("\r\x1b[K")
