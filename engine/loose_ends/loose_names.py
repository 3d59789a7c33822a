"""Names that wait for a line: used and not declared yet, or imported and not used yet.

Whoever changes code that works leaves such names for a moment, and the line that is written next
often ties them up: an import, a variable, a parameter; a call of what was just imported.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.edits.names_of import table_of
from engine.edits.symbols import NameTable, Scope, ScopeKind, Site, SymbolKind
from engine.languages import Language
from engine.planning.gaps import indent_of
from engine.planning.stand_in import NAME, StandIn, stand_in
from engine.request import OpenDocument
from engine.spans import Span, span
from engine.syntax import SyntaxTree, parse

# Those whose declarations ``engine.loose_ends.declarations`` knows.
LANGUAGES = frozenset("python javascript javascriptreact typescript typescriptreact".split())
# A tenth of a second for some 2,000 lines, once for a line.
MAX_BYTES = 64_000
# More of them are no names that are missing, but a text that does not parse.
MAX_NAMES = 12
# More imports than these that nothing uses are there for others.
MAX_UNUSED = 6
_NUM_GLOBAL = 3
_DECLARING = "|".join(
    "as class const def enum for from function import interface let type using var".split()
)
_ASSIGNED = re.compile(rb"\s*(?:=(?![=>])|\+\+|--|(?:[-+*/%&|^]|\*\*|<<|>>|\|\||&&|\?\?)=(?!=))")
_AUGMENTED = re.compile(rb"\s*(?:[-+*/%&|^@]|//|\*\*|<<|>>)=")


@dataclass(frozen=True, slots=True)
class FreeName:
    """A name that nothing declares.

    ``is_called``: somewhere a parenthesis stands behind it. ``is_late``: it is used above, too, so
    that only what holds everywhere would declare it. ``is_changed``: it is assigned.
    ``is_parameter``: what the line's class declares does not hold where it is used, a parameter of
    the function that the line opens does.
    """

    name: str
    is_called: bool
    is_late: bool = False
    is_changed: bool = False
    is_parameter: bool = False


@dataclass(frozen=True, slots=True)
class LooseNames:
    """``free`` are not declared, the nearest use below first; ``unused`` are imported in vain.

    ``is_in_body``: the line stands in a function or a class. ``declared``: the names at the top.
    """

    free: tuple[FreeName, ...] = ()
    unused: tuple[str, ...] = ()
    is_in_body: bool = False
    declared: frozenset[str] = frozenset()


def loose_names(tree: SyntaxTree, line: Span, lead: str = "") -> LooseNames:
    """What a declaration or a use on ``line`` would tie up; the line itself is left out.

    Its indentation says in which scope of Python it stands; ``lead`` is what it lacks of it.
    """
    if tree.language.id not in LANGUAGES or len(tree.data) > MAX_BYTES:
        return LooseNames()
    return _without_line(tree.language, *_left_out(tree, line, lead))


def opened_below(tree: SyntaxTree, line: Span, lead: str = "") -> str:
    """The brackets that ``line`` leaves open for what stands below, the outermost first.

    It is asked as ``loose_names`` is.
    """
    if tree.language.grammar is None or len(tree.data) > MAX_BYTES:
        return ""
    return _stood_in(tree.language, *_left_out(tree, line, lead)).opens


def _left_out(tree: SyntaxTree, line: Span, lead: str) -> tuple[bytes, int, bytes]:
    """A text without a line, where that stood, and its indentation."""
    text = line.of(tree.data)
    lead_bytes = lead.encode() + text[: len(text) - len(text.lstrip())]
    return tree.data[: line.start] + tree.data[line.end :], line.start, lead_bytes


@functools.lru_cache(maxsize=4)
def _stood_in(language: Language, data: bytes, at: int, lead: bytes) -> StandIn:
    """The text with a stand-in for the line that stood ``at`` that place, behind ``lead``."""
    return stand_in(parse(data, language), at, lead)


@functools.lru_cache(maxsize=4)
def _without_line(language: Language, data: bytes, at: int, lead: bytes) -> LooseNames:
    """The loose names of that text."""
    table = table_of(_stood_in(language, data, at, lead).tree)
    if table is None:
        return LooseNames()
    scope = _scope(table, at, len(lead))
    return LooseNames(
        tuple(_free(table, scope, at, _body_below(table.tree.data, at, lead))),
        tuple(_unused(table, scope)),
        scope.kind is not ScopeKind.FILE,
        frozenset(table.file_scope.symbols),
    )


def _scope(table: NameTable, at: int, indentation: int) -> Scope:
    """The scope of a line ``at`` that place; what it would be the last line of ends before it."""
    if table.tree.language.id != "python" or not indentation:
        around = [each for each in table.scopes if _holds(each, at)]
        return min(around, key=lambda each: len(each.extent), default=table.file_scope)
    before = len(table.tree.data[:at].rstrip())
    for scope in table.scope_at(before).up():
        if scope.parent is None or scope.node.start_point.column < indentation:
            return scope
    return table.file_scope


def _holds(scope: Scope, at: int) -> bool:
    """Whether ``scope`` began before a line ``at`` that place: the line may open one itself."""
    return scope.node.start_byte < at <= scope.node.end_byte


def _body_below(data: bytes, at: int, lead: bytes) -> Span:
    """The lines below a line ``at`` that place that are deeper than ``lead``."""
    start = data.find(b"\n", at) + 1 or len(data)
    end, depth = start, indent_of(lead + b"x")
    for line in data[start:].splitlines(keepends=True):
        if line.strip() and indent_of(line) <= depth:
            break
        end += len(line)
    return span(start, end)


def _of_class(table: NameTable, scope: Scope, places: Sequence[Span], body: Span) -> list[Span]:
    """Those of ``places`` where a name that the class ``scope`` declares holds.

    In its own statements in Python, not in its methods; in scripts nowhere.
    """
    if table.tree.language.id != "python":
        return []
    own = [place for place in places if not place.overlaps(body)]
    return [place for place in own if table.scope_at(place.start) is scope]


def _free(table: NameTable, scope: Scope, at: int, body: Span) -> list[FreeName]:
    """Names that are used where a declaration ``at`` that place in ``scope`` would hold.

    ``body``: what the line opens, if it opens something.
    """
    vocabulary, data = table.tree.language.vocabulary, table.tree.data
    known = vocabulary.keywords | vocabulary.builtins | {NAME, ""}
    found = []
    for name, sites in (*table.free.items(), *_only_changed(table, scope)):
        extent = scope.extent
        inside = [one.span for one in sites if extent.start <= one.span.start < extent.end]
        is_class = scope.kind is ScopeKind.CLASS
        held = _of_class(table, scope, inside, body) if is_class else inside
        is_parameter = not held and any(map(body.overlaps, inside))
        if name not in known and (held or is_parameter):
            below = min((place.start for place in inside if place.start >= at), default=len(data))
            is_called = any(data[place.end : place.end + 1] == b"(" for place in inside)
            is_late = any(place.start < at for place in inside)
            is_changed = any(_ASSIGNED.match(data, place.end) for place in inside)
            free = FreeName(name, is_called, is_late, is_changed, is_parameter)
            found.append((below, free))
    if len(found) > MAX_NAMES:
        return []
    return [each for _, each in sorted(found, key=lambda pair: (pair[0], pair[1].name))]


def _only_changed(table: NameTable, scope: Scope) -> Iterator[tuple[str, list[Site]]]:
    """Variables of ``scope`` that are counted up and the like, but never begun (Python)."""
    for symbols in scope.symbols.values():
        for symbol in symbols:
            sites = [site for site in symbol.sites if site.is_definition]
            ends = [table.tree.data[site.span.end : site.span.end + 8] for site in sites]
            if sites and all(map(_AUGMENTED.match, ends)):
                yield symbol.name, symbol.sites


def _unused(table: NameTable, scope: Scope) -> list[str]:
    """Imports that hold in ``scope`` and have no site but their declaration.

    Of other names the model sees by itself what is not used.
    """
    used = {id(one.root) for one in table.symbols if any(map(_is_use, one.sites))}
    around = {id(each) for each in scope.up()}
    found = [
        symbol.name
        for symbol in table.symbols
        if symbol.kind in (SymbolKind.IMPORT, SymbolKind.MODULE)
        and id(symbol.scope) in around
        and id(symbol.root) not in used
        and (symbol.origin is None or symbol.origin.module != "__future__")
    ]
    return found if len(found) <= MAX_UNUSED else []


def _is_use(site: Site) -> bool:
    return not site.is_definition


def is_global(name: str, documents: Sequence[OpenDocument]) -> bool:
    """Whether other files use a name again and again, and none seems to declare it."""
    texts = tuple(document.text for document in documents if name in document.text)
    return _is_used_only(name, texts)


@functools.lru_cache(maxsize=64)
def _is_used_only(name: str, texts: tuple[str, ...]) -> bool:
    word = rf"(?<![\w$.]){re.escape(name)}(?![\w$])"
    if sum(len(re.findall(word, text)) for text in texts) < _NUM_GLOBAL:
        return False
    declared = re.compile(
        rf"\b(?:{_DECLARING})\b[^\n=]*{word}|[(,{{]\s*{word}\s*[,)=:}}]|^\s*{word}\s*(?:[,:]|=[^=]|$)",
        re.MULTILINE,
    )
    return not any(declared.search(text) for text in texts)


def line_around(data: bytes, place: Span) -> Span:
    """The line or lines of ``place``, without the last line break."""
    end = data.find(b"\n", place.end)
    return span(data.rfind(b"\n", 0, place.start) + 1, len(data) if end < 0 else end)
