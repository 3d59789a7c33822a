"""The cases that a ``match`` or ``switch`` over an enum in the file leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

from engine.edits.lines import indentation
from engine.edits.template import HOLE, MAX_HOLES
from engine.planning.indentation import indent_unit
from engine.proposal import Edit
from engine.spans import span
from engine.syntax import SyntaxTree

_SWITCHES = frozenset(
    """match_statement switch_statement switch_expression match_expression""".split()
)
_DEFAULTS = frozenset(("switch_default", "default_statement"))


@dataclass(frozen=True, slots=True)
class MissingCases:
    """``names`` of ``enum`` have no case; ``template`` has a hole for every body."""

    enum: str
    names: tuple[str, ...]
    template: tuple[Edit, ...]
    plain: tuple[Edit, ...]


def missing_cases(tree: SyntaxTree, offset: int) -> MissingCases | None:
    """None where no switch over an enum of this file is, or it leaves nothing out."""
    if tree.root is None or tree.root.has_error:
        return None
    switch = tree.enclosing(offset, _SWITCHES) or tree.enclosing(offset + 1, _SWITCHES)
    body = None if switch is None else switch.child_by_field_name("body")
    if switch is None or body is None:
        return None
    cases = [child for child in body.named_children if "comment" not in child.type]
    if not cases or any(_is_default(tree, case) for case in cases):
        return None
    heads = b"\n".join(_head(tree, case) for case in cases).decode("utf-8", "replace")
    for enum, members in _enums(tree):
        used = set(re.findall(rf"\b{re.escape(enum)}(?:\.|::)(\w+)", heads))
        missing = [member for member in members if member not in used]
        if used and used <= set(members) and 0 < len(missing) <= MAX_HOLES:
            return _written(tree, cases, enum, missing)
    return None


def _head(tree: SyntaxTree, case: tree_sitter.Node) -> bytes:
    """The pattern of a case."""
    value = case.child_by_field_name("pattern") or case.child_by_field_name("value")
    if value is None:
        value = next((child for child in case.named_children if "pattern" in child.type), case)
    return tree.data[value.start_byte : value.end_byte]


def _is_default(tree: SyntaxTree, case: tree_sitter.Node) -> bool:
    return case.type in _DEFAULTS or _head(tree, case).split(b" if ")[0].strip() == b"_"


def _enums(tree: SyntaxTree) -> Iterator[tuple[str, list[str]]]:
    """The enums of the file with their members."""
    stack = [] if tree.root is None else [tree.root]
    while stack:
        node = stack.pop()
        stack.extend(node.named_children)
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            continue
        is_python = node.type == "class_definition" and _is_enum_class(tree, node)
        if is_python or node.type in ("enum_declaration", "enum_item"):
            members = [_member(tree, child) for child in body.named_children]
            yield _text(tree, name), [member for member in members if member]


def _is_enum_class(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    bases = node.child_by_field_name("superclasses")
    text = b"" if bases is None else tree.data[bases.start_byte : bases.end_byte]
    return re.search(rb"\b(?:Int|Str)?(?:Enum|Flag)\b", text) is not None


def _member(tree: SyntaxTree, node: tree_sitter.Node) -> str:
    """The name of an enum's member, empty for what is none."""
    if node.type == "expression_statement":
        inner = next(iter(node.named_children), None)
        left = None if inner is None else inner.child_by_field_name("left")
        is_name = left is not None and left.type == "identifier"
        return _text(tree, left) if left is not None and is_name else ""
    if node.type in ("property_identifier", "identifier"):
        return _text(tree, node)
    if node.type in ("enum_assignment", "enum_variant"):
        name = node.child_by_field_name("name")
        has_fields = node.type == "enum_variant" and node.child_by_field_name("body") is not None
        return "" if name is None or has_fields else _text(tree, name)
    return ""


def _text(tree: SyntaxTree, node: tree_sitter.Node) -> str:
    return tree.data[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _written(
    tree: SyntaxTree, cases: Sequence[tree_sitter.Node], enum: str, missing: Sequence[str]
) -> MissingCases:
    indent = indentation(tree.data, cases[-1].start_byte)
    unit = indent_unit(tree).decode()
    end = cases[-1].end_byte
    while tree.data[end - 1 : end].isspace():
        end -= 1
    at = span(end, end)

    def edit(body: str) -> tuple[Edit, ...]:
        return (Edit(at, "".join(_case(tree, enum, name, body, indent, unit) for name in missing)),)

    return MissingCases(enum, tuple(missing), edit(HOLE), edit(""))


def _case(tree: SyntaxTree, enum: str, name: str, body: str, indent: str, unit: str) -> str:
    if tree.language.id == "python":
        return f"\n{indent}case {enum}.{name}:\n{indent}{unit}{body or 'raise NotImplementedError'}"
    if tree.language.id == "rust":
        return f"\n{indent}{enum}::{name} => {body or 'todo!()'},"
    inner = f"\n{indent}{unit}{body}" if body else ""
    return f"\n{indent}case {enum}.{name}:{inner}\n{indent}{unit}break;"
