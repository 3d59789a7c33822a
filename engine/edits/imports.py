"""Imports that an edit makes necessary, in the words of another file that has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from engine.edits.names_of import name_table
from engine.edits.symbols import NameTable, Origin, Symbol, SymbolKind
from engine.languages import Language, language_of
from engine.proposal import Edit
from engine.request import OpenDocument
from engine.spans import Span, span
from engine.syntax import SyntaxTree, parse

_SCRIPTS = frozenset("javascript javascriptreact typescript typescriptreact".split())


def missing_imports(
    table: NameTable, within: Span, path: str | None, documents: Sequence[OpenDocument]
) -> Iterator[Edit]:
    """Imports of names used in ``within`` that nothing declares and an open document imports.

    In Python, Java, JavaScript and TypeScript.
    """
    language = table.tree.language
    builtins = language.vocabulary.builtins | language.vocabulary.keywords
    wanted = [
        name
        for name, sites in table.free.items()
        if name not in builtins
        and any(within.start <= site.span.start <= within.end for site in sites)
    ]
    known = _imported(documents, language, path) if wanted else {}
    at = _place(table.tree)
    for name in wanted:
        line = known.get(name)
        package = f"package {(line or '').removeprefix('import ').rpartition('.')[0]};"
        is_own = language.id == "java" and package.encode() in table.tree.data
        if line is not None and not is_own and line.encode() not in table.tree.data:
            yield Edit(span(at, at), f"{line}\n")


def _imported(
    documents: Sequence[OpenDocument], language: Language, path: str | None
) -> dict[str, str]:
    """The import statement of every name that the documents import, by name."""
    found: dict[str, str] = {}
    for document in documents:
        theirs = language_of(document.path, document.language)
        if _family(theirs) != _family(language):
            continue
        table = name_table(parse(document.text.encode(), theirs))
        is_beside = path is not None and PurePath(path).parent == PurePath(document.path).parent
        for symbol in table.symbols if table is not None else ():
            line = None if table is None else _line(table, symbol, is_beside)
            if line is not None:
                found.setdefault(symbol.name, line)
    return found


def _family(language: Language) -> str:
    """Languages whose imports read alike."""
    return "script" if language.id in _SCRIPTS else language.id


def _line(table: NameTable, symbol: Symbol, is_beside: bool) -> str | None:
    """The statement that imports ``symbol`` alone; None where it would mean another file there."""
    origin, language = symbol.origin, table.tree.language
    if origin is None or symbol.kind not in (SymbolKind.IMPORT, SymbolKind.MODULE):
        return None
    if language.id == "python":
        return None if origin.level else _written_python(symbol.name, origin)
    at = symbol.sites[0].span.end
    statement = table.tree.enclosing(at, language.kinds.imports)
    place = None if statement is None else span(statement.start_byte, statement.end_byte)
    text = "" if place is None else place.of(table.tree.data).decode("utf-8", "replace")
    if language.id == "java":
        return text or None
    is_relative = origin.module.startswith(".")
    is_plain = bool(origin.module) and language.id in _SCRIPTS and (is_beside or not is_relative)
    return _written_script(symbol.name, origin, text) if is_plain else None


def _written_script(name: str, origin: Origin, like: str) -> str:
    """The import with the quotes, the semicolon and the ``type`` of the statement ``like``."""
    names = f"{{ {origin.name} as {name} }}" if origin.name != name else f"{{ {name} }}"
    if origin.name is None:
        names = f"* as {name}"
    elif origin.name == "default":
        names = name
    head = "import type" if like.startswith("import type ") else "import"
    quote = '"' if f'"{origin.module}"' in like else "'"
    end = ";" if like.endswith(";") else ""
    return f"{head} {names} from {quote}{origin.module}{quote}{end}"


def _written_python(name: str, origin: Origin) -> str:
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
