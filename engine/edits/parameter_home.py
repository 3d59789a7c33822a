"""Where a function is declared and called, over files; or why that is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import tree_sitter

from engine.edits import asked_methods
from engine.edits import class_bases as bases
from engine.edits.called_function import name_of, parameters_beside, signature
from engine.edits.class_bases import ClassBases
from engine.edits.inlining import text
from engine.edits.known_calls import KnownCalls, Place
from engine.edits.missing_name import Missing
from engine.edits.project_names import ProjectNames, SourceText
from engine.edits.references import is_member
from engine.edits.shared_names import HEADERS
from engine.edits.symbols import NameTable, Symbol, SymbolKind
from engine.errors import BadInput

_MARKS = ("modifiers", "storage_class_specifier")


class Reach(str, Enum):
    """Where a function can be called from."""

    FILE = "file"
    FOLDER = "folder"
    WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True)
class NeededFiles:
    """The files within ``reach`` that hold ``name``, and those that define one of ``defined``.

    The latter are the undeclared name, and the bases of the function's class.
    """

    name: str
    reach: Reach
    defined: tuple[str, ...]


def reach_of(missing: Missing, path: str) -> Reach:
    """How far the function can be seen, by its own words."""
    language, function = missing.table.tree.language.id, missing.function
    if language == "go":
        return Reach.FOLDER if not missing.called[:1].isupper() else Reach.WORKSPACE
    marks = [text(one).split() for one in function.children if one.type in _MARKS]
    words = {word for one in marks for word in one}
    if language == "java":
        return Reach.FILE if "private" in words else Reach.WORKSPACE
    name = name_of(function)
    symbols = [] if name is None else missing.table.at.get(name.start_byte, [])
    is_source = language in ("c", "cpp") and not path.endswith(HEADERS)
    is_own = "static" in words and bool(symbols) and not is_member(symbols[0])
    return Reach.FILE if is_source and is_own else Reach.WORKSPACE


def places_of(missing: Missing, path: str, others: Sequence[SourceText]) -> list[Place]:
    """All declarations and calls of the function, in ``path`` and in ``others``.

    Raises BadInput that names what is not known.
    """
    files = [(path, missing.table), *_tables(missing, path, others)]
    _refuse_declared(missing, files)
    return _places(missing, files)


def _tables(
    missing: Missing, path: str, others: Sequence[SourceText]
) -> Iterator[tuple[str, NameTable]]:
    """The names of the other files; headers are read as the language that includes them."""
    is_cpp = missing.table.tree.language.id == "cpp"
    names = [
        replace(one, language="cpp") if is_cpp and one.path.endswith(".h") else one
        for one in others
        if one.path != path
    ]
    yield from ProjectNames(names).tables()


def _refuse_declared(missing: Missing, files: Sequence[tuple[str, NameTable]]) -> None:
    """Raises BadInput where another file declares the name for this one."""
    language = missing.table.tree.language.id
    for path, table in files[1:]:
        symbol = table.file_scope.get(missing.name)
        if symbol is not None and symbol.sites and symbol.kind is not SymbolKind.IMPORT:
            is_seen = (
                language in ("c", "cpp")
                or path.rpartition("/")[0] == (files[0][0].rpartition("/")[0])
            )
            if is_seen and language != "java":
                raise BadInput(f"{missing.name} is declared in {path}")


def _places(missing: Missing, files: Sequence[tuple[str, NameTable]]) -> list[Place]:
    """All places of the function."""
    name = name_of(missing.function)
    if name is None:
        raise BadInput("the function has no name")
    home, symbol = _home(missing, name, files)
    classes = ClassBases([table for _, table in files])
    owner = symbol.scope.owner
    own = symbol.scope.get(missing.name) or classes.inherited(symbol.scope, missing.name)
    if is_member(symbol) and own is not None and owner is not None:
        raise BadInput(f"{missing.name} is declared in {owner.name} or a base of it")
    _refuse_shared(missing, symbol, [table for _, table in files])
    arities = _arities(missing, symbol, files)
    places = list(KnownCalls(home, symbol, files, arities).places())
    declared = {_types_of(one.brackets) for one in places if one.is_declaration}
    if missing.table.tree.language.id == "cpp" and len(declared) > 1:
        raise BadInput(f"{missing.called} is overloaded: add the parameter by hand")
    return places


def _home(
    missing: Missing, name: tree_sitter.Node, files: Sequence[tuple[str, NameTable]]
) -> tuple[str, Symbol]:
    """The file that declares the function, and its symbol there."""
    symbols = [
        one for one in missing.table.at.get(name.start_byte, ()) if one.kind is SymbolKind.FUNCTION
    ]
    if len(symbols) == 1:
        return files[0][0], symbols[0]
    qualified = name.parent
    owner = None if qualified is None else text(qualified.child_by_field_name("scope"))
    for path, table in files[1:]:
        for symbol in table.symbols:
            whose = symbol.scope.owner
            is_it = symbol.name == missing.called and symbol.kind is SymbolKind.FUNCTION
            if is_it and owner and whose is not None and whose.name == owner.rpartition("::")[2]:
                return path, symbol
    raise BadInput(f"it is not known where {missing.called} is declared")


def _refuse_shared(missing: Missing, symbol: Symbol, tables: Sequence[NameTable]) -> None:
    """Raises BadInput for a method that stands in for one that others may call, or may do so."""
    language, name = missing.table.tree.language.id, missing.called
    if not is_member(symbol):
        return
    if language == "go" and name in asked_methods.GO:
        raise BadInput(f"an interface of Go's library asks for {name}: who calls it is not known")
    if language not in ("java", "cpp") or _is_own(missing.function):
        return
    if symbol.scope.owner is None:
        raise BadInput(f"{name} is of a class without a name: it may override a method")
    if ClassBases(tables).may_override(symbol):
        raise BadInput(f"{name} may override a method of its class's bases")


def _is_own(function: tree_sitter.Node) -> bool:
    """Whether a method is private or static: it overrides nothing."""
    words = {word for one in function.children if one.type in _MARKS for word in text(one).split()}
    return bool(words & {"private", "static"})


def base_names(missing: Missing) -> list[str]:
    """The bases of the class that the function is a method of."""
    name = name_of(missing.function)
    symbols = [] if name is None else missing.table.at.get(name.start_byte, [])
    return [base for one in symbols if is_member(one) for base in bases.base_names(one.scope)]


def _arities(
    missing: Missing, symbol: Symbol, files: Sequence[tuple[str, NameTable]]
) -> tuple[int, ...]:
    """How many parameters Java's other methods of the name have."""
    if missing.table.tree.language.id != "java":
        return ()
    own = missing.function.child_by_field_name("parameters")
    sizes: list[int] = []
    for _, table in files:
        for other in table.symbols:
            if other.name != symbol.name or other.kind is not SymbolKind.FUNCTION:
                continue
            is_related = other.root is symbol.root or other.scope.owner is None
            for site in other.sites if is_related else ():
                root = table.tree.root
                node = root and root.named_descendant_for_byte_range(site.span.start, site.span.end)
                listed = None if node is None else parameters_beside(node)
                if listed is None or listed == own:
                    continue
                if other.scope.symbols is not symbol.scope.symbols and other.root is symbol.root:
                    raise BadInput(f"{missing.called} is overridden: add the parameter by hand")
                sizes.append(_size(listed, missing.called))
    mine = 0 if own is None else _size(own, missing.called)
    if mine in sizes or mine + 1 in sizes:
        raise BadInput(f"{missing.called} is overloaded: add the parameter by hand")
    return tuple(sizes)


def _size(listed: tree_sitter.Node, name: str) -> int:
    """How many arguments a method takes, where that is a number."""
    sign = signature(listed, name)
    if sign.most is None:
        raise BadInput(f"{name} takes any number of arguments: add it by hand")
    return sign.most


def _types_of(listed: tree_sitter.Node) -> str:
    """The types of a list of parameters, for telling overloads apart."""
    found = []
    for node in listed.named_children:
        declarator = node.child_by_field_name("declarator")
        marks = re.sub(r"\w+|=.*|\s", "", text(declarator))
        quals = [text(one) for one in node.named_children if one.type == "type_qualifier"]
        type_ = text(node.child_by_field_name("type")).rpartition("::")[2]
        if type_ != "void" or marks:
            found.append(f"{' '.join(quals)} {type_} {marks}")
    return ",".join(found)
