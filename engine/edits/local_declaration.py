"""The declaration of one local in Go, Rust, Java, C and C++: what goes when the local goes."""

from __future__ import annotations

from dataclasses import dataclass

import tree_sitter

from engine.syntax import SyntaxTree

# Where statements stand; what else a declaration stands in belongs to a loop or a condition.
_BODIES = frozenset(
    """block compound_statement constructor_body statement_list switch_block_statement_group
    case_statement""".split()
)
_GO_SPECS = frozenset(("var_spec", "const_spec"))
_INFERRED = frozenset(("auto", "var"))
# Standing in front of a type, these change nothing about the value.
_HARMLESS = frozenset(("const", "final", "constexpr"))


@dataclass(frozen=True, slots=True)
class LocalDeclaration:
    """``statement`` declares ``name`` alone, and sets it to ``value``."""

    statement: tree_sitter.Node
    name: tree_sitter.Node
    value: tree_sitter.Node
    type: str | None
    """As written, without ``const`` or ``final`` in front; None where it is inferred."""
    is_constant: bool
    """Whether nothing can write to it."""
    sign: str = ""
    """What stands at the name of C and C++: ``*``, ``**``, ``&``, ``&&``."""

    @property
    def block(self) -> tree_sitter.Node:
        """What the statement stands in."""
        if self.statement.parent is None:
            raise ValueError("a statement without a block declares no local")
        return self.statement.parent


def local_declaration(tree: SyntaxTree, name: tree_sitter.Node) -> LocalDeclaration | None:
    """None where ``name`` shares its declaration, has no value there, or stands in no body."""
    reader = _READERS.get(tree.language.id)
    found = None if reader is None else reader(name)
    if found is None or found.statement.parent is None:
        return None
    is_in_body = found.statement.parent.type in _BODIES
    before = found.statement.prev_named_sibling
    is_marked = before is not None and before.type in ("attribute_item", "attribute_declaration")
    return found if is_in_body and not is_marked else None


def _go(name: tree_sitter.Node) -> LocalDeclaration | None:
    holder = name.parent
    if holder is not None and holder.type == "expression_list":
        holder = holder.parent if holder.named_child_count == 1 else None
    if holder is None or holder.type not in _GO_SPECS | {"short_var_declaration"}:
        return None
    is_spec = holder.type in _GO_SPECS
    names = [name] if not is_spec else holder.children_by_field_name("name")
    values = holder.child_by_field_name("value" if is_spec else "right")
    statement = holder.parent if is_spec else holder
    if values is None or statement is None or values.named_child_count != 1 or len(names) != 1:
        return None
    if is_spec and statement.named_child_count != 1:
        return None
    type_ = holder.child_by_field_name("type")
    is_constant = holder.type == "const_spec"
    return LocalDeclaration(statement, name, values.named_children[0], _text(type_), is_constant)


def _rust(name: tree_sitter.Node) -> LocalDeclaration | None:
    statement = name.parent
    if statement is None or statement.type != "let_declaration":
        return None
    value, type_ = statement.child_by_field_name("value"), statement.child_by_field_name("type")
    is_plain = statement.child_by_field_name("pattern") == name and not any(
        child.type in ("mutable_specifier", "else") for child in statement.children
    )
    if value is None or not is_plain or statement.child_by_field_name("alternative") is not None:
        return None
    return LocalDeclaration(statement, name, value, _text(type_), True)


def _java(name: tree_sitter.Node) -> LocalDeclaration | None:
    declarator = name.parent
    statement = None if declarator is None else declarator.parent
    if declarator is None or statement is None or statement.type != "local_variable_declaration":
        return None
    value, type_ = declarator.child_by_field_name("value"), statement.child_by_field_name("type")
    if value is None or declarator.child_by_field_name("dimensions") is not None:
        return None
    if len(statement.children_by_field_name("declarator")) != 1:
        return None
    words = _words(statement, "modifiers")
    if not words <= _HARMLESS:
        return None
    text = _text(type_)
    return LocalDeclaration(
        statement, name, value, None if text in _INFERRED else text, "final" in words
    )


def _c(name: tree_sitter.Node) -> LocalDeclaration | None:
    sign, outer = "", name
    while outer.parent is not None and outer.parent.type in _SIGNED:
        outer = outer.parent
        sign = "".join(part.type for part in outer.children if not part.is_named) + sign
        if any(part.type not in _SIGNED | {"identifier"} for part in outer.named_children):
            return None  # a constant pointer, an attribute
    declarator = outer.parent
    statement = None if declarator is None else declarator.parent
    if declarator is None or declarator.type != "init_declarator" or statement is None:
        return None
    value, type_ = declarator.child_by_field_name("value"), statement.child_by_field_name("type")
    is_set = any(child.type == "=" for child in declarator.children)
    if statement.type != "declaration" or value is None or type_ is None or not is_set:
        return None
    others = [
        child
        for child in statement.named_children
        if child.id not in (type_.id, declarator.id) and _text(child) not in _HARMLESS
    ]
    if others or len(statement.children_by_field_name("declarator")) != 1:
        return None
    words = {_text(child) for child in statement.named_children}
    is_constant = not sign and bool(words & {"const", "constexpr"})
    is_const_target = bool(sign) and "const" in words
    text = _text(type_) or ""
    written = None if text in _INFERRED else f"{'const ' if is_const_target else ''}{text}"
    return LocalDeclaration(statement, name, value, written, is_constant, sign)


_SIGNED = frozenset(("pointer_declarator", "reference_declarator"))
_READERS = {"go": _go, "rust": _rust, "java": _java, "c": _c, "cpp": _c}


def _words(statement: tree_sitter.Node, kind: str) -> set[str]:
    found = next((child for child in statement.named_children if child.type == kind), None)
    return set() if found is None else set((_text(found) or "").split())


def _text(node: tree_sitter.Node | None) -> str | None:
    if node is None or node.text is None:
        return None
    return " ".join(node.text.decode("utf-8", "replace").split())
