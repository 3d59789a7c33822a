"""What each language looks like: data only, no behaviour and no branches.

A language is found by LSP language id or file ending. Its grammar is loaded on first use; a file
without a (loadable) grammar is plain text, and everything still works by brackets and quotes.
"""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass, field
from enum import Enum

import tree_sitter

from engine.vocabulary import VOCABULARIES, Vocabulary


class BlockStyle(Enum):
    """What makes a block."""

    INDENT = "indent"
    BRACES = "braces"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class GrammarSource:
    """Where the grammar is: an importable module and the function that returns it."""

    module: str
    function: str = "language"


@dataclass(frozen=True, slots=True)
class NodeKinds:
    """Node kinds of a grammar by the part they play."""

    expressions: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    """Bracketed, comma-separated: arguments, parameters, import lists, patterns, literals."""
    statements: frozenset[str] = frozenset()
    blocks: frozenset[str] = frozenset()
    comments: frozenset[str] = frozenset()
    strings: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    """What opens a scope and has a header line: functions, classes, namespaces."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language. ``id`` is the LSP language id; ``quotes`` end at the line's end."""

    id: str
    endings: tuple[str, ...] = ()
    grammar: GrammarSource | None = None
    kinds: NodeKinds = NodeKinds()
    block_style: BlockStyle = BlockStyle.NONE
    line_comment: str = ""
    block_comment: tuple[str, str] | None = None
    quotes: tuple[str, ...] = ('"', "'")
    long_quotes: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    """Statements that stand for a body still to be written."""
    neutral_statement: str = ""
    """Fills an empty body without changing anything."""
    vocabulary: Vocabulary = field(default_factory=Vocabulary)


def _kinds(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PYTHON = NodeKinds(
    expressions=_kinds(
        """attribute await binary_operator boolean_operator call comparison_operator
        concatenated_string conditional_expression dictionary dictionary_comprehension
        generator_expression identifier integer float lambda list list_comprehension
        named_expression none not_operator parenthesized_expression set set_comprehension string
        subscript true false tuple unary_operator yield"""
    ),
    lists=_kinds("argument_list parameters list tuple dictionary set tuple_pattern list_pattern"),
    statements=_kinds(
        """assert_statement break_statement class_definition continue_statement
        decorated_definition delete_statement expression_statement for_statement
        function_definition future_import_statement global_statement if_statement
        import_from_statement import_statement match_statement nonlocal_statement pass_statement
        raise_statement return_statement try_statement type_alias_statement while_statement
        with_statement"""
    ),
    blocks=_kinds("block"),
    comments=_kinds("comment"),
    strings=_kinds("string"),
    names=_kinds("identifier"),
    imports=_kinds("import_statement import_from_statement future_import_statement"),
    scopes=_kinds("function_definition class_definition"),
)
_JAVASCRIPT = NodeKinds(
    expressions=_kinds(
        """array arrow_function as_expression assignment_expression
        augmented_assignment_expression await_expression binary_expression call_expression class
        false function_expression identifier jsx_element jsx_self_closing_element
        member_expression new_expression non_null_expression null number object
        parenthesized_expression regex satisfies_expression sequence_expression string
        subscript_expression super template_string ternary_expression this true unary_expression
        undefined update_expression yield_expression"""
    ),
    lists=_kinds(
        """arguments formal_parameters array object named_imports export_clause object_pattern
        array_pattern type_arguments type_parameters tuple_type"""
    ),
    statements=_kinds(
        """abstract_class_declaration break_statement class_declaration continue_statement
        debugger_statement do_statement enum_declaration export_statement expression_statement
        field_definition for_in_statement for_statement function_declaration
        generator_function_declaration if_statement import_statement interface_declaration
        labeled_statement lexical_declaration method_definition method_signature
        property_signature public_field_definition return_statement switch_statement
        throw_statement try_statement type_alias_declaration using_declaration
        variable_declaration while_statement with_statement"""
    ),
    blocks=_kinds("statement_block class_body switch_body interface_body object_type enum_body"),
    comments=_kinds("comment"),
    strings=_kinds("string template_string"),
    names=_kinds(
        """identifier type_identifier shorthand_property_identifier
        shorthand_property_identifier_pattern"""
    ),
    imports=_kinds("import_statement"),
    scopes=_kinds(
        """function_declaration function_expression generator_function_declaration
        arrow_function method_definition class_declaration abstract_class_declaration class
        interface_declaration internal_module"""
    ),
)
_GO = NodeKinds(
    expressions=_kinds(
        """binary_expression call_expression composite_literal false float_literal func_literal
        identifier index_expression int_literal interpreted_string_literal nil
        parenthesized_expression raw_string_literal rune_literal selector_expression
        slice_expression true type_assertion_expression type_conversion_expression
        unary_expression"""
    ),
    lists=_kinds("argument_list parameter_list literal_value type_arguments type_parameter_list"),
    statements=_kinds(
        """assignment_statement break_statement const_declaration continue_statement dec_statement
        defer_statement expression_statement expression_switch_statement field_declaration
        for_statement function_declaration go_statement if_statement import_declaration
        inc_statement labeled_statement method_declaration return_statement select_statement
        send_statement short_var_declaration type_declaration type_switch_statement
        var_declaration"""
    ),
    blocks=_kinds("block field_declaration_list"),
    comments=_kinds("comment"),
    strings=_kinds("interpreted_string_literal raw_string_literal rune_literal"),
    names=_kinds("identifier type_identifier package_identifier"),
    imports=_kinds("import_declaration package_clause"),
    scopes=_kinds("function_declaration method_declaration func_literal type_declaration"),
)
_RUST = NodeKinds(
    expressions=_kinds(
        """array_expression assignment_expression async_block await_expression binary_expression
        boolean_literal call_expression char_literal closure_expression compound_assignment_expr
        field_expression float_literal generic_function identifier index_expression
        integer_literal macro_invocation match_expression parenthesized_expression
        range_expression raw_string_literal reference_expression scoped_identifier self
        string_literal struct_expression try_expression tuple_expression type_cast_expression
        unary_expression unit_expression"""
    ),
    lists=_kinds(
        """arguments parameters field_initializer_list tuple_expression array_expression use_list
        type_arguments type_parameters closure_parameters tuple_pattern
        ordered_field_declaration_list"""
    ),
    statements=_kinds(
        """const_item enum_item expression_statement field_declaration function_item
        function_signature_item impl_item let_declaration macro_definition mod_item static_item
        struct_item trait_item type_item use_declaration attribute_item"""
    ),
    blocks=_kinds("block declaration_list field_declaration_list enum_variant_list match_block"),
    comments=_kinds("line_comment block_comment"),
    strings=_kinds("string_literal raw_string_literal char_literal"),
    names=_kinds("identifier type_identifier shorthand_field_identifier"),
    imports=_kinds("use_declaration extern_crate_declaration"),
    scopes=_kinds("function_item impl_item trait_item mod_item struct_item enum_item"),
)
_JAVA = NodeKinds(
    expressions=_kinds(
        """array_access array_creation_expression assignment_expression binary_expression
        cast_expression character_literal class_literal decimal_floating_point_literal
        decimal_integer_literal false field_access hex_integer_literal identifier
        instanceof_expression lambda_expression method_invocation method_reference null_literal
        object_creation_expression parenthesized_expression string_literal switch_expression
        ternary_expression this true unary_expression update_expression"""
    ),
    lists=_kinds(
        """argument_list formal_parameters type_arguments type_parameters array_initializer
        annotation_argument_list"""
    ),
    statements=_kinds(
        """assert_statement break_statement class_declaration constructor_declaration
        continue_statement do_statement enhanced_for_statement enum_declaration
        explicit_constructor_invocation expression_statement field_declaration for_statement
        if_statement import_declaration interface_declaration labeled_statement
        local_variable_declaration method_declaration package_declaration record_declaration
        return_statement switch_expression synchronized_statement throw_statement try_statement
        try_with_resources_statement while_statement yield_statement"""
    ),
    blocks=_kinds("block class_body constructor_body enum_body interface_body switch_block"),
    comments=_kinds("line_comment block_comment"),
    strings=_kinds("string_literal character_literal"),
    names=_kinds("identifier type_identifier"),
    imports=_kinds("import_declaration package_declaration"),
    scopes=_kinds(
        """class_declaration interface_declaration enum_declaration record_declaration
        method_declaration constructor_declaration lambda_expression"""
    ),
)
_C = NodeKinds(
    expressions=_kinds(
        """assignment_expression binary_expression call_expression cast_expression char_literal
        co_await_expression compound_literal_expression concatenated_string
        conditional_expression delete_expression false field_expression identifier
        lambda_expression new_expression null number_literal parenthesized_expression
        pointer_expression qualified_identifier raw_string_literal sizeof_expression
        string_literal subscript_expression this true unary_expression update_expression"""
    ),
    lists=_kinds(
        """argument_list parameter_list initializer_list template_argument_list
        template_parameter_list"""
    ),
    statements=_kinds(
        """alias_declaration break_statement co_return_statement continue_statement declaration
        do_statement expression_statement field_declaration for_range_loop for_statement
        function_definition goto_statement if_statement namespace_definition preproc_def
        preproc_include preproc_function_def return_statement static_assert_declaration
        switch_statement template_declaration throw_statement try_statement type_definition
        using_declaration while_statement"""
    ),
    blocks=_kinds("compound_statement declaration_list enumerator_list field_declaration_list"),
    comments=_kinds("comment"),
    strings=_kinds("string_literal char_literal raw_string_literal system_lib_string"),
    names=_kinds("identifier type_identifier namespace_identifier"),
    imports=_kinds("preproc_include using_declaration"),
    scopes=_kinds(
        """function_definition class_specifier struct_specifier namespace_definition
        lambda_expression enum_specifier union_specifier"""
    ),
)


_LONG_QUOTES: dict[str, tuple[str, ...]] = {
    "javascript": ("`",),
    "javascriptreact": ("`",),
    "typescript": ("`",),
    "typescriptreact": ("`",),
    "go": ("`",),
    "java": ('"""',),
    "rust": ('"',),
}


def _braces(
    id_: str, endings: str, grammar: GrammarSource, kinds: NodeKinds, placeholders: str = ""
) -> Language:
    return Language(
        id=id_,
        endings=tuple(endings.split()),
        grammar=grammar,
        kinds=kinds,
        block_style=BlockStyle.BRACES,
        line_comment="//",
        block_comment=("/*", "*/"),
        quotes=() if id_ == "rust" else ('"', "'"),
        long_quotes=_LONG_QUOTES.get(id_, ()),
        placeholders=tuple(placeholders.split()),
        neutral_statement="" if id_ == "go" else ";",
        vocabulary=VOCABULARIES[id_],
    )


_JS, _TS = GrammarSource("tree_sitter_javascript"), "tree_sitter_typescript"
_TYPESCRIPT, _TSX = GrammarSource(_TS, "language_typescript"), GrammarSource(_TS, "language_tsx")

LANGUAGES: tuple[Language, ...] = (
    Language(
        id="python",
        endings=(".py", ".pyi", ".pyw"),
        grammar=GrammarSource("tree_sitter_python"),
        kinds=_PYTHON,
        block_style=BlockStyle.INDENT,
        line_comment="#",
        long_quotes=('"""', "'''"),
        placeholders=("pass", "...", "raise NotImplementedError", "raise NotImplementedError()"),
        neutral_statement="pass",
        vocabulary=VOCABULARIES["python"],
    ),
    _braces("javascript", ".js .mjs .cjs", _JS, _JAVASCRIPT),
    _braces("javascriptreact", ".jsx", _JS, _JAVASCRIPT),
    _braces("typescript", ".ts .mts .cts", _TYPESCRIPT, _JAVASCRIPT),
    _braces("typescriptreact", ".tsx", _TSX, _JAVASCRIPT),
    _braces("go", ".go", GrammarSource("tree_sitter_go"), _GO),
    _braces("rust", ".rs", GrammarSource("tree_sitter_rust"), _RUST, "todo!() unimplemented!()"),
    _braces("java", ".java", GrammarSource("tree_sitter_java"), _JAVA),
    _braces("c", ".c .h", GrammarSource("tree_sitter_c"), _C),
    _braces("cpp", ".cc .cpp .cxx .hpp .hh .hxx .ipp .cu", GrammarSource("tree_sitter_cpp"), _C),
)
PLAIN_TEXT = Language(id="plaintext")


def language_of(path: str | None, language_id: str | None = None) -> Language:
    """The language of an LSP id, else of the path's ending, else plain text.

    >>> language_of("src/app.TSX").id
    'typescriptreact'
    """
    for language in LANGUAGES:
        if language_id is not None and language_id == language.id:
            return language
    if path is not None and language_id in (None, ""):
        name = path.lower()
        for language in LANGUAGES:
            if name.endswith(language.endings):
                return language
    return PLAIN_TEXT


@functools.cache
def load_grammar(source: GrammarSource) -> tree_sitter.Language | None:
    """The grammar, or None where its package is not installed or its format is too new or old."""
    try:
        module = importlib.import_module(source.module)
        return tree_sitter.Language(getattr(module, source.function)())
    except (ImportError, ValueError):
        return None
