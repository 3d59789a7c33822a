"""What code in a language with blocks and declared types declares and uses.

A language gives a table of node kinds; what a table cannot say it adds as handlers of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import tree_sitter

from engine.edits.binder import LABEL_SPACE, Binder, Handler, Member, Step, Use, site_of
from engine.edits.classes import ClassIndex
from engine.edits.static_members import StaticInference
from engine.edits.symbols import Expression, Part, Scope, ScopeKind, Symbol, SymbolKind
from engine.syntax import SyntaxTree

CALL_SPACE = "()"


@dataclass(frozen=True, slots=True)
class Declares:
    """What a node kind declares: fields of the name, its type and its value."""

    name: str = "name"
    type: str = "type"
    value: str = "value"
    kind: SymbolKind = SymbolKind.VARIABLE
    part: Part = Part.WHOLE
    """Whether the name stands for the value or for its elements."""


@dataclass(frozen=True, slots=True)
class ScopeRules:
    """A language's node kinds by what they do to names."""

    names: frozenset[str]
    """Leaves that are looked up."""
    declares: Mapping[str, Declares]
    functions: frozenset[str]
    classes: frozenset[str]
    blocks: frozenset[str]
    members: Mapping[str, tuple[str, str]]
    """Fields of the owner and of the name."""
    labels: frozenset[str] = frozenset()
    """Statements whose identifier is a label."""
    skipped: frozenset[str] = frozenset()
    callers: frozenset[str] = frozenset()
    """Calls whose callee is in the field ``function``."""
    constructions: frozenset[str] = frozenset()
    """Expressions that make an object of the class in the field ``type`` or ``name``."""
    transparent: frozenset[str] = field(
        default_factory=lambda: frozenset(
            """parenthesized_expression unary_expression pointer_expression reference_expression
            pointer_type reference_type try_expression type_descriptor mutable_specifier
            await_expression""".split()
        )
    )
    receivers: frozenset[str] = frozenset(("this", "self"))


class StaticBinder(Binder):
    """Scopes of Go, Rust, Java, C and C++, within one file."""

    is_sequential = True
    sees_members = True
    """Whether members are seen by their name alone from inside of their class."""
    rules: ScopeRules

    def __init__(self, tree: SyntaxTree) -> None:
        super().__init__(tree)
        self.inference = StaticInference(self)
        self.classes = ClassIndex(self.table, self.inference.infer)

    def handlers(self) -> dict[str, Handler]:
        """The handlers that the table asks for."""
        rules = self.rules
        return {
            **dict.fromkeys(rules.names, self._name),
            **dict.fromkeys(rules.blocks, self.block),
            **dict.fromkeys(rules.declares, self.declaration),
            **dict.fromkeys(rules.functions, self.function),
            **dict.fromkeys(rules.classes, self.class_),
            **dict.fromkeys(rules.members, self.member),
            **dict.fromkeys(rules.labels, self.label),
            **dict.fromkeys(rules.skipped, skip),
        }

    def space_of(self, name: tree_sitter.Node) -> str:
        """The space that a name of a type is looked up in."""
        del name
        return ""

    def look_up(self, name: str, scope: Scope, offset: int) -> Symbol | None:
        """See the base; members of a class and of its bases are seen from inside of it."""
        for inner in scope.up():
            if inner.kind is ScopeKind.CLASS:
                symbol = self.classes.member(inner, name) if self.sees_members else None
            else:
                symbol = inner.get(name, offset if inner.kind is ScopeKind.BLOCK else None)
            if symbol is not None:
                return symbol
        return None

    def settle(self) -> None:
        """Settle names, then what they are members of."""
        self.classes.unite_overrides()
        super().settle()
        for member in self.members:
            self._settle_member(member)

    def _settle_member(self, member: Member) -> None:
        here = self.table.at.get(member.site.span.start, ())
        is_known = any(symbol.scope.kind is ScopeKind.CLASS for symbol in here)
        for value in () if is_known else self.inference.infer(member.owner):
            symbol = value.scope and self.classes.member(value.scope, member.space + member.name)
            if symbol:
                self.table.place(symbol, member.site)
                is_known = True
        if not is_known:
            key = member.name + member.space
            self.table.unknown.setdefault(key, []).append(member.site)

    def _name(self, node: tree_sitter.Node, scope: Scope) -> Iterable[Step]:
        self.use(node, scope)
        return ()

    def block(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """Open a block."""
        inner = self.open(ScopeKind.BLOCK, node, scope)
        yield from ((child, inner) for child in node.named_children)

    def declaration(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """Declare the names in a node's field; visit the rest."""
        declares = self.rules.declares[node.type]
        type_, value = self.type_of(node, declares), node.child_by_field_name(declares.value)
        if node.type in self.rules.blocks:
            scope = self.open(ScopeKind.BLOCK, node, scope)
        names = node.children_by_field_name(declares.name)
        for name in names:
            target = innermost(name)
            if target.type not in self.rules.names and target.type != "field_identifier":
                continue
            symbol = self.declare(target, scope, declares.kind, holds_from=node.start_byte)
            if type_ is not None:
                symbol.annotation = Expression(type_, scope)
            elif value is not None and len(names) == 1:
                symbol.values.append(Expression(value, scope, declares.part))
            yield from ((part, scope) for part in beside(name, target))
        ids = {name.id for name in names}
        yield from ((child, scope) for child in node.named_children if child.id not in ids)

    def type_of(self, node: tree_sitter.Node, declares: Declares) -> tree_sitter.Node | None:
        """The declared type of what ``node`` declares; some stand one node further up."""
        found = node.child_by_field_name(declares.type)
        if found is None and node.parent is not None and node.type.endswith("declarator"):
            found = node.parent.child_by_field_name(declares.type)
        is_inferred = found is not None and self.text(found) in ("var", "auto", "let")
        return None if is_inferred else found

    def function(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """Declare a function and open its scope."""
        name = node.child_by_field_name("name")
        symbol = None
        if name is not None:
            symbol = self.declare(name, scope, SymbolKind.FUNCTION, space=self.function_space)
            for field_name in ("type", "result", "return_type"):
                result = node.child_by_field_name(field_name)
                if result is not None:
                    symbol.annotation = Expression(result, scope)
        inner = self.open(ScopeKind.FUNCTION, node, scope, symbol)
        skipped = None if name is None else name.id
        yield from ((child, inner) for child in node.named_children if child.id != skipped)

    function_space = ""
    """Where functions share no names with variables."""

    def class_(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """Declare a class and open the scope of its members."""
        name = node.child_by_field_name("name")
        symbol = None if name is None else self.declare(name, scope, SymbolKind.CLASS)
        inner = self.class_scope(node, scope, symbol)
        skipped = None if name is None else name.id
        yield from ((child, inner) for child in node.named_children if child.id != skipped)

    def class_scope(self, node: tree_sitter.Node, scope: Scope, symbol: Symbol | None) -> Scope:
        """The scope of a class's members; one declared in parts has one scope."""
        inner = self.open(ScopeKind.CLASS, node, scope)
        if symbol is not None and symbol.body is None:
            symbol.body, inner.owner = inner, symbol
        elif symbol is not None and symbol.body is not None:
            inner.symbols, inner.owner = symbol.body.symbols, symbol
        for child in node.named_children:
            if child.type in BASE_CLAUSES:
                inner.bases.extend(Expression(base, scope) for base in _bases(child))
        return inner

    def member(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """Note a member of an object."""
        owner_field, name_field = self.rules.members[node.type]
        owner, name = (
            node.child_by_field_name(owner_field), node.child_by_field_name(name_field),
        )  # fmt: skip
        space = CALL_SPACE if node.type == "method_invocation" else ""
        if owner is not None and name is not None:
            self.note_member(owner, name, scope, space)
        elif name is not None:
            self.uses.append(Use(site_of(name), self.text(name), scope, space))
        skipped = None if name is None else name.id
        yield from ((child, scope) for child in node.named_children if child.id != skipped)

    def note_member(
        self, owner: tree_sitter.Node, name: tree_sitter.Node, scope: Scope, space: str = ""
    ) -> None:
        """Note that ``name`` is a member of what ``owner`` stands for."""
        whose = Expression(owner, scope)
        self.members.append(Member(site_of(name), self.text(name), whose, space=space))

    def label(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """Declare a label, or use it in a jump."""
        function = next(one for one in scope.up() if one.kind is not ScopeKind.BLOCK)
        for child in node.named_children:
            if child.type not in ("identifier", "label_name", "statement_identifier"):
                yield child, scope
            elif node.type == "labeled_statement":
                self.declare(child, function, SymbolKind.LABEL, space=LABEL_SPACE)
            else:
                self.use(child, function, LABEL_SPACE)


BASE_CLAUSES = frozenset("superclass super_interfaces extends_interfaces base_class_clause".split())


def skip(_node: tree_sitter.Node, _scope: Scope) -> Iterable[Step]:
    """Visit nothing below."""
    return ()


def innermost(name: tree_sitter.Node) -> tree_sitter.Node:
    """The identifier inside of a declarator such as C's ``*x[3]``."""
    while True:
        inner = name.child_by_field_name("declarator")
        if inner is None and name.type in WRAPPERS and name.named_children:
            inner = name.named_children[0]
        if inner is None:
            return name
        name = inner


WRAPPERS = frozenset(
    """reference_declarator parenthesized_declarator variadic_declarator attributed_declarator
    expression_list""".split()
)


def beside(outer: tree_sitter.Node, name: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """What stands in a declarator beside its name: sizes, parameters, initial values."""
    node = outer
    while node.id != name.id:
        inner = next(
            child
            for child in node.named_children
            if child.start_byte <= name.start_byte and name.end_byte <= child.end_byte
        )
        yield from (child for child in node.named_children if child.id != inner.id)
        node = inner


def _bases(clause: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    for child in clause.named_children:
        yield from _bases(child) if child.type in ("type_list", "interface_type_list") else (child,)
