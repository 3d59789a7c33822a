"""Types of Python in quotes: in annotations, in generic types, in calls of ``typing``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import tree_sitter

from engine.edits.binder import Binder, Step, Use
from engine.edits.symbols import Scope, Site
from engine.spans import span

_WORD = re.compile(rb"[^\W\d]\w*")
_TAKES_TYPES = {"cast": (0, 1), "TypeVar": (1, None)}
"""Functions of ``typing`` that take types: which of their arguments."""


def below(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """All nodes below ``node``, in text order."""
    stack = list(reversed(node.named_children))
    while stack:
        found = stack.pop()
        yield found
        stack.extend(reversed(found.named_children))


def bind_quoted(binder: Binder, node: tree_sitter.Node, scope: Scope) -> None:
    """Use the names of the types that stand in quotes in ``node``; what is behind a dot is not one.

    An argument of ``Literal`` is a value.
    """
    for part in [node, *below(node)]:
        if part.type != "string" or _is_value(binder, part):
            continue
        for match in _WORD.finditer(binder.data, part.start_byte, part.end_byte):
            if binder.data[match.start() - 1 : match.start()] != b".":
                name = match.group().decode("utf-8", "replace")
                binder.uses.append(Use(Site(span(*match.span())), name, scope))


def bind_subscript(binder: Binder, node: tree_sitter.Node, scope: Scope) -> Iterable[Step]:
    """``Union["Type", None]`` outside of annotations."""
    around, is_inner = node.parent, False
    while around is not None and around.type in ("subscript", "list", "tuple"):
        is_inner = is_inner or _is_generic(binder, around, scope)
        around = around.parent
    is_annotation = around is not None and around.type in ("type", "generic_type")
    if not is_annotation and not is_inner and _is_generic(binder, node, scope):
        bind_quoted(binder, node, scope)
    return ((child, scope) for child in node.named_children)


def bind_type_arguments(
    binder: Binder, written: str, arguments: tree_sitter.Node, scope: Scope
) -> None:
    """``cast("Type", value)``, ``TypeVar("T", bound="Type")``."""
    takes = _TAKES_TYPES.get(written.rpartition(".")[2])
    if takes is not None and is_of(binder, "typing", written, scope):
        for one in arguments.named_children[takes[0] : takes[1]]:
            bind_quoted(binder, one.child_by_field_name("value") or one, scope)


def is_of(binder: Binder, module: str, written: str, scope: Scope) -> bool:
    """Whether a name was imported from a module of the standard library."""
    symbol = binder.look_up(written.partition(".")[0], scope, 0)
    origin = None if symbol is None else symbol.origin
    return origin is not None and origin.module in (module, f"{module}_extensions")


def _is_generic(binder: Binder, node: tree_sitter.Node, scope: Scope) -> bool:
    is_subscript = node.type == "subscript"
    return is_subscript and is_of(binder, "typing", binder.text(node.named_children[0]), scope)


def _is_value(binder: Binder, node: tree_sitter.Node) -> bool:
    """Whether a string in an annotation is a value: an argument of ``Literal``."""
    around = node.parent
    while around is not None and around.type not in ("subscript", "generic_type", "type_alias"):
        around = around.parent
    return around is not None and binder.text(around).split("[")[0].endswith("Literal")
