"""Compare the places of Python names with those that jedi finds: ``python … FILE …``.

Not a test: run by hand over many files. ``tests/engine/edits/test_jedi.py`` runs it over two.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import jedi

from engine.edits.names_of import name_table
from engine.edits.references import references_at
from engine.languages import language_of
from engine.syntax import parse
from oracles.compared import Compared, print_compared


def compare(path: Path, num_names: int, seed: int = 0) -> Iterator[Compared]:
    """Compare for up to ``num_names`` definitions of a file."""
    text = path.read_text("utf-8")
    data = text.encode()
    starts = line_starts(text)
    table = name_table(parse(data, language_of("a.py")))
    assert table is not None
    script = jedi.Script(text, path=path)
    names = [
        name
        for name in script.get_names(all_scopes=True, definitions=True, references=False)
        if name.line is not None
    ]
    random.Random(seed).shuffle(names)
    for name in names[:num_names]:
        found = script.get_references(name.line, name.column, scope="file")
        theirs = {starts(one.line, one.column) for one in found if one.line is not None}
        ours = references_at(table, starts(name.line, name.column))
        sites = () if ours is None else ours.sites
        yield Compared(
            path,
            name.name,
            name.line,
            name.type,
            frozenset(int(site.span.start) for site in sites),
            frozenset(int(site.span.start) for site in (() if ours is None else ours.possible)),
            frozenset(theirs),
        )


def line_starts(text: str):  # type: ignore[no-untyped-def]
    lines = text.split("\n")
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line.encode()) + 1)
    return lambda line, column: offsets[line - 1] + len(lines[line - 1][:column].encode())


def main(paths: list[str]) -> None:
    print_compared(one for path in map(Path, paths) for one in compare(path, 60))


if __name__ == "__main__":
    main(sys.argv[1:])
