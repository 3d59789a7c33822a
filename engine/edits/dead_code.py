"""Code that never runs, or decides nothing: found in the tree, never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from engine.edits.lines import with_line
from engine.spans import Span, span
from engine.syntax import SyntaxTree

_ENDS = frozenset(
    "return_statement raise_statement throw_statement break_statement continue_statement".split()
)
# What holds its names or is jumped to, wherever it stands.
_HOISTED = frozenset(
    """function_declaration generator_function_declaration class_declaration labeled_statement
    comment case default_statement function_definition variable_declaration""".split()
)
_BODIES = frozenset("block module statement_block program switch_case switch_default".split())


@dataclass(frozen=True, slots=True)
class Dead:
    """``span`` may go; ``why`` is one phrase."""

    span: Span
    why: str


def dead_code(tree: SyntaxTree) -> list[Dead]:
    """All of it in text order, outermost only."""
    if tree.root is None or tree.root.has_error:
        return []
    found: list[Dead] = []
    stack = [tree.root]
    while stack:
        node = stack.pop()
        here = [*_behind_the_end(tree, node), *_same_condition(tree, node)]
        found.extend(here)
        inside = [each.span for each in here]
        stack.extend(
            child
            for child in node.children
            if not any(place.start <= child.start_byte < place.end for place in inside)
        )
    return sorted(found, key=lambda dead: dead.span)


def _behind_the_end(tree: SyntaxTree, node: tree_sitter.Node) -> Iterator[Dead]:
    """Statements behind a return, raise, throw, break or continue of the same block."""
    if node.type not in _BODIES:
        return
    children, comments = node.named_children, tree.language.kinds.comments
    for index, child in enumerate(children[:-1]):
        behind = children[index + 1 :]
        if child.type in _ENDS:
            behind = [each for each in behind if each.type not in comments]
            if behind and not any(_is_needed(each) for each in behind):
                place = span(behind[0].start_byte, behind[-1].end_byte)
                yield Dead(
                    with_line(tree.data, place), f"never reached: stands behind {_word(child)}"
                )
            return


def _is_needed(node: tree_sitter.Node) -> bool:
    """Whether leaving it out changes what its function is, or which names it has."""
    if node.type in _HOISTED or node.type == "yield":
        return True
    return any(_is_needed(child) for child in node.named_children)


def _word(node: tree_sitter.Node) -> str:
    return node.type.removesuffix("_statement")


def _same_condition(tree: SyntaxTree, node: tree_sitter.Node) -> Iterator[Dead]:
    """A Python ``elif`` whose condition was asked before in the same chain."""
    if node.type != "if_statement":
        return
    seen = [_condition(tree, node)]
    for child in node.named_children:
        if child.type != "elif_clause":
            continue
        condition = _condition(tree, child)
        if condition in seen and b"(" not in condition:
            place = span(child.start_byte, child.end_byte)
            text = condition.decode("utf-8", "replace")
            yield Dead(with_line(tree.data, place), f"never true: {text} was asked above")
        seen.append(condition)


def _condition(tree: SyntaxTree, node: tree_sitter.Node) -> bytes:
    found = node.child_by_field_name("condition")
    return b"" if found is None else tree.data[found.start_byte : found.end_byte]
