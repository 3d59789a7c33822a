"""Rust's names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import tree_sitter

from engine.edits.binder import LABEL_SPACE, Handler, Member, Step, Use
from engine.edits.static_names import Declares, ScopeRules, StaticBinder
from engine.edits.symbols import Expression, Origin, Scope, ScopeKind, Site, SymbolKind
from engine.spans import span

_PLACEHOLDER = re.compile(rb"\{([^\W\d]\w*)(?=[}:])")
_RULES = ScopeRules(
    names=frozenset(("identifier", "type_identifier")),
    declares={
        "const_item": Declares(),
        "static_item": Declares(),
        "field_declaration": Declares(),
        "macro_definition": Declares(),
        "associated_type": Declares(kind=SymbolKind.TYPE),
    },
    functions=frozenset(("function_item", "function_signature_item")),
    classes=frozenset("struct_item enum_item trait_item union_item".split()),
    blocks=frozenset("block match_arm if_expression while_expression for_expression".split()),
    members={"field_expression": ("value", "field")},
    callers=frozenset(("call_expression",)),
    constructions=frozenset(("struct_expression",)),
    receivers=frozenset(("self",)),
)


class RustBinder(StaticBinder):
    """Rust's scopes; ``let`` shadows what was declared before it."""

    rules = _RULES
    sees_members = False
    is_shadowing = True

    def handlers(self) -> dict[str, Handler]:
        """The table's handlers, and those of what is peculiar to Rust."""
        return {
            **super().handlers(),
            "use_declaration": self._use_declaration,
            "impl_item": self._impl,
            "mod_item": self._module,
            "enum_variant": self._variant,
            "type_item": self._alias,
            "type_parameter": self._type_parameter,
            "closure_expression": self._closure,
            "parameter": self._parameter,
            "let_declaration": self._let,
            "let_condition": self._condition,
            "match_arm": self._arm,
            "for_expression": self._for,
            "scoped_identifier": self._scoped,
            "scoped_type_identifier": self._scoped,
            "shorthand_field_initializer": self._shorthand,
            "field_initializer": self._field,
            "label": self._label,
            "string_literal": self._string,
        }

    def _use_declaration(self, node: tree_sitter.Node, scope: Scope) -> Iterable[Step]:
        """The last name of each path, or its alias."""
        stack = list(node.named_children)
        while stack:
            part = stack.pop()
            name = part.child_by_field_name("alias") or part.child_by_field_name("name")
            if part.type == "identifier":
                name = part
            listed = part.child_by_field_name("list")
            if listed is not None or part.type == "use_list":
                stack.extend((listed or part).named_children)
            elif name is not None and name.type in ("identifier", "type_identifier"):
                self.declare(name, scope, SymbolKind.IMPORT, origin=Origin(self.text(part)))
        return ()

    def _impl(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """What stands in an ``impl`` is a member of its type."""
        type_ = node.child_by_field_name("type")
        head = type_
        while head is not None and head.type != "type_identifier" and head.named_children:
            head = head.child_by_field_name("type") or head.named_children[0]
        name = "" if head is None else self.text(head)
        symbol = self.table.file_scope.get(name)
        outer = self.open(ScopeKind.FUNCTION, node, scope)
        inner = self.open(ScopeKind.CLASS, node, outer)
        if symbol is not None and symbol.body is not None:
            inner.symbols, inner.owner = symbol.body.symbols, symbol
        elif symbol is not None:
            symbol.body, inner.owner = inner, symbol
        body = node.child_by_field_name("body")
        for child in node.named_children:
            yield child, inner if body is not None and child.id == body.id else outer

    def _module(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        inner = self.open(ScopeKind.NAMESPACE, node, scope)
        if name is not None:
            self.declare(name, scope, SymbolKind.MODULE).body = inner
        yield from () if body is None else ((body, inner),)

    def _variant(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name = node.child_by_field_name("name")
        inner = self.open(ScopeKind.CLASS, node, scope)
        if name is not None:
            self.declare(name, scope, SymbolKind.MEMBER).body = inner
        done = None if name is None else name.id
        yield from ((child, inner) for child in node.named_children if child.id != done)

    def _alias(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name, type_ = node.child_by_field_name("name"), node.child_by_field_name("type")
        if name is not None:
            symbol = self.declare(name, scope, SymbolKind.TYPE)
            symbol.annotation = None if type_ is None else Expression(type_, scope)
        done = None if name is None else name.id
        yield from ((child, scope) for child in node.named_children if child.id != done)

    def _type_parameter(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name = node.child_by_field_name("name")
        if name is not None:
            self.declare(name, scope, SymbolKind.TYPE)
        done = None if name is None else name.id
        yield from ((child, scope) for child in node.named_children if child.id != done)

    def _closure(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        inner = self.open(ScopeKind.FUNCTION, node, scope)
        parameters = node.child_by_field_name("parameters")
        for child in node.named_children:
            if parameters is None or child.id != parameters.id:
                yield child, inner
                continue
            for each in child.named_children:
                if each.type == "parameter":
                    yield each, inner
                else:
                    yield from self._bind(each, inner, 0, SymbolKind.PARAMETER)

    def _parameter(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        pattern, type_ = node.child_by_field_name("pattern"), node.child_by_field_name("type")
        if pattern is not None:
            yield from self._bind(pattern, scope, 0, SymbolKind.PARAMETER, type_)
        yield from () if type_ is None else ((type_, scope),)

    def _let(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """A name that ``let`` declares holds from the statement's end on."""
        pattern, type_ = node.child_by_field_name("pattern"), node.child_by_field_name("type")
        value = node.child_by_field_name("value")
        if pattern is not None:
            yield from self._bind(pattern, scope, node.end_byte, SymbolKind.VARIABLE, type_, value)
        done = None if pattern is None else pattern.id
        yield from ((child, scope) for child in node.named_children if child.id != done)

    def _condition(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        pattern, value = node.child_by_field_name("pattern"), node.child_by_field_name("value")
        if pattern is not None:
            yield from self._bind(pattern, scope, node.end_byte, SymbolKind.VARIABLE)
        yield from () if value is None else ((value, scope),)

    def _arm(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        inner = self.open(ScopeKind.BLOCK, node, scope)
        pattern = node.child_by_field_name("pattern")
        for child in node.named_children:
            if pattern is None or child.id != pattern.id:
                yield child, inner
                continue
            condition = child.child_by_field_name("condition")
            for part in child.named_children:
                if condition is not None and part.id == condition.id:
                    yield part, inner
                else:
                    yield from self._bind(part, inner, 0, SymbolKind.VARIABLE)

    def _for(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        inner = self.open(ScopeKind.BLOCK, node, scope)
        pattern, value = node.child_by_field_name("pattern"), node.child_by_field_name("value")
        if pattern is not None:
            yield from self._bind(pattern, inner, 0, SymbolKind.VARIABLE)
        for child in node.named_children:
            if pattern is None or child.id != pattern.id:
                yield child, scope if value is not None and child.id == value.id else inner

    def _bind(
        self,
        pattern: tree_sitter.Node,
        scope: Scope,
        holds_from: int,
        kind: SymbolKind,
        type_: tree_sitter.Node | None = None,
        value: tree_sitter.Node | None = None,
    ) -> Iterator[Step]:
        """Declare what a pattern binds; a capital letter names a constant or a variant."""
        stack = [pattern]
        while stack:
            node = stack.pop()
            if node.type == "identifier" and not self.text(node)[:1].isupper():
                symbol = self.declare(node, scope, kind, holds_from=holds_from)
                if node.id == pattern.id and type_ is not None:
                    symbol.annotation = Expression(type_, scope)
                elif node.id == pattern.id and value is not None:
                    symbol.values.append(Expression(value, scope))
            elif node.type == "field_pattern":
                self._bind_field(node, scope, holds_from, kind)
                inner = node.child_by_field_name("pattern")
                stack.extend([] if inner is None else [inner])
            elif node.type in _PATTERNS:
                made = node.child_by_field_name("type")
                yield from () if made is None else ((made, scope),)
                done = None if made is None else made.id
                stack.extend(child for child in reversed(node.named_children) if child.id != done)
            else:
                yield node, scope

    def _bind_field(
        self, node: tree_sitter.Node, scope: Scope, holds_from: int, kind: SymbolKind
    ) -> None:
        """``S { x, y: z }``: ``x`` is a field and a variable, ``y`` a field."""
        name, owner = node.child_by_field_name("name"), node.parent
        type_ = None if owner is None else owner.child_by_field_name("type")
        if name is None:
            return
        is_short = name.type == "shorthand_field_identifier"
        if type_ is not None:
            text, place = self.text(name), span(name.start_byte, name.end_byte)
            field = Site(place, suffix=f": {text}" if is_short else "")
            self.members.append(Member(field, text, Expression(type_, scope)))
        if is_short:
            symbol = self.declare(name, scope, kind, holds_from=holds_from)
            place = span(name.start_byte, name.end_byte)
            written = Site(place, True, prefix=f"{symbol.name}: ")
            symbol.sites[:] = [written if one.span == place else one for one in symbol.sites]

    def _scoped(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """``Path::name``: a member of what the path stands for."""
        path, name = node.child_by_field_name("path"), node.child_by_field_name("name")
        if name is not None and path is not None:
            self.note_member(path, name, scope)
            yield path, scope

    def _shorthand(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name = node.named_children[-1]
        text, place = self.text(name), span(name.start_byte, name.end_byte)
        self.uses.append(Use(Site(place, prefix=f"{text}: "), text, scope))
        made = node.parent.parent if node.parent is not None else None
        type_ = None if made is None else made.child_by_field_name("name")
        if type_ is not None:
            field = Site(place, suffix=f": {text}")
            self.members.append(Member(field, text, Expression(type_, scope)))
        yield from ()

    def _field(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name, value = node.child_by_field_name("field"), node.child_by_field_name("value")
        made = node.parent.parent if node.parent is not None else None
        type_ = None if made is None else made.child_by_field_name("name")
        if name is not None and type_ is not None:
            self.note_member(type_, name, scope)
        yield from () if value is None else ((value, scope),)

    def _label(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name = node.named_children[0]
        is_jump = node.parent is not None and node.parent.type in (
            "break_expression", "continue_expression",
        )  # fmt: skip
        function = next(one for one in scope.up() if one.kind is not ScopeKind.BLOCK)
        if is_jump:
            self.use(name, function, LABEL_SPACE)
        else:
            self.declare(name, function, SymbolKind.LABEL, space=LABEL_SPACE)
        yield from ()

    def _string(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """``println!("{name}")`` reads a variable."""
        if node.parent is not None and node.parent.type == "token_tree":
            for match in _PLACEHOLDER.finditer(self.data, node.start_byte, node.end_byte):
                site = Site(span(match.start(1), match.end(1)))
                self.uses.append(Use(site, match[1].decode(), scope))
        yield from ()


_PATTERNS = frozenset(
    """tuple_pattern tuple_struct_pattern struct_pattern ref_pattern reference_pattern mut_pattern
    or_pattern slice_pattern captured_pattern match_pattern remaining_field_pattern
    closure_parameters""".split()
)
