"""Java's names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import tree_sitter

from engine.edits.binder import Handler, Step, site_of
from engine.edits.static_names import CALL_SPACE, Declares, ScopeRules, StaticBinder
from engine.edits.symbols import Expression, Origin, Part, Scope, ScopeKind, SymbolKind

_PARAMETER = Declares(kind=SymbolKind.PARAMETER)

_RULES = ScopeRules(
    names=frozenset(("identifier", "type_identifier")),
    declares={
        "variable_declarator": Declares(),
        "formal_parameter": _PARAMETER,
        "catch_formal_parameter": _PARAMETER,
        "resource": Declares(),
        "enhanced_for_statement": Declares(part=Part.ELEMENT),
        "enum_constant": Declares(),
        "instanceof_expression": Declares(type="right", value=""),
        "record_pattern_component": Declares(),
    },
    functions=frozenset(("method_declaration", "compact_constructor_declaration")),
    classes=frozenset(
        """class_declaration interface_declaration enum_declaration record_declaration
        annotation_type_declaration""".split()
    ),
    blocks=frozenset(
        """block constructor_body for_statement enhanced_for_statement
        try_with_resources_statement catch_clause switch_block_statement_group
        switch_rule""".split()
    ),
    members={"field_access": ("object", "field"), "method_invocation": ("object", "name")},
    labels=frozenset(("labeled_statement", "break_statement", "continue_statement")),
    skipped=frozenset(("package_declaration",)),
    constructions=frozenset(("object_creation_expression",)),
    receivers=frozenset(("this", "super")),
)


class JavaBinder(StaticBinder):
    """Java's scopes; fields and methods may share a name."""

    rules = _RULES
    function_space = CALL_SPACE

    def handlers(self) -> dict[str, Handler]:
        """The table's handlers, and those of what is peculiar to Java."""
        return {
            **super().handlers(),
            "import_declaration": self._import,
            "constructor_declaration": self._constructor,
            "type_parameter": self._type_parameter,
            "lambda_expression": self._lambda,
            "class_body": self._class_body,
            "method_reference": self._method_reference,
            "element_value_pair": self._annotation_value,
            "type_pattern": self._type_pattern,
            "record_declaration": self._record,
        }

    def _import(self, node: tree_sitter.Node, scope: Scope) -> Iterable[Step]:
        path = node.named_children[0]
        name = path.child_by_field_name("name")
        is_all = any(child.type == "asterisk" for child in node.named_children)
        if name is not None and not is_all:
            origin = Origin(self.text(path).rpartition(".")[0], self.text(name))
            self.declare(name, scope, SymbolKind.IMPORT, origin=origin)
        return ()

    def _record(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """Each component of a record is a field and the method that reads it."""
        yield from self.class_(node, scope)
        inner = self.scope_of[node.id]
        parameters = node.child_by_field_name("parameters")
        for parameter in parameters.named_children if parameters is not None else ():
            name, type_ = (
                parameter.child_by_field_name("name"),
                parameter.child_by_field_name("type"),
            )
            if name is not None and type_ is not None:
                field = self.declare(name, inner, SymbolKind.PARAMETER)
                reader = self.declare(name, inner, SymbolKind.FUNCTION, space=CALL_SPACE)
                reader.annotation = Expression(type_, scope)
                reader.unite(field)

    def _constructor(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """A constructor is called as its class is."""
        inner = self.open(ScopeKind.FUNCTION, node, scope)
        yield from ((child, inner) for child in node.named_children)

    def _type_parameter(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        for child in node.named_children:
            if child.type == "type_identifier":
                self.declare(child, scope, SymbolKind.TYPE)
            else:
                yield child, scope

    def _lambda(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        inner = self.open(ScopeKind.FUNCTION, node, scope)
        parameters = node.child_by_field_name("parameters")
        for child in node.named_children:
            is_plain = parameters is not None and child.id == parameters.id
            if is_plain and child.type in ("identifier", "inferred_parameters"):
                for name in [child] if child.type == "identifier" else child.named_children:
                    self.declare(name, inner, SymbolKind.PARAMETER)
            else:
                yield child, inner

    def _class_body(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """The body of a nameless class is a scope of its own."""
        is_nameless = node.parent is not None and node.parent.type in (
            "object_creation_expression", "enum_constant",
        )  # fmt: skip
        inner = self.class_scope(node, scope, None) if is_nameless else scope
        yield from ((child, inner) for child in node.named_children)

    def _method_reference(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        owner, name = node.named_children[0], node.named_children[-1]
        if name.id != owner.id and name.type == "identifier":
            self.note_member(owner, name, scope, CALL_SPACE)
        yield owner, scope

    def _annotation_value(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        if key is not None:
            self.table.unknown.setdefault(self.text(key), []).append(site_of(key))
        yield from () if value is None else ((value, scope),)

    def _type_pattern(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        *types, name = node.named_children
        if name.type == "identifier":
            self.declare(name, scope, SymbolKind.VARIABLE, holds_from=node.start_byte)
        yield from ((child, scope) for child in types)
