"""Imports that an edit makes necessary, in the words of another file that has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.edits.names_of import name_table
from engine.edits.symbols import NameTable, Origin, SymbolKind
from engine.languages import Language, language_of
from engine.proposal import Edit
from engine.request import OpenDocument
from engine.spans import Span, span
from engine.syntax import SyntaxTree, parse


def missing_imports(
    table: NameTable, within: Span, documents: Sequence[OpenDocument]
) -> Iterator[Edit]:
    """Imports of names used in ``within`` that nothing declares and an open document imports."""
    language = table.tree.language
    if language.id != "python":
        return
    builtins = language.vocabulary.builtins | language.vocabulary.keywords
    wanted = [
        name
        for name, sites in table.free.items()
        if name not in builtins
        and any(within.start <= site.span.start <= within.end for site in sites)
    ]
    known = _imported(documents, language) if wanted else {}
    at = _place(table.tree)
    for name in wanted:
        line = known.get(name)
        if line is not None and line.encode() not in table.tree.data:
            yield Edit(span(at, at), f"{line}\n")


def _imported(documents: Sequence[OpenDocument], language: Language) -> dict[str, str]:
    """The import statement of every name that the documents import, by name."""
    found: dict[str, str] = {}
    for document in documents:
        if language_of(document.path, document.language) is not language:
            continue
        table = name_table(parse(document.text.encode(), language))
        for symbol in table.symbols if table is not None else ():
            is_import = symbol.kind in (SymbolKind.IMPORT, SymbolKind.MODULE)
            if is_import and symbol.origin is not None and not symbol.origin.level:
                found.setdefault(symbol.name, _written(symbol.name, symbol.origin))
    return found


def _written(name: str, origin: Origin) -> str:
    if origin.name is None:
        is_renamed = origin.module != name
        return f"import {origin.module}" + (f" as {name}" if is_renamed else "")
    alias = f" as {name}" if origin.name != name else ""
    return f"from {origin.module} import {origin.name}{alias}"


def _place(tree: SyntaxTree) -> int:
    """The start of the line behind the last import at the top, else behind the docstring."""
    at = 0
    for node in tree.root.children if tree.root is not None else ():
        is_head = node.type in tree.language.kinds.imports or node.type in ("comment", "string")
        is_docstring = node.type == "expression_statement" and not at
        if not is_head and not is_docstring:
            break
        if node.type in tree.language.kinds.imports or is_docstring:
            at = min(tree.line_at(node.end_byte).end + 1, len(tree.data))
    return at
