"""Compare the places of names with those of TypeScript: ``python … NODE_MODULES_PARENT FILE …``.

Needs node, and a folder that holds ``node_modules/typescript``; installs nothing. Names that
TypeScript finds in other files too are left out: one file is what is compared.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.edits.names_of import name_table
from engine.edits.references import references_at
from engine.edits.symbols import NameTable, SymbolKind
from engine.languages import language_of
from engine.syntax import parse
from oracles.compared import Compared, print_compared

SCRIPT = Path(__file__).with_suffix(".mjs")


def compare(paths: Sequence[Path], num_names: int, folder: Path) -> Iterator[Compared]:
    """Compare for up to ``num_names`` symbols of each file."""
    asked = []
    for path in paths:
        text = path.read_text("utf-8")
        table = name_table(parse(text.encode(), language_of(str(path))))
        assert table is not None
        # Labels and constructors are renamed by nobody.
        symbols = [
            one
            for one in table.symbols
            if one.sites and one.kind is not SymbolKind.LABEL and one.name != "constructor"
        ]
        random.Random(0).shuffle(symbols)
        chosen = symbols[:num_names]
        starts = [min(one.sites).span.start for one in chosen]
        units = [len(text.encode()[:start].decode().encode("utf-16-le")) // 2 for start in starts]
        asked.append((path, text, table, chosen, starts, units))
    lines = [
        json.dumps({"path": str(path.resolve()), "offsets": units})
        for path, _, _, _, _, units in asked
    ]
    ran = subprocess.run(
        ["node", str(SCRIPT), str(folder)],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    for (path, text, table, chosen, starts, _), line in zip(
        asked, ran.stdout.splitlines(), strict=True
    ):
        found = json.loads(line)
        answers = zip(chosen, starts, found["places"], found["outside"], strict=True)
        for symbol, start, places, num_outside in answers:
            if not places or num_outside:
                continue  # TypeScript refuses to rename it, or not in this file alone
            ours = references_at(table, start)
            assert ours is not None
            utf16 = text.encode("utf-16-le")
            theirs = {len(utf16[: 2 * place].decode("utf-16-le").encode()) for place in places}
            # In comments we offer it too, but never unasked.
            theirs -= {place for place in theirs if is_in_comment(table, place)}
            line_number = text.encode().count(b"\n", 0, start) + 1
            yield Compared(
                path,
                symbol.name,
                line_number,
                symbol.kind.value,
                frozenset(int(one.span.start) for one in ours.sites),
                frozenset(int(one.span.start) for one in ours.possible),
                frozenset(theirs),
            )


def is_in_comment(table: NameTable, offset: int) -> bool:
    tree = table.tree
    return tree.enclosing(offset + 1, tree.language.kinds.comments) is not None


def main(arguments: list[str]) -> None:
    folder, *paths = map(Path, arguments)
    print_compared(compare(paths, 80, folder))


if __name__ == "__main__":
    main(sys.argv[1:])
