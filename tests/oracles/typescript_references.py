"""Compare the places of names with those of TypeScript: ``python … FOLDER FILE…``.

Needs node, and a folder that holds ``node_modules/typescript``; installs nothing. Names that
TypeScript finds in other files too are left out: one file is what is compared.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.edits.names_of import name_table
from engine.edits.references import References, references_at
from engine.edits.symbols import NameTable, Site, Symbol, SymbolKind
from engine.languages import language_of
from engine.spans import span
from engine.syntax import parse
from oracles.compared import Compared, print_compared


@dataclass(frozen=True, slots=True)
class Answer:
    """The places of one symbol of a file, ours and TypeScript's.

    ``closed`` are those that TypeScript gives when it is asked at each of its places in turn; None
    where that leads out of the file.
    """

    path: Path
    table: NameTable
    symbol: Symbol
    start: int
    ours: References
    theirs: frozenset[Site]
    closed: frozenset[Site] | None

    @property
    def compared(self) -> Compared:
        """The places without what is written around them."""
        return Compared(
            self.path,
            self.symbol.name,
            self.table.tree.data.count(b"\n", 0, self.start) + 1,
            self.symbol.kind.value,
            starts_of(self.ours.sites),
            starts_of(self.ours.possible),
            starts_of(self.theirs),
        )


def starts_of(sites: Sequence[Site] | frozenset[Site]) -> frozenset[int]:
    return frozenset(int(one.span.start) for one in sites)


def answers(paths: Sequence[Path], num_names: int, folder: Path) -> Iterator[Answer]:
    """The places of up to ``num_names`` symbols of each file."""
    asked: list[tuple[Path, NameTable, list[Symbol]]] = []
    lines = []
    for path in paths:
        table = name_table(parse(path.read_bytes(), language_of(str(path))))
        assert table is not None
        # Labels and constructors are renamed by nobody.
        symbols = [
            one
            for one in table.symbols
            if one.sites and one.kind is not SymbolKind.LABEL and one.name != "constructor"
        ]
        # A sample that stays the same when we come to know more symbols.
        symbols.sort(
            key=lambda one: sha256(f"{one.name} {min(one.sites).span.start}".encode()).digest()
        )
        asked.append((path, table, symbols[:num_names]))
        units = [units_before(table, min(one.sites).span.start) for one in symbols[:num_names]]
        lines.append({"path": str(path.resolve()), "offsets": units})
    found = asked_of_node("typescript_references.mjs", folder, lines)
    for (path, table, symbols), said in zip(asked, found, strict=True):
        each = zip(symbols, said["places"], said["outside"], said["closed"], strict=True)
        for symbol, places, num_outside, closed in each:
            if not places or num_outside:
                continue  # TypeScript refuses to rename it, or not in this file alone
            start = min(symbol.sites).span.start
            ours = references_at(table, start)
            assert ours is not None
            yield Answer(
                path,
                table,
                symbol,
                start,
                ours,
                _sites(table, symbol, places),
                None if closed is None else _sites(table, symbol, closed),
            )


def asked_of_node(script: str, folder: Path, lines: Sequence[object]) -> list[Any]:
    """What a script beside this file answers, a JSON object for each line."""
    ran = subprocess.run(
        ["node", str(Path(__file__).with_name(script)), str(folder)],
        input="\n".join(map(json.dumps, lines)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


def units_before(table: NameTable, offset: int) -> int:
    """How many UTF-16 units stand before a byte."""
    return len(table.tree.data[:offset].decode().encode("utf-16-le")) // 2


def _sites(
    table: NameTable, symbol: Symbol, places: Sequence[tuple[int, str, str]]
) -> frozenset[Site]:
    data = table.tree.data.decode().encode("utf-16-le")
    found = []
    for units, prefix, suffix in places:
        start = len(data[: 2 * units].decode("utf-16-le").encode())
        # In comments we offer it too, but never unasked.
        if table.tree.enclosing(start + 1, table.tree.language.kinds.comments) is None:
            place = span(start, start + len(symbol.name.encode()))
            found.append(Site(place, prefix=prefix, suffix=suffix))
    return frozenset(found)


def main(arguments: list[str]) -> None:
    folder, *paths = map(Path, arguments)
    print_compared(one.compared for one in answers(paths, 80, folder))


if __name__ == "__main__":
    main(sys.argv[1:])
