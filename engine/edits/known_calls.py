"""All calls and declarations of a function, in all files; or the one place that is not known."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

from engine.edits import asked_methods
from engine.edits.called_function import given, parameters_beside
from engine.edits.class_bases import ClassBases
from engine.edits.inlining import text
from engine.edits.references import is_member
from engine.edits.shared_names import SharedName
from engine.edits.symbols import NameTable, ScopeKind, Symbol
from engine.errors import BadInput

# Macros of Rust whose arguments are expressions.
_PLAIN_MACROS = frozenset(
    """assert assert_eq assert_ne debug_assert debug_assert_eq debug_assert_ne print println eprint
    eprintln format write writeln panic vec dbg unreachable todo try""".split()
)
_MEMBERS = frozenset("selector_expression field_expression".split())
_IMPORTS = frozenset("import_declaration use_declaration using_declaration".split())
_OUTER = frozenset("generic_function template_function template_method dependent_name".split())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a function is called or declared: the brackets of its arguments or parameters.

    ``has_receiver``: the first argument is what the method is called on.
    """

    path: str | None
    table: NameTable
    brackets: tree_sitter.Node
    is_declaration: bool
    has_receiver: bool = False


@dataclass(frozen=True)
class KnownCalls:
    """Looks for the places of ``symbol``, declared in ``home``.

    ``files``: the first is the one that is edited, its path None in places.
    """

    home: str
    symbol: Symbol
    files: Sequence[tuple[str, NameTable]]
    arities: tuple[int, ...] = ()
    """How many arguments other functions of the name take, where a language has overloads."""

    @property
    def name(self) -> str:
        """The function's name."""
        return self.symbol.name

    def places(self) -> Iterator[Place]:
        """All of them. Raises BadInput that names the first place that is not known."""
        for index, (path, table) in enumerate(self.files):
            shown = None if index == 0 else path
            yield from self._in(path, table, shown)

    def _in(self, path: str, table: NameTable, shown: str | None) -> Iterator[Place]:
        tree, root = table.tree, table.tree.root
        sure = self._sure(path, table)
        word = re.compile(rb"(?<![\w$])%s(?![\w$])" % re.escape(self.name.encode()))
        for match in word.finditer(tree.data):
            node = None if root is None else root.named_descendant_for_byte_range(*match.span())
            if node is None or _is_text(node, tree.language.kinds.comments):
                continue
            meant = self._is_meant(path, table, node, match.start(), sure)
            if meant is False or _is_imported(node):
                continue
            place = None if meant is None else _place(node)
            if place is not None and not self._is_of_arity(*place):
                continue
            line = tree.data.count(b"\n", 0, match.start()) + 1
            where = f"line {line}" if shown is None else f"{path} line {line}"
            if meant is None:
                raise BadInput(f"{where} may mean another {self.name}: who calls it is not known")
            if place is None:
                raise BadInput(f"{self.name} is no call in {where}: who calls it is not known")
            brackets, is_declaration, has_receiver = place
            yield Place(shown, table, brackets, is_declaration, has_receiver)

    def _is_of_arity(
        self, brackets: tree_sitter.Node, is_declaration: bool, has_receiver: bool
    ) -> bool:
        """Whether it is no overload that takes another number of arguments."""
        del is_declaration, has_receiver
        return len(given(brackets)) not in self.arities

    def _sure(self, path: str, table: NameTable) -> dict[int, bool]:
        """Where another file names the function, and whether that is certain."""
        if path == self.home:
            return {}
        found: dict[int, bool] = {}
        for site, is_certain in self._shared.sites_in(path, table):
            found[site.span.start] = found.get(site.span.start, False) or is_certain
        return found

    @functools.cached_property
    def _shared(self) -> SharedName:
        home = next(table for one, table in self.files if one == self.home)
        return SharedName(self.home, home, self.symbol).given_out(self.files)

    def _is_meant(
        self,
        path: str,
        table: NameTable,
        node: tree_sitter.Node,
        start: int,
        sure: dict[int, bool],
    ) -> bool | None:
        """Whether a word means the function; None where it may."""
        if start in sure:
            return True if sure[start] else self._guessed(table, node)
        if path != self.home and self._is_apart(path):
            return False
        symbols = table.at.get(start, [])
        if path == self.home and any(one.root is self.symbol.root for one in symbols):
            return True
        if symbols:
            is_rival = any(self._may_override(one) for one in symbols)
            return None if is_rival else False
        if node.end_byte - node.start_byte != len(self.name.encode()):
            return None  # a word in a macro
        return self._guessed(table, node)

    def _is_apart(self, path: str) -> bool:
        """Whether another file can name the function in the ways that tables know alone."""
        if self.files[0][1].tree.language.id == "go" and not is_member(self.symbol):
            return re.split(r"[/\\]", path)[:-1] != re.split(r"[/\\]", self.home)[:-1]
        return self._shared.is_private()

    def _may_override(self, other: Symbol) -> bool:
        """Whether another method may stand in for this one."""
        is_both = is_member(self.symbol) and is_member(other) and other.kind is self.symbol.kind
        language = self.files[0][1].tree.language.id
        if not is_both or language == "rust":
            return False
        scopes = (self.symbol.scope, other.scope)
        if language == "go":
            return any(one.node.type == "type_spec" and _is_interface(one.node) for one in scopes)
        tables = [table for _, table in self.files]
        return not ClassBases(tables).is_apart(self.symbol, other)

    def _guessed(self, table: NameTable, node: tree_sitter.Node) -> bool | None:
        """What the form of a place says, where the tables say nothing."""
        parent = node.parent
        while parent is not None and parent.type in _OUTER:
            node, parent = parent, parent.parent
        is_selected = parent is not None and parent.type in _MEMBERS
        is_selected |= (
            parent is not None
            and parent.type == "method_invocation"
            and (parent.child_by_field_name("object") is not None)
        )
        language = table.tree.language.id
        if not is_member(self.symbol):
            if is_selected or node.type in ("field_identifier", "type_identifier"):
                return False
            if language == "rust" and node.type == "shorthand_field_identifier":
                return False
            if parent is not None and parent.type in ("scoped_identifier", "qualified_identifier"):
                return self._is_qualified(parent)
            return None
        if not is_selected:
            return None
        return True if self._is_only else None

    def _is_qualified(self, path: tree_sitter.Node) -> bool | None:
        """Whether ``a::f`` is the function of a module or namespace."""
        qualifier = text(path.child_by_field_name("path") or path.child_by_field_name("scope"))
        last = qualifier.rpartition("::")[2]
        if last in ("self", "super", "crate", "") and qualifier != "Self":
            return None
        spaces = {
            text(scope.node.child_by_field_name("name")).rpartition("::")[2]
            for scope in self.symbol.scope.up()
            if scope.kind is ScopeKind.NAMESPACE
        }
        return True if last in spaces else (False if last[:1].isupper() else None)

    @functools.cached_property
    def _is_only(self) -> bool:
        """Whether nothing else can be the method of an object of unknown type."""
        language = self.files[0][1].tree.language.id
        if language == "go" and not self.name[:1].islower():
            return False
        if language not in ("go", "rust"):
            return False
        others = [
            one
            for _, table in self.files
            for one in table.symbols
            if one.name == self.name and is_member(one) and one.root is not self.symbol.root
        ]
        return not others and (language == "go" or self.name not in asked_methods.RUST)


def _is_interface(spec: tree_sitter.Node) -> bool:
    type_ = spec.child_by_field_name("type")
    return type_ is not None and type_.type == "interface_type"


def _is_text(node: tree_sitter.Node, comments: frozenset[str]) -> bool:
    """Whether a word stands in a comment or string."""
    found: tree_sitter.Node | None = node
    while found is not None and found.type not in comments:
        if "string" in found.type and found.type != "template_string":
            return True
        if found.type in ("system_lib_string", "char_literal", "raw_string_literal"):
            return True
        found = found.parent
    return found is not None


def _is_imported(node: tree_sitter.Node) -> bool:
    """Whether a place only imports the name, under this name."""
    found: tree_sitter.Node | None = node
    while found is not None and found.type not in _IMPORTS:
        if found.type == "use_as_clause":
            return False
        found = found.parent
    return found is not None


def _place(name: tree_sitter.Node) -> tuple[tree_sitter.Node, bool, bool] | None:
    """The brackets that a name is called or declared with."""
    parameters = parameters_beside(name)
    if parameters is not None:
        return parameters, True, False
    node: tree_sitter.Node = name
    parent = node.parent
    is_path = False
    while parent is not None:
        is_outer = parent.type in _OUTER
        is_last = parent.child_by_field_name("name") == node or (
            parent.child_by_field_name("field") == node
        )
        if parent.type in ("scoped_identifier", "qualified_identifier"):
            is_path = True
        elif not is_outer and parent.type not in _MEMBERS:
            break
        if not is_outer and not is_last:
            return None
        node, parent = parent, parent.parent
    if parent is None:
        return None
    if parent.type == "method_invocation" and parent.child_by_field_name("name") == node:
        arguments = parent.child_by_field_name("arguments")
    elif parent.type == "call_expression" and parent.child_by_field_name("function") == node:
        arguments = parent.child_by_field_name("arguments")
    elif parent.type == "token_tree":
        arguments = _macro_call(parent, node)
    else:
        return None
    is_readable = arguments is not None and not arguments.has_error
    return (arguments, False, is_path) if arguments is not None and is_readable else None


def _macro_call(tokens: tree_sitter.Node, name: tree_sitter.Node) -> tree_sitter.Node | None:
    """The brackets behind a name among the arguments of a macro that takes expressions."""
    around: tree_sitter.Node | None = tokens
    while around is not None and around.type == "token_tree":
        around = around.parent
    macro = None if around is None else around.child_by_field_name("macro")
    if macro is None or text(macro).rpartition("::")[2] not in _PLAIN_MACROS:
        return None
    behind, before = name.next_sibling, name.prev_sibling
    is_bare = before is None or text(before) not in (".", "::", "fn", "->")
    is_call = behind is not None and behind.type == "token_tree" and text(behind)[:1] == "("
    return behind if is_bare and is_call else None
