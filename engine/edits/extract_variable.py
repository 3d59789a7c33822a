"""Extract variable: a selected expression gets a name in a line of its own."""

from __future__ import annotations

from dataclasses import dataclass

import tree_sitter

from engine.edits.lines import indentation, is_first_on_line
from engine.edits.local_names import name_for
from engine.edits.names_of import name_table
from engine.edits.writes import is_written
from engine.planning.hole_spans import trimmed
from engine.proposal import Edit
from engine.spans import Span, span
from engine.syntax import SyntaxTree

_DECLARED = {
    "python": "{} = {}\n",
    "javascript": "const {} = {};\n",
    "javascriptreact": "const {} = {};\n",
    "typescript": "const {} = {};\n",
    "typescriptreact": "const {} = {};\n",
    "java": "var {} = {};\n",
    "go": "{} := {}\n",
    "rust": "let {} = {};\n",
    "cpp": "auto {} = {};\n",
}
# Not ``source_file``: what stands there in Go and Rust is no statement.
_BODIES = frozenset(
    """module block program statement_block compound_statement constructor_body
    statement_list""".split()
)
# Whose parts are computed later, or again and again: not where the statement begins.
_DELAYED = frozenset(
    """lambda arrow_function function_expression closure_expression lambda_expression
    lambda_capture_specifier func_literal list_comprehension set_comprehension while_statement
    dictionary_comprehension generator_expression elif_clause for_statement do_statement
    function_definition decorator default_parameter typed_default_parameter parameters
    formal_parameters class_definition for_in_statement function_declaration
    method_definition
    class_body class_declaration interface_body enum_body enum_body_declarations
    field_declaration_list declaration_list enumerator_list annotation
    const_declaration const_item static_item
    else_clause switch_case switch_default case_statement switch_block_statement_group
    switch_rule switch_label expression_case type_case communication_case default_case match_arm
    match_pattern case_pattern literal_type""".split()
)
_TARGETS = frozenset("name pattern attribute property parameters source".split())
# No values: a list of operands, what a method is called on by another class.
_NO_VALUES = frozenset("sequence_expression super".split())
# Whose braces or brackets belong to the statement, not to its condition.
_BRACKETED = frozenset(
    """if_statement switch_statement switch_expression with_statement
    synchronized_statement""".split()
)
_SCRIPTS = frozenset("javascript javascriptreact typescript typescriptreact".split())
# Part of a string, of a tag, or a place rather than its value.
_UNNAMED = frozenset(
    "concatenated_string jsx_attribute reference_expression pointer_expression".split()
)
_MEMBERS = frozenset("member_expression field_expression subscript_expression".split())
# Where a member is a value that keeps its object when it is called.
_BOUND = frozenset(("python", "go"))


@dataclass(frozen=True, slots=True)
class ExtractVariable:
    """``expression`` is named ``name`` before ``statement``; ``edits`` do it."""

    expression: Span
    name: str
    edits: tuple[Edit, ...]


def extract_variable(tree: SyntaxTree, selection: Span) -> ExtractVariable | None:
    """None where the selection is no expression, or its value would not be the same outside."""
    template = _DECLARED.get(tree.language.id)
    node = expression_at(tree, selection)
    if node is None or template is None:
        return None
    statement = _statement(node)
    if statement is None or not _is_reached(tree, node, statement):
        return None
    if not is_first_on_line(tree.data, statement.start_byte):
        return None
    place = span(node.start_byte, node.end_byte)
    value = place.of(tree.data).decode("utf-8", "replace")
    name = name_for(tree, node)
    if "\n" in value and tree.language.id == "python" and value[0] not in "([{":
        value = f"({value})"
    line = template.format(name, value) + indentation(tree.data, statement.start_byte)
    at = span(statement.start_byte, statement.start_byte)
    return ExtractVariable(place, name, (Edit(at, line), Edit(place, name)))


def expression_at(tree: SyntaxTree, selection: Span) -> tree_sitter.Node | None:
    """The expression that is selected exactly, white space aside."""
    place = trimmed(tree.data, selection.start, selection.end)
    if not place or tree.root is None or tree.root.has_error:
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
    is_value = node.type in tree.language.kinds.expressions and node.type not in _NO_VALUES
    if not is_value or _is_target(node) or is_written(node) or not _is_free(tree, node):
        return None
    return _unbracketed(node)


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

    def stands_as(field: str) -> bool:
        return bool(parent.child_by_field_name(field) == node)

    is_key = language in _SCRIPTS and stands_as("key")
    is_tagged = stands_as("arguments")  # a template
    is_method = language not in _BOUND and node.type in _MEMBERS and stands_as("function")
    return not (is_key or is_tagged or is_method)


def _is_target(node: tree_sitter.Node) -> bool:
    """Whether the node names a member or stands alone, rather than being computed for something."""
    parent = node.parent
    if parent is None or parent.type == "expression_statement":
        return True
    operators = ("binary_expression", "binary_operator", "comparison_operator", "boolean_operator")
    if parent.type in operators:
        return False
    return any(parent.child_by_field_name(field) == node for field in _TARGETS)


def _statement(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """The statement around ``node`` that stands in a body; None across what delays the value."""
    found = node
    while found.parent is not None and found.parent.type not in _BODIES:
        found = found.parent
        if found.type in _DELAYED and not _is_first_part(found, node):
            return None
        branch = found.child_by_field_name("consequence") if "if" in found.type else None
        if branch is not None and branch.start_byte <= node.start_byte < branch.end_byte:
            return None  # not computed each time
    return found if found.parent is not None else None


def _is_first_part(loop: tree_sitter.Node, node: tree_sitter.Node) -> bool:
    """What a ``for`` runs over is computed once, before it."""
    source = loop.child_by_field_name("right") if loop.type.startswith("for") else None
    return source is not None and source.start_byte <= node.start_byte < source.end_byte


def _is_reached(tree: SyntaxTree, node: tree_sitter.Node, statement: tree_sitter.Node) -> bool:
    """Whether every name in the expression is known where the statement begins."""
    table = name_table(tree)
    if table is None:
        return True
    for start in range(node.start_byte, node.end_byte):
        for symbol in table.at.get(start, ()):
            inner = symbol.scope.extent
            is_within = statement.start_byte < inner.start and inner.end <= statement.end_byte
            is_own = node.start_byte <= inner.start and inner.end <= node.end_byte
            if is_within and not is_own:
                return False
    return True
