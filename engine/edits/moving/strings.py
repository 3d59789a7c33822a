"""Dotted names of modules in Python's strings: what is called with one, settings, configurations.

A string that a function imports by is sure; of any other the user is asked, however like a module
it looks: a logger may have that name, too, or a key of a cache.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import tree_sitter

from engine.edits.moving.modules import Module, ModuleNames
from engine.proposal import Edit
from engine.spans import Span, span
from engine.syntax import SyntaxTree

# ``pkg.module:attribute`` is how entry points are written.
_DOTTED = re.compile(rb"""(["'])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?::[A-Za-z_][\w.]*)?\1""")
_IMPORTERS = re.compile(
    rb"(?:importlib\.)?import_module|importlib\.util\.find_spec|runpy\.run_module"
    rb"|importlib\.resources\.files|pytest\.importorskip|pkgutil\.resolve_name"
    rb"|(?:unittest\.)?(?:mock\.)?patch(?:\.dict|\.multiple)?"
    rb"|(?:self\.)?mocker\.patch(?:\.dict|\.multiple)?|(?:self\.)?monkeypatch\.(?:set|del)attr"
)
# Where these are not imported, functions of those names are others.
_NEEDED = ((rb"import_module", b"importlib"), (rb"(?<!monkey)patch", b"mock"))
_ENDINGS = frozenset("css csv html ini js json log md png rst sql toml ts txt xml yaml yml".split())
# Settings whose strings may be modules of one word.
_SETTINGS = frozenset((b"INSTALLED_APPS", b"ROOT_URLCONF", b"pytest_plugins"))


@dataclass(slots=True)
class MovedStrings:
    """What becomes of a file's strings; ``left`` counts the sure ones that cannot be written."""

    sure: list[Edit] = field(default_factory=list)
    asked: list[Edit] = field(default_factory=list)
    left: int = 0


def may_name(words: str, text: str) -> bool:
    """Whether a string of ``text`` holds a dotted name with one of ``words``, a pattern."""
    return re.search(rf"""["'][\w.]*\b(?:{words})\b[\w.:]*["']""", text) is not None


def moved_strings(names: ModuleNames, tree: SyntaxTree) -> MovedStrings:
    """The strings of one file that name what moves."""
    found = MovedStrings()
    for place, node in _strings(tree):
        dotted = place.of(tree.data).decode()
        is_sure = _is_imported(node, tree.data)
        if "." not in dotted and not is_sure and not _is_setting(node):
            continue
        module, size = _longest(names, dotted)
        stem = None if module is None else names.new_stem(module)
        if module is None or stem == module.stem or _is_file_name(module, dotted[size + 1 :]):
            continue
        new = None if stem is None else names.written(stem, module.root, 0)
        if new:
            edit = Edit(span(place.start, place.start + size), new)
            (found.sure if is_sure else found.asked).append(edit)
        else:
            found.left += is_sure
    return found


def _strings(tree: SyntaxTree) -> Iterator[tuple[Span, tree_sitter.Node]]:
    """Strings that are one dotted name, docstrings left out: the name's place, and the node."""
    for match in _DOTTED.finditer(tree.data):
        node = tree.node_at(match.start() + 1)
        while node is not None and node.type != "string":
            node = node.parent
        if node is None or node.parent is None or node.parent.type == "expression_statement":
            continue
        is_whole = node.end_byte == match.end() and node.start_byte in (
            match.start(),
            match.start() - 1,
        )
        prefix = tree.data[node.start_byte : match.start()].lower()
        if is_whole and prefix in (b"", b"r", b"u"):
            yield span(match.start(2), match.end(2)), node


def _longest(names: ModuleNames, dotted: str) -> tuple[Module | None, int]:
    """The module that the longest beginning of ``dotted`` means, and its length."""
    parts = dotted.split(".")
    for size in range(len(parts), 0, -1):
        begun = ".".join(parts[:size])
        module = names.absolute(begun)
        if module is not None:
            return module, len(begun)
    return None, 0


def _is_file_name(module: Module, rest: str) -> bool:
    """Whether what follows the module is none of its names: a plain folder has none."""
    return rest in _ENDINGS or (bool(rest) and module.file == module.stem)


def _is_imported(node: tree_sitter.Node, data: bytes) -> bool:
    """Whether the string is the first argument of a function that imports what it says."""
    arguments = node.parent
    call = arguments.parent if arguments is not None else None
    if call is None or arguments is None or call.type != "call":
        return False
    callee = call.child_by_field_name("function")
    text = b"" if callee is None else re.sub(rb"\s", b"", callee.text or b"")
    if arguments.named_children[0] != node or not _IMPORTERS.fullmatch(text):
        return False
    return all(needed in data for name, needed in _NEEDED if re.search(name, text))


def _is_setting(node: tree_sitter.Node) -> bool:
    """Whether the string stands in the value of a setting that lists modules."""
    above = node.parent
    while above is not None and above.type in ("list", "tuple", "binary_operator"):
        above = above.parent
    if above is None or above.type not in ("assignment", "augmented_assignment"):
        return False
    left = above.child_by_field_name("left")
    name = b"" if left is None else left.text
    return name in _SETTINGS or (name == b"name" and _is_in_app(above))


def _is_in_app(node: tree_sitter.Node) -> bool:
    """Whether the assignment is one of Django's descriptions of an app."""
    above = node.parent
    while above is not None and above.type in ("expression_statement", "block"):
        above = above.parent
    bases = above.child_by_field_name("superclasses") if above is not None else None
    return bases is not None and b"AppConfig" in (bases.text or b"")
