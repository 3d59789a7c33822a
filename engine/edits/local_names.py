"""Names for what is new in a text: from what an expression says, and apart from all others."""

from __future__ import annotations

import re

import tree_sitter

from engine.edits.lexemes import lexemes
from engine.syntax import SyntaxTree

_GETTER = re.compile(r"^(?:get|fetch|load|read|compute|make|create|build|find)_?(?=[a-zA-Z])")
_BY_KIND = {
    "string": "text",
    "template_string": "text",
    "integer": "number",
    "float": "number",
    "number": "number",
    "comparison_operator": "is_true",
    "boolean_operator": "is_true",
    "not_operator": "is_true",
    "list": "items",
    "list_comprehension": "items",
    "array": "items",
    "dictionary": "mapping",
    "object": "options",
    "lambda": "function",
    "arrow_function": "callback",
}
_DEFAULT = "value"


def name_for(tree: SyntaxTree, node: tree_sitter.Node) -> str:
    """A name for the value of an expression that nothing else in the file is called."""
    is_camel = tree.language.id not in ("python", "rust", "c", "cpp")
    words = _said(tree, node) or _BY_KIND.get(node.type, _DEFAULT)
    name = _camel(words) if is_camel else words
    return unused_name(tree, name)


def unused_name(tree: SyntaxTree, wanted: str) -> str:
    """``wanted``, with a number behind it when the file uses the word already."""
    taken = {lexeme.text.decode("utf-8", "replace") for lexeme in lexemes(tree.data)}
    taken |= tree.language.vocabulary.keywords | tree.language.vocabulary.builtins
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}{number}" if wanted[-1:] != "_" else f"{wanted}x", number + 1
    return name


def is_name(text: str, tree: SyntaxTree) -> bool:
    """Whether ``text`` is an identifier and no keyword of the language."""
    return re.fullmatch(r"[^\W\d]\w*", text) is not None and (
        text not in tree.language.vocabulary.keywords
    )


def _said(tree: SyntaxTree, node: tree_sitter.Node) -> str:
    """What an expression calls itself: the function or member that it asks for."""
    for field in ("function", "attribute", "property", "constructor", "value", "object"):
        child = node.child_by_field_name(field)
        if child is None:
            continue
        if child.type in ("identifier", "property_identifier", "field_identifier"):
            text = tree.data[child.start_byte : child.end_byte].decode("utf-8", "replace")
            if field == "function" and text == "len":
                return "length"
            said = _snake(_GETTER.sub("", text)).strip("_")
            return said if len(said) > 1 else ""
        return _said(tree, child)
    return ""


def _snake(text: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", text).lower()


def _camel(text: str) -> str:
    first, *others = text.split("_")
    return first + "".join(word.capitalize() for word in others)
