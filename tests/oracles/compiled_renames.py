"""Check Python scopes against the compiler: ``python … FILE …``.

A variable is renamed everywhere to a name that is new. If a place is missed or one too many is
taken, the compiler looks a name up in another way, and the bytecode differs. Attributes are not
checked by it.
"""

from __future__ import annotations

import dis
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

from engine.edits.names_of import name_table
from engine.edits.references import is_member
from engine.edits.symbols import NameTable, Symbol, SymbolKind
from engine.languages import language_of
from engine.syntax import parse

ENDING = "Renamed"
"""What is put behind a name; so names keep their order, by which the compiler sorts closures."""
_KINDS = frozenset(
    (
        SymbolKind.VARIABLE,
        SymbolKind.PARAMETER,
        SymbolKind.FUNCTION,
        SymbolKind.CLASS,
        SymbolKind.IMPORT,
    )
)


def wrong_renames(path: Path, num_names: int, seed: int = 0) -> Iterator[tuple[Symbol, str]]:
    """The symbols whose rename changes what the compiler makes of the file, and how."""
    data = path.read_bytes()
    table = name_table(parse(data, language_of("a.py")))
    assert table is not None
    before = compile(data, "a", "exec", dont_inherit=True)
    symbols = [one for one in table.symbols if one.kind in _KINDS and not is_member(one)]
    random.Random(seed).shuffle(symbols)
    for symbol in symbols[:num_names]:
        try:
            after = compile(renamed_data(table, symbol), "a", "exec", dont_inherit=True)
        except SyntaxError as error:
            yield symbol, str(error)
            continue
        if shape(before) != shape(after):
            yield symbol, "the compiler reads other names"
        elif symbol.scope.parent is None and symbol.name in globals_of(after):
            yield symbol, "a global use was left"


def renamed_data(table: NameTable, symbol: Symbol) -> bytes:
    data = table.tree.data
    for site in reversed(table.sites_of(symbol)):
        text = (site.prefix + symbol.name + ENDING + site.suffix).encode()
        data = data[: site.span.start] + text + data[site.span.end :]
    return data


def shape(code: CodeType) -> list[object]:
    """All instructions of a module and of what is in it, new names read as the old ones."""
    found: list[object] = []
    for one in dis.get_instructions(code):
        # A method of a name that the module imports is called in another way than any other, even
        # where a variable of a function has that name.
        if one.opname in ("PUSH_NULL", "PRECALL"):
            continue
        kind = "LOAD_ATTR" if one.opname == "LOAD_METHOD" else one.opname
        value = None if one.opcode in dis.hasjrel else one.argval
        if isinstance(value, str):
            value = value.replace(ENDING, "")
        elif isinstance(value, tuple):
            value = tuple(
                part.replace(ENDING, "") if isinstance(part, str) else part for part in value
            )
        elif isinstance(value, CodeType):
            value = shape(value)
        found.append((kind, value))
    return found


def globals_of(code: CodeType, is_module: bool = True) -> set[str]:
    """Names that are looked up in the module."""
    kinds = ("_GLOBAL", "_NAME") if is_module else ("_GLOBAL",)
    found = {
        str(one.argval)
        for one in dis.get_instructions(code)
        if one.opname.endswith(kinds) and one.opname != "IMPORT_NAME"
    }
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found |= globals_of(inner, is_module=False)
    return found


def main(paths: list[str]) -> None:
    num_names = num_wrong = 0
    for path in map(Path, paths):
        for symbol, how in wrong_renames(path, 10_000):
            num_wrong += 1
            data = path.read_bytes()
            line = data.count(b"\n", 0, symbol.sites[0].span.start) + 1 if symbol.sites else 0
            print(f"{path}:{line} {symbol.kind.value} {symbol.name}: {how}")
        table = name_table(parse(path.read_bytes(), language_of("a.py")))
        num_names += sum(not is_member(one) for one in table.symbols) if table else 0
    print(f"{num_names} names, {num_wrong} renamed wrongly")


if __name__ == "__main__":
    main(sys.argv[1:])
