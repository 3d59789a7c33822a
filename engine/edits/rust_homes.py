"""Where a new function of Rust stands, and what of the one around holds for it, too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import tree_sitter

from engine.edits.extraction import Extraction, walk
from engine.edits.inlining import text, words
from engine.edits.rust_borrows import borrowers
from engine.errors import BadInput

_OWN_TYPES = frozenset(("struct_item", "enum_item", "union_item"))


@dataclass(frozen=True, slots=True)
class Home:
    """``call`` stands before the name in a call, ``block`` around the function, if any."""

    outer: tree_sitter.Node
    """The function stands behind it."""
    call: str = ""
    receiver: str = ""
    block: str = ""
    """``impl … {`` of a block of its own."""


def home_of(x: Extraction, shown: Iterable[str], *, is_lending: bool) -> Home:
    """BadInput where there is no place for the function.

    ``shown`` are the types that its head names. ``is_lending``: what it gives may be a borrow of
    ``self``, which it takes then even where it does not use it.
    """
    types = " ".join(shown)
    holder = x.function.parent
    impl = None if holder is None else holder.parent
    used = [node for node in x.nodes if node.type == "self"]
    receiver = _receiver(x) if used or (is_lending and has_self(x)) else ""
    if holder is None or holder.type != "declaration_list" or impl is None:
        return Home(x.function)
    if impl.type == "trait_item":
        if used or "Self" in x.words | set(re.findall(r"\w+", types)):
            raise BadInput("the method belongs to a trait, which would get another one")
        return _outside(x, impl) if not _uses_generics(x, impl, types) else _refuse_trait()
    if impl.type != "impl_item":
        return Home(x.function)
    call = "self." if receiver else "Self::"
    if impl.child_by_field_name("trait") is None:
        return Home(x.function, call, receiver)
    is_own = bool(receiver) or "Self" in x.words | set(re.findall(r"\w+", types))
    if not is_own and not _uses_generics(x, impl, types):
        return _outside(x, impl)
    return replace(
        _outside(x, impl), call=call, receiver=receiver, block=_own_block(x, impl, types)
    )


def has_self(x: Extraction) -> bool:
    """Whether the function around is a method that borrows its receiver."""
    parameters = x.function.child_by_field_name("parameters")
    own = [] if parameters is None else parameters.named_children[:1]
    return any(one.type == "self_parameter" and text(one).startswith("&") for one in own)


def _outside(x: Extraction, impl: tree_sitter.Node) -> Home:
    """Behind a trait, or what implements it, where the trait may not be known by itself."""
    if any("cfg" in one for one in attributes(impl)):
        raise BadInput("the code around is compiled under a condition")
    trait = impl.child_by_field_name("trait")
    body = impl.child_by_field_name("body")
    if trait is not None and "::" in text(trait) and body is not None:
        names = {text(one.child_by_field_name("name")) for one in body.named_children}
        called = {text(node) for node in x.nodes if node.type == "field_identifier"}
        if names & called:
            raise BadInput("the trait that is implemented is not known elsewhere in the file")
    return Home(impl)


def _refuse_trait() -> Home:
    raise BadInput("the statements use the type parameters of a trait")


def _receiver(x: Extraction) -> str:
    """``self`` as the method around takes it; BadInput where it cannot be lent again."""
    parameters = x.function.child_by_field_name("parameters")
    own = [one for one in ([] if parameters is None else parameters.named_children)
           if one.type == "self_parameter"]  # fmt: skip
    if not own:
        raise BadInput("self is no parameter of the function around")
    written = words(own[0])
    is_lent = written.startswith("&")
    if not is_lent:
        others = [node for node in walk(x.function) if node.type == "self"]
        if any(not x.within(node) for node in others if node.parent != own[0]) or x.loops:
            raise BadInput("self is moved where it is used")
        if ":" in written:
            raise BadInput("self has a type of its own")
    if not re.match(r"&\s*('\w+\s+)?self\b", written):
        holder = borrowers(x, "self")
        if holder:
            raise BadInput(f"self may be borrowed by {holder} while the statements run")
    return written


def _uses_generics(x: Extraction, impl: tree_sitter.Node, types: str) -> bool:
    names = _generic_names(impl)
    used = x.words | set(re.findall(r"'?\w+", types)) | {
        text(node) for node in x.nodes if node.type == "lifetime"
    }  # fmt: skip
    return bool(names & used)


def _generic_names(node: tree_sitter.Node) -> set[str]:
    parameters = node.child_by_field_name("type_parameters")
    found: set[str] = set()
    for one in [] if parameters is None else parameters.named_children:
        name = one.child_by_field_name("name") or next(iter(one.named_children), one)
        found.add(text(name))
    return found


def _own_block(x: Extraction, impl: tree_sitter.Node, types: str) -> str:
    """The head of another ``impl`` for the same type, which this file must declare."""
    type_ = impl.child_by_field_name("type")
    head = text(type_).partition("<")[0]
    declared = [
        node for node in walk(x.table.file_scope.node, frozenset(("function_item",)))
        if node.type in _OWN_TYPES and text(node.child_by_field_name("name")) == head
    ]  # fmt: skip
    if len(declared) != 1 or declared[0].parent != impl.parent:
        raise BadInput("the method belongs to a trait, and its type is declared elsewhere")
    if "Self::" in types or any(
        text(node).startswith("Self::") for node in x.nodes if "scoped" in node.type
    ):
        raise BadInput("the statements name a type of the trait that is implemented")
    names = _generic_names(impl)
    if not names <= set(re.findall(r"'?\w+", text(type_))):
        raise BadInput("the type alone does not say the type parameters of its trait")
    generics = words(impl.child_by_field_name("type_parameters"))
    return f"impl{generics} {words(type_)}{where(impl)} {{"


def where(node: tree_sitter.Node) -> str:
    """The conditions on type parameters."""
    found = next((one for one in node.named_children if one.type == "where_clause"), None)
    return "" if found is None else f" {words(found)}"


def attributes(node: tree_sitter.Node) -> list[str]:
    """What stands in front of an item in ``#[…]``."""
    found: list[str] = []
    before = node.prev_named_sibling
    while before is not None and before.type in ("attribute_item", "line_comment", "block_comment"):
        found += [text(before)] if before.type == "attribute_item" else []
        before = before.prev_named_sibling
    return found
