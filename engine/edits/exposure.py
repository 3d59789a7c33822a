"""Which locals can be changed where nobody writes their name."""

from __future__ import annotations

import tree_sitter

from engine.edits.symbols import NameTable, Scope, ScopeKind, Symbol
from engine.edits.writes import is_written
from engine.syntax import SyntaxTree

_MEMBERS = frozenset("field_expression selector_expression index_expression".split())
_ELEMENTS = frozenset(("subscript_expression", "array_access"))
_ADDRESSES = frozenset("pointer_expression unary_expression reference_expression".split())
_CAPTURES = frozenset(("lambda_capture_specifier", "token_tree"))
_CALLS = frozenset(("argument_list", "initializer_list", "lambda_capture_specifier"))


_SCRIPTS = frozenset("python javascript javascriptreact typescript typescriptreact".split())


class Exposure:
    """What others may hold a reference to; asked once for a local."""

    def __init__(self, tree: SyntaxTree, table: NameTable) -> None:
        self.tree = tree
        self.table = table
        self._known: dict[int, bool] = {}

    def holds(self, symbol: Symbol) -> bool:
        """Whether a call may change the local: its address is taken, a closure writes to it."""
        if self.tree.language.id == "java":
            return False
        found = self._known.get(id(symbol))
        if found is None:
            names = [self._leaf(site.span.start) for site in symbol.sites]
            found = self._known[id(symbol)] = self._is_shared(symbol, names) or any(
                self._is_exposed_at(name) for name in names
            )
        return found

    def is_set_at(self, name: tree_sitter.Node) -> bool:
        """Whether the local ``name``, or a part of it that is no other object, is written there."""
        is_script = self.tree.language.id in _SCRIPTS
        return is_written(name) or (not is_script and is_written(self._path(name)))

    def _is_shared(self, symbol: Symbol, names: list[tree_sitter.Node]) -> bool:
        """Whether functions share it, one of which sets it anew."""
        is_script = self.tree.language.id in _SCRIPTS
        num_set = sum(map(self.is_set_at, names))
        if not num_set:
            return False
        home = function_of(symbol.scope)
        inner = [
            name for name in names if function_of(self.table.scope_at(name.start_byte)) is not home
        ]
        return any(map(is_written, inner)) or (bool(inner) and num_set > is_script)

    def _is_exposed_at(self, name: tree_sitter.Node) -> bool:
        if name.parent is None or name.parent.type == "reference_declarator" or _is_static(name):
            return True
        path = name if self.tree.language.id in _SCRIPTS else self._path(name)
        parent = path.parent
        if parent is None:
            return True
        if parent.type in _ADDRESSES and _is_address(parent):
            return True
        is_method = path != name and parent.child_by_field_name("function") == path
        language = self.tree.language.id
        if language == "cpp":
            declarator = parent.child_by_field_name("declarator")
            is_named = declarator is not None and declarator.type == "reference_declarator"
            is_given = parent.type in _CALLS or is_named
            is_read_in = parent.type == "binary_expression" and any(
                child.type == ">>" for child in parent.children
            )
            return is_method or is_given or is_read_in
        return (language in ("go", "rust") and is_method) or parent.type in _CAPTURES

    def _path(self, name: tree_sitter.Node) -> tree_sitter.Node:
        """``a.b[0]`` for its ``a``: what is the local's own memory, as far as can be seen."""
        found = name
        while found.parent is not None and found.parent.start_byte == name.start_byte:
            parent = found.parent
            is_arrow = any(child.type == "->" for child in parent.children)
            is_element = parent.type in _ELEMENTS and self.tree.language.id == "cpp"
            if is_arrow or not (parent.type in _MEMBERS or is_element):
                break
            found = parent
        return found

    def _leaf(self, start: int) -> tree_sitter.Node:
        if self.tree.root is None:
            raise ValueError("a text without a tree has no nodes")
        found = self.tree.root.named_descendant_for_byte_range(start, start + 1)
        return found or self.tree.root


def function_of(scope: Scope) -> Scope | None:
    """The function around, or the class inside of it."""
    kinds = (ScopeKind.FUNCTION, ScopeKind.CLASS)
    return next((one for one in scope.up() if one.kind in kinds), None)


def _is_address(node: tree_sitter.Node) -> bool:
    signs = {child.type for child in node.children}
    if node.type == "reference_expression":
        return "mutable_specifier" in signs
    return "&" in signs


def _is_static(name: tree_sitter.Node) -> bool:
    """Whether C keeps the local from call to call."""
    node = name
    while node.parent is not None and node.parent.type.endswith("declarator"):
        node = node.parent
    holder = node.parent
    if holder is None or holder.type != "declaration" or node.type == "function_declarator":
        return False
    return any(child.type == "storage_class_specifier" for child in holder.named_children)
