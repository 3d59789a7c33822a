"""Add a parameter: a name that a function uses and nobody declares is handed in by its callers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

from engine.edits.called_function import TYPED
from engine.edits.missing_name import missing_at
from engine.edits.names_of import name_table
from engine.edits.parameter_home import NeededFiles, base_names, reach_of
from engine.edits.project_names import SourceText
from engine.edits.references import references
from engine.edits.symbols import NameTable, Symbol, SymbolKind, word_at
from engine.edits.template import HOLE, MAX_HOLES
from engine.edits.typed_parameter import typed_edits
from engine.errors import BadInput
from engine.languages import language_of
from engine.proposal import Edit
from engine.spans import Span, span
from engine.syntax import SyntaxTree, parse

_LANGUAGES = frozenset("python javascript javascriptreact typescript typescriptreact".split())
_CALLS = frozenset(("call", "call_expression"))
_UNPACKED = frozenset(("list_splat", "dictionary_splat", "spread_element"))
# Holes further from the function than this, in bytes, would need too long a context.
_REACH = 3_000
_POSITIONAL = frozenset(("identifier", "typed_parameter", "required_parameter"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """``name`` is used in ``function`` and declared nowhere.

    ``is_sure``: no class that other files declare may have it.
    """

    name: str
    function: str
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class AddParameter:
    """``template`` has a hole where a caller does not know the name, ``plain`` passes nothing.

    ``plain`` is empty where only the model can say the parameter's type.
    """

    template: tuple[Edit, ...]
    plain: tuple[Edit, ...]


def wanted_parameter(tree: SyntaxTree, offset: int) -> Wanted | None:
    """None where no undeclared name stands in a function of the file."""
    if tree.language.id in TYPED:
        missing = missing_at(tree, offset)
        return None if missing is None else Wanted(missing.name, missing.called, missing.is_sure)
    found = _found(tree, offset)
    return None if found is None else Wanted(found[1], found[2].name)


def needed_files(tree: SyntaxTree, offset: int, path: str) -> NeededFiles | None:
    """What ``add_parameter`` has to know of other files; None where nothing is missing."""
    missing = missing_at(tree, offset)
    if missing is None:
        return None
    defined = dict.fromkeys((missing.name, *base_names(missing)))
    return NeededFiles(missing.called, reach_of(missing, path), tuple(defined))


def add_parameter(
    tree: SyntaxTree, offset: int, path: str = "", others: Sequence[SourceText] = ()
) -> AddParameter:
    """Raises BadInput with the reason where callers are not all known.

    ``others``: texts of the files that hold the function's or the parameter's name, for languages
    whose functions are called from elsewhere; ``path`` is the text's own.
    """
    if tree.language.id in TYPED:
        missing = missing_at(tree, offset)
        if missing is None:
            raise BadInput("no undeclared name of a function stands there")
        return AddParameter(*typed_edits(missing, path, others))
    found = _found(tree, offset)
    if found is None:
        raise BadInput("no undeclared name of a function stands there")
    table, name, function = found
    node = function.body.node if function.body is not None else None
    parameters = None if node is None else node.child_by_field_name("parameters")
    if parameters is None:
        raise BadInput(f"{function.name} has no list of parameters")
    calls = list(_calls(table, function))
    is_named, declaration = _declared(tree, parameters, name)
    template, plain = [declaration], [declaration]
    num_given = len(parameters.named_children)
    num_holes = 0
    for call in calls:
        is_own = node is not None and node.start_byte <= call.start_byte < node.end_byte
        is_known = is_own or _is_known(table, name, call.start_byte)
        is_near = abs(call.start_byte - parameters.start_byte) <= _REACH
        has_hole = is_near and not is_known and num_holes < MAX_HOLES
        num_holes += has_hole
        nothing = "None" if tree.language.id == "python" else "undefined"
        value = name if is_known else nothing
        plain.append(_given(tree, call, name, value, num_given, is_named=is_named))
        value = HOLE if has_hole else value
        template.append(_given(tree, call, name, value, num_given, is_named=is_named))
    return AddParameter(_ordered(template), _ordered(plain))


def plan_parameter(files: Sequence[SourceText], offset: int) -> AddParameter:
    """The same from texts alone, the first of which is edited: what another process is asked."""
    own, *others = files
    tree = parse(own.text.encode(), language_of(own.path, own.language))
    return add_parameter(tree, offset, own.path, others)


def _ordered(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    return tuple(sorted(edits, key=lambda edit: edit.span))


def _found(tree: SyntaxTree, offset: int) -> tuple[NameTable, str, Symbol] | None:
    """The table, the undeclared name at ``offset`` and the function that uses it."""
    if tree.language.id not in _LANGUAGES or tree.root is None or tree.root.has_error:
        return None
    table, word = name_table(tree), word_at(tree.data, offset)
    if table is None or word is None:
        return None
    name = word.of(tree.data).decode("utf-8", "replace")
    is_free = any(site.span == word for site in table.free.get(name, ()))
    if not is_free or name in tree.language.vocabulary.builtins:
        return None
    for scope in table.scope_at(word.start).up():
        owner = scope.owner
        if owner is not None and owner.kind in (SymbolKind.FUNCTION, SymbolKind.MEMBER):
            is_special = owner.name.startswith("__") or owner.name == "constructor"
            return None if is_special else (table, name, owner)
    return None


def _calls(table: NameTable, function: Symbol) -> Iterator[tree_sitter.Node]:
    """The argument lists of all calls."""
    found = references(table, function)
    if found.possible:
        raise BadInput(f"some calls may be of another {function.name}: they are not all known")
    for site in found.sites:
        if site.is_definition or table.tree.root is None:
            continue
        node = table.tree.root.named_descendant_for_byte_range(site.span.start, site.span.end)
        called = None if node is None else _called(node)
        arguments = None if called is None else called.child_by_field_name("arguments")
        if arguments is None:
            line = table.tree.data[: site.span.start].count(b"\n") + 1
            raise BadInput(f"{function.name} is no call in line {line}: who calls it is not known")
        if any(child.type in _UNPACKED for child in arguments.named_children):
            line = table.tree.data[: site.span.start].count(b"\n") + 1
            raise BadInput(f"the call in line {line} unpacks its arguments: add it by hand")
        yield arguments


def _called(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """The call whose function is ``node``, or a member named by it."""
    function: tree_sitter.Node = node
    parent = function.parent
    if parent is not None and parent.type in ("attribute", "member_expression"):
        function, parent = parent, parent.parent
    is_call = parent is not None and parent.type in _CALLS
    is_function = parent is not None and parent.child_by_field_name("function") == function
    return parent if is_call and is_function else None


def _declared(tree: SyntaxTree, parameters: tree_sitter.Node, name: str) -> tuple[bool, Edit]:
    """Whether callers must name the parameter, and the edit that declares it."""
    children = [child for child in parameters.named_children if child.type != "comment"]
    if tree.language.id != "python" or all(child.type in _POSITIONAL for child in children):
        return False, _appended(tree, parameters, name)
    kinds = [child.type for child in children]
    has_star = any(kind in ("list_splat_pattern", "keyword_separator") for kind in kinds)
    written = name if has_star else f"*, {name}"
    last = children[-1]
    if last.type == "dictionary_splat_pattern":
        at = span(last.start_byte, last.start_byte)
        return True, Edit(at, f"{written}, ")
    return True, _appended(tree, parameters, written)


def _given(
    tree: SyntaxTree,
    arguments: tree_sitter.Node,
    name: str,
    value: str,
    num_before: int,
    *,
    is_named: bool,
) -> Edit:
    given = [child for child in arguments.named_children if child.type != "comment"]
    has_names = any(child.type == "keyword_argument" for child in given)
    is_short = len(given) < num_before
    if tree.language.id == "python":
        named = f"{name}={value}" if is_named or has_names or is_short else value
        return _appended(tree, arguments, named)
    missing = ["undefined"] * (num_before - len(given))
    return _appended(tree, arguments, ", ".join([*missing, value]))


def _appended(tree: SyntaxTree, brackets: tree_sitter.Node, text: str) -> Edit:
    """``text`` as the last entry, behind a trailing comma if there is one."""
    end = brackets.end_byte - 1
    inner = tree.data[brackets.start_byte + 1 : end]
    last = brackets.start_byte + 1 + len(inner.rstrip())
    if not inner.strip():
        return Edit(span(last, last), text)
    if inner.rstrip().endswith(b","):
        entries = inner.rstrip().split(b"\n")
        is_own_line = len(entries) > 1
        lead = entries[-1][: len(entries[-1]) - len(entries[-1].lstrip())].decode()
        return Edit(span(last, last), f"\n{lead}{text}," if is_own_line else f" {text},")
    return Edit(span(last, last), f", {text}")


def _is_known(table: NameTable, name: str, offset: int) -> bool:
    """Whether a caller has something of that name."""
    place: Span = span(offset, offset)
    return any(
        scope.get(name) is not None
        for scope in table.scope_at(place.start).up()
        if scope.kind.value != "class"
    )
