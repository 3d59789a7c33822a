"""The expression that is selected, where a name may stand in its place and mean the same."""

from __future__ import annotations

import tree_sitter

from engine.edits.writes import is_written
from engine.planning.hole_spans import trimmed
from engine.spans import Span
from engine.syntax import SyntaxTree

_TARGETS = frozenset("name pattern attribute property parameters source".split())
# What runs or stops as a whole: its value is nobody's.
_ALONE = frozenset("expression_statement go_statement defer_statement".split())
# No values: a list of operands, what a method is called on by another class, what gets its type
# from where it stands.
_NO_VALUES = frozenset(
    "sequence_expression super nil null null_literal lambda_expression method_reference".split()
)
_TYPED_BY_ITSELF = frozenset(("lambda_expression",))  # in C++
# Whose braces or brackets belong to the statement, not to its condition.
_BRACKETED = frozenset(
    """if_statement switch_statement switch_expression with_statement
    synchronized_statement""".split()
)
_SCRIPTS = frozenset("javascript javascriptreact typescript typescriptreact".split())
# Copied by a declaration, or moved: a plain name there is no value worth another name, and may be
# a type, a package or a macro.
_COPYING = frozenset("go rust java cpp".split())
# Part of a string, of a tag, or a place rather than its value.
_UNNAMED = frozenset(
    "concatenated_string jsx_attribute reference_expression pointer_expression".split()
)
_MEMBERS = frozenset(
    """member_expression field_expression subscript_expression selector_expression field_access
    index_expression array_access""".split()
)
_PATHS = frozenset("scoped_identifier qualified_identifier".split())
_ARGUMENTS = frozenset(
    """arguments argument_list init_declarator let_declaration return_statement
    return_expression""".split()
)
_OPERATORS = frozenset(
    "binary_expression binary_operator comparison_operator boolean_operator".split()
)


def expression_at(tree: SyntaxTree, selection: Span) -> tree_sitter.Node | None:
    """The expression that is selected exactly, white space aside."""
    place = trimmed(tree.data, selection.start, selection.end)
    if not place or tree.root is None:
        return None
    node = tree.root.named_descendant_for_byte_range(place.start, place.end)
    while node is not None and node.parent is not None:
        parent = node.parent
        if (parent.start_byte, parent.end_byte) != (place.start, place.end):
            break
        if node.type in tree.language.kinds.expressions:
            break
        node = parent
    if node is None or (node.start_byte, node.end_byte) != (place.start, place.end):
        return None
    if is_broken(tree, node) or not _is_value(tree, node):
        return None
    if _is_target(node) or is_written(node) or not _is_free(tree, node):
        return None
    if tree.language.id in _COPYING and not _is_whole(tree, node):
        return None
    return _unbracketed(node)


def is_broken(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    """Whether the parser stumbles in the function around; macros make faults in many C files."""
    found: tree_sitter.Node = node
    while found.parent is not None and found.type not in tree.language.kinds.scopes:
        found = found.parent
    return found.has_error


def _is_value(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    if node.type not in tree.language.kinds.expressions:
        return False
    is_typed = node.type in _TYPED_BY_ITSELF and tree.language.id == "cpp"
    is_untyped = node.type in ("nil", "null") and tree.language.id not in ("go", "cpp")
    return node.type not in _NO_VALUES or is_typed or is_untyped


def _unbracketed(node: tree_sitter.Node) -> tree_sitter.Node:
    """What stands in the brackets that a statement's condition cannot be without."""
    is_bracketed = node.parent is not None and node.parent.type in _BRACKETED
    if is_bracketed and node.type == "parenthesized_expression" and node.named_child_count == 1:
        return node.named_children[0]
    return node


def _is_free(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    """Whether a name may stand in the node's place and mean the same."""
    parent, language = node.parent, tree.language.id
    if parent is None or parent.type in _UNNAMED:
        return False
    is_key = language in _SCRIPTS and _stands_as(node, "key")
    is_tagged = _stands_as(node, "arguments")  # a template
    is_bound = language == "python" or node.type not in _MEMBERS
    return not (is_key or is_tagged or (_stands_as(node, "function") and not is_bound))


def _stands_as(node: tree_sitter.Node, field: str) -> bool:
    return node.parent is not None and bool(node.parent.child_by_field_name(field) == node)


def _is_target(node: tree_sitter.Node) -> bool:
    """Whether the node names a member or stands alone, rather than being computed for something."""
    parent = node.parent
    if parent is None or parent.type in _ALONE:
        return True
    if parent.type in _OPERATORS:
        return False
    return any(parent.child_by_field_name(field) == node for field in _TARGETS)


def _is_whole(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    """Whether the value may be copied into a variable of the type that the expression has."""
    parent = node.parent
    if node.type == "identifier" or parent is None:
        return False
    if node.type in _PATHS and not _is_computed_path(tree, node, parent):
        return False
    if b"<>" in (node.text or b"") and tree.language.id == "java":
        return False  # gets its type from where it stands
    operator = parent.child_by_field_name("operator")
    if operator is not None and operator.type == "&" and parent.type == "unary_expression":
        return False
    if node.type in _MEMBERS and _is_changed(tree, node):
        return False
    is_type = node.type == "field_access" and _names_a_type(node)
    return not (tree.language.id == "go" and _is_many(node)) and not is_type


def _is_computed_path(tree: SyntaxTree, node: tree_sitter.Node, parent: tree_sitter.Node) -> bool:
    """Whether a path is a value's name, and not a part of a longer one, of a type or a pattern."""
    is_operand = parent.type in tree.language.kinds.expressions and parent.type not in _PATHS
    is_callee = _stands_as(node, "function") or _stands_as(node, "macro")
    return (is_operand or parent.type in _ARGUMENTS) and not is_callee


def _is_changed(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    """Whether a copy would be changed in the node's place: it is written, a method is called on it.

    Java and C++ name the object itself, Rust borrows it.
    """
    is_copied = tree.language.id in ("go", "rust")
    found: tree_sitter.Node | None = node if is_copied else None
    while found is not None:
        if is_written(found) or (tree.language.id == "go" and _stands_as(found, "function")):
            return True
        parent = found.parent
        is_owner = parent is not None and parent.type in _MEMBERS
        is_first = parent is not None and parent.start_byte == found.start_byte
        found = parent if is_owner and is_first else None
    return False


def _names_a_type(node: tree_sitter.Node) -> bool:
    """Whether ``Outer.Inner`` is a class rather than a constant."""
    name = node.child_by_field_name("field")
    text = b"" if name is None or name.text is None else name.text
    return text[:1].isupper() and not text.isupper()


def _is_many(node: tree_sitter.Node) -> bool:
    """Whether Go gives several values there: ``v, ok := m[k]``, ``return f()``."""
    values = node.parent
    if values is None or values.type != "expression_list" or values.named_child_count > 1:
        return False
    statement = values.parent
    left = None if statement is None else statement.child_by_field_name("left")
    if left is not None:
        return left.named_child_count > 1
    if statement is None or node.type != "call_expression":
        return False
    function: tree_sitter.Node | None = statement
    while function is not None and function.child_by_field_name("parameters") is None:
        function = function.parent
    result = None if function is None else function.child_by_field_name("result")
    return result is not None and result.type == "parameter_list" and result.named_child_count > 1
