"""Show an evaluation: a table for people, one JSON object for machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.evaluation.infilling import Evaluation, FillerResults, HoleResult
from engine.evaluation.statistics import Estimate, ReliabilityBin
from engine.evaluation.summary import (
    Summary,
    by_kind,
    by_language,
    by_num_lines,
    comparison,
    examples,
    summarise,
)

_HEADER = (
    "filler", "exact %", "pass@1 %", "silent %", "begins right %", "kept %", "similar %",
    "parses %", "sound %", "new names %", "forwards", "p50 ms", "p95 ms", "ECE",
)  # fmt: skip

_PARTS: Mapping[str, Callable[[Sequence[HoleResult]], dict[str, list[HoleResult]]]] = {
    "kind": by_kind,
    "lines": by_num_lines,
    "language": by_language,
}


def format_report(evaluation: Evaluation) -> str:
    """The whole evaluation as text: a table a set, comparisons, parts, and correct fills."""
    parts = []
    for name, group in _sets(evaluation).items():
        parts.append(_format_set(name, group, evaluation.config.seed))
    return "\n\n".join(parts) + "\n"


def to_record(evaluation: Evaluation) -> dict[str, Any]:
    """The whole evaluation as plain values: settings, summaries, comparisons and every answer."""
    seed = evaluation.config.seed
    sets = {}
    for name, group in _sets(evaluation).items():
        sets[name] = {
            "fillers": {item.filler: _filler_record(item, seed) for item in group},
            "comparisons": [
                {"first": group[0].filler, "second": other.filler}
                | asdict(comparison(group[0], other, seed))
                for other in group[1:]
            ],
        }
    return {"settings": _settings(evaluation), "sets": sets}


def write_json(evaluation: Evaluation, path: Path) -> None:
    """Write ``to_record`` to ``path``. Raises BadInput when it cannot be written."""
    text = json.dumps(to_record(evaluation), indent=1, ensure_ascii=False)
    try:
        path.write_text(text + "\n", "utf-8")
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror})") from error


def _sets(evaluation: Evaluation) -> dict[str, list[FillerResults]]:
    sets: dict[str, list[FillerResults]] = {}
    for results in evaluation.results:
        sets.setdefault(results.set_name, []).append(results)
    return sets


def _format_set(name: str, group: Sequence[FillerResults], seed: int) -> str:
    first = group[0]
    blocks = [
        f"{name}: {len(first.results)} holes, seed {seed} (95 % intervals by bootstrap)",
        format_table(_HEADER, [_row(item.filler, summarise(item.results, seed)) for item in group]),
    ]
    if len(group) > 1:
        lines = [_comparison_line(first, other, seed) for other in group[1:]]
        blocks.append("\n".join(lines))
    for title, parts_of in _PARTS.items():
        parts = parts_of(first.results)
        if len(parts) > 1:
            rows = [_row(key, summarise(part, seed)) for key, part in parts.items()]
            blocks.append(format_table((f"{first.filler} by {title}", *_HEADER[1:]), rows))
            if len(group) > 1:
                blocks.append(_exact_by(title, group))
    summary = summarise(first.results, seed)
    if summary.bins:
        blocks.append(_reliability(summary))
    correct = _example_lines(first.results)
    if correct:
        blocks.append("correct fills of several words:\n" + "\n".join(correct))
    return "\n\n".join(blocks)


def _exact_by(title: str, group: Sequence[FillerResults]) -> str:
    """The share that each filler has exact of each part."""
    by_filler = [_PARTS[title](item.results) for item in group]
    rows = [
        (key, *(_percent(summarise(parts[key]).exact_match, False) for parts in by_filler))
        for key in by_filler[0]
    ]
    return format_table((f"exact % by {title}", *(item.filler for item in group)), rows)


def _row(name: str, summary: Summary) -> tuple[str, ...]:
    return (
        name,
        _percent(summary.exact_match),
        _percent(summary.pass_rate),
        _percent(summary.silence_rate, has_interval=False),
        _percent(summary.beginning_rate, has_interval=False),
        _percent(summary.kept_rate, has_interval=False),
        _percent(summary.edit_similarity, has_interval=False),
        _percent(summary.parse_rate, has_interval=False),
        _percent(summary.sound_rate, has_interval=False),
        _percent(summary.unresolved_rate, has_interval=False),
        _number(None if summary.forwards is None else summary.forwards.mean, 1),
        _number(summary.milliseconds_p50, 0),
        _number(summary.milliseconds_p95, 0),
        _number(summary.calibration_error, 3),
    )


def _percent(value: Estimate | None, has_interval: bool = True) -> str:
    if value is None:
        return "-"
    mean = f"{100 * value.mean:.1f}"
    return f"{mean} [{100 * value.low:.1f}, {100 * value.high:.1f}]" if has_interval else mean


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def format_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns side by side, the first to the left, the others to the right."""
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _comparison_line(first: FillerResults, other: FillerResults, seed: int) -> str:
    paired = comparison(first, other, seed)
    points = paired.difference
    return (
        f"{first.filler} - {other.filler}: {100 * points.mean:+.1f} points "
        f"[{100 * points.low:+.1f}, {100 * points.high:+.1f}]; "
        f"right alone: {paired.num_only_first} against {paired.num_only_second}"
    )


def _reliability(summary: Summary) -> str:
    """Whether confidences are what they say, of whole answers and of tokens; what to show."""
    parts = [format_table(("confidence", "mean", "right", "count"), _bin_rows(summary.bins))]
    if summary.token_bins:
        header = ("token's confidence", "mean", "right", "count")
        parts.append(format_table(header, _bin_rows(summary.token_bins)))
        parts.append(f"tokens' ECE {_number(summary.token_error, 3)}")
    rows = [
        (f"{point.threshold:.1f}", f"{100 * point.share:.0f}", f"{100 * point.precision:.0f}")
        for point in summary.show_curve
    ]
    parts.append(format_table(("shown from", "holes %", "right %"), rows))
    return "\n\n".join(parts)


def _bin_rows(bins: Sequence[ReliabilityBin]) -> list[tuple[str, ...]]:
    return [
        (f"{part.low:.1f}-{part.high:.1f}", f"{part.confidence:.2f}", f"{part.accuracy:.2f}",
         str(part.count))
        for part in bins
    ]  # fmt: skip


def _example_lines(results: Sequence[HoleResult]) -> list[str]:
    return [
        f"  {example.language}: {example.before}⟦{' … '.join(example.fill)}⟧{example.after}"
        for example in examples(results)
    ]


def _filler_record(item: FillerResults, seed: int) -> dict[str, Any]:
    return {
        "summary": asdict(summarise(item.results, seed)),
        "by_kind": _part_records(by_kind(item.results), seed),
        "by_num_lines": _part_records(by_num_lines(item.results), seed),
        "by_language": _part_records(by_language(item.results), seed),
        "examples": [asdict(example) for example in examples(item.results)],
        "answers": [_answer_record(result) for result in item.results],
    }


def _part_records(parts: dict[str, list[HoleResult]], seed: int) -> dict[str, Any]:
    return {key: asdict(summarise(part, seed)) for key, part in parts.items()}


def _answer_record(result: HoleResult) -> dict[str, Any]:
    return {
        "hole": result.hole.id,
        "gold": list(result.hole.gold),
        **asdict(result.answer),
        "is_exact": result.is_exact,
        "is_right": result.is_right,
        "kept_rate": result.kept_rate,
        "edit_similarity": result.edit_similarity,
        "parses_no_worse": result.parses_no_worse,
        "is_as_sound": result.is_as_sound,
        "num_unresolved": result.num_unresolved,
        "verdict": None if result.verdict is None else result.verdict.value,
        "detail": result.detail,
    }


def _settings(evaluation: Evaluation) -> dict[str, Any]:
    config = evaluation.config
    return {
        "corpus": None if config.corpus is None else config.corpus.name,
        "data": None if config.data is None else config.data.name,
        "model": config.model,
        "num_holes": config.num_holes,
        "kinds": [kind.value for kind in config.kinds],
        "num_problems": config.num_problems,
        "context_tokens": config.context_tokens,
        "is_as_typed": config.is_as_typed,
        "effort": config.effort.value,
        "budget_ms": config.budget_ms,
        "min_confidence": config.min_confidence,
        "decoding": None if config.decoding is None else config.decoding.value,
        "has_memory": config.has_memory,
        "policy": dict(config.policy),
        "seed": config.seed,
    }
