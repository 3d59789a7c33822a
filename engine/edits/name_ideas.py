"""Names that a thing may have by what is around it: deterministic, no model.

What it is passed as, what it is made from, what it is assigned to, its type, and the words of the
file. Order is by how telling the source is; ``names`` lets the model choose.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import tree_sitter

from engine.edits.symbols import NameTable, Site, Symbol, SymbolKind
from engine.languages import Language
from engine.syntax import SyntaxTree

COMMON = tuple(
    """value name key result data path context node options config obj index request message msg
    type response params state url filename error text val source values start item func line
    size match model out client parts err length event other root headers target output prefix
    res token arg module ret offset parent app field width mode entry""".split()
)
"""What locals are called most often in 3,355 files of the training corpus, tried last."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_VERBS = frozenset(
    """get set make create build load read fetch find parse new to from as is has compute calc
    calculate open init do with""".split()
)
_SNAKE = frozenset(("python", "rust", "c", "cpp"))
_MAX_IDEAS = 64


def name_ideas(table: NameTable, symbol: Symbol, limit: int = _MAX_IDEAS) -> list[str]:
    """Up to ``limit`` names for ``symbol`` in the language's casing, its own name left out."""
    tree, language = table.tree, table.tree.language
    ideas: dict[str, None] = {}
    sources = (
        _around_sites(tree, table.sites_of(symbol)),
        _of_expressions(table, symbol),
        _neighbours(table, symbol),
        COMMON,
        _words_of(tree),
    )
    for source in sources:
        for raw in source:
            name = cased(raw, symbol, language)
            if name and name != symbol.name and name not in language.vocabulary.keywords:
                ideas.setdefault(name)
            if len(ideas) >= limit:
                return list(ideas)
    return list(ideas)


def cased(raw: str, symbol: Symbol, language: Language) -> str:
    """``raw`` in the casing of ``symbol``'s kind: snake_case, camelCase, PascalCase or CAPITALS."""
    words: list[str] = [word.lower() for word in _WORDS.findall(raw)]
    if not words or words[0].isdigit():
        return ""
    private = "_" if symbol.name.startswith("_") and not symbol.name.startswith("__") else ""
    if symbol.name.isupper() and len(symbol.name) > 1:
        return private + "_".join(words).upper()
    is_class = symbol.kind in (SymbolKind.CLASS, SymbolKind.TYPE)
    if is_class:
        return private + "".join(word.capitalize() for word in words)
    if language.id in _SNAKE:
        return private + "_".join(words)
    is_exported = language.id == "go" and symbol.name[:1].isupper()
    first = words[0].capitalize() if is_exported else words[0]
    return private + first + "".join(word.capitalize() for word in words[1:])


def _around_sites(tree: SyntaxTree, sites: Sequence[Site]) -> Iterator[str]:
    """Keywords it is passed under, attributes it is assigned to, loops over it or from it."""
    for site in sites:
        node = tree.root and tree.root.descendant_for_byte_range(site.span.start, site.span.end)
        parent = None if node is None else node.parent
        if node is None or parent is None:
            continue
        for field in ("name", "key", "left", "property", "attribute"):
            named = parent.child_by_field_name(field)
            if named is not None and named.id != node.id:
                yield from _last_names(tree, named)
        subscript = parent.child_by_field_name("subscript")
        if subscript is not None and subscript.id != node.id:
            yield from _last_names(tree, subscript)
        yield from _loop_names(tree, parent, node)


def _loop_names(
    tree: SyntaxTree, parent: tree_sitter.Node, node: tree_sitter.Node
) -> Iterator[str]:
    """``for item in items``: the one tells the other."""
    left, right = parent.child_by_field_name("left"), parent.child_by_field_name("right")
    if left is None or right is None or "for" not in parent.type:
        return
    if node.id == left.id:
        for name in _last_names(tree, right):
            yield singular(name)
    elif node.id == right.id:
        for name in _last_names(tree, left):
            yield f"{name}s"


def _of_expressions(table: NameTable, symbol: Symbol) -> Iterator[str]:
    """Its type, what it is made from, and, of a function's result, the function."""
    tree = table.tree
    for one in table.declarations(symbol):
        if one.annotation is not None:
            yield from _last_names(tree, one.annotation.node)
        for value in (each for each in one.values if not each.path):
            for name in _last_names(tree, value.node):
                yield singular(name) if value.part.value == "element" else without_verb(name)
                yield name
    owner = symbol.scope.owner
    if owner is not None and symbol.kind is SymbolKind.VARIABLE:
        yield without_verb(owner.name)


def _last_names(tree: SyntaxTree, node: tree_sitter.Node) -> Iterator[str]:
    """The words that an expression ends in: of ``self.a.items()`` items, of ``"key"`` key."""
    text = tree.data[node.start_byte : node.end_byte].decode("utf-8", "replace")[:200]
    names = _IDENTIFIER.findall(text.partition("(")[0]) or _IDENTIFIER.findall(text)
    if names:
        yield names[-1]
    yield from (name for name in names[:-1][-3:] if name not in ("self", "this", "cls"))


def _neighbours(table: NameTable, symbol: Symbol) -> Iterator[str]:
    """Names of the same kind in the file, the most used first, without those of its scope."""
    taken = {name for scope in symbol.scope.up() for name in scope.symbols}
    counts = Counter(
        one.name for one in table.symbols if one.kind is symbol.kind and one.name not in taken
    )
    yield from (name for name, _ in counts.most_common(24))


def _words_of(tree: SyntaxTree) -> Iterator[str]:
    """The words of the file, the most used first."""
    text = tree.data[:100_000].decode("utf-8", "replace")
    counts = Counter(word for word in _IDENTIFIER.findall(text) if 2 < len(word) < 25)
    yield from (word for word, _ in counts.most_common(60))


def singular(name: str) -> str:
    """One of what a plural names, roughly."""
    for ending, one in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("s", "")):
        if name.endswith(ending) and len(name) > len(ending) + 1 and not name.endswith("ss"):
            return name.removesuffix(ending) + one
    return name


def without_verb(name: str) -> str:
    """What a call gives: of ``get_user`` user, of ``parseArgs`` Args."""
    words = _WORDS.findall(name)
    if len(words) > 1 and words[0].lower() in _VERBS:
        return "_".join(words[1:])
    return name
