"""How the locals of Rust get into a new function: copied, moved, or lent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import tree_sitter

from engine.edits.extraction import Extraction, Local
from engine.edits.inlining import text
from engine.edits.new_function import Given, first_set, is_set_before
from engine.edits.rust_borrows import borrowers, is_part_moved
from engine.edits.rust_types import declared_type, is_copied
from engine.edits.symbols import SymbolKind
from engine.errors import BadInput
from engine.proposal import Edit
from engine.spans import span

_PRINTING = frozenset(
    """println print eprintln eprint format write writeln panic unreachable trace debug info warn
    error""".split()
)
_READING = frozenset(
    """len is_empty iter get contains contains_key first last as_str as_ref as_slice to_string
    to_owned clone to_vec starts_with ends_with chars bytes as_bytes is_some is_none is_ok is_err
    keys values capacity position find windows chunks lines trim split to_lowercase to_uppercase
    eq cmp partial_cmp""".split()
)


@dataclass(slots=True)
class Handed:
    """``changes``: what the statements have otherwise in the function."""

    given: list[Given] = field(default_factory=list)
    changes: list[Edit] = field(default_factory=list)


def handed(x: Extraction, results: list[Local]) -> Handed:
    """Raises BadInput where a local can be neither copied, nor moved, nor lent."""
    found = Handed()
    for local in x.locals:
        if not local.is_own:
            _hand(x, found, local, is_result=local in results)
    if sum("&" in one.type and "mut" in one.type for one in found.given) and any(
        _is_nested(one.type) for one in found.given
    ):
        raise BadInput("how long the borrows of the parameters last is not written")
    return found


def _is_nested(type_: str) -> bool:
    """Whether a reference without a name of its lifetime is held by something else."""
    return re.search(r".&(?!\s*')|'_", type_) is not None


def type_or_refuse(x: Extraction, local: Local) -> str:
    """The type as it is written, or as the value says it; BadInput where neither does."""
    found = declared_type(x.table, local.declared)
    parts = set() if found is None else set(re.findall(r"\w+", found))
    inner = {
        one.name
        for one in x.table.symbols
        if one.kind is SymbolKind.CLASS and x.is_inner(one.scope.node)
    }
    if found is None or "_" in parts or parts & inner or ("'static" in found and "impl" in parts):
        raise BadInput(f"the type of {local.name} is not written in the file")
    return found


def is_mutable(local: Local) -> bool:
    """Whether ``mut`` stands before the name where it is declared."""
    holder = local.declared.parent
    return holder is not None and any(
        child.type == "mutable_specifier" for child in holder.named_children
    )


def _hand(x: Extraction, found: Handed, local: Local, *, is_result: bool) -> None:
    type_ = type_or_refuse(x, local)
    name = local.name
    is_set = local.is_set
    if not _has_value(local) and not is_set_before(x, local):
        first = first_set(x, local)
        if first is None or (local.is_needed and not is_result):
            raise BadInput(f"{name} may have no value yet where the statements begin")
        mutable = "mut " if is_mutable(local) else ""
        place = span(first.start_byte, first.end_byte)
        found.changes.append(Edit(place, f"let {mutable}{name}: {type_}"))
        return
    mutable = "mut " if is_set or (is_mutable(local) and not is_copied(type_)) else ""
    if is_copied(type_):
        if any(map(_is_lent_mutably, local.inside)):
            raise BadInput(f"{name} is lent to be changed, and the function has a copy")
        found.given.append(Given(f"{mutable}{name}: {type_}", name, type_))
        return
    if is_set and (local.is_needed or is_result):
        raise BadInput(f"{name} is set, and is moved where it is used")
    is_reborrowed = re.match(r"&\s*('\w+\s+)?mut\b", type_) is not None
    if is_reborrowed:
        _refuse_borrowed(x, local)
        found.given.append(Given(f"{mutable}{name}: {type_}", name, type_))
        return
    if any(is_part_moved(node) for node in (*local.inside, *local.outside)):
        raise BadInput(f"a part of {name} may be moved out of it")
    _refuse_borrowed(x, local)
    if not local.is_needed:
        found.given.append(Given(f"{mutable}{name}: {type_}", name, type_))
        return
    _lend(x, found, local, type_)


def _has_value(local: Local) -> bool:
    holder = local.declared.parent
    is_let = holder is not None and holder.type == "let_declaration"
    return holder is None or not is_let or holder.child_by_field_name("value") is not None


def _refuse_borrowed(x: Extraction, local: Local) -> None:
    holder = borrowers(x, local.name)
    if holder:
        raise BadInput(f"{local.name} may be borrowed by {holder} while the statements run")


def _lend(x: Extraction, found: Handed, local: Local, type_: str) -> None:
    """``x: &T`` or ``x: &mut T``, for what the code behind the statements uses, too."""
    if "impl " in type_ or (
        x.holds("closure_expression") and any(_is_in_closure(x, node) for node in local.inside)
    ):
        raise BadInput(f"{local.name} is used in a closure, and behind the statements")
    ways = {_way(node) for node in local.inside}
    if None in ways:
        raise BadInput(f"{local.name} may be moved, and is used behind the statements")
    is_changed = is_mutable(local) and ways != {"read"}
    sign = "&mut " if is_changed else "&"
    found.given.append(Given(f"{local.name}: {sign}{type_}", f"{sign}{local.name}", type_))
    for node in local.inside:
        parent = node.parent
        if parent is not None and parent.type == "reference_expression":
            is_lent = _is_lent_mutably(node)
            new = f"&mut *{text(node)}" if is_lent else f"&*{text(node)}"
            found.changes.append(Edit(span(parent.start_byte, parent.end_byte), new))


def _way(node: tree_sitter.Node) -> str | None:
    """``read`` or ``change`` where a reference does as well as the value; None where not."""
    parent = node.parent
    if parent is None:
        return None
    if parent.type == "reference_expression":
        return "change" if _is_lent_mutably(node) else "read"
    if parent.type == "field_expression" and parent.child_by_field_name("value") == node:
        outer = parent.parent
        is_method = outer is not None and outer.child_by_field_name("function") == parent
        name = text(parent.child_by_field_name("field"))
        return "read" if is_method and name in _READING else "change"
    if parent.type == "index_expression" and parent.named_children[0] == node:
        return "change"
    if parent.type == "token_tree":
        macro = None if parent.parent is None else parent.parent.child_by_field_name("macro")
        before, after = node.prev_sibling, node.next_sibling
        is_whole = text(before) in (",", "=") and text(after) in (",", ")")
        return "read" if text(macro) in _PRINTING and is_whole else None
    return None


def _is_lent_mutably(node: tree_sitter.Node) -> bool:
    parent = node.parent
    while parent is not None and parent.type in ("field_expression", "index_expression"):
        parent = parent.parent
    return (
        parent is not None
        and parent.type == "reference_expression"
        and any(child.type == "mutable_specifier" for child in parent.named_children)
    )


def _is_in_closure(x: Extraction, node: tree_sitter.Node) -> bool:
    found = node.parent
    while found is not None and x.within(found):
        if found.type in ("closure_expression", "async_block"):
            return True
        found = found.parent
    return False
