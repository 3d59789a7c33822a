"""Which arms of a union are meant: by literals, and by the conditions around a place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.classes import Value
from engine.edits.symbols import Expression, Scope

if TYPE_CHECKING:
    from engine.edits.javascript_members import Settler

_MAX_DEPTH = 4
_LITERALS = frozenset("string number true false null undefined".split())
_QUESTION = re.compile(rb"([\w$.]+)\s+instanceof\b")
_BORDERS = frozenset(
    """arrow_function function_expression generator_function function_declaration
    generator_function_declaration method_definition class_body program""".split()
)
_EQUAL = {"===": True, "==": True, "!==": False, "!=": False}
_TRUTHS = frozenset("true false null undefined".split())
_TRUE = frozenset(("true",))


@dataclass(frozen=True, slots=True)
class Fact:
    """A property is one of ``texts``, or with ``is_not`` none of them.

    Without texts: there is such a property. With ``class_``: the whole is an object of it.
    """

    name: str
    texts: frozenset[str] = frozenset()
    is_not: bool = False
    class_: tree_sitter.Node | None = None


def names_asked(data: bytes) -> frozenset[str]:
    """The names and members of which a text asks with ``instanceof``."""
    return frozenset(one.decode("utf-8", "replace") for one in _QUESTION.findall(data))


def narrowed(settler: Settler, owner: Expression, values: Sequence[Value]) -> Sequence[Value]:
    """What an expression can stand for after the conditions around it."""
    is_asked = len(values) > 1 or settler.binder.text(owner.node) in settler.asked
    if owner.path or not is_asked:
        return values
    facts = list(_facts_around(settler, owner.node, owner.scope))
    for class_ in [one.class_ for one in facts if one.class_ is not None][:1]:
        classes = settler.infer(Expression(class_, owner.scope))
        made = [Value(one.scope, True) for one in classes if one.scope and not one.is_instance]
        scopes = [one.scope for one in values if one.scope is not None]
        lines = [scope for one in scopes for scope in settler.classes.lineage(one)]
        values = values if not made or made[0].scope in lines else made
    return fitting(settler, values, facts)


def fitting(settler: Settler, values: Sequence[Value], facts: Iterable[Fact]) -> Sequence[Value]:
    """The arms that agree with all facts; a fact that no arm agrees with says nothing."""
    for fact in facts:
        values = [one for one in values if _fits(settler, one, fact)] or values
    return values


def arms_of_literal(
    settler: Settler, literal: Expression, values: Sequence[Value]
) -> Sequence[Value]:
    """The arms that an object literal can be: by its literals, and by which properties it has."""
    arms = fitting(settler, values, _facts_of_literal(settler, literal))
    members = settler.binder.scope_of[literal.node.id]
    if len(arms) < 2 or len(members.symbols) < literal.node.named_child_count:
        return arms  # there are others, spread or computed
    has = set(members.symbols)
    whole = [one for one in arms if one.scope is None or _needed(one.scope) <= has] or arms
    known = [has & set(one.scope.symbols) for one in whole if one.scope is not None]
    return [
        one
        for one in whole
        if one.scope is None or not any(has & set(one.scope.symbols) < names for names in known)
    ]


def _needed(arm: Scope) -> set[str]:
    """The properties of a type that are not optional."""
    typed = [one for named in arm.symbols.values() for one in named if one.annotation is not None]
    places = ((one.name, one.annotation.node.parent) for one in typed if one.annotation)
    return {
        name
        for name, place in places
        if place is not None
        and place.type == "property_signature"
        and all(child.type != "?" for child in place.children)
    }


def _facts_of_literal(settler: Settler, literal: Expression) -> Iterator[Fact]:
    """What an object literal says of its properties."""
    for pair in literal.node.named_children:
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        text = None if value is None else _text_of(settler, value, literal.scope)
        if key is not None and text is not None:
            yield Fact(settler.binder.text(key), frozenset((text,)))


def is_literal_type(settler: Settler, type_: Expression | None) -> bool:
    """Whether a type allows literals only."""
    return _texts_of_type(settler, type_) is not None


def _fits(settler: Settler, value: Value, fact: Fact) -> bool:
    if fact.class_ is not None:
        return True
    member = None if value.scope is None else settler.classes.member(value.scope, fact.name)
    if value.scope is None or not fact.texts:
        return value.scope is None or member is not None
    texts = None if member is None else _texts_of_type(settler, member.annotation)
    if texts is None or (fact.texts == _TRUE and not texts <= _TRUTHS):
        return True
    return not texts <= fact.texts if fact.is_not else bool(texts & fact.texts)


def _texts_of_type(
    settler: Settler, type_: Expression | None, depth: int = 0
) -> frozenset[str] | None:
    """The literals that a type allows; None where it allows others."""
    if type_ is None or depth > _MAX_DEPTH:
        return None
    node, inner = type_.node, type_.node.named_children
    text = settler.binder.text(node)
    if node.type in ("literal_type", "nested_type_identifier"):
        return frozenset((_plain(text),))
    if node.type == "predefined_type" and text == "boolean":
        return frozenset(("true", "false"))
    if node.type in ("type_annotation", "parenthesized_type", "union_type"):
        found = [_texts_of_type(settler, Expression(one, type_.scope), depth) for one in inner]
        known = [one for one in found if one is not None]
        return frozenset().union(*known) if len(known) == len(found) else None
    symbol = settler.binder.look_up(f"type:{text}", type_.scope, 0)
    alias = None if node.type != "type_identifier" or symbol is None else symbol.annotation
    return _texts_of_type(settler, alias, depth + 1)


def _text_of(settler: Settler, node: tree_sitter.Node, scope: Scope) -> str | None:
    """The literal that an expression is: itself, a constant, or a member of an enumeration."""
    if node.type in _LITERALS or node.type == "member_expression":
        return _plain(settler.binder.text(node))
    if node.type in ("as_expression", "parenthesized_expression") and node.named_child_count == 1:
        return _text_of(settler, node.named_children[0], scope)
    symbol = None
    if node.type == "identifier":
        symbol = settler.binder.look_up(settler.binder.text(node), scope, 0)
    values = [] if symbol is None or symbol.annotation is not None else symbol.values
    is_literal = len(values) == 1 and values[0].node.type in _LITERALS and not values[0].path
    return _plain(settler.binder.text(values[0].node)) if is_literal else None


def _plain(text: str) -> str:
    return text.strip("\"'`")


def _facts_around(settler: Settler, node: tree_sitter.Node, scope: Scope) -> Iterator[Fact]:
    """What the conditions around a place say of what is named there, unless it was set since."""
    name, place = settler.binder.text(node), node.start_byte
    assigned = re.compile(rb"(?<![.\w$])%s\s*=(?![=>])" % re.escape(name.encode()))
    while node.parent is not None and node.type not in _BORDERS:
        condition, is_true = _condition(node.parent, node)
        if node.parent.type in ("switch_case", "switch_default"):
            condition, is_true = node.parent, True
        if condition is not None:
            end = min(condition.end_byte, place)
            if assigned.search(settler.binder.data, end, place):
                return
            yield from _Facts(settler, name, scope).of(condition, is_true)
        node = node.parent


def _condition(
    around: tree_sitter.Node, part: tree_sitter.Node
) -> tuple[tree_sitter.Node | None, bool]:
    """What has been asked where ``part`` is reached, and whether it held."""
    if around.type in ("if_statement", "ternary_expression", "while_statement"):
        condition = around.child_by_field_name("condition")
        if part != condition:
            return condition, around.child_by_field_name("alternative") != part
    operator = around.child_by_field_name("operator")
    is_binary = around.type == "binary_expression" and operator is not None
    if operator is not None and is_binary and operator.type in ("&&", "||"):
        left = around.child_by_field_name("left")
        if part != left:
            return left, operator.type == "&&"
    return None, True


@dataclass(frozen=True, slots=True)
class _Facts:
    settler: Settler
    owner: str
    scope: Scope

    def of(self, condition: tree_sitter.Node, is_true: bool) -> Iterator[Fact]:
        """What a condition says of the owner where it held, or did not."""
        if condition.type in ("switch_case", "switch_default"):
            yield from self._of_case(condition)
        elif condition.type == "parenthesized_expression":
            yield from self.of(condition.named_children[0], is_true)
        elif condition.type == "unary_expression" and condition.children[0].type == "!":
            yield from self.of(condition.named_children[0], not is_true)
        elif condition.type == "member_expression" and (name := self._property(condition)):
            yield Fact(name, _TRUE, not is_true)
        elif condition.type == "binary_expression":
            yield from self._of_binary(condition, is_true)

    def _of_binary(self, condition: tree_sitter.Node, is_true: bool) -> Iterator[Fact]:
        left, right = condition.child_by_field_name("left"), condition.child_by_field_name("right")
        operator = condition.child_by_field_name("operator")
        if left is None or right is None or operator is None:
            return
        if operator.type == ("&&" if is_true else "||"):
            yield from self.of(left, is_true)
            yield from self.of(right, is_true)
        elif operator.type in _EQUAL:
            name, text = self._property(left), _text_of(self.settler, right, self.scope)
            if name and text is not None:
                yield Fact(name, frozenset((text,)), is_true is not _EQUAL[operator.type])
        elif operator.type == "instanceof" and is_true:
            if self.settler.binder.text(left) == self.owner:
                yield Fact("", class_=right)
        elif operator.type == "in" and is_true and left.type == "string":
            if self.settler.binder.text(right) == self.owner:
                yield Fact(_plain(self.settler.binder.text(left)))

    def _of_case(self, case: tree_sitter.Node) -> Iterator[Fact]:
        """What a case says, with those without a body before it."""
        body = case.parent
        around = None if body is None else body.parent
        asked = None if around is None else around.child_by_field_name("value")
        name = None if asked is None else self._property(asked.named_children[0])
        if body is None or not name:
            return
        cases = [one for one in body.named_children if one.type.startswith("switch_")]
        index = cases.index(case)
        meant = cases if case.type == "switch_default" else [case]
        if case.type == "switch_case":
            while index > 0 and cases[index - 1].child_by_field_name("body") is None:
                index -= 1
                meant.append(cases[index])
        values = [one.child_by_field_name("value") for one in meant]
        texts = [_text_of(self.settler, one, self.scope) for one in values if one is not None]
        known = frozenset(one for one in texts if one is not None)
        if known and len(known) == len(texts):
            yield Fact(name, known, case.type == "switch_default")

    def _property(self, node: tree_sitter.Node) -> str | None:
        """``name`` in ``owner.name``."""
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        is_it = owner is not None and self.settler.binder.text(owner) == self.owner
        return self.settler.binder.text(name) if name is not None and is_it else None
