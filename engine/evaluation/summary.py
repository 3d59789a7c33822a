"""From single results to the numbers of a table: rates with intervals, percentiles, examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.evaluation.infilling import FillerResults, HoleResult
from engine.evaluation.metrics import num_words
from engine.evaluation.statistics import (
    Estimate,
    PairedComparison,
    ReliabilityBin,
    ShowPoint,
    calibration_error,
    compare,
    estimate,
    reliability,
    show_curve,
)

EXAMPLES_PER_LANGUAGE = 3
CONTEXT_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Summary:
    """What one filler did on one set (or a part of it: one kind or language).

    ``exact_match`` and ``pass_rate`` count silence as wrong. Over what was shown: ``kept_rate``,
    ``edit_similarity``, ``parse_rate`` (no worse than a placeholder), ``sound_rate`` (no worse than
    the original), ``unresolved_rate`` (a name that resolves nowhere).
    ``calibration_error`` and ``bins`` cover the shown answers that carry a confidence, as does
    ``show_curve``; ``token_error`` and ``token_bins`` their tokens up to the first wrong one.
    ``beginning_rate``: shown texts that are right as far as they go. ``cut_rate``: shown ones that
    are but a sure beginning.
    """

    count: int
    exact_match: Estimate | None
    pass_rate: Estimate | None
    silence_rate: Estimate | None
    kept_rate: Estimate | None
    edit_similarity: Estimate | None
    beginning_rate: Estimate | None
    cut_rate: Estimate | None
    parse_rate: Estimate | None
    sound_rate: Estimate | None
    unresolved_rate: Estimate | None
    forwards: Estimate | None
    milliseconds_p50: float | None
    milliseconds_p95: float | None
    calibration_error: float | None
    bins: tuple[ReliabilityBin, ...]
    token_error: float | None = None
    token_bins: tuple[ReliabilityBin, ...] = ()
    show_curve: tuple[ShowPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A correct fill of several words, with a little of what stands around it."""

    language: str
    hole_id: str
    before: str
    fill: tuple[str, ...]
    after: str


def summarise(results: Sequence[HoleResult], seed: int = 0) -> Summary:
    """The numbers of ``results``; an estimate is None where nothing was counted."""
    shown = [result for result in results if not result.answer.is_silent]
    tested = [result for result in results if result.verdict is not None]
    times = [result.answer.milliseconds for result in results]
    rated = [result for result in shown if result.answer.confidence is not None]
    confidences = [result.answer.confidence or 0.0 for result in rated]
    right = [result.is_as_claimed for result in rated]
    bins = reliability(confidences, right)
    tokens = [token for result in rated for token in result.judged_tokens]
    token_bins = reliability([p for p, _ in tokens], [is_right for _, is_right in tokens])

    def mean(part: Sequence[HoleResult], value: Callable[[HoleResult], float]) -> Estimate | None:
        return estimate([float(value(result)) for result in part], seed)

    return Summary(
        count=len(results),
        exact_match=mean(results, lambda result: result.is_exact),
        pass_rate=mean(tested, lambda result: result.is_right),
        silence_rate=mean(results, lambda result: result.answer.is_silent),
        kept_rate=mean(shown, lambda result: result.kept_rate),
        edit_similarity=mean(shown, lambda result: result.edit_similarity),
        beginning_rate=mean(shown, lambda result: result.is_right or result.is_beginning),
        cut_rate=mean(shown, lambda result: result.answer.is_cut),
        parse_rate=mean(shown, lambda result: result.parses_no_worse),
        sound_rate=mean(shown, lambda result: result.is_as_sound),
        unresolved_rate=mean(shown, lambda result: result.num_unresolved > 0),
        forwards=mean(results, lambda result: result.answer.forwards),
        milliseconds_p50=float(np.percentile(times, 50)) if times else None,
        milliseconds_p95=float(np.percentile(times, 95)) if times else None,
        calibration_error=calibration_error(bins),
        bins=tuple(bins),
        token_error=calibration_error(token_bins),
        token_bins=tuple(token_bins),
        show_curve=tuple(show_curve(confidences, right, len(results))) if results else (),
    )


def by_kind(results: Sequence[HoleResult]) -> dict[str, list[HoleResult]]:
    """The results of each kind of hole, in the order of their first appearance."""
    return _grouped(results, lambda result: result.hole.kind.value)


def by_language(results: Sequence[HoleResult]) -> dict[str, list[HoleResult]]:
    """The results of each language, in alphabetical order."""
    return dict(sorted(_grouped(results, lambda result: result.hole.language).items()))


def by_num_lines(results: Sequence[HoleResult]) -> dict[str, list[HoleResult]]:
    """The results of holes that held one line, and of those that held several."""
    return _grouped(
        results,
        lambda result: "several lines" if any("\n" in t for t in result.hole.gold) else "one line",
    )


def comparison(first: FillerResults, second: FillerResults, seed: int = 0) -> PairedComparison:
    """How much more often ``first`` is right than ``second`` on the same holes.

    Raises ValueError when the two did not fill the same holes.
    """
    if [item.hole.id for item in first.results] != [item.hole.id for item in second.results]:
        raise ValueError(f"{first.filler} and {second.filler} did not fill the same holes")
    return compare(
        [result.is_right for result in first.results],
        [result.is_right for result in second.results],
        seed,
    )


def examples(results: Sequence[HoleResult]) -> list[Example]:
    """Up to three correct fills of two or more words per language, those with most words first."""
    found: list[Example] = []
    for language, part in by_language(results).items():
        right = [result for result in part if result.is_exact and _num_words(result) >= 2]
        right.sort(key=_num_words, reverse=True)
        for result in right[:EXAMPLES_PER_LANGUAGE]:
            pieces = result.hole.pieces
            before = pieces[0][-CONTEXT_CHARACTERS:].rpartition("\n")[2]
            after = pieces[-1][:CONTEXT_CHARACTERS].partition("\n")[0]
            texts = result.answer.texts
            found.append(Example(language, result.hole.id, before, texts, after))
    return found


def _num_words(result: HoleResult) -> int:
    return sum(num_words(text) for text in result.answer.texts)


def _grouped(
    results: Sequence[HoleResult], key: Callable[[HoleResult], str]
) -> dict[str, list[HoleResult]]:
    groups: dict[str, list[HoleResult]] = {}
    for result in results:
        groups.setdefault(key(result), []).append(result)
    return groups
