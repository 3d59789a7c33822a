"""Go's names."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter

from engine.edits.binder import Handler, Step, site_of
from engine.edits.static_names import Declares, ScopeRules, StaticBinder, skip
from engine.edits.symbols import Expression, Origin, Part, Scope, ScopeKind, SymbolKind

_RULES = ScopeRules(
    names=frozenset(("identifier", "type_identifier", "package_identifier")),
    declares={
        "var_spec": Declares(),
        "const_spec": Declares(),
        "parameter_declaration": Declares(kind=SymbolKind.PARAMETER),
        "variadic_parameter_declaration": Declares(kind=SymbolKind.PARAMETER),
        "type_parameter_declaration": Declares(type="", kind=SymbolKind.TYPE),
        "field_declaration": Declares(),
    },
    functions=frozenset(("function_declaration", "func_literal", "method_elem", "method_spec")),
    classes=frozenset(),
    blocks=frozenset(
        """block if_statement for_statement expression_switch_statement type_switch_statement
        select_statement expression_case default_case type_case communication_case""".split()
    ),
    members={"selector_expression": ("operand", "field"), "qualified_type": ("package", "name")},
    labels=frozenset(
        ("labeled_statement", "break_statement", "continue_statement", "goto_statement")
    ),
    skipped=frozenset(("package_clause",)),
    callers=frozenset(("call_expression",)),
    constructions=frozenset(("composite_literal",)),
    receivers=frozenset(),
)


class GoBinder(StaticBinder):
    """Go's scopes. Types and methods of the package's other files are not seen."""

    rules = _RULES
    sees_members = False

    def handlers(self) -> dict[str, Handler]:
        """The table's handlers, and those of what is peculiar to Go."""
        return {
            **super().handlers(),
            "import_spec": self._import,
            "type_spec": self._type,
            "type_alias": self._type,
            "method_declaration": self._method,
            "short_var_declaration": self._assign,
            "range_clause": self._assign,
            "receive_statement": self._assign,
            "type_switch_statement": self._type_switch,
            "literal_value": self._literal,
            "dot": skip,
        }

    def _import(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name, path = node.child_by_field_name("name"), node.child_by_field_name("path")
        if name is not None and path is not None and name.type == "package_identifier":
            origin = Origin(self.text(path).strip('"`'))
            self.declare(name, scope, SymbolKind.MODULE, origin=origin)
        yield from ()

    def _type(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """A type; a struct's fields and an interface's methods are its members."""
        name, type_ = node.child_by_field_name("name"), node.child_by_field_name("type")
        if name is None or type_ is None:
            return
        symbol = self.declare(name, scope, SymbolKind.CLASS, holds_from=node.start_byte)
        outer = self.open(ScopeKind.FUNCTION, node, scope)
        inner = self.class_scope(node, outer, symbol)
        generics = node.child_by_field_name("type_parameters")
        yield from () if generics is None else ((generics, outer),)
        is_body = type_.type in ("struct_type", "interface_type")
        yield type_, inner if is_body else outer

    def _method(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """A method is a member of its receiver's type."""
        name, receiver = node.child_by_field_name("name"), node.child_by_field_name("receiver")
        owner = None if receiver is None else self._receiver_type(receiver, scope)
        symbol = None
        if name is not None and owner is not None:
            symbol = self.declare(name, owner, SymbolKind.FUNCTION)
            result = node.child_by_field_name("result")
            symbol.annotation = None if result is None else Expression(result, scope)
        inner = self.open(ScopeKind.FUNCTION, node, scope, symbol)
        done = None if name is None else name.id
        yield from ((child, inner) for child in node.named_children if child.id != done)

    def _receiver_type(self, receiver: tree_sitter.Node, scope: Scope) -> Scope | None:
        """The members of the receiver's type, which may be declared further down."""
        node: tree_sitter.Node | None = receiver
        while node is not None and node.type != "type_identifier":
            node = node.child_by_field_name("type") or (
                node.named_children[0] if node.named_children else None
            )
        if node is None:
            return None
        name = self.text(node)
        symbol = self.table.file_scope.get(name)
        if symbol is None:
            symbol = self.declare(node, self.table.file_scope, SymbolKind.CLASS)
            symbol.sites.clear()
            self.table.at.pop(node.start_byte, None)
        if symbol.body is None:
            symbol.body = self.open(ScopeKind.CLASS, receiver, scope, symbol)
        return symbol.body

    def _assign(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """``a, b := c, d`` declares what the scope does not have yet."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        is_declaring = any(child.type == ":=" for child in node.children)
        names = [] if left is None or not is_declaring else left.named_children
        values = [] if right is None else right.named_children
        for index, name in enumerate(names):
            if name.type != "identifier" or self.text(name) == "_":
                continue
            symbol = self.declare(name, scope, SymbolKind.VARIABLE, holds_from=node.start_byte)
            if node.type == "range_clause" and right is not None and index == 1:
                symbol.values.append(Expression(right, scope, Part.ELEMENT))
            elif len(values) == len(names) and node.type == "short_var_declaration":
                symbol.values.append(Expression(values[index], scope))
        done = None if left is None or not is_declaring else left.id
        yield from ((child, scope) for child in node.named_children if child.id != done)

    def _type_switch(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        inner = self.open(ScopeKind.BLOCK, node, scope)
        alias = node.child_by_field_name("alias")
        for name in alias.named_children if alias is not None else ():
            self.declare(name, inner, SymbolKind.VARIABLE, holds_from=node.start_byte)
        done = None if alias is None else alias.id
        yield from ((child, inner) for child in node.named_children if child.id != done)

    def _literal(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """``T{field: value}``: keys that are names are fields of the literal's type."""
        for child in node.named_children:
            key = child.child_by_field_name("key") if child.type == "keyed_element" else None
            value = child.child_by_field_name("value") if key is not None else None
            inside = key.named_children[0] if key is not None and key.named_children else None
            if inside is None or inside.type != "identifier" or value is None:
                yield child, scope
                continue
            owner = node.parent
            type_ = None if owner is None else owner.child_by_field_name("type")
            if type_ is not None and type_.type in _INDEXED:
                yield inside, scope
            elif owner is not None and owner.type == "composite_literal":
                self.note_member(owner, inside, scope)
            else:  # what the type is stands further out
                self.table.unknown.setdefault(self.text(inside), []).append(site_of(inside))
            yield value, scope


_INDEXED = frozenset("array_type slice_type map_type implicit_length_array_type".split())
