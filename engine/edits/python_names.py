"""What Python code declares and uses."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import tree_sitter

from engine.edits.binder import Binder, Handler, Keyword, Member, Step, Use, site_of
from engine.edits.python_imports import bind_import, bind_import_from
from engine.edits.python_members import settle_members
from engine.edits.python_quoted import (
    below,
    bind_quoted,
    bind_subscript,
    bind_type_arguments,
    is_of,
)
from engine.edits.python_signatures import (
    Receivers,
    bind_function,
    bind_generics,
    bind_lambda,
)
from engine.edits.symbols import Expression, Part, Scope, ScopeKind, Symbol, SymbolKind
from engine.syntax import SyntaxTree

_WORD = re.compile(rb"[^\W\d]\w*")
_PATTERNS = frozenset(
    """pattern_list tuple_pattern list_pattern expression_list tuple list list_splat_pattern
    list_splat parenthesized_expression as_pattern_target""".split()
)
_SEVERAL = frozenset("pattern_list tuple_pattern list_pattern expression_list tuple list".split())
_COMPREHENSIONS = (
    "list_comprehension set_comprehension dictionary_comprehension generator_expression".split()
)
_BY_STRING = frozenset(("getattr", "setattr", "hasattr", "delattr"))


class PythonBinder(Binder):
    """Python's scopes: files, classes, functions and comprehensions."""

    def __init__(self, tree: SyntaxTree) -> None:
        super().__init__(tree)
        self.receivers: Receivers = {}

    def handlers(self) -> dict[str, Handler]:
        """Python's kinds of nodes."""
        return {
            "identifier": self._identifier,
            "function_definition": lambda node, scope: bind_function(
                self, node, scope, self.receivers
            ),
            "lambda": lambda node, scope: bind_lambda(self, node, scope),
            "class_definition": self._class,
            "import_statement": lambda node, scope: bind_import(self, node, scope),
            "import_from_statement": lambda node, scope: bind_import_from(self, node, scope),
            "future_import_statement": _nothing,
            "assignment": self._assignment,
            "augmented_assignment": self._assignment,
            "named_expression": self._walrus,
            "for_statement": self._for,
            "as_pattern": self._as_pattern,
            "delete_statement": self._delete,
            "attribute": self._attribute,
            "call": self._call,
            "subscript": lambda node, scope: bind_subscript(self, node, scope),
            "type": self._type,
            "type_alias_statement": self._type_alias,
            "case_pattern": self._case,
            "splat_pattern": self._case,
            "class_pattern": self._class_pattern,
            **dict.fromkeys(_COMPREHENSIONS, self._comprehension),
        }

    def look_up(self, name: str, scope: Scope, offset: int) -> Symbol | None:
        """See the base; a class's names are seen from its own body alone."""
        del offset
        for inner in scope.up():
            if inner.kind is ScopeKind.CLASS and inner is not scope:
                continue
            symbol = inner.redirects.get(name, inner).get(name)
            if symbol is not None:
                return symbol
        return None

    def settle(self) -> None:
        """Settle names, then what they are members of."""
        super().settle()
        settle_members(self)

    def _identifier(self, node: tree_sitter.Node, scope: Scope) -> Iterable[Step]:
        self.use(node, scope)
        return ()

    def _class(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            yield from ((child, scope) for child in node.named_children)
            return
        symbol = self.declare(name, scope, SymbolKind.CLASS)
        outer = yield from bind_generics(self, node, scope)
        inner = self.open(ScopeKind.CLASS, node, outer, symbol)
        bases = node.child_by_field_name("superclasses")
        for base in bases.named_children if bases is not None else ():
            if base.type == "keyword_argument":
                value = base.child_by_field_name("value")
                yield from () if value is None else ((value, outer),)
            else:
                inner.bases.append(Expression(base, outer))
                yield base, outer
        yield body, inner

    def bind_target(
        self, target: tree_sitter.Node, scope: Scope, value: Expression | None = None
    ) -> Iterator[Step]:
        """Declare what ``target`` binds, note the members it sets; yields what is left to visit.

        ``value`` is what the target as a whole is assigned.
        """
        stack = [(target, value)]
        while stack:
            node, whole = stack.pop()
            if node.type == "identifier":
                symbol = self.declare(node, self._binding_scope(scope), SymbolKind.VARIABLE)
                symbol.values.extend([whole] if whole is not None else [])
            elif node.type == "attribute":
                yield from self._attribute(node, scope, whole, is_definition=True)
            elif node.type in _PATTERNS:
                parts = [(one, _part_of(whole, node, one)) for one in node.named_children]
                stack.extend(reversed(parts))
            else:
                yield node, scope

    def _binding_scope(self, scope: Scope) -> Scope:
        return scope

    def _assignment(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        target, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        annotation = node.child_by_field_name("type")
        is_plain = node.type == "assignment"
        if target is not None:
            value = Expression(right, scope) if right is not None and is_plain else None
            yield from self.bind_target(target, scope, value)
            if annotation is not None:
                self._annotate(target, Expression(annotation, scope))
            if right is not None and self.text(target) in ("__all__", "__slots__"):
                self._list_names(right, scope)
        for part in (annotation, right):
            yield from () if part is None else ((part, scope),)

    def _annotate(self, target: tree_sitter.Node, annotation: Expression) -> None:
        if target.type == "identifier":
            name = self.text(target)
            symbol = annotation.scope.redirects.get(name, annotation.scope).get(name)
            if symbol is not None:
                symbol.annotation = annotation
        elif target.type == "attribute" and self.members:
            last = self.members.pop()
            self.members.append(Member(last.site, last.name, last.owner, last.value, annotation))

    def _list_names(self, value: tree_sitter.Node, scope: Scope) -> None:
        """Names written as strings in ``__all__`` and ``__slots__`` are names."""
        if scope.kind not in (ScopeKind.FILE, ScopeKind.CLASS):
            return
        stack = [value]
        while stack:
            node = stack.pop()
            is_name = node.type == "string_content" and _WORD.fullmatch(self.text(node).encode())
            if is_name and scope.kind is ScopeKind.CLASS:
                self.declare(node, scope, SymbolKind.MEMBER)
            elif is_name:
                self.uses.append(Use(site_of(node), self.text(node), scope))
            stack.extend(node.named_children)

    def _walrus(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        target = next(
            one for one in scope.up() if one.kind is not ScopeKind.BLOCK or one.parent is None
        )
        if name is not None and value is not None:
            yield from self.bind_target(name, target, Expression(value, scope))
            yield value, scope

    def _for(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        target, source = node.child_by_field_name("left"), node.child_by_field_name("right")
        if target is not None and source is not None:
            yield from self.bind_target(target, scope, Expression(source, scope, Part.ELEMENT))
        skipped = None if target is None else target.id
        yield from ((child, scope) for child in node.named_children if child.id != skipped)

    def _comprehension(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        inner = self.open(ScopeKind.BLOCK, node, scope)
        reading = scope
        for child in node.named_children:
            if child.type != "for_in_clause":
                yield child, inner
                continue
            target, source = child.child_by_field_name("left"), child.child_by_field_name("right")
            if target is not None and source is not None:
                value = Expression(source, reading, Part.ELEMENT)
                yield from self.bind_target(target, inner, value)
                yield source, reading
            reading = inner

    def _as_pattern(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """``with a as b``, ``except E as e`` and ``case p as n``."""
        alias = node.child_by_field_name("alias")
        if alias is None and len(node.named_children) > 1:
            alias = node.named_children[-1]
        value = node.named_children[0]
        if alias is not None:
            target = alias.named_children[0] if alias.type == "as_pattern_target" else alias
            is_with = node.parent is not None and node.parent.type == "with_item"
            is_except = node.parent is not None and node.parent.type.startswith("except")
            part = Part.ENTERED if is_with else Part.ELEMENT if is_except else Part.WHOLE
            yield from self.bind_target(target, scope, Expression(value, scope, part))
        yield value, scope

    def _delete(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        for child in node.named_children:
            yield from self.bind_target(child, scope)

    def _attribute(
        self,
        node: tree_sitter.Node,
        scope: Scope,
        value: Expression | None = None,
        *,
        is_definition: bool = False,
    ) -> Iterator[Step]:
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("attribute")
        if owner is None or name is None:
            return
        site = site_of(name, is_definition=is_definition)
        self.members.append(Member(site, self.text(name), Expression(owner, scope), value))
        yield owner, scope

    def _call(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        callee, arguments = (
            node.child_by_field_name("function"),
            node.child_by_field_name("arguments"),
        )
        if callee is None or arguments is None:
            yield from ((child, scope) for child in node.named_children)
            return
        yield callee, scope
        written = self.text(callee)
        if written in _BY_STRING:
            self._named_by_string(arguments, scope)
        elif written in ("__all__.extend", "__all__.append"):
            self._list_names(arguments, scope)
        if arguments.type == "generator_expression":
            yield arguments, scope
            return
        bind_type_arguments(self, written, arguments, scope)
        called = callee
        if written.rpartition(".")[2] == "partial" and is_of(self, "functools", written, scope):
            called = next(iter(arguments.named_children), callee)
        for argument in arguments.named_children:
            name = argument.child_by_field_name("name")
            if argument.type == "keyword_argument" and name is not None:
                target = Expression(called, scope)
                self.keywords.append(Keyword(site_of(name), self.text(name), target))
                value = argument.child_by_field_name("value")
                yield from () if value is None else ((value, scope),)
            else:
                yield argument, scope

    def _named_by_string(self, arguments: tree_sitter.Node, scope: Scope) -> None:
        """``getattr(owner, "name")``."""
        given = arguments.named_children
        if len(given) < 2 or given[1].type != "string":
            return
        content = [part for part in given[1].named_children if part.type == "string_content"]
        if len(content) == 1 and _WORD.fullmatch(self.text(content[0]).encode()):
            owner = Expression(given[0], scope)
            self.members.append(Member(site_of(content[0]), self.text(content[0]), owner))

    def _type(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """An annotation; names in a string are names."""
        stack = [node]
        while stack:
            part = stack.pop()
            if part.type == "string":
                bind_quoted(self, part, scope)
            elif part.type in ("subscript", "attribute", "call", "identifier"):
                yield part, scope
                stack.extend(one for one in below(part) if one.type == "string")
            else:
                stack.extend(reversed(part.named_children))

    def _type_alias(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        names = [] if left is None else [one for one in below(left) if one.type == "identifier"]
        inner = self.open(ScopeKind.BLOCK, node, scope)
        for index, name in enumerate(names):
            self.declare(name, scope if index == 0 else inner, SymbolKind.TYPE)
        yield from () if right is None else ((right, inner),)

    def _case(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        """A part of a pattern: a single name captures, a dotted one is read."""
        for child in node.named_children:
            if child.type == "identifier":
                self.declare(child, scope, SymbolKind.VARIABLE)
            elif child.type != "dotted_name":
                yield child, scope
            elif len(child.named_children) == 1:
                self.declare(child.named_children[0], scope, SymbolKind.VARIABLE)
            else:
                self._read_dotted(child, scope)

    def _class_pattern(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
        owner = node.named_children[0]
        self._read_dotted(owner, scope)
        for child in node.named_children[1:]:
            inside = child.named_children[0] if child.named_children else child
            if inside.type == "keyword_pattern":
                name = inside.named_children[0]
                self.keywords.append(
                    Keyword(site_of(name), self.text(name), Expression(owner, scope))
                )
                for part in inside.named_children[1:]:
                    is_name = part.type == "dotted_name" and len(part.named_children) == 1
                    if is_name:
                        self.declare(part.named_children[0], scope, SymbolKind.VARIABLE)
                    else:
                        yield part, scope
            else:
                yield child, scope

    def _read_dotted(self, node: tree_sitter.Node, scope: Scope) -> None:
        """``a.b.c`` in a pattern: a name, and members of what it stands for."""
        parts = node.named_children
        for part in parts[:1]:
            self.use(part, scope)
        for owner, part in itertools.pairwise(parts):
            site = site_of(part)
            self.members.append(Member(site, self.text(part), Expression(owner, scope)))


def _part_of(
    value: Expression | None, pattern: tree_sitter.Node, child: tree_sitter.Node
) -> Expression | None:
    """What one of the names in ``a, b = value`` is given; unknown where some may be starred."""
    parts = pattern.named_children
    is_starred = any("splat" in one.type for one in parts)
    if value is None or is_starred or pattern.type not in _SEVERAL:
        return None
    return replace(value, path=(*value.path, str(parts.index(child))))


def _nothing(_node: tree_sitter.Node, _scope: Scope) -> Iterable[Step]:
    return ()
