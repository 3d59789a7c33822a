"""Who is right where TypeScript's places and ours differ: ``python … FOLDER FILE…``.

Both renames are done, and the type checker reads the file and its package again (all files below
the nearest ``package.json``). A rename is sound when it adds no diagnostic. What counts as right is
TypeScript's set where it is sound, else what it gives when it is asked at each of its places, else
ours, else both together; names that cannot be renamed soundly (others declare them) do not count.

The checker is blind where a type is ``any``: there both are sound, and TypeScript's set counts.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.edits.symbols import Site
from oracles.compared import Compared, print_compared
from oracles.typescript_references import (
    Answer,
    answers,
    asked_of_node,
    starts_of,
    units_before,
)

ENDING = "Renamed"
_SCRIPTS = frozenset((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sets of sites by whose they are, and those that are sound, the one that counts first."""

    answer: Answer
    sets: dict[str, frozenset[Site]]
    sound: tuple[str, ...]
    complaint: str
    """What the checker says of ours, if anything."""

    @property
    def said(self) -> str:
        """Whose renames are sound, of ours and TypeScript's."""
        mine, theirs = "ours" in self.sound, "theirs" in self.sound
        if mine or theirs:
            return "both" if mine and theirs else "ours" if mine else "theirs"
        return "neither"

    @property
    def right(self) -> frozenset[int] | None:
        """Where the places are that count as right; None where no rename is sound."""
        return starts_of(self.sets[self.sound[0]]) if self.sound else None


def verdicts(found: Iterable[Answer], folder: Path) -> Iterator[Verdict]:
    """What the checker says of each name whose places differ."""
    differing = [one for one in found if one.compared.ours != one.compared.theirs]
    sets = [_sets(one) for one in differing]
    files = {one.path: _package(one.path) for one in differing}
    lines = [
        {
            "path": str(one.path.resolve()),
            "files": files[one.path],
            "variants": [_edits(one, sites) for sites in named.values()],
        }
        for one, named in zip(differing, sets, strict=True)
    ]
    said = asked_of_node("typescript_diagnostics.mjs", folder, lines)
    for one, named, line in zip(differing, sets, said, strict=True):
        complaints = dict(zip(named, line["added"], strict=True))
        sound = tuple(name for name, complaint in complaints.items() if not complaint)
        yield Verdict(one, named, sound, complaints["ours"])


def _sets(answer: Answer) -> dict[str, frozenset[Site]]:
    """The sets that are tried, each once, the one that counts first."""
    ours = frozenset(answer.ours.sites)
    starts = starts_of(ours)
    together = ours | {one for one in answer.theirs if one.span.start not in starts}
    sets = {"theirs": answer.theirs, "closed": answer.closed, "ours": ours, "together": together}
    kept = {name: sets[name] for name in ("theirs", "ours")}
    for name, sites in sets.items():
        if sites is not None and starts_of(sites) not in map(starts_of, kept.values()):
            kept[name] = sites
    return {name: kept[name] for name in sets if name in kept}


def _edits(answer: Answer, sites: Iterable[Site]) -> list[tuple[int, int, str]]:
    """Start, length and text of every edit, in UTF-16 units."""
    name = answer.symbol.name
    length = len(name.encode("utf-16-le")) // 2
    return [
        (
            units_before(answer.table, one.span.start),
            length,
            f"{one.prefix}{name}{ENDING}{one.suffix}",
        )
        for one in sites
    ]


def _package(path: Path) -> list[str]:
    home = next((one for one in path.resolve().parents if (one / "package.json").exists()), None)
    if home is None:
        return [str(path.resolve())]
    found = sorted(one for one in home.rglob("*") if one.suffix in _SCRIPTS)
    return [str(one) for one in found if "node_modules" not in one.relative_to(home).parts]


def print_verdicts(found: Sequence[Answer], judged: Sequence[Verdict]) -> None:
    """Print what differs, who is right, and precision and recall by what is right."""
    right = {(one.answer.path, one.answer.start): one for one in judged}
    for one in judged:
        compared = one.answer.compared
        print(f"# {one.said} ({', '.join(one.sound)}) {compared.name}: {one.complaint}")
    print_compared(one.compared for one in found)
    print("by what is right:")
    corrected = (_corrected(one, right.get((one.path, one.start))) for one in found)
    print_compared(one for one in corrected if one is not None)
    counts = Counter(one.said for one in judged)
    print(f"of {len(judged)} names that differ, sound: {dict(counts)}")
    extra = Counter[str]()
    for one in judged:
        extra[one.said] += len(one.answer.compared.ours - one.right) if one.right else 0
    print(f"sites of ours alone, by whose renames are sound: {dict(extra)}")


def _corrected(answer: Answer, verdict: Verdict | None) -> Compared | None:
    compared = answer.compared
    if verdict is None:
        return compared
    return None if verdict.right is None else replace(compared, theirs=verdict.right)


def main(arguments: list[str]) -> None:
    folder, *paths = map(Path, arguments)
    found = list(answers(paths, 80, folder))
    print_verdicts(found, list(verdicts(found, folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
