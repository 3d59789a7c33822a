"""Measure edits in several places: renames, names, next edits. Each part is a section of its own.

The sets under ``--data`` are cut from public commit histories; texts and names are other people's.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.evaluation.statistics import estimate


@dataclass(frozen=True, slots=True)
class EditsConfig:
    """What to measure: the public sets in ``data``, cases cut from the sources of ``corpus``.

    ``num_cases`` a section at most. ``model`` None for the default one; ``has_model`` False leaves
    out what needs one.
    """

    data: Path | None = None
    corpus: Path | None = None
    model: str | None = None
    has_model: bool = True
    num_cases: int = 300
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """One number: a share of ``count`` when ``unit`` is empty, with its 95 % interval."""

    section: str
    name: str
    value: float
    count: int
    unit: str = ""
    low: float | None = None
    high: float | None = None


Section = Callable[[EditsConfig], Iterable[Measured]]


def run_edits(config: EditsConfig) -> list[Measured]:
    """Every section's numbers. Raises BadInput where there is nothing to measure."""
    if config.data is None and config.corpus is None:
        raise BadInput("nothing to measure: give --data DIR, or --synthetic CORPUS, or both")
    if config.data is not None and not config.data.is_dir():
        raise BadInput(f"{config.data}: no such folder: name the one that holds the public sets")
    return [number for section in sections() for number in section(config)]


def sections() -> Sequence[Section]:
    """All sections, in the order of the report."""
    from engine.evaluation.naming import measure_names
    from engine.evaluation.next_edits import measure_next_edits
    from engine.evaluation.renames import measure_renames
    from engine.evaluation.site_latency import measure_site_latency

    return (measure_renames, measure_names, measure_next_edits, measure_site_latency)


def share(section: str, name: str, hits: Sequence[bool], seed: int = 0) -> Iterator[Measured]:
    """How many of ``hits`` are true, with the interval; nothing for no cases."""
    found = estimate([float(hit) for hit in hits], seed)
    if found is not None:
        yield Measured(section, name, found.mean, found.count, "", found.low, found.high)


def read_set(folder: Path | None, name: str) -> list[dict[str, Any]]:
    """The cases of one public set, none where it is not there.

    Raises BadInput for a file that is damaged.
    """
    path = None if folder is None else next(iter(folder.rglob(name)), None)
    if path is None:
        return []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except (OSError, EOFError, ValueError) as error:
        raise BadInput(f"{path}: not a gzip file of JSON lines ({error})") from error


def format_edits(numbers: Sequence[Measured]) -> str:
    """The numbers as a table for people."""
    lines: list[str] = []
    for section in dict.fromkeys(number.section for number in numbers):
        lines.append(section)
        for number in numbers:
            if number.section == section:
                value = f"{_value(number):>9}  n={number.count}{_range(number)}"
                lines.append(f"  {number.name:<44} {value}")
    return "\n".join(lines) + "\n"


def write_edits(numbers: Sequence[Measured], path: Path) -> None:
    """Write the numbers as JSON. Raises BadInput when they cannot be written."""
    try:
        path.write_text(json.dumps([asdict(one) for one in numbers], indent=1) + "\n", "utf-8")
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror})") from error


def _value(number: Measured) -> str:
    if number.unit:
        return f"{number.value:.1f} {number.unit}"
    return f"{100 * number.value:.1f} %"


def _range(number: Measured) -> str:
    if number.low is None or number.high is None:
        return ""
    return f"  ({100 * number.low:.1f} to {100 * number.high:.1f} %)"
