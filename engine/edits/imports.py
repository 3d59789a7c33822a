"""Imports that an edit makes necessary: as another file writes them, or of what everybody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

import tree_sitter

from engine.edits.known_imports import JAVA, PYTHON, PYTHON_MODULES
from engine.edits.names_of import name_table
from engine.edits.symbols import NameTable, Origin, Symbol, SymbolKind
from engine.languages import Language, language_of
from engine.loose_ends.definition_imports import definition_imports
from engine.loose_ends.import_lines import import_lines
from engine.loose_ends.loose_names import LANGUAGES
from engine.proposal import Edit
from engine.request import OpenDocument
from engine.spans import Span, span
from engine.syntax import SyntaxTree, parse

_SCRIPTS = frozenset("javascript javascriptreact typescript typescriptreact".split())


def missing_imports(
    table: NameTable,
    within: Span,
    path: str | None,
    documents: Sequence[OpenDocument],
    nearby: Sequence[OpenDocument] = (),
) -> Iterator[Edit]:
    """Imports of names used in ``within`` that nothing declares, in Python, Java and scripts.

    As an open document imports them, else from the standard library, else from the only file of
    all that defines the name.
    """
    language = table.tree.language
    builtins = language.vocabulary.builtins | language.vocabulary.keywords
    wanted = [
        name
        for name, sites in table.free.items()
        if name not in builtins
        and any(within.start <= site.span.start <= within.end for site in sites)
    ]
    telling = [each for each in documents if any(name in each.text for name in wanted)]
    known = _imported(telling, language, path)
    found: dict[Span, str] = {}
    for name in sorted(wanted):
        line = known.get(name) or _standard(table, name)
        line = line or _defined(table, name, path, (*documents, *nearby))
        package = f"package {(line or '').removeprefix('import ').rpartition('.')[0]};"
        is_own = language.id == "java" and package.encode() in table.tree.data
        if line is not None and not is_own and line.encode() not in table.tree.data:
            at = _place(table.tree, line)
            edit = _added(table.tree, line) or Edit(span(at, at), f"{line}\n")
            found[edit.span] = found.get(edit.span, "") + edit.new_text
    yield from (Edit(place, text) for place, text in found.items())


def _standard(table: NameTable, name: str) -> str | None:
    """The statement that imports ``name`` from the standard library."""
    data, language = table.tree.data, table.tree.language.id
    if language == "python":
        ends = [site.span.end for site in table.free[name]]
        if name in PYTHON_MODULES and all(data[end : end + 1] == b"." for end in ends):
            return f"import {name}"
        origin = PYTHON.get(name)
        return None if origin is None else _written_python(name, origin)
    origin = JAVA.get(name) if language == "java" else None
    return None if origin is None else f"import {origin.module}.{name};"


def _defined(
    table: NameTable, name: str, path: str | None, documents: Sequence[OpenDocument]
) -> str | None:
    """The statement that imports ``name`` as all files do that import it.

    Else from the only file that defines it.
    """
    text, language = table.tree.data.decode("utf-8", "replace"), table.tree.language.id
    lines = import_lines(documents, {name}, path, language) if language in LANGUAGES else []
    lines = lines or definition_imports(documents, {name}, path, text, has_variables=False)
    return lines[0] if len(lines) == 1 else None


_FROM = re.compile(r"from (\S+) import ([^,]+)|import (?:type )?\{ (.+) \} from (\S+?);?")


def _added(tree: SyntaxTree, line: str) -> Edit | None:
    """The name of ``line`` put behind those that the file imports from there already."""
    match = _FROM.fullmatch(line)
    for node in () if match is None or tree.root is None else tree.root.children:
        text = tree.data[node.start_byte : node.end_byte].decode("utf-8", "replace")
        is_type = text.startswith("import type ") == line.startswith("import type ")
        if node.type == "import_from_statement":
            module, names = node.child_by_field_name("module_name"), node.named_children[1:]
        elif node.type == "import_statement" and is_type:
            module, names = node.child_by_field_name("source"), _listed(node)
        else:
            continue
        is_plain = bool(names) and names[-1].type in ("dotted_name", "aliased_import", _SPECIFIER)
        if match is not None and module is not None and module.text is not None and is_plain:
            if module.text.decode("utf-8", "replace") == (match[1] or match[4]):
                at = names[-1].end_byte
                return Edit(span(at, at), f", {match[2] or match[3]}")
    return None


_SPECIFIER = "import_specifier"


def _listed(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """What a script imports in braces."""
    clause = next((child for child in node.children if child.type == "import_clause"), None)
    braces = [] if clause is None else clause.named_children
    listed = next((child for child in braces if child.type == "named_imports"), None)
    return [] if listed is None else [one for one in listed.children if one.type == _SPECIFIER]


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


def _place(tree: SyntaxTree, line: str) -> int:
    """The start of the line for the import ``line``: in order among those of its kind.

    Else behind the last import at the top, else behind what must precede it.
    """
    at, imported = 0, list[tree_sitter.Node]()
    for node in tree.root.children if tree.root is not None else ():
        first = next(iter(node.named_children), None)
        is_docstring = node.type == "expression_statement" and not at
        is_docstring = is_docstring and first is not None and first.type == "string"
        is_head = is_docstring or node.type == "package_declaration"
        is_import = node.type in tree.language.kinds.imports
        if not (is_head or is_import or node.type in tree.language.kinds.comments):
            break
        if is_head or is_import:
            at = _below(tree, node)
        if is_import:
            imported.append(node)
    like = [node for node in imported if _kind(_text(tree, node)) == _kind(line)]
    earlier = [node for node in like if _text(tree, node) < line]
    if earlier and _is_ordered(tree, like):
        return _below(tree, earlier[-1])
    return tree.line_at(like[0].start_byte).start if like and _is_ordered(tree, like) else at


def _below(tree: SyntaxTree, node: tree_sitter.Node) -> int:
    return min(tree.line_at(node.end_byte).end + 1, len(tree.data))


def _text(tree: SyntaxTree, node: tree_sitter.Node) -> str:
    return tree.data[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _is_ordered(tree: SyntaxTree, nodes: Sequence[tree_sitter.Node]) -> bool:
    texts = [_text(tree, node) for node in nodes]
    return texts == sorted(texts)


def _kind(line: str) -> tuple[str, bool]:
    """Imports that are kept together: by their first word, and by who wrote what they import."""
    word, _, rest = line.replace("import static ", "static ").partition(" ")
    module = re.split(r"\W", rest, maxsplit=1)[0]
    return word, module in PYTHON_MODULES or module in ("java", "__future__")
