"""How the locals of C and C++ get into a new function, and what it has set gets out of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import tree_sitter

from engine.edits.c_dangers import goes_back
from engine.edits.c_locals import CLocal, c_local
from engine.edits.extraction import Extraction, Local, walk
from engine.edits.inlining import text
from engine.edits.leaving import Way
from engine.edits.new_function import (
    Given,
    first_set,
    is_counted_first,
    is_set_before,
    is_surely_set,
)
from engine.edits.writes import is_written
from engine.errors import BadInput
from engine.proposal import Edit
from engine.spans import span

_MEASURED = frozenset(("sizeof_expression", "alignof_expression"))
_LITERAL = frozenset(
    """number_literal char_literal binary_expression unary_expression parenthesized_expression
    conditional_expression true false""".split()
)
_CONSTANT = frozenset(
    "static_assert_declaration template_argument_list bitfield_clause enumerator".split()
)
_LOUD = re.compile(r"[A-Z][A-Z0-9_]+")


@dataclass(slots=True)
class Handed:
    """``head``: declarations at the function's start; ``changes``: what its text has otherwise."""

    given: list[Given] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    changes: list[Edit] = field(default_factory=list)
    result: Local | None = None


def handed(x: Extraction, way: Way) -> Handed:
    """Raises BadInput where a local can neither be copied nor shared."""
    found = Handed()
    back = goes_back(x)
    shown = {id(one): c_local(one.declared) for one in x.locals}
    for one in shown.values():
        if set(re.findall(r"\w+", one.words)) & x.local_types:
            raise BadInput(f"the type of {text(one.name)} is declared in the function")
    own = [one for one in x.locals if one.is_own]
    if way is Way.ON and len(own) > 1:
        names = ", ".join(one.name for one in own)
        raise BadInput(f"code behind the statements reads several locals of theirs: {names}")
    if way is Way.ON and own:
        found.result = own[0]
        _refuse_result(x, own[0], shown[id(own[0])])
    outer = [one for one in x.locals if not one.is_own]
    if found.result is None and way is Way.ON and x.tree.language.id == "c":
        found.result = _single_result(x, outer, shown, is_again=back)
    for local in outer:
        _hand(x, found, local, shown[id(local)], is_again=back)
    if any(one.sizes & x.local_names for one in shown.values()):
        raise BadInput("the size of an array is another local")
    return found


def _single_result(
    x: Extraction, outer: Sequence[Local], shown: dict[int, CLocal], *, is_again: bool
) -> Local | None:
    """The only local that is set and read later, where a plain value is enough."""
    kept = [one for one in outer if _is_kept(one, shown[id(one)], is_again=is_again)]
    local = kept[0] if len(kept) == 1 else None
    is_plain = local is not None and shown[id(local)].is_scalar
    if local is None or not is_plain or shown[id(local)].storage or _is_exposed(local):
        return None
    if _is_assigned(x, local, shown[id(local)]):
        return local
    is_new = not _may_be_set(x, local, shown[id(local)])
    return local if is_new and is_surely_set(x.code, local.inside) else None


def _is_kept(local: Local, shown: CLocal, *, is_again: bool) -> bool:
    """Whether what the statements leave in the local must come out."""
    is_static = "static" in shown.storage
    return local.is_set and (local.is_needed or is_again or is_static or _is_exposed(local))


def _refuse_result(x: Extraction, local: Local, shown: CLocal) -> None:
    if shown.is_array or shown.is_a("reference") or shown.storage:
        raise BadInput(f"{local.name} cannot be returned: an array, a reference or a static")
    if any(_is_address(node) for node in local.inside):
        raise BadInput(f"the address of {local.name} is taken, and it would have another one")
    is_made = x.tree.language.id == "cpp" and not shown.is_scalar
    if shown.value is None and not is_made and shown.holder.type == "declaration":
        if not is_surely_set(x.code, local.inside):
            raise BadInput(f"{local.name} may not be set by the statements")


def _hand(x: Extraction, found: Handed, local: Local, shown: CLocal, *, is_again: bool) -> None:
    """One local of the code around: shared, copied, or made anew."""
    is_result = local is found.result
    is_lost = local.is_set and not _is_kept(local, shown, is_again=is_again)
    first = first_set(x, local)
    is_free = shown.is_scalar and not shown.storage and not shown.is_const
    if is_free and (is_result or is_lost) and not _is_exposed(local):
        if first is not None:
            _declare_at(found, first, shown)
            return
        if is_counted_first(x, local) or not _may_be_set(x, local, shown):
            found.head.append(f"{shown.declared(local.name)};")
            return
    if x.tree.language.id == "cpp":
        _hand_cpp(found, local, shown)
        return
    if shown.is_array:
        _refuse_measured(local)
        declared = shown.declared(local.name, is_decaying=True)
        found.given.append(Given(declared, local.name, shown.words))
    elif _is_shared(x, local, shown, is_kept=local.is_set and not is_lost and not is_result):
        if "register" in shown.storage or shown.is_a("function"):
            raise BadInput(f"{local.name} has no address")
        star = f"(*{local.name})" if shown.is_a("array") else f"*{local.name}"
        found.given.append(Given(shown.declared(star), f"&{local.name}", shown.words))
        found.changes += [_through(node) for node in local.inside]
    else:
        found.given.append(Given(shown.declared(local.name), local.name, shown.words))


def _hand_cpp(found: Handed, local: Local, shown: CLocal) -> None:
    """By reference, but for numbers and pointers that nobody changes."""
    if shown.value is not None and shown.is_const and _is_constant(shown):
        found.head.append(f"{shown.declared(local.name)} = {text(shown.value)};")
        return
    _refuse_constant(local)
    if "constexpr" in shown.words or "register" in shown.storage:
        raise BadInput(f"{local.name} is a constant that depends on others")
    if shown.is_a("reference"):
        declared = shown.declared(local.name).replace("&&", "&")
    elif shown.is_scalar and not local.is_set and not _is_exposed(local):
        declared = shown.declared(local.name)
    else:
        is_bare = not shown.chain or shown.is_a("pointer")
        name = f"&{local.name}" if is_bare else f"(&{local.name})"
        if shown.is_array and shown.chain[0].child_by_field_name("size") is None:
            raise BadInput(f"the size of {local.name} is not written in the file")
        declared = shown.declared(name)
    found.given.append(Given(declared, local.name, shown.words))


def _is_constant(shown: CLocal) -> bool:
    return shown.value is not None and all(
        node.type in _LITERAL or _is_measured(node) for node in walk(shown.value, _MEASURED)
    )


def _is_measured(node: tree_sitter.Node) -> bool:
    return node.type in _MEASURED and b"(" in (node.text or b"")


def _refuse_constant(local: Local) -> None:
    """What the compiler must know cannot be a parameter."""
    for leaf in local.inside:
        node: tree_sitter.Node | None = leaf
        while node is not None and not node.type.endswith(("_statement", "_loop", "declaration")):
            node = node.parent
            if node is not None and node.type in _CONSTANT:
                raise BadInput(f"the compiler must know {local.name}")
        is_case = node is not None and node.type == "case_statement"
        if is_case and node is not None and _holds(node.child_by_field_name("value"), leaf):
            raise BadInput(f"the compiler must know {local.name}")


def _holds(node: tree_sitter.Node | None, leaf: tree_sitter.Node) -> bool:
    return node is not None and node.start_byte <= leaf.start_byte < node.end_byte


def _declare_at(found: Handed, first: tree_sitter.Node, shown: CLocal) -> None:
    """``x = value;`` becomes ``int x = value;``."""
    place = span(first.start_byte, first.end_byte)
    found.changes.append(Edit(place, shown.declared(text(first))))


def _is_shared(x: Extraction, local: Local, shown: CLocal, *, is_kept: bool) -> bool:
    """Whether the function must work on the very local, by its address."""
    is_whole = any(_is_member(node) for node in local.inside)
    is_static = "static" in shown.storage
    is_unset = not _is_assigned(x, local, shown)
    return is_kept or is_static or is_whole or is_unset or _is_exposed(local)


def _is_exposed(local: Local) -> bool:
    return any(_is_address(node) for node in (*local.inside, *local.outside))


def _is_address(node: tree_sitter.Node) -> bool:
    parent = node.parent
    if parent is not None and parent.type == "lambda_capture_specifier":
        return True
    while parent is not None and (_is_member(node) or parent.type == "parenthesized_expression"):
        node, parent = parent, parent.parent
    return parent is not None and parent.type == "pointer_expression" and _sign(parent) == "&"


def _sign(node: tree_sitter.Node) -> str:
    return node.children[0].type


def _is_member(node: tree_sitter.Node) -> bool:
    """Whether it is the ``x`` of ``x.field``."""
    parent = node.parent
    if parent is None or parent.type != "field_expression":
        return False
    is_owner = parent.child_by_field_name("argument") == node
    return is_owner and any(child.type == "." for child in parent.children)


def _refuse_measured(local: Local) -> None:
    """An array that is given to a function is a pointer there."""
    for node in local.inside:
        parent, is_call = node.parent, False
        while parent is not None and not parent.type.endswith("statement"):
            function = parent.child_by_field_name("function")
            is_loud = function is not None and _LOUD.fullmatch(text(function)) is not None
            if parent.type == "sizeof_expression" or is_loud:
                is_call = True
            parent = parent.parent
        above = node.parent
        is_pointed = above is not None and above.type == "pointer_expression"
        if is_call or (is_pointed and above is not None and _sign(above) == "&"):
            raise BadInput(f"the statements ask for the size or the address of {local.name}")


def _through(node: tree_sitter.Node) -> Edit:
    """What stands for a local of which the function has the address."""
    parent = node.parent
    if parent is not None and parent.type == "pointer_expression" and _sign(parent) == "&":
        return Edit(span(parent.start_byte, parent.end_byte), text(node))
    if parent is not None and _is_member(node):
        dot = next(child for child in parent.children if child.type == ".")
        return Edit(span(node.start_byte, dot.end_byte), f"{text(node)}->")
    return Edit(span(node.start_byte, node.end_byte), f"(*{text(node)})")


def _may_be_set(x: Extraction, local: Local, shown: CLocal) -> bool:
    """Whether the local may have a value that the statements read."""
    is_set = any(is_written(node) for node in local.before(x.place.start))
    return is_set or _is_assigned(x, local, shown)


def _is_assigned(x: Extraction, local: Local, shown: CLocal) -> bool:
    """Whether the local surely has a value when the statements begin."""
    if shown.is_parameter or shown.value is not None or shown.holder.type != "declaration":
        return True
    if not local.is_set or _is_exposed(local):
        return True
    return is_set_before(x, local)
