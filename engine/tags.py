"""Where a text defines names, and which names it mentions: what an index of a workspace holds.

Definitions are found by tree-sitter queries, one a language. Loads no tensors, so the server may
use it; it knows bytes and nodes, nothing of files.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from engine.languages import Language, load_grammar
from engine.spans import Span, span
from engine.syntax import SyntaxTree

MAX_SIGNATURE_BYTES = 240
MIN_NAME, MAX_NAME = 3, 80
MAX_TELLING = 4000
MAX_MENTIONED, MAX_MENTIONS = 250, 40_000
"""How long a name is, and how many a file has, that a rename still finds there."""
_NAME = re.compile(rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*")
_FUNCTIONS = """
(function_declaration name: (_) @name) @function
(generator_function_declaration name: (_) @name) @function
(method_definition name: (property_identifier) @name) @method
(class_declaration name: (_) @name) @class
(program (lexical_declaration (variable_declarator name: (identifier) @name)) @constant)
(program (variable_declaration (variable_declarator name: (identifier) @name)) @constant)
(export_statement (lexical_declaration (variable_declarator name: (identifier) @name)) @constant)
"""
_TYPES = """
(interface_declaration name: (_) @name) @interface
(type_alias_declaration name: (_) @name) @type
(enum_declaration name: (_) @name) @class
(abstract_class_declaration name: (_) @name) @class
(method_signature name: (property_identifier) @name) @method
(abstract_method_signature name: (property_identifier) @name) @method
(function_signature name: (_) @name) @function
"""
_C = """
(function_definition declarator: (function_declarator declarator: (_) @name)) @function
(function_definition
  declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name)))
  @function
(declaration declarator: (function_declarator declarator: (identifier) @name)) @function
(declaration
  declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name)))
  @function
(struct_specifier name: (_) @name body: (_)) @class
(union_specifier name: (_) @name body: (_)) @class
(enum_specifier name: (_) @name body: (_)) @class
(type_definition declarator: (type_identifier) @name) @type
(preproc_def name: (_) @name) @constant
(preproc_function_def name: (_) @name) @function
"""
_CPP = """
(class_specifier name: (_) @name body: (_)) @class
(namespace_definition name: (_) @name) @namespace
(field_declaration declarator: (function_declarator declarator: (field_identifier) @name)) @method
(alias_declaration name: (_) @name) @type
"""
_QUERIES = {
    "python": """
(function_definition name: (_) @name) @function
(class_definition name: (_) @name) @class
(module (expression_statement (assignment left: (identifier) @name)) @constant)
(type_alias_statement left: (type (identifier) @name)) @type
""",
    "javascript": _FUNCTIONS,
    "javascriptreact": _FUNCTIONS,
    "typescript": _FUNCTIONS + _TYPES,
    "typescriptreact": _FUNCTIONS + _TYPES,
    "go": """
(function_declaration name: (_) @name) @function
(method_declaration name: (_) @name) @method
(type_spec name: (_) @name) @type
(const_spec name: (_) @name) @constant
(source_file (var_declaration (var_spec name: (_) @name)) @constant)
""",
    "rust": """
(function_item name: (_) @name) @function
(function_signature_item name: (_) @name) @method
(struct_item name: (_) @name) @class
(enum_item name: (_) @name) @class
(union_item name: (_) @name) @class
(trait_item name: (_) @name) @interface
(type_item name: (_) @name) @type
(const_item name: (_) @name) @constant
(static_item name: (_) @name) @constant
(mod_item name: (_) @name) @namespace
(macro_definition name: (_) @name) @function
""",
    "java": """
(class_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @interface
(enum_declaration name: (_) @name) @class
(record_declaration name: (_) @name) @class
(annotation_type_declaration name: (_) @name) @interface
(method_declaration name: (_) @name) @method
(constructor_declaration name: (_) @name) @method
""",
    "c": _C,
    "cpp": _C + _CPP,
}


@dataclass(frozen=True, slots=True)
class Tag:
    """A definition: ``span`` covers it whole, ``signature`` is its header.

    ``kind`` is one of function, method, class, interface, type, constant and namespace.
    """

    name: str
    kind: str
    span: Span
    signature: str


def definitions_in(tree: SyntaxTree) -> Iterator[Tag]:
    """The definitions in text order; none for a language without a grammar or a query."""
    query = _query(tree.language)
    if query is None or tree.root is None:
        return
    found: dict[int, Tag] = {}
    for _, captures in tree_sitter.QueryCursor(query).matches(tree.root):
        ((name,), (kind, (node,))) = captures.pop("name"), captures.popitem()
        text = name.text or b""
        if len(text) <= MAX_NAME:
            place = span(node.start_byte, node.end_byte)
            name_text = text.decode("utf-8", "replace").rpartition("::")[2]  # of A::f, f
            tag = Tag(name_text, kind, place, _signature(tree.data, node))
            found.setdefault(name.start_byte, tag)
    yield from (found[start] for start in sorted(found))


def mentions_in(data: bytes) -> frozenset[str]:
    """The names that ``data`` mentions anywhere, comments and strings included, bounded."""
    return _names(data, range(1, MAX_MENTIONED + 1), MAX_MENTIONS)


def names_in(data: bytes) -> frozenset[str]:
    """Those of them that may tell what ``data`` is about: a few letters do not."""
    return _names(data, range(MIN_NAME, MAX_NAME + 1), MAX_TELLING)


def _names(data: bytes, lengths: range, most: int) -> frozenset[str]:
    found: dict[bytes, None] = {}
    for match in _NAME.finditer(data):
        if match.end() - match.start() in lengths:
            found[match[0]] = None
            if len(found) == most:
                break
    return frozenset(name.decode("utf-8", "replace") for name in found)


def _signature(data: bytes, node: tree_sitter.Node) -> str:
    """The header: up to the body, or the first line where there is none."""
    body = node.child_by_field_name("body")
    if body is not None and body.start_byte > node.start_byte:
        header = data[node.start_byte : body.start_byte]
    else:
        header = data[node.start_byte : node.end_byte].split(b"\n", 1)[0]
    header = header.rstrip().removesuffix(b"{").rstrip()
    return header[:MAX_SIGNATURE_BYTES].decode("utf-8", "ignore")


@functools.cache
def _query(language: Language) -> tree_sitter.Query | None:
    source = _QUERIES.get(language.id)
    grammar = None if language.grammar is None else load_grammar(language.grammar)
    if source is None or grammar is None:
        return None
    return tree_sitter.Query(grammar, source)
