"""The names of C and C++."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import tree_sitter

from engine.edits.binder import Handler, Step, Use
from engine.edits.static_names import ScopeRules, StaticBinder, beside, innermost
from engine.edits.symbols import Expression, Part, Scope, ScopeKind, Site, Symbol, SymbolKind
from engine.spans import span

TAG_SPACE = "tag:"
_TAGGED = frozenset(("struct_specifier", "union_specifier", "enum_specifier"))
_WORD = re.compile(rb"[^\W\d]\w*")
_NAMES = frozenset(("identifier", "field_identifier", "type_identifier", "namespace_identifier"))
_RULES = ScopeRules(
    names=frozenset(("identifier", "type_identifier", "namespace_identifier")),
    declares={},
    functions=frozenset(),
    classes=frozenset(),
    blocks=frozenset(
        """compound_statement for_statement while_statement if_statement switch_statement
        catch_clause case_statement""".split()
    ),
    members={"field_expression": ("argument", "field")},
    labels=frozenset(("labeled_statement", "goto_statement")),
    callers=frozenset(("call_expression",)),
    constructions=frozenset(("new_expression", "compound_literal_expression")),
    receivers=frozenset(("this",)),
)


class CBinder(StaticBinder):
    """Scopes of C and C++ in one file; headers are not read."""

    rules = _RULES

    def handlers(self) -> dict[str, Handler]:
        """The table's handlers, and those of what is peculiar to the two."""
        declarations = "declaration field_declaration parameter_declaration type_definition"
        classes = "struct_specifier class_specifier union_specifier enum_specifier"
        return {
            **super().handlers(),
            **dict.fromkeys(declarations.split(), self._declared),
            "optional_parameter_declaration": self._declared,
            "for_range_loop": self._range_loop,
            "function_definition": self._function_definition,
            "lambda_expression": self._lambda,
            **dict.fromkeys(classes.split(), self._class_specifier),
            "enumerator": self._enumerator,
            "namespace_definition": self._namespace,
            "template_declaration": self._template,
            "type_parameter_declaration": self._type_parameter,
            "alias_declaration": self._alias,
            "preproc_def": self._macro,
            "preproc_function_def": self._macro,
            "qualified_identifier": self._qualified,
            "field_initializer": self._field_initializer,
            "initializer_pair": self._initializer_pair,
        }

    def space_of(self, name: tree_sitter.Node) -> str:
        """C's tags (``struct tag``) share no names with anything else; C++ has none."""
        parent = name.parent
        is_tag = parent is not None and parent.type in _TAGGED
        return TAG_SPACE if is_tag and self.tree.language.id == "c" else ""

    def _declared(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """Variables, fields, parameters, typedefs and prototypes: one declarator each."""
        type_ = node.child_by_field_name("type")
        declarators = node.children_by_field_name("declarator")
        for declarator in declarators:
            yield from self._declare_one(node, declarator, scope, type_)
        ids = {one.id for one in declarators}
        yield from ((child, scope) for child in node.named_children if child.id not in ids)

    def _declare_one(
        self,
        node: tree_sitter.Node,
        declarator: tree_sitter.Node,
        scope: Scope,
        type_: tree_sitter.Node | None,
    ) -> Iterator[Step]:
        name = innermost(declarator)
        if name.type not in _NAMES or self._is_constructor(name, scope):
            yield declarator, scope
            return
        is_function = _function_declarator(declarator, name) is not None
        kind = SymbolKind.VARIABLE
        if node.type.endswith("parameter_declaration"):
            kind = SymbolKind.PARAMETER
        elif node.type == "type_definition":
            kind = SymbolKind.TYPE
        elif is_function:
            kind = SymbolKind.FUNCTION
        symbol = self.declare(name, _home(scope), kind, holds_from=node.start_byte)
        if type_ is not None and self.text(type_) != "auto":
            symbol.annotation = symbol.annotation or Expression(type_, scope)
        value = declarator.child_by_field_name("value")
        if value is not None and symbol.annotation is None:
            symbol.values.append(Expression(value, scope))
        # Parameters of a prototype are nobody else's.
        around = self.open(ScopeKind.FUNCTION, declarator, scope) if is_function else scope
        yield from ((part, around) for part in beside(declarator, name))

    def _range_loop(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        inner = self.open(ScopeKind.BLOCK, node, scope)
        declarator, type_ = node.child_by_field_name("declarator"), node.child_by_field_name("type")
        right = node.child_by_field_name("right")
        if declarator is not None:
            symbol = self.declare(
                innermost(declarator), inner, SymbolKind.VARIABLE, holds_from=node.start_byte
            )
            if type_ is not None and self.text(type_) != "auto":
                symbol.annotation = Expression(type_, inner)
            elif right is not None:
                symbol.values.append(Expression(right, scope, Part.ELEMENT))
        done = None if declarator is None else declarator.id
        yield from ((child, inner) for child in node.named_children if child.id != done)

    def _function_definition(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """A function, or a method defined outside of its class as ``Class::method``."""
        declarator = node.child_by_field_name("declarator")
        if declarator is None:
            yield from ((child, scope) for child in node.named_children)
            return
        name = innermost(declarator)
        around, symbol = scope, None
        if name.type == "qualified_identifier":
            around = self._owner_of(name, scope) or scope
            name_node = _last_name(name)
            owner = name.child_by_field_name("scope")
            if name_node is not None and around is not scope:
                symbol = self._declare_method(name_node, around)
            elif name_node is not None and owner is not None:
                self.note_member(owner, name_node, scope)  # a header declares it
            yield from self._qualifiers(name, scope)
        elif name.type in _NAMES and not self._is_constructor(name, scope):
            symbol = self.declare(name, _home(scope), SymbolKind.FUNCTION)
        elif name.type in _NAMES or name.type == "destructor_name":
            yield name, scope
        type_ = node.child_by_field_name("type")
        if symbol is not None and type_ is not None:
            symbol.annotation = symbol.annotation or Expression(type_, scope)
        inner = self.open(ScopeKind.FUNCTION, node, around, symbol)
        yield from ((part, inner) for part in beside(declarator, name))
        done = declarator.id
        yield from ((child, inner) for child in node.named_children if child.id != done)

    def _is_constructor(self, name: tree_sitter.Node, scope: Scope) -> bool:
        scope = _home(scope)
        return scope.owner is not None and self.text(name) == scope.owner.name

    def _declare_method(self, name: tree_sitter.Node, owner: Scope) -> Symbol | None:
        """The method's name; a constructor is called as its class is."""
        if owner.owner is not None and self.text(name) == owner.owner.name:
            self.use(name, owner)
            return None
        return self.declare(name, owner, SymbolKind.FUNCTION)

    def _owner_of(self, name: tree_sitter.Node, scope: Scope) -> Scope | None:
        """The class or namespace before the last ``::``."""
        found: Scope | None = None
        node: tree_sitter.Node | None = name
        while node is not None and node.type == "qualified_identifier":
            part = node.child_by_field_name("scope")
            text = "" if part is None else self.text(part).partition("<")[0]
            symbol = found.get(text) if found is not None else self.look_up(text, scope, 1 << 60)
            if symbol is None or symbol.body is None:
                return None
            found = symbol.body
            node = node.child_by_field_name("name")
        return found

    def _qualifiers(self, name: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """The parts before the last ``::`` are names of their own."""
        part, inner = name.child_by_field_name("scope"), name.child_by_field_name("name")
        if part is not None:
            yield part, scope
        if inner is not None and inner.type == "qualified_identifier" and part is not None:
            nested = inner.child_by_field_name("scope")
            if nested is not None:
                self.note_member(part, nested, scope)

    def _lambda(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        inner = self.open(ScopeKind.FUNCTION, node, scope)
        yield from ((child, inner) for child in node.named_children)

    def _class_specifier(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """A class with a body is declared; without one, its name is used."""
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        home, symbol = _home(scope), None
        if name is not None and name.type == "type_identifier" and body is not None:
            symbol = self.declare(name, home, SymbolKind.CLASS, space=self.space_of(name))
        elif name is not None and name.type == "type_identifier":
            self.use(name, scope, self.space_of(name))
        elif name is not None:
            yield name, scope
        inner = self.class_scope(node, scope, symbol) if body is not None else scope
        is_plain_enum = node.type == "enum_specifier" and not any(
            child.type in ("class", "struct") for child in node.children
        )
        done = None if name is None else name.id
        for child in node.named_children:
            is_body = body is not None and child.id == body.id
            if child.id != done:
                yield child, inner if is_body and not is_plain_enum else scope

    def _enumerator(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is not None:
            self.declare(name, scope, SymbolKind.VARIABLE)
        yield from () if value is None else ((value, scope),)

    def _namespace(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        symbol = None
        if name is not None and name.type == "namespace_identifier":
            symbol = self.declare(name, scope, SymbolKind.CLASS)
        inner = self.open(ScopeKind.NAMESPACE, node, scope)
        if symbol is not None and symbol.body is not None:
            inner.symbols = symbol.body.symbols
        elif symbol is not None:
            symbol.body = inner
        yield from () if body is None else ((child, inner) for child in body.named_children)

    def _template(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """Template parameters hold in the declaration; what is declared belongs outside."""
        parameters = node.child_by_field_name("parameters")
        inner = self.open(ScopeKind.BLOCK, node, scope)
        yield from () if parameters is None else ((parameters, inner),)
        done = None if parameters is None else parameters.id
        yield from ((child, inner) for child in node.named_children if child.id != done)

    def _type_parameter(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        for name in node.named_children:
            if name.type == "type_identifier":
                self.declare(name, scope, SymbolKind.TYPE)
            else:
                yield name, scope

    def _alias(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name, type_ = node.child_by_field_name("name"), node.child_by_field_name("type")
        if name is not None:
            symbol = self.declare(name, _home(scope), SymbolKind.TYPE, holds_from=node.start_byte)
            symbol.annotation = None if type_ is None else Expression(type_, scope)
        yield from () if type_ is None else ((type_, scope),)

    def _macro(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """A macro's text is read word by word: its parameters, then names of the file."""
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        parameters = node.child_by_field_name("parameters")
        file_scope = self.table.file_scope
        if name is not None:
            self.declare(name, file_scope, SymbolKind.FUNCTION)
        inner = self.open(ScopeKind.FUNCTION, node, file_scope)
        for each in parameters.named_children if parameters is not None else ():
            self.declare(each, inner, SymbolKind.PARAMETER)
        words: Iterable[re.Match[bytes]] = ()
        if value is not None:
            words = _WORD.finditer(self.data, value.start_byte, value.end_byte)
        for word in words:
            site = Site(span(word.start(), word.end()))
            self.uses.append(Use(site, word.group().decode("utf-8", "replace"), inner))
        del scope
        yield from ()

    def _qualified(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """``a::b``: a member of what stands before it."""
        owner, name = node.child_by_field_name("scope"), node.child_by_field_name("name")
        if owner is not None and name is not None:
            yield owner, scope
            if name.type in _NAMES:
                self.note_member(owner, name, scope)
            elif name.type == "qualified_identifier":
                yield from self._qualifiers(node, scope)
            else:
                yield name, scope
        elif name is not None:
            yield name, scope

    def _field_initializer(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """``Class() : field(value)``."""
        first, *others = node.named_children
        if first.type == "field_identifier":
            self.use(first, scope.parent or scope)
        else:
            yield first, scope
        yield from ((child, scope) for child in others)

    def _initializer_pair(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """``{.field = value}`` in the initializer of a variable of a known type."""
        holder = node.parent.parent if node.parent is not None else None
        declaration = None if holder is None else holder.parent
        type_ = None if declaration is None else declaration.child_by_field_name("type")
        for child in node.named_children:
            field = child.named_children[0] if child.type == "field_designator" else None
            if field is None:
                yield child, scope
            elif type_ is not None:
                owner = type_.child_by_field_name("name") or type_
                self.note_member(owner, field, scope)


def _home(scope: Scope) -> Scope:
    """Where a declaration belongs: a template's is seen outside of it."""
    is_template = scope.node.type == "template_declaration"
    return scope.parent if is_template and scope.parent is not None else scope


def _function_declarator(
    declarator: tree_sitter.Node, name: tree_sitter.Node
) -> tree_sitter.Node | None:
    """The part of a declarator that makes it a function's, if any."""
    node = declarator
    while node.id != name.id:
        if node.type == "function_declarator":
            return node
        inner = node.child_by_field_name("declarator")
        node = inner if inner is not None else node.named_children[0]
    return None


def _last_name(name: tree_sitter.Node) -> tree_sitter.Node | None:
    node: tree_sitter.Node | None = name
    while node is not None and node.type == "qualified_identifier":
        node = node.child_by_field_name("name")
    return node if node is not None and node.type in _NAMES else None
