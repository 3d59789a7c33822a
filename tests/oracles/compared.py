"""The places of one name as we and somebody else find them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Compared:
    """Byte offsets; ``possible`` are those that we would ask about."""

    path: Path
    name: str
    line: int
    kind: str
    ours: frozenset[int]
    possible: frozenset[int]
    theirs: frozenset[int]


def print_compared(results: Iterable[Compared]) -> None:
    """Print every disagreement, then precision and recall of the sites."""
    both = only_ours = only_theirs = possible = 0
    for one in results:
        data = one.path.read_bytes()
        both += len(one.ours & one.theirs)
        extra, missing = one.ours - one.theirs, one.theirs - one.ours
        only_ours += len(extra)
        only_theirs += len(missing)
        possible += len(missing & one.possible)
        if extra or missing:
            print(f"{one.path}:{one.line} {one.kind} {one.name}")
        for mark, offsets in (("+", extra), ("-", missing)):
            for offset in sorted(offsets)[:4]:
                line = data[data.rfind(b"\n", 0, offset) + 1 :].partition(b"\n")[0]
                number = data.count(b"\n", 0, offset) + 1
                note = " (possible)" if offset in one.possible else ""
                print(f"   {mark}{number}: {line.decode().strip()[:100]}{note}")
    print(
        f"{both} in both, {only_ours} ours alone, {only_theirs} theirs alone "
        f"({possible} of them possible): precision {both / max(both + only_ours, 1):.4f}, "
        f"recall {both / max(both + only_theirs, 1):.4f}"
    )
