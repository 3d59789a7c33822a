"""Names that files share: of one package (Go, Java), program (C, C++) or crate (Rust).

Syntax alone, so it is told which places are certain and which only may mean the same.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import tree_sitter

from engine.edits.c_names import TAG_SPACE
from engine.edits.modules import module_above, module_names
from engine.edits.references import is_member, key_of, local_scope
from engine.edits.symbols import NameTable, Scope, ScopeKind, Site, Symbol, SymbolKind

SHARING = frozenset("go java rust c cpp".split())
_OWN = (SymbolKind.IMPORT, SymbolKind.MODULE, SymbolKind.LABEL)
_C = ("c", "cpp")
HEADERS = (".h", ".hh", ".hpp", ".hxx", ".ipp", ".inc")
_GO_IMPORT = re.compile(rb'(?:(\w+)[ \t]+)?["`]([^"`\n]+)["`]')
_LIBRARIES = ("std", "core", "alloc")
_MAX_HOPS = 8
_ALL_USED = re.compile(r"(\w+)::\*")
_PATH = re.compile(rb"(\w+(?:::\w+)*)::$")
_TAG = re.compile(rb"\b(?:struct|union|enum)\s+$")
_QUALIFIER = re.compile(rb"([\w.]+)\s*(?:\.|::)\s*$")


@dataclass(frozen=True, slots=True)
class SharedName:
    """What is declared in the file ``path`` and can be seen from others."""

    path: str
    table: NameTable
    symbol: Symbol
    handed_on: frozenset[str] = frozenset()
    """Modules of Rust that give it out under its name."""

    @property
    def language(self) -> str:
        """The language id of its file."""
        return self.table.tree.language.id

    def sites_in(self, path: str, table: NameTable) -> Iterator[tuple[Site, bool]]:
        """The places of the name in another file, and whether each certainly means this one."""
        if self.language not in SHARING or not is_visible(self.symbol) or self.is_private():
            return
        if is_member(self.symbol):
            yield from self._member_sites(table)
        elif self.language == "go":
            yield from self._go(path, table)
        elif self.language == "java":
            yield from self._java(path, table)
        elif self.language == "rust":
            yield from self._rust(path, table)
        else:
            yield from self._c(path, table)

    def is_private(self) -> bool:
        """Whether C keeps the name in its file: it is ``static`` there, or in no namespace."""
        if self.language not in _C or self.path.endswith(HEADERS) or is_member(self.symbol):
            return False
        return _is_static(self.table, self.symbol)

    def _go(self, path: str, table: NameTable) -> Iterator[tuple[Site, bool]]:
        """The same package without a word, others by the package's name."""
        name, folder = self.symbol.name, posixpath.dirname(_slashed(self.path))
        is_beside = posixpath.dirname(_slashed(path)) == folder
        if is_beside and package_of(table) == package_of(self.table):
            yield from _certain(self._declared_again(table))
            yield from _certain(table.free.get(name, ()))
            return
        for alias, module in _go_imports(table):
            certainty = _means_folder(module, folder, _slashed(path))
            for site in table.unknown.get(name, ()) if certainty is not None else ():
                if _qualifier(table, site) == (alias or package_of(self.table)):
                    yield site, bool(certainty)

    def _java(self, path: str, table: NameTable) -> Iterator[tuple[Site, bool]]:
        """The same package without a word, others by an import."""
        del path
        name, package = self.symbol.name, package_of(self.table)
        if package_of(table) == package or package in _java_folders(table):
            yield from _certain(table.free.get(name, ()))
        yield from _certain(_imported(table, name, package))
        for site in table.unknown.get(name, ()):
            if _qualifier(table, site) == package:
                yield site, True

    def _rust(self, path: str, table: NameTable) -> Iterator[tuple[Site, bool]]:
        """Whoever names the module, by a path or an import; others may mean it."""
        name, modules = self.symbol.name, {*self._modules(), *self.handed_on}
        own, above = module_names(_slashed(path)), module_above(_slashed(path))
        is_known = False
        for symbol in table.symbols:
            if symbol.name != name or symbol.kind is not SymbolKind.IMPORT:
                continue
            path_used = _used_path(table, symbol)
            if path_used and _is_of_library(table, path_used):
                continue
            used = path_used.rpartition("::")[2]
            is_sure = used in modules or (used == "self" and not modules.isdisjoint(own))
            is_sure |= used == "super" and (is_known or not modules.isdisjoint(above))
            is_known |= is_sure
            for site in symbol.sites:
                yield site, is_sure
        for site in table.unknown.get(name, ()):
            head = _qualifier(table, site)
            path_used = _path_before(table, site)
            if head is not None and path_used and not _is_of_library(table, path_used):
                yield site, head in modules
        for site in table.free.get(name, ()):
            yield site, False

    def _modules(self) -> tuple[str, ...]:
        return tuple(self._spaces())[:1] or module_names(_slashed(self.path))

    def given_out(self, tables: Iterable[tuple[str, NameTable]]) -> SharedName:
        """The same, and which modules of Rust give it out (``pub use``)."""
        if self.language != "rust" or is_member(self.symbol):
            return self
        uses = [
            (path, used) for path, table in tables for used in _given_out(table, self.symbol.name)
        ]
        found = set(self._modules())
        for _ in range(_MAX_HOPS):
            again = {name for path, used in uses if used in found for name in module_names(path)}
            if again <= found:
                break
            found |= again
        return replace(self, handed_on=frozenset(found))

    def _c(self, path: str, table: NameTable) -> Iterator[tuple[Site, bool]]:
        """All of the program: whoever does not declare it for himself."""
        again = [
            one
            for one in table.symbols
            if one.name == self.symbol.name and is_visible(one) and not is_member(one)
        ]
        if not path.endswith(HEADERS) and any(_is_static(table, one) for one in again):
            return
        found = [site for one in again for site in table.sites_of(one)]
        is_c = self.language == table.tree.language.id == "c"
        for site in (*found, *table.free.get(self.symbol.name, ())):
            if not is_c or _is_tag(table, site) == (self.symbol.space == TAG_SPACE):
                yield site, True
        spaces = set(self._spaces())
        for site in table.unknown.get(self.symbol.name, ()):
            if _qualifier(table, site) in spaces:
                yield site, True

    def _spaces(self) -> Iterator[str]:
        """The namespaces or modules of the file around the name, innermost first."""
        for scope in self.symbol.scope.up():
            name = scope.node.child_by_field_name("name")
            if scope.kind is ScopeKind.NAMESPACE and name is not None and name.text is not None:
                yield name.text.decode("utf-8", "replace").rpartition("::")[2]

    def _declared_again(self, table: NameTable) -> Iterator[Site]:
        """Where another file of the package declares it: for another system, or as a receiver."""
        symbol = table.file_scope.get(self.symbol.name)
        yield from () if symbol is None else table.sites_of(symbol)

    def _member_sites(self, table: NameTable) -> Iterator[tuple[Site, bool]]:
        """Members of other objects, of what overrides this one, names seen from a derived class."""
        name, owner = self.symbol.name, self.symbol.scope.owner
        whose = None if owner is None else owner.name
        for site in table.unknown.get(key_of(self.symbol), ()):
            yield site, whose is not None and _qualifier(table, site) == whose
        if self.language == "java" and whose is not None:
            yield from _certain(_imported(table, name, f"{package_of(self.table)}.{whose}"))
        for site in table.free.get(name, ()):
            yield site, _is_within(table, site, whose)
        for other in table.symbols:
            is_alike = other.name == name and other.space == self.symbol.space
            if is_alike and is_member(other) and other.kind is self.symbol.kind:
                yield from ((site, False) for site in table.sites_of(other))

    def alike(self) -> Iterator[Site]:
        """Places in the same file that may mean a member: what overrides it, words of a macro."""
        if self.language not in SHARING or not is_member(self.symbol):
            return
        yield from self.table.free.get(self.symbol.name, ())
        if self.symbol.kind is SymbolKind.FUNCTION:
            for other in self.table.symbols:
                is_alike = other.name == self.symbol.name and other.space == self.symbol.space
                if is_alike and is_member(other) and other.root is not self.symbol.root:
                    yield from self.table.sites_of(other)


def declared_in(
    tables: Sequence[tuple[str, NameTable]], path: str, here: NameTable, name: str, offset: int
) -> tuple[str, Symbol] | None:
    """The symbol of another file that the name at ``offset`` of ``path`` certainly means."""
    for other, table in tables:
        for symbol in table.symbols if other != path else ():
            if symbol.name != name or not symbol.sites or is_member(symbol):
                continue
            shared = SharedName(other, table, symbol).given_out(tables)
            for site, is_certain in shared.sites_in(path, here):
                if is_certain and site.span.start <= offset <= site.span.end:
                    return other, symbol
    return None


def is_visible(symbol: Symbol) -> bool:
    """Whether other files can see what a file declares: no local, no import, no type parameter."""
    if local_scope(symbol) is not None or symbol.scope.kind is ScopeKind.BLOCK:
        return False
    return symbol.kind not in _OWN and not _is_type_parameter(symbol)


def _is_type_parameter(symbol: Symbol) -> bool:
    if symbol.kind is not SymbolKind.TYPE or not symbol.sites:
        return False
    place = symbol.sites[0].span
    node = symbol.scope.node.named_descendant_for_byte_range(place.start, place.end)
    return node is not None and node.parent is not None and "type_parameter" in node.parent.type


def package_of(table: NameTable) -> str:
    """What the file says that its package is called, empty for nothing."""
    root = table.tree.root
    for child in () if root is None else root.named_children:
        if child.type in ("package_clause", "package_declaration"):
            text = child.named_children[-1].text or b""
            return text.decode("utf-8", "replace").replace(" ", "")
    return ""


def _certain(sites: Iterator[Site] | list[Site] | tuple[Site, ...]) -> Iterator[tuple[Site, bool]]:
    return ((site, True) for site in sites)


def _imported(table: NameTable, name: str, module: str) -> Iterator[Site]:
    """Where a Java file uses ``name`` of ``module``, which it imports."""
    for symbol in table.file_scope.symbols.get(name, ()):
        if symbol.origin is not None and symbol.origin.module == module:
            yield from table.sites_of(symbol)
            yield from table.free.get(name, ())  # calls of a method


def _java_folders(table: NameTable) -> Iterator[str]:
    """The packages of which a file imports everything."""
    root = table.tree.root
    for child in () if root is None else root.named_children:
        if child.type == "import_declaration" and (child.text or b"").endswith(b"*;"):
            text = child.named_children[0].text or b""
            yield text.decode("utf-8", "replace")


def _go_imports(table: NameTable) -> Iterator[tuple[str, str]]:
    """The packages that a file imports, each with its other name, if it has one."""
    root = table.tree.root
    for child in () if root is None else root.named_children:
        if child.type == "import_declaration":
            for match in _GO_IMPORT.finditer(child.text or b""):
                alias = (match[1] or b"").decode()
                yield "" if alias == "import" else alias, match[2].decode("utf-8", "replace")


def _means_folder(module: str, folder: str, importer: str) -> bool | None:
    """Whether an import path means a folder; None where it does not, False where it may."""
    wanted, parts = module.split("/"), folder.split("/")
    num_same = 0
    while num_same < min(len(wanted), len(parts)) and wanted[-1 - num_same] == parts[-1 - num_same]:
        num_same += 1
    if num_same == 0 or len(wanted) == 1:
        return None
    return num_same > 1 or importer.startswith(f"{folder}/")


def _qualifier(table: NameTable, site: Site) -> str | None:
    """What stands before the name and its dot, the last word of a path."""
    start = max(0, site.span.start - 200)
    match = _QUALIFIER.search(table.tree.data, start, site.span.start)
    if match is None:
        return None
    return match[1].decode("utf-8", "replace")


def _path_before(table: NameTable, site: Site) -> str:
    """Rust's path before a name, empty for none."""
    match = _PATH.search(table.tree.data, max(0, site.span.start - 200), site.span.start)
    return "" if match is None else match[1].decode("utf-8", "replace")


def _given_out(table: NameTable, name: str) -> Iterator[str]:
    """The modules from which a file of Rust gives out ``name``, by itself or with all others."""
    root = table.tree.root
    for node in () if root is None else root.named_children:
        is_public = any(child.type == "visibility_modifier" for child in node.named_children)
        if node.type == "use_declaration" and is_public:
            text = (node.text or b"").decode("utf-8", "replace")
            yield from (found[1] for found in _ALL_USED.finditer(text))
            if re.search(rf"\b{re.escape(name)}\b", text):
                for symbol in table.file_scope.symbols.get(name, ()):
                    yield _used_path(table, symbol).rpartition("::")[2]


def _is_of_library(table: NameTable, path: str) -> bool:
    """Whether a path of Rust leads into the standard library, by itself or by an import."""
    first = path.partition("::")[0]
    symbol = table.file_scope.get(first)
    if symbol is not None and symbol.kind is SymbolKind.IMPORT:
        first = _used_path(table, symbol).partition("::")[0]
    return first in _LIBRARIES


def _used_path(table: NameTable, symbol: Symbol) -> str:
    """The path before a name that Rust imports: ``a::b`` of ``use a::{b::c}`` for ``c``."""
    root = table.tree.root
    site = symbol.sites[0].span
    node = None if root is None else root.named_descendant_for_byte_range(site.start, site.end)
    parts: list[str] = []
    while node is not None and node.parent is not None and node.type != "use_declaration":
        path = node.parent.child_by_field_name("path")
        if path is not None and path.end_byte <= site.start:
            parts.insert(0, (path.text or b"").decode("utf-8", "replace"))
        node = node.parent
    return "::".join(parts)


def _is_static(table: NameTable, symbol: Symbol) -> bool:
    """Whether C keeps a name of the file to the file."""
    is_nameless = any(
        scope.kind is ScopeKind.NAMESPACE and scope.node.child_by_field_name("name") is None
        for scope in symbol.scope.up()
    )
    return is_nameless or any(
        child.type == "storage_class_specifier" and child.text == b"static"
        for site in symbol.sites
        if site.is_definition
        for child in _declaration(table, site).named_children
    )


def _is_tag(table: NameTable, site: Site) -> bool:
    """Whether the name is one of C's tags: ``struct name``."""
    before = table.tree.data[max(0, site.span.start - 20) : site.span.start]
    return _TAG.search(before) is not None


def _declaration(table: NameTable, site: Site) -> tree_sitter.Node:
    root = table.tree.root
    if root is None:
        raise ValueError("a text without a tree has no nodes")
    node = root.named_descendant_for_byte_range(site.span.start, site.span.end) or root
    while node.parent is not None and node.type not in ("declaration", "function_definition"):
        node = node.parent
    return node


def _is_within(table: NameTable, site: Site, owner: str | None) -> bool:
    """Whether a place is in a method that C++ defines outside of its class ``owner``."""
    scope: Scope | None = table.scope_at(site.span.start) if owner is not None else None
    while scope is not None:
        if scope.node.type == "function_definition":
            head = scope.node.child_by_field_name("declarator")
            text = b"" if head is None or head.text is None else head.text.partition(b"(")[0]
            if re.search(rb"(?<!\w)%s(?:<[^<>]*>)?::" % re.escape(str(owner).encode()), text):
                return True
        scope = scope.parent
    return False


def _slashed(path: str) -> str:
    return path.replace("\\", "/")
