"""One local that may be inlined: its declaration, its value, what is known of both."""

from __future__ import annotations

from dataclasses import dataclass

import tree_sitter

from engine.edits.local_declaration import LocalDeclaration
from engine.edits.operand import is_bracketed
from engine.edits.symbols import NameTable
from engine.edits.value_weight import Weight, Weights
from engine.syntax import SyntaxTree


@dataclass(frozen=True, slots=True)
class Inlining:
    """``declaration``'s value is to be written at ``num_uses`` places."""

    tree: SyntaxTree
    table: NameTable
    weights: Weights
    declaration: LocalDeclaration
    weight: Weight
    num_uses: int

    @property
    def value(self) -> tree_sitter.Node:
        """What the local is set to, without brackets that hold one line together."""
        found = self.declaration.value
        while found.type == "parenthesized_expression" and found.named_child_count == 1:
            if b"\n" in (found.text or b""):
                break
            found = found.named_children[0]
        return found

    def plain(self, name: tree_sitter.Node) -> str:
        """The value for the place of ``name``, in brackets where they are needed."""
        value = text(self.value)
        return f"({value})" if is_bracketed(self.value, name) else value


def text(node: tree_sitter.Node | None) -> str:
    """The source of a node; nothing for None."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


def words(node: tree_sitter.Node | None) -> str:
    """The source of a node with single spaces."""
    return " ".join(text(node).split())


def function_around(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """The function, method or closure that ``node`` stands in."""
    found = node.parent
    while found is not None and found.type not in _FUNCTIONS:
        found = found.parent
    return found


_FUNCTIONS = frozenset(
    """function_definition function_declaration method_declaration func_literal function_item
    closure_expression lambda_expression constructor_declaration""".split()
)
