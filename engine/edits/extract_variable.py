"""Extract variable: a selected expression gets a name in a line of its own."""

from __future__ import annotations

from dataclasses import dataclass

import tree_sitter

from engine.edits.lines import indentation, is_first_on_line
from engine.edits.local_names import name_for
from engine.edits.nameable import expression_at
from engine.edits.names_of import name_table
from engine.edits.symbols import is_word_byte
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
    while_expression dictionary_comprehension generator_expression elif_clause for_statement
    do_statement
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
# What stands in it is no value that a statement computes: types, patterns, words, a call that must
# be the first.
_NO_CODE = frozenset(
    """array_type array_declarator template_argument_list type_arguments bitfield_clause
    static_assert_declaration decltype noexcept requires_clause parameter_list
    optional_parameter_declaration resource_specification explicit_constructor_invocation
    token_tree sizeof_expression attribute_item inner_attribute_item preproc_if preproc_elif
    preproc_def preproc_function_def tuple_struct_pattern struct_pattern slice_pattern or_pattern
    captured_pattern range_pattern field_pattern""".split()
)
_LOOPS = frozenset("enhanced_for_statement for_range_loop".split())
# Whose statements stand in it, beside what decides about them.
_GROUPS = frozenset(
    """switch_block_statement_group preproc_if preproc_ifdef preproc_elif preproc_else""".split()
)
_LITERALS = frozenset(
    """int_literal float_literal imaginary_literal rune_literal interpreted_string_literal
    raw_string_literal true false""".split()
)
_PLACES = frozenset(
    "call_expression field_expression subscript_expression index_expression".split()
)
_COMPUTED = frozenset("binary_expression unary_expression parenthesized_expression".split())


@dataclass(frozen=True, slots=True)
class ExtractVariable:
    """``expression`` is named ``name`` before ``statement``; ``edits`` do it."""

    expression: Span
    name: str
    edits: tuple[Edit, ...]


def extract_variable(tree: SyntaxTree, selection: Span) -> ExtractVariable | None:
    """None where the selection is no expression, or its value would not be the same outside."""
    node = expression_at(tree, selection) if tree.language.id in _DECLARED else None
    if node is None:
        return None
    statement = _statement(tree, node)
    if statement is None or not _is_reached(tree, node, statement):
        return None
    if not is_first_on_line(tree.data, statement.start_byte) or _is_marked(statement):
        return None
    place = span(node.start_byte, node.end_byte)
    value = place.of(tree.data).decode("utf-8", "replace")
    name = name_for(tree, node)
    if "\n" in value and tree.language.id == "python" and value[0] not in "([{":
        value = f"({value})"
    line = _declared(tree, node).format(name, value) + indentation(tree.data, statement.start_byte)
    at = span(statement.start_byte, statement.start_byte)
    is_glued = place.start > 0 and is_word_byte(tree.data[place.start - 1])
    written = f" {name}" if is_glued else name  # for ``return(x)``
    return ExtractVariable(place, name, (Edit(at, line), Edit(place, written)))


def _declared(tree: SyntaxTree, node: tree_sitter.Node) -> str:
    """How the variable is declared: it must stand for the same object, and fit the same types."""
    if tree.language.id == "go" and _is_constant(node):
        return "const {} = {}\n"
    if tree.language.id == "cpp" and node.type in _PLACES:
        return "auto&& {} = {};\n"
    parent = node.parent
    is_place = tree.language.id == "rust" and node.type in _PLACES - {"call_expression"}
    if is_place and parent is not None and parent.type in _PLACES:
        return "let {} = &{};\n"
    return _DECLARED[tree.language.id]


def _is_constant(node: tree_sitter.Node) -> bool:
    """Whether Go gives the value a type only where it is used."""
    if node.type in _COMPUTED:
        return all(_is_constant(child) for child in node.named_children)
    return node.type in _LITERALS


def _statement(tree: SyntaxTree, node: tree_sitter.Node) -> tree_sitter.Node | None:
    """The statement around ``node`` that stands in a body; None across what delays the value."""
    found = node
    while found.parent is not None and not _stands_in_body(tree, found):
        if _is_branch(found.parent, found):
            return None  # not computed each time
        found = found.parent
        is_delayed = found.type in _DELAYED and not _is_first_part(found, node)
        if is_delayed or found.type in _NO_CODE:
            return None
    return found if found.parent is not None else None


def _is_marked(statement: tree_sitter.Node) -> bool:
    """Whether an attribute in front belongs to the statement, or a compiler must know its value."""
    before = statement.prev_named_sibling
    is_attributed = before is not None and before.type == "attribute_item"
    return is_attributed or any(child.text == b"constexpr" for child in statement.named_children)


def _stands_in_body(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    parent = node.parent
    if parent is None or parent.type not in _GROUPS:
        return parent is not None and parent.type in _BODIES
    is_statement = node.type in tree.language.kinds.statements
    return is_statement and any(one.type in _BODIES for one in tree.ancestors(node.start_byte))


def _is_branch(parent: tree_sitter.Node, node: tree_sitter.Node) -> bool:
    """Whether ``node`` is what a condition or a loop decides about, without braces of its own."""
    fields = ["consequence", "alternative"] if "if" in parent.type else []
    fields += ["body"] if parent.type in _LOOPS else []
    return any(parent.child_by_field_name(field) == node for field in fields)


def _is_first_part(loop: tree_sitter.Node, node: tree_sitter.Node) -> bool:
    """What a ``for`` runs over is computed once, before it."""
    if not loop.type.startswith("for"):
        return False
    clause = next((child for child in loop.named_children if child.type == "range_clause"), loop)
    source = clause.child_by_field_name("right")
    return source is not None and source.start_byte <= node.start_byte < source.end_byte


def _is_reached(tree: SyntaxTree, node: tree_sitter.Node, statement: tree_sitter.Node) -> bool:
    """Whether every name in the expression is known where the statement begins."""
    table = name_table(tree)
    if table is None:
        return True
    for start in range(node.start_byte, node.end_byte):
        for symbol in table.at.get(start, ()):
            inner = symbol.scope.extent
            is_within = statement.start_byte <= inner.start and inner.end <= statement.end_byte
            is_within = is_within and symbol.scope.parent is not None
            is_own = node.start_byte <= inner.start and inner.end <= node.end_byte
            if is_within and not is_own:
                return False
    return True
