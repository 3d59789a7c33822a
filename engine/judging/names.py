"""Identifiers of a filled hole that resolve nowhere.

Conservative on purpose: a name that occurs anywhere else counts as known, and where a language
lets names come from places that are not seen (wildcard imports, headers, the same package), the
names that could come from there are not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import tree_sitter

from engine.request import OpenDocument
from engine.spans import Span
from engine.syntax import SyntaxTree, touches

_DECLARING_FIELDS = frozenset(
    "name left pattern declarator alias parameter parameters label".split()
)
_DECLARING_KINDS = frozenset(
    """parameters lambda_parameters formal_parameters closure_parameters inferred_parameters
    parameter_list parameter tuple_pattern pattern_list array_pattern object_pattern rest_pattern
    as_pattern_target catch_formal_parameter import_clause import_specifier namespace_import
    dotted_name aliased_import use_declaration type_parameters type_parameter preproc_def
    global_statement nonlocal_statement lifetime macro_definition token_tree
    structured_binding_declarator lambda_capture_specifier jsx_attribute
    labeled_statement""".split()
)
# What they call left is an operand, not a target.
_OPERATIONS = frozenset(
    """binary_operator boolean_operator comparison_operator binary_expression
    range_expression""".split()
)
_MEMBER_FIELDS = frozenset("attribute property field".split())
_QUALIFYING = frozenset(
    """scoped_identifier scoped_type_identifier qualified_identifier qualified_type
    annotation marker_annotation attribute_item attribute decorator""".split()
)
_CALL_FIELDS = frozenset("function name macro constructor".split())
_STANDARD_HEADERS = frozenset(
    """assert ctype errno limits math stdbool stddef stdint stdio stdlib string time cassert cctype
    cerrno cmath cstddef cstdint cstdio cstdlib cstring ctime string vector map set array memory
    algorithm utility iostream""".split()
)
_WORD = re.compile(r"\w+")
_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]*)', re.MULTILINE)
_WILDCARD = re.compile(
    rb"^[ \t]*(?:from [\w.]+ import \*|(?:pub )?use [^;\n]*\*|using namespace|import \. )"
    rb"|\bimport static [\w.]+\.\*|\bextends\b",
    re.MULTILINE,
)


def unresolved(
    tree: SyntaxTree, place: Span, open_documents: Sequence[OpenDocument] = ()
) -> list[str]:
    """Names in ``place`` of the filled ``tree`` that nothing declares, in text order, each once.

    Looks at what the place itself declares, the rest of the file, builtins and open documents.
    """
    if tree.root is None or _may_come_from_elsewhere(tree):
        return []
    used: dict[str, None] = {}
    declared: set[str] = set()
    for name, is_declared in _names(tree, tree.root, place, is_declaring=False):
        if is_declared:
            declared.add(name)
        else:
            used.setdefault(name)
    known = declared | tree.language.vocabulary.keywords | tree.language.vocabulary.builtins
    outside = (tree.data[: place.start], tree.data[place.end :])
    return [
        name
        for name in used
        if name not in known
        and not any(_occurs(name.encode(), text) for text in outside)
        and not any(_occurs(name.encode(), document.text.encode()) for document in open_documents)
    ]


def _names(
    tree: SyntaxTree, node: tree_sitter.Node, place: Span, *, is_declaring: bool
) -> Iterator[tuple[str, bool]]:
    """The identifiers in ``place`` that could be unresolved, and whether they declare a name."""
    kinds = tree.language.kinds
    for index, child in enumerate(node.children):
        if not touches(child, place) or child.type in kinds.comments or child.is_error:
            continue
        field = node.field_name_for_child(index)
        is_member = field in _MEMBER_FIELDS and node.type != "field_declaration"
        if is_member or (field == "key" and node.type == "keyed_element"):
            continue
        is_target = field in _DECLARING_FIELDS and node.type not in _OPERATIONS
        declares = is_declaring or is_target or node.type in _DECLARING_KINDS
        if child.type in kinds.names:
            is_inside = place.start <= child.start_byte and child.end_byte <= place.end
            if is_inside and not child.is_missing and _is_judged(tree, node, child, field):
                text = tree.data[child.start_byte : child.end_byte].decode("utf-8", "replace")
                yield text, declares and not _is_call(node, field)
        elif child.type not in kinds.imports:
            is_value = field in ("value", "right", "body", "arguments", "condition")
            yield from _names(tree, child, place, is_declaring=declares and not is_value)
        else:
            text = tree.data[child.start_byte : child.end_byte].decode("utf-8", "replace")
            yield from ((word, True) for word in _WORD.findall(text))


def _is_call(node: tree_sitter.Node, field: str | None) -> bool:
    return field in _CALL_FIELDS and node.type in ("method_invocation", "call", "call_expression")


def _is_judged(
    tree: SyntaxTree, node: tree_sitter.Node, child: tree_sitter.Node, field: str | None
) -> bool:
    """Whether the name would have to be declared in a place that is seen."""
    if node.type in _QUALIFYING:
        return False
    if node.type == "method_invocation" and field == "name":
        return False
    if tree.language.id in ("go", "java"):
        first = tree.data[child.start_byte : child.start_byte + 1]
        is_package_wide = first.isupper() or child.type != "identifier"
        return not is_package_wide and not (field == "function" or node.type == "type_spec")
    return True


def _may_come_from_elsewhere(tree: SyntaxTree) -> bool:
    """Whether the file takes in names that it does not list."""
    if tree.language.id in ("c", "cpp"):
        for bracket, name in _INCLUDE.findall(tree.data):
            stem = name.decode("utf-8", "replace").removesuffix(".h")
            if bracket == b'"' or stem not in _STANDARD_HEADERS:
                return True
    match = _WILDCARD.search(tree.data)
    if match is None:
        return False
    return match.group() != b"extends" or tree.language.id == "java"


def _occurs(name: bytes, text: bytes) -> bool:
    """Whether ``name`` stands in ``text`` as a whole word."""
    at = text.find(name)
    while at >= 0:
        before, after = text[max(at - 1, 0) : at], text[at + len(name) : at + len(name) + 1]
        if not _is_word(before) and not _is_word(after):
            return True
        at = text.find(name, at + 1)
    return False


def _is_word(byte: bytes) -> bool:
    return bool(byte) and (byte.isalnum() or byte in b"_$" or byte >= b"\x80")
