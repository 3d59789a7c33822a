"""What an expression does when it is computed: nothing, read what others may change, or anything.

In all languages but plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum

import tree_sitter

from engine.edits.exposure import Exposure
from engine.edits.symbols import NameTable, ScopeKind, Symbol, SymbolKind
from engine.syntax import SyntaxTree


class Weight(IntEnum):
    """Two values may change places where ``is_apart`` says so."""

    STEADY = 0
    """The same whenever it is computed, as long as no local in it is set anew."""
    READS = 1
    """Reads memory, may fail, or makes something new that nothing else knows."""
    EFFECTS = 2
    """May do anything."""
    UNKNOWN = 3
    """Sets a local, or is no expression that is known here."""

    def is_apart(self, other: Weight) -> bool:
        """Whether it makes no difference which of the two is computed first."""
        if Weight.UNKNOWN in (self, other):
            return False
        return self is Weight.STEADY or other is Weight.STEADY or self is other is Weight.READS


_LITERALS = frozenset(
    """int_literal float_literal imaginary_literal rune_literal interpreted_string_literal
    raw_string_literal true false nil integer_literal string_literal boolean_literal char_literal
    decimal_integer_literal hex_integer_literal octal_integer_literal binary_integer_literal
    decimal_floating_point_literal hex_floating_point_literal character_literal null_literal
    class_literal number_literal null unit_expression sizeof_expression
    string_content escape_sequence integer float none ellipsis number undefined regex
    string_start string_end string_fragment optional_chain""".split()
)
_NAMES = frozenset(("identifier", "shorthand_field_identifier"))
_RECEIVERS = frozenset(("this", "self", "super", "crate"))
_TYPES = frozenset(
    """type_identifier primitive_type generic_type pointer_type slice_type array_type map_type
    channel_type function_type interface_type struct_type qualified_type reference_type
    integral_type floating_point_type boolean_type type_descriptor type_arguments
    scoped_type_identifier template_argument_list scoped_identifier generic_function
    template_function namespace_identifier package_identifier field_identifier dimensions
    mutable_specifier lifetime comment line_comment block_comment""".split()
)
# Weigh what their parts weigh.
_COMPUTED = frozenset(
    """binary_expression unary_expression parenthesized_expression ternary_expression
    conditional_expression cast_expression type_cast_expression type_conversion_expression
    instanceof_expression tuple_expression argument_list arguments expression_list
    condition_clause subscript_argument_list literal_element
    binary_operator boolean_operator comparison_operator not_operator unary_operator string
    template_string interpolation template_substitution concatenated_string keyword_argument
    pair slice as_expression non_null_expression tuple""".split()
)
# Read memory, may fail, or make something new.
_READING = frozenset(
    """field_expression field_access selector_expression index_expression subscript_expression
    array_access pointer_expression slice_expression type_assertion_expression struct_expression
    composite_literal array_expression array_creation_expression array_initializer literal_value
    keyed_element field_initializer_list field_initializer shorthand_field_initializer
    reference_expression range_expression initializer_list compound_literal_expression
    base_field_initializer qualified_identifier
    attribute subscript member_expression list dictionary set object array list_splat
    dictionary_splat spread_element""".split()
)
# Run later, or not at all.
_CLOSURES = frozenset(
    """closure_expression func_literal lambda_expression method_reference lambda arrow_function
    function_expression""".split()
)
_EFFECTS = frozenset(
    """call_expression method_invocation object_creation_expression new_expression
    macro_invocation try_expression await_expression
    call await yield yield_expression list_comprehension set_comprehension generator_expression
    dictionary_comprehension""".split()
)
# Not taken apart.
_WHOLE = frozenset(
    """macro_invocation list_comprehension set_comprehension generator_expression
    dictionary_comprehension""".split()
)
_SCRIPTS = frozenset("python javascript javascriptreact typescript typescriptreact".split())
_LOCAL = frozenset((SymbolKind.VARIABLE, SymbolKind.PARAMETER))
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+")
_CONVERSIONS = frozenset(
    """int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr float32 float64 byte
    rune string complex64 complex128 bool""".split()
)
_CASTS = frozenset("static_cast reinterpret_cast const_cast".split())
# Ask a container about itself.
_ASKING = frozenset("len cap size length is_empty isEmpty empty".split())
_NUMBER_TYPES = frozenset("integral_type floating_point_type boolean_type".split())
_COMPARING = frozenset("== != < > <= >=".split())
_NO_PARTS = "field function name type key macro attribute property type_arguments".split()
_TRAPPING = frozenset(("/", "%"))


class Weights:
    """Weighs the expressions of one file."""

    def __init__(self, tree: SyntaxTree, table: NameTable) -> None:
        self.tree = tree
        self.table = table
        self.exposure = Exposure(tree, table)

    def of(self, node: tree_sitter.Node) -> Weight:
        """What computing ``node`` does."""
        kind = node.type
        if kind in _LITERALS or kind in _TYPES or kind in _RECEIVERS or kind in _CLOSURES:
            return Weight.READS if kind in _CLOSURES else Weight.STEADY
        if kind in _NAMES:
            return self._name(node)
        if kind == "reference_expression" and _is_lent_path(node):
            return Weight.STEADY  # nobody may write to what is borrowed
        if kind in _COMPUTED or kind in _READING:
            return max(self._itself(node), self._parts(node))
        if kind in _EFFECTS:
            return max(self._call(node), self._parts(node))
        return Weight.UNKNOWN

    def target(self, node: tree_sitter.Node) -> Weight:
        """What finding the place ``node`` does, when something is written to it."""
        if node.type in _NAMES:
            return Weight.STEADY
        if node.type in _READING:
            return self._parts(node)
        return max((self.target(child) for child in node.named_children), default=Weight.STEADY)

    def local(self, name: tree_sitter.Node) -> Symbol | None:
        """The variable or parameter of a function that ``name`` stands for."""
        for symbol in self.table.at.get(name.start_byte, ()):
            kinds = {scope.kind for scope in symbol.scope.up()}
            is_owned = symbol.scope.kind is ScopeKind.CLASS or ScopeKind.FUNCTION not in kinds
            if symbol.kind in _LOCAL and not is_owned:
                return symbol
        return None

    def _parts(self, node: tree_sitter.Node) -> Weight:
        if node.type in _WHOLE:
            return Weight.EFFECTS
        skipped = [
            child.id
            for field in _NO_PARTS
            for child in node.children_by_field_name(field)
            if not (field == "name" and node.type in _NAMES)
        ]
        weights = [self.of(one) for one in node.named_children if one.id not in skipped]
        function = node.child_by_field_name("function")
        return max([*weights, Weight.STEADY if function is None else self.callee(function)])

    def callee(self, function: tree_sitter.Node) -> Weight:
        """What is computed before the call: the object it is a method of."""
        if function.type in _NAMES:
            return Weight.STEADY if self.local(function) is None else self._name(function)
        for field in ("operand", "value", "argument", "object"):
            owner = function.child_by_field_name(field)
            if owner is not None:
                is_arrow = any(child.type == "->" for child in function.children)
                return max(self.of(owner), Weight.READS if is_arrow else Weight.STEADY)
        return self.of(function)

    def _itself(self, node: tree_sitter.Node) -> Weight:
        operator = node.child_by_field_name("operator") or (
            node.children[0] if node.children and not node.children[0].is_named else None
        )
        sign = "" if operator is None else operator.type
        if node.type == "binary_expression" and sign in _TRAPPING:
            right = node.child_by_field_name("right")
            is_literal = right is not None and right.type in _LITERALS
            return Weight.STEADY if is_literal else Weight.READS
        if self.tree.language.id == "rust" and sign in _COMPARING:
            return Weight.READS  # borrows its operands
        if node.type == "unary_expression" and sign in ("*", "<-"):
            return Weight.READS if sign == "*" else Weight.EFFECTS
        if node.type == "unary_expression" and sign == "&":
            return Weight.READS
        if node.type == "cast_expression" and self.tree.language.id == "java":
            type_ = node.child_by_field_name("type")
            is_number = type_ is not None and type_.type in _NUMBER_TYPES
            return Weight.STEADY if is_number else Weight.READS
        if node.type == "field_access" and _is_constant(node.child_by_field_name("field")):
            return Weight.STEADY
        return Weight.READS if node.type in _READING else Weight.STEADY

    def _call(self, node: tree_sitter.Node) -> Weight:
        function = node.child_by_field_name("function") or node.child_by_field_name("name")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None:
            return Weight.EFFECTS
        name = function
        for field in ("field", "name"):
            name = name.child_by_field_name(field) or name
        word = (name.text or b"").decode("utf-8", "replace")
        is_bare = function.type == "identifier" and node.type == "call_expression"
        is_go = self.tree.language.id == "go"
        if is_bare and is_go and word in _CONVERSIONS and not self.table.at.get(name.start_byte):
            return Weight.STEADY
        if function.type == "template_function" and word in _CASTS:
            return Weight.STEADY
        is_asked = word in _ASKING and arguments.named_child_count == (1 if is_bare else 0)
        return Weight.READS if is_asked and (is_go or not is_bare) else Weight.EFFECTS

    def _name(self, node: tree_sitter.Node) -> Weight:
        symbol = self.local(node)
        if symbol is not None:
            return Weight.READS if self.exposure.holds(symbol) else Weight.STEADY
        symbols = self.table.at.get(node.start_byte, ())
        is_type = any(symbol.kind not in _LOCAL for symbol in symbols)
        text = (node.text or b"").decode("utf-8", "replace")
        language = self.tree.language.id
        if language in _SCRIPTS:
            return Weight.STEADY if is_type or not symbols else Weight.READS
        if language in ("c", "cpp"):
            is_macro = any(symbol.kind is SymbolKind.FUNCTION for symbol in symbols)
            return Weight.READS if is_macro or not is_type else Weight.STEADY
        if is_type or (language in ("java", "rust") and _CONSTANT.fullmatch(text)):
            return Weight.STEADY
        return Weight.STEADY if language == "java" and text[:1].isupper() else Weight.READS


def names_in(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The leaves below ``node`` that may be names of locals."""
    if node.type in _NAMES:
        yield node
    for child in node.named_children:
        yield from names_in(child)


def _is_lent_path(node: tree_sitter.Node) -> bool:
    """Whether Rust's ``&a.b.c`` is all that stands there."""
    value = node.child_by_field_name("value")
    is_shared = not any(child.type == "mutable_specifier" for child in node.children)
    while value is not None and value.type == "field_expression":
        value = value.child_by_field_name("value")
    return is_shared and value is not None and value.type in ("identifier", "self")


def _is_constant(node: tree_sitter.Node | None) -> bool:
    text = b"" if node is None or node.text is None else node.text
    return _CONSTANT.fullmatch(text.decode("utf-8", "replace")) is not None
