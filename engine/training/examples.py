"""Training examples: one context, several holes behind it, as flat arrays of token ids.

A *row* is a context in the suffix-first layout and some *groups*. A group is what one request would
be: a cursor, what stands behind it on its line, and one to eight holes that are denoised together.
Groups of one row share the context: the prefix is causal, so a cursor further up simply sees less
of it (the lines between it and the suffix are not written yet, as when new code is typed).

Arrays, so that the training loop needs numpy alone:
``tokens`` uint16 · ``rows`` int32 (main start, main length, first group, number of groups) ·
``groups`` int32 (rest start, rest length, visible main tokens, first hole, number of holes, kind) ·
``holes`` int32 (token start, length, ends with <eom>, starter id).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ExampleHole:
    """Target ids (L,), whether the hole ends there, and the special id its canvas starts with."""

    ids: Ids
    is_complete: bool
    starter: int


@dataclass(frozen=True, slots=True)
class ExampleGroup:
    """Holes denoised together behind ``num_visible`` main tokens and the ``rest`` ids."""

    rest: Ids
    num_visible: int
    holes: tuple[ExampleHole, ...]
    kind: int


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """One context (T,) and its groups."""

    main: Ids
    groups: tuple[ExampleGroup, ...]


@dataclass(slots=True)
class _Tables:
    tokens: list[NDArray[np.uint16]] = field(default_factory=list)
    rows: list[tuple[int, ...]] = field(default_factory=list)
    groups: list[tuple[int, ...]] = field(default_factory=list)
    holes: list[tuple[int, ...]] = field(default_factory=list)
    num_tokens: int = 0

    def put(self, ids: Ids) -> int:
        start = self.num_tokens
        self.tokens.append(ids.astype(np.uint16))
        self.num_tokens += len(ids)
        return start


def write_examples(path: Path, rows: Iterable[ExampleRow]) -> int:
    """Write rows as one compressed ``.npz`` (vocabulary under 65,536); the number of rows."""
    tables = _Tables()
    for row in rows:
        tables.rows.append(
            (tables.put(row.main), len(row.main), len(tables.groups), len(row.groups))
        )
        for group in row.groups:
            tables.groups.append(
                (
                    tables.put(group.rest),
                    len(group.rest),
                    group.num_visible,
                    len(tables.holes),
                    len(group.holes),
                    group.kind,
                )
            )
            for hole in group.holes:
                tables.holes.append(
                    (tables.put(hole.ids), len(hole.ids), int(hole.is_complete), hole.starter)
                )
    np.savez_compressed(
        path,
        tokens=np.concatenate(tables.tokens),
        rows=np.array(tables.rows, np.int32),
        groups=np.array(tables.groups, np.int32),
        holes=np.array(tables.holes, np.int32),
    )
    return len(tables.rows)


class Examples:
    """Rows read back from the file that ``write_examples`` wrote."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as arrays:
            self._tokens: NDArray[np.uint16] = arrays["tokens"]
            self._rows, self._groups, self._holes = (
                arrays[name] for name in ("rows", "groups", "holes")
            )

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def lengths(self) -> NDArray[np.int32]:
        """Context tokens of each row (rows,)."""
        lengths: NDArray[np.int32] = self._rows[:, 1]
        return lengths

    @property
    def hole_lengths(self) -> NDArray[np.int32]:
        """Target tokens of each hole (holes,)."""
        lengths: NDArray[np.int32] = self._holes[:, 1]
        return lengths

    @property
    def complete_holes(self) -> NDArray[np.bool_]:
        """Whether each hole (holes,) ends with <eom>."""
        return np.asarray(self._holes[:, 2] > 0)

    def first_hole(self, row: int) -> int:
        """The number of a row's first hole; the others follow it."""
        return int(self._groups[self._rows[row, 2], 3])

    def row_sizes(self, hole_sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Context tokens of each row (rows,) and what ``hole_sizes`` (holes,) add to them."""
        of_group = np.add.reduceat(hole_sizes, self._groups[:, 3]) + self._groups[:, 1]
        return np.asarray(np.add.reduceat(of_group, self._rows[:, 2]) + self._rows[:, 1])

    def __getitem__(self, index: int) -> ExampleRow:
        start, length, first, count = self._rows[index]
        groups = tuple(self._group(number) for number in range(first, first + count))
        return ExampleRow(self._ids(start, length), groups)

    def _ids(self, start: int, length: int) -> Ids:
        return self._tokens[start : start + length].astype(np.int64)

    def _group(self, number: int) -> ExampleGroup:
        start, length, num_visible, first, count, kind = self._groups[number]
        holes = tuple(
            ExampleHole(self._ids(at, size), bool(ends), int(starter))
            for at, size, ends, starter in self._holes[first : first + count]
        )
        return ExampleGroup(self._ids(start, length), int(num_visible), holes, int(kind))
