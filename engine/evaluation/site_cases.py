"""Cases of a change that goes on at a known number of sites, cut from any source files.

Each is an edit at one place of a real file: a name typed anew where it is declared, a parameter
more or less in a function that is called, a member replaced where lines like it hold it too. It
comes several times with another new name, so that it can be timed again and again: the text before
the edit is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

import tree_sitter

from engine.edits.names_of import name_table
from engine.edits.next_edit import analysed
from engine.edits.references import is_member
from engine.edits.symbols import NameTable
from engine.edits.template import HOLE
from engine.languages import language_of
from engine.request import RecentEdit, Request
from engine.spans import Span, span
from engine.syntax import parse
from engine.training.corpus import SourceFile

NUMS_SITES = (1, 2, 4, 8)
NEW_NAMES = ("fresh_one", "fresh_two", "fresh_three")
_FUNCTIONS = frozenset(
    "function_definition function_declaration method_definition method_declaration".split()
)
# One edit of these in a file: more would be more of the same.
_MAX_TRIED = 12
_MEMBER = re.compile(rb"(?<=[\w)]\.)([A-Za-z]\w{3,})(?=\W)")


class SiteKind(str, Enum):
    """What was done at the first place."""

    RENAMED = "a name typed anew"
    LESS = "a parameter less"
    MORE = "a parameter more, arguments to be written"
    PATTERN = "a pattern repeated"


@dataclass(frozen=True, slots=True)
class SiteCase:
    """The same edit with each of NEW_NAMES; analysis finds ``num_sites`` more places for it."""

    kind: SiteKind
    num_sites: int
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class _Edit:
    """``place`` of the file becomes what ``new`` makes of a new name."""

    kind: SiteKind
    place: Span
    new: Callable[[str], str]


def site_cases(file: SourceFile) -> Iterator[SiteCase]:
    """The cases of a file whose number of sites is one of NUMS_SITES."""
    data = file.text.encode()
    table = name_table(parse(data, language_of(file.path)))
    if table is None or table.tree.root is None or table.tree.root.has_error:
        return
    for find in (_renamed, _parameters, _members):
        for number, edit in enumerate(find(table)):
            if number == _MAX_TRIED:
                break
            requests = tuple(_request(file.path, data, edit, name) for name in NEW_NAMES)
            found = analysed(requests[0])
            is_open = any(HOLE in each.new_text for each in found)
            if len(found) in NUMS_SITES and is_open is (edit.kind is SiteKind.MORE):
                yield SiteCase(edit.kind, len(found), requests)


def _request(path: str, data: bytes, edit: _Edit, name: str) -> Request:
    new = edit.new(name).encode()
    text = data[: edit.place.start] + new + data[edit.place.end :]
    edited = span(edit.place.start, edit.place.start + len(new))
    recent = RecentEdit(edited, edit.place.of(data).decode(), 1.0)
    return Request(text.decode(), edited.end, path=path, recent_edits=(recent,))


def _renamed(table: NameTable) -> Iterator[_Edit]:
    """Names with a fitting number of sites, where they are declared."""
    for symbol in table.symbols:
        sites = sorted(symbol.sites)
        is_plain = symbol.root is symbol and not is_member(symbol)
        if is_plain and len(sites) - 1 in NUMS_SITES and sites[0].is_definition:
            yield _Edit(SiteKind.RENAMED, sites[0].span, lambda name: name)


def _parameters(table: NameTable) -> Iterator[_Edit]:
    """The last parameter of functions that are mentioned a fitting number of times."""
    data, stack = table.tree.data, [table.tree.root]
    while stack:
        node = stack.pop()
        if node is None:
            continue
        stack.extend(reversed(node.named_children))
        name, listed = node.child_by_field_name("name"), node.child_by_field_name("parameters")
        if node.type not in _FUNCTIONS or name is None or listed is None:
            continue
        word = data[name.start_byte : name.end_byte]
        num_calls = len(re.findall(rb"(?<![\w$])%s\(" % re.escape(word), data)) - 1
        if num_calls in NUMS_SITES:
            yield from _of_list(listed)


def _of_list(listed: tree_sitter.Node) -> Iterator[_Edit]:
    """The list with one parameter less and one more, where all are plain names."""
    names = listed.named_children
    if not names or any(each.type not in ("identifier", "required_parameter") for each in names):
        return
    last = names[-1].end_byte
    yield _Edit(SiteKind.MORE, span(last, last), lambda name: f", {name}")
    if len(names) > 1:
        yield _Edit(SiteKind.LESS, span(names[-2].end_byte, last), _spaces)


def _spaces(name: str) -> str:
    """Nothing, but another nothing for each name."""
    return " " * NEW_NAMES.index(name)


def _members(table: NameTable) -> Iterator[_Edit]:
    """The first place of members that stand a fitting number of times."""
    found: dict[bytes, list[Span]] = {}
    for match in _MEMBER.finditer(table.tree.data):
        found.setdefault(match[1], []).append(span(match.start(), match.end()))
    for places in found.values():
        if len(places) - 1 in NUMS_SITES:
            yield _Edit(SiteKind.PATTERN, places[0], lambda name: f"{name}().it")
