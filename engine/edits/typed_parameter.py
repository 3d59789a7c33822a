"""Add a parameter in languages whose parameters have types: its type, and all that must follow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import tree_sitter

from engine.edits.called_function import function_around, refuse_uncallable
from engine.edits.inlining import text
from engine.edits.known_calls import Place
from engine.edits.missing_name import Missing
from engine.edits.new_argument import NewArgument, new_argument
from engine.edits.parameter_home import places_of
from engine.edits.passed_value import known_value, no_value, parameter_type
from engine.edits.project_names import SourceText
from engine.edits.symbols import NameTable
from engine.edits.template import HOLE, MAX_HOLES
from engine.edits.used_type import alike_type, used_type
from engine.edits.written_type import holder_of, is_known_at, is_same_type, seen, written_type
from engine.errors import BadInput
from engine.proposal import Edit

# Holes further from the function than this, in bytes, would need too long a context.
_REACH = 3_000
_WORD = re.compile(r"[A-Za-z_]\w*")
_C_WORDS = frozenset(
    """const int char long short unsigned signed float double bool void struct union enum
    size_t""".split()
)


@dataclass
class _Callers:
    """What each caller passes; ``type_`` None where only the model can say it."""

    missing: Missing
    type_: str | None = None
    owns: dict[int, tuple[str | None, bool]] = field(default_factory=dict)
    """By the place of a call in the first file: the type of the caller's own, whether it fits."""


def typed_edits(
    missing: Missing, path: str, others: Sequence[SourceText]
) -> tuple[tuple[Edit, ...], tuple[Edit, ...]]:
    """The template and the plain edits, the latter empty where the type is not known.

    ``others``: the files that hold the names. Raises BadInput where callers are not all known.
    """
    refuse_uncallable(missing.table.tree, missing.function, missing.called)
    places = places_of(missing, path, others)
    new = new_argument(missing, places)
    callers = _Callers(missing)
    _find_type(callers, [one for one in places if one.path is None and not one.is_declaration])
    declarations = [one for one in places if one.is_declaration]
    _refuse_borrowed(callers)
    for place in declarations:
        _refuse_unseen(callers, place)
    if callers.type_ is None and len(declarations) > 1:
        raise BadInput(f"the type of {missing.name} is not known: declare it first")
    declared = [new.declared(one, callers.type_ or HOLE) for one in declarations]
    calls = sorted((one for one in places if not one.is_declaration), key=_start)
    template, plain = _calls(callers, new, calls)
    is_whole = callers.type_ is not None
    if not is_whole and any(one.path for one in calls):
        raise BadInput(f"the type of {missing.name} is not known: declare it first")
    return _ordered([*declared, *template]), _ordered([*declared, *plain]) if is_whole else ()


def _start(place: Place) -> int:
    return place.brackets.start_byte


def _ordered(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    return tuple(sorted(edits, key=lambda edit: (edit.path or "", edit.span)))


def _calls(
    callers: _Callers, new: NewArgument, calls: Sequence[Place]
) -> tuple[list[Edit], list[Edit]]:
    """Each call with a hole where its caller does not know the name, and with nothing there."""
    template: list[Edit] = []
    plain: list[Edit] = []
    num_holes = int(callers.type_ is None)
    for place in calls:
        is_known, value = _passed(callers, place)
        is_near = abs(_start(place) - callers.missing.function.start_byte) <= _REACH
        has_hole = not is_known and place.path is None and is_near and num_holes < MAX_HOLES
        num_holes += has_hole
        if callers.type_ is None and not is_known and not has_hole:
            raise BadInput(f"the type of {callers.missing.name} is not known: declare it first")
        plain.append(new.given(place, value))
        template.append(new.given(place, HOLE) if has_hole else plain[-1])
    return template, plain


def _find_type(callers: _Callers, calls: Sequence[Place]) -> None:
    """The type of what the callers have of the name; else of how the function uses it."""
    missing = callers.missing
    table, here = missing.table, missing.function.start_byte
    for place in calls:
        at = place.brackets.start_byte
        if _is_inside(missing.function, at):
            continue
        symbol = seen(table, missing.name, at)
        if symbol is None or not is_known_at(table, symbol, at):
            continue
        written = written_type(table, symbol)
        found = holder_of(table, symbol)
        fits = written is None or (
            found is not None and is_same_type(table, written, found[0].start_byte, here)
        )
        callers.owns[at] = written, fits
    types = {parameter_type(table.tree, one) for one, fits in callers.owns.values() if one and fits}
    callers.type_ = types.pop() if len(types) == 1 else None
    if callers.type_ is None:
        uses = [
            node
            for site in table.free.get(missing.name, ())
            if _is_inside(missing.function, site.span.start)
            and (node := _node(table, site.span.start, site.span.end)) is not None
        ]
        callers.type_ = used_type(table, uses) or alike_type(table, missing.name, here)


def _node(table: NameTable, start: int, end: int) -> tree_sitter.Node | None:
    root = table.tree.root
    return None if root is None else root.named_descendant_for_byte_range(start, end)


def _is_inside(function: tree_sitter.Node, offset: int) -> bool:
    return function.start_byte <= offset < function.end_byte


def _refuse_borrowed(callers: _Callers) -> None:
    """Raises BadInput where Rust would ask whose lifetime the result has."""
    type_, function = callers.type_ or "", callers.missing.function
    result = function.child_by_field_name("return_type")
    if callers.missing.table.tree.language.id != "rust" or "&" not in type_ or result is None:
        return
    parameters = function.child_by_field_name("parameters")
    has_self = parameters is not None and "self" in text(parameters)[:12]
    if re.search(r"&(?!\s*')|'_", text(result)) and not has_self:
        called = callers.missing.called
        raise BadInput(f"what {called} returns is borrowed: add the parameter by hand")


def _refuse_unseen(callers: _Callers, place: Place) -> None:
    """Raises BadInput for a type that a declaration of the function does not see."""
    type_, missing = callers.type_, callers.missing
    vocabulary = missing.table.tree.language.vocabulary
    own = vocabulary.builtins | vocabulary.keywords | _C_WORDS
    before = place.table.tree.data[: _start(place)]
    for word in _WORD.findall(type_ or ""):
        symbol = seen(missing.table, word, missing.function.start_byte)
        if place.path is None and (symbol is None or symbol.sites[0].span.start < _start(place)):
            continue
        if place.path is None and missing.table.tree.language.id not in ("c", "cpp"):
            continue
        is_written = re.search(rb"\b" + word.encode() + rb"\b", before) is not None
        if not is_written and not (symbol is None and word in own):
            where = place.path or "its first declaration"
            raise BadInput(f"{word} is not declared before {missing.called} in {where}")


def _passed(callers: _Callers, place: Place) -> tuple[bool, str]:
    """Whether a caller has what is asked for, and what it passes."""
    missing, at = callers.missing, _start(place)
    tree = missing.table.tree
    is_own = place.path is None and _is_inside(missing.function, at)
    if is_own and seen(missing.table, missing.name, at) is None:
        return True, missing.name
    written, fits = callers.owns.get(at, (None, False)) if place.path is None else (None, False)
    types = (None,) if written is None else (written, parameter_type(tree, written))
    if fits and (written is None or callers.type_ in types):
        if (callers.type_ or "").startswith("&mut") and _is_used_beside(place, missing.name):
            raise BadInput(f"a caller lends {missing.name} to another at once: do it by hand")
        own = known_value(tree, missing.name, written, callers.type_)
        if own.startswith("&") and _may_be_moved(place, missing.name):
            raise BadInput(f"a caller may have given its {missing.name} away: do it by hand")
        return True, own
    value = no_value(tree, callers.type_)
    is_const = "const" in text(missing.function)[:40].split()
    if callers.type_ is not None and (value is None or (is_const and value == "todo!()")):
        raise BadInput(f"not all callers of {missing.called} have a {missing.name}: do it by hand")
    return False, value or HOLE


def _may_be_moved(place: Place, name: str) -> bool:
    """Whether Rust's ``name`` is used before a call, or in its statement, by its value."""
    function = function_around(place.brackets)
    node = place.brackets
    while node.parent is not None and "block" not in node.parent.type:
        node = node.parent
    body = None if function is None else function.child_by_field_name("body")
    start = node.start_byte if body is None else body.start_byte
    code = place.table.tree.data[start : node.end_byte].decode("utf-8", "replace")
    word = rf"(?<![&\w.])(?<!mut )(?<!let ){re.escape(name)}\b"
    return re.search(rf"{word}(?!\s*\.(?!into|unwrap|expect))(?!\s*[:=])", code) is not None


def _is_used_beside(place: Place, name: str) -> bool:
    """Whether the statement of a call names ``name`` already."""
    node = place.brackets
    while node.parent is not None and "block" not in node.parent.type:
        node = node.parent
    return re.search(rf"\b{re.escape(name)}\b", text(node)) is not None
