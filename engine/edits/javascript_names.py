"""What JavaScript and TypeScript code declares and uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import tree_sitter

from engine.edits.binder import LABEL_SPACE, TYPE_SPACE, Binder, Handler, Member, Step, Use, site_of
from engine.edits.javascript_classes import (
    bind_class,
    bind_enum,
    bind_field,
    bind_function,
    bind_interface,
    bind_object,
    bind_tuple,
)
from engine.edits.javascript_members import settle_members
from engine.edits.javascript_modules import bind_export, bind_import
from engine.edits.javascript_patterns import Declared, bind_assignment, bind_pattern
from engine.edits.symbols import Expression, Part, Scope, ScopeKind, Site, Symbol, SymbolKind
from engine.spans import span
from engine.syntax import SyntaxTree

_TYPE_LIKE = frozenset((SymbolKind.CLASS, SymbolKind.IMPORT, SymbolKind.MODULE))
_FUNCTIONS = frozenset(
    """function_declaration function_expression generator_function generator_function_declaration
    arrow_function method_definition function_signature method_signature function_type
    construct_signature call_signature constructor_type abstract_method_signature""".split()
)
_FIELDS = frozenset(
    "field_definition public_field_definition property_signature enum_assignment pair".split()
)
_CLASSES = ("class_declaration", "abstract_class_declaration", "class")
_BLOCKS = ("statement_block", "for_statement", "switch_body", "index_signature", "conditional_type")
_LABELLED = ("labeled_statement", "break_statement", "continue_statement")


class JavaScriptBinder(Binder):
    """Scopes of JavaScript and TypeScript: files, functions, blocks; classes and objects."""

    def __init__(self, tree: SyntaxTree) -> None:
        super().__init__(tree)
        self.literals: list[Expression] = []
        """Object literals, whose properties may be those of a declared type."""
        self.unions: list[list[tree_sitter.Node]] = []
        """The arms of union types."""

    def handlers(self) -> dict[str, Handler]:
        """The kinds of nodes of both languages."""
        return {
            "identifier": self._identifier,
            "type_identifier": self._type_identifier,
            "nested_type_identifier": self._nested_type,
            "shorthand_property_identifier": self._shorthand,
            "import_statement": partial(bind_import, self),
            "export_statement": partial(bind_export, self),
            "variable_declarator": self._declarator,
            "assignment_expression": partial(bind_assignment, self),
            "for_in_statement": self._for_in,
            "catch_clause": self._catch,
            "member_expression": self._member,
            "subscript_expression": self._subscript,
            "object": partial(bind_object, self),
            "enum_declaration": partial(bind_enum, self),
            "internal_module": self._namespace,
            "module": self._namespace,
            "type_alias_declaration": self._type_alias,
            "mapped_type_clause": self._type_parameter,
            "type_parameter": self._type_parameter,
            "infer_type": self._infer_type,
            "union_type": self._union,
            "tuple_type": partial(bind_tuple, self),
            "lookup_type": self._lookup_type,
            **dict.fromkeys(_FUNCTIONS, partial(bind_function, self)),
            **dict.fromkeys(_FIELDS, partial(bind_field, self)),
            **dict.fromkeys(_CLASSES, partial(bind_class, self)),
            **dict.fromkeys(
                ("interface_declaration", "object_type"), partial(bind_interface, self)
            ),
            **dict.fromkeys(_BLOCKS, self._block),
            **dict.fromkeys(_LABELLED, self._label),
        }

    def look_up(self, name: str, scope: Scope, offset: int) -> Symbol | None:
        """See the base; members are never seen by their name alone."""
        del offset
        space, _, bare = name.rpartition(":")
        for inner in scope.up():
            if inner.kind is ScopeKind.CLASS:
                continue
            symbol = inner.get(name if space == "label" else bare)
            if space == "type" and (symbol is None or symbol.kind not in _TYPE_LIKE):
                symbol = inner.get(TYPE_SPACE + bare)
            elif space == "any":
                symbol = symbol or inner.get(TYPE_SPACE + bare)
            if symbol is not None:
                return symbol
        return None

    def settle(self) -> None:
        """Settle names, then what they are members of."""
        super().settle()
        for scope in self.table.scopes:
            for name, symbols in scope.symbols.items():
                if name.startswith(TYPE_SPACE) and (value := scope.get(name[len(TYPE_SPACE) :])):
                    symbols[0].unite(value)  # a value and a type of one name are exported as one
        settle_members(self)

    def declare_member(
        self, name: tree_sitter.Node, scope: Scope, site: Site | None = None
    ) -> Symbol:
        """Declare a member; its ``site`` may be shared with the variable of a shorthand."""
        text = self.text(name)
        found = scope.symbols.setdefault(text, [])
        if not found:
            found.append(Symbol(text, SymbolKind.MEMBER, scope))
            self.table.symbols.append(found[0])
        self.table.place(found[0], site or site_of(name, is_definition=True))
        return found[0]

    def note_member(self, owner: Expression, name: tree_sitter.Node, site: Site) -> None:
        """Note that ``name`` is a member of what ``owner`` stands for."""
        self.members.append(Member(site, self.text(name), owner))

    def function_scope(self, scope: Scope) -> Scope:
        """The scope that ``var`` declares in."""
        return next(
            one for one in scope.up() if one.kind is ScopeKind.FUNCTION or one.parent is None
        )

    def _identifier(self, node: tree_sitter.Node, scope: Scope) -> Iterable[Step]:
        parent = node.parent
        is_tag = parent is not None and parent.type.startswith("jsx_") and (
            parent.type != "jsx_expression"
        )  # fmt: skip
        if not (is_tag and self.text(node)[:1].islower()):
            self.use(node, scope)
        return ()

    def _type_identifier(self, node: tree_sitter.Node, scope: Scope) -> Iterable[Step]:
        self.use(node, scope, TYPE_SPACE)
        return ()

    def _nested_type(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        module, name = node.child_by_field_name("module"), node.child_by_field_name("name")
        if module is not None and name is not None:
            self.note_member(Expression(module, scope), name, site_of(name))
            yield module, scope

    def _shorthand(self, node: tree_sitter.Node, scope: Scope) -> Iterable[Step]:
        """``{x}`` reads a variable and names a property."""
        name = self.text(node)
        place = span(node.start_byte, node.end_byte)
        self.uses.append(Use(Site(place, prefix=f"{name}: "), name, scope))
        return ()

    def _declarator(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name, type_ = node.child_by_field_name("name"), node.child_by_field_name("type")
        value = node.child_by_field_name("value")
        is_var = node.parent is not None and node.parent.type == "variable_declaration"
        if name is not None:
            declared = Declared(
                SymbolKind.VARIABLE,
                self.function_scope(scope) if is_var else scope,
                None if value is None else Expression(value, scope),
                None if type_ is None else Expression(type_, scope),
            )
            yield from bind_pattern(self, name, scope, declared)
        yield from ((part, scope) for part in (type_, value) if part is not None)

    def _for_in(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        inner = self.open(ScopeKind.BLOCK, node, scope)
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        kind = node.child_by_field_name("kind")
        if left is not None and right is not None:
            is_var = kind is not None and kind.type == "var"
            declared = Declared(
                None if kind is None else SymbolKind.VARIABLE,
                self.function_scope(scope) if is_var else inner,
                Expression(right, scope, Part.ELEMENT),
            )
            yield from bind_pattern(self, left, inner, declared)
            yield right, scope
        done = {one.id for one in (left, right) if one is not None}
        yield from ((child, inner) for child in node.named_children if child.id not in done)

    def _catch(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        inner = self.open(ScopeKind.BLOCK, node, scope)
        parameter = node.child_by_field_name("parameter")
        if parameter is not None:
            declared = Declared(SymbolKind.VARIABLE, inner)
            yield from bind_pattern(self, parameter, inner, declared)
        done = None if parameter is None else parameter.id
        yield from ((child, inner) for child in node.named_children if child.id != done)

    def _block(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        inner = self.open(ScopeKind.BLOCK, node, scope)
        name = node.child_by_field_name("name") if node.type == "index_signature" else None
        if name is not None:
            self.declare(name, inner, SymbolKind.PARAMETER)
        done = None if name is None else name.id
        yield from ((child, inner) for child in node.named_children if child.id != done)

    def _member(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if owner is None or name is None:
            return
        parent = node.parent
        left = None if parent is None else parent.child_by_field_name("left")
        is_set = parent is not None and parent.type == "assignment_expression" and (
            left is not None and left.id == node.id
        )  # fmt: skip
        right = parent.child_by_field_name("right") if parent is not None and is_set else None
        value = None if right is None else Expression(right, scope)
        site = site_of(name, is_definition=is_set)
        self.members.append(Member(site, self.text(name), Expression(owner, scope), value))
        yield owner, scope

    def _subscript(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """``owner["name"]`` names a member too."""
        owner, index = node.child_by_field_name("object"), node.child_by_field_name("index")
        if owner is not None and index is not None and index.type == "string":
            for part in index.named_children:
                if part.type == "string_fragment" and self.text(part).isidentifier():
                    self.note_member(Expression(owner, scope), part, site_of(part))
        yield from ((child, scope) for child in node.named_children)

    def _namespace(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        inner = self.open(ScopeKind.FUNCTION, node, scope)
        if name is not None and name.type == "identifier":
            self.declare(name, scope, SymbolKind.CLASS).body = inner
        if body is not None:
            yield from ((child, inner) for child in body.named_children)

    def _type_alias(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        inner = self.open(ScopeKind.BLOCK, node, scope)
        if name is not None:
            symbol = self.declare(name, scope, SymbolKind.TYPE, space=TYPE_SPACE)
            symbol.annotation = None if value is None else Expression(value, inner)
        done = None if name is None else name.id
        yield from ((child, inner) for child in node.named_children if child.id != done)

    def _type_parameter(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name, bound = node.child_by_field_name("name"), node.child_by_field_name("constraint")
        if name is not None:
            symbol = self.declare(name, scope, SymbolKind.TYPE, space=TYPE_SPACE)
            if bound is not None and node.type == "type_parameter":
                symbol.annotation = Expression(bound.named_children[0], scope)
        done = None if name is None else name.id
        yield from ((child, scope) for child in node.named_children if child.id != done)

    def _infer_type(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """``infer T`` holds in the conditional type around it."""
        first, *others = node.named_children
        around = (one for one in scope.up() if one.node.type == "conditional_type")
        self.declare(first, next(around, scope), SymbolKind.TYPE, space=TYPE_SPACE)
        yield from ((child, scope) for child in others)

    def _union(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """Note the arms of the whole union, which nests to the left."""
        if node.parent is None or node.parent.type != "union_type":
            arms, stack = list[tree_sitter.Node](), [node]
            while stack:
                one = stack.pop()
                is_union = one.type == "union_type"
                (stack if is_union else arms).extend(one.named_children if is_union else [one])
            self.unions.append(arms)
        yield from ((child, scope) for child in node.named_children)

    def _lookup_type(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """``Owner["name"]`` names a member."""
        owner, key = node.named_children[0], node.named_children[-1]
        for text in key.named_children if key.type == "literal_type" else ():
            for part in text.named_children:
                if part.type == "string_fragment" and self.text(part).isidentifier():
                    self.note_member(Expression(owner, scope), part, site_of(part))
        yield from ((child, scope) for child in node.named_children)

    def _label(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        function = self.function_scope(scope)
        label = node.child_by_field_name("label")
        if label is not None and node.type == "labeled_statement":
            self.declare(label, function, SymbolKind.LABEL, space=LABEL_SPACE)
        elif label is not None:
            self.use(label, function, LABEL_SPACE)
        done = None if label is None else label.id
        yield from ((child, scope) for child in node.named_children if child.id != done)
