"""Statements that are to become a function in a language with written types: what they touch.

The languages ask this for their locals, and say themselves how those are handed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import tree_sitter

from engine.edits.names_of import name_table
from engine.edits.symbols import NameTable, ScopeKind, Symbol, SymbolKind
from engine.edits.writes import is_written
from engine.errors import BadInput
from engine.spans import Span, span
from engine.syntax import SyntaxTree

FUNCTIONS = frozenset(
    """function_definition function_declaration method_declaration constructor_declaration
    compact_constructor_declaration function_item func_literal closure_expression lambda_expression
    static_initializer async_block""".split()
)
_CLASSES = frozenset("class_body interface_body enum_body_declarations enum_body".split())
_LOOPS = frozenset(
    """for_statement while_statement do_statement enhanced_for_statement for_range_loop
    for_expression while_expression loop_expression""".split()
)
COMMENTS = frozenset("comment line_comment block_comment".split())


@dataclass(frozen=True, slots=True)
class Local:
    """A local of the function around that the statements touch, with its places (leaves)."""

    symbol: Symbol
    name: str
    declared: tree_sitter.Node
    inside: tuple[tree_sitter.Node, ...]
    outside: tuple[tree_sitter.Node, ...]
    is_own: bool
    """The statements declare it."""
    is_needed: bool
    """Code that runs after the statements may read what they leave in it."""

    @property
    def is_set(self) -> bool:
        """Whether the statements set it as a whole, beside its declaration."""
        return any(is_written(node) for node in self.inside)

    def before(self, offset: int) -> list[tree_sitter.Node]:
        """Its places outside that stand before ``offset``."""
        return [node for node in self.outside if node.start_byte < offset]


@dataclass(frozen=True)
class Extraction:
    """The statements (comments among them), the function around, what they touch."""

    tree: SyntaxTree
    table: NameTable
    statements: Sequence[tree_sitter.Node]
    function: tree_sitter.Node

    @property
    def place(self) -> Span:
        """All bytes of the statements."""
        return span(self.statements[0].start_byte, self.statements[-1].end_byte)

    @cached_property
    def code(self) -> list[tree_sitter.Node]:
        """The statements without comments."""
        return [node for node in self.statements if node.type not in COMMENTS]

    @cached_property
    def nodes(self) -> list[tree_sitter.Node]:
        """All named nodes of the statements, functions in them included, in text order."""
        return [node for statement in self.statements for node in walk(statement)]

    @cached_property
    def own_nodes(self) -> list[tree_sitter.Node]:
        """The same without what stands in functions and classes of their own."""
        return [node for one in self.statements for node in walk(one, FUNCTIONS | _CLASSES)]

    @cached_property
    def home(self) -> tree_sitter.Node:
        """The function whose locals are handed over: in Go one that is no part of another."""
        found = self.function
        while self.tree.language.id == "go" and found.type == "func_literal":
            outer = found.parent
            while outer is not None and outer.type not in FUNCTIONS:
                outer = outer.parent
            if outer is None:
                break
            found = outer
        return found

    @cached_property
    def body(self) -> tree_sitter.Node | None:
        """The function's body."""
        found = self.function.child_by_field_name("body")
        return self.function if found is None else found

    @cached_property
    def around(self) -> list[tree_sitter.Node]:
        """The nodes between the statements and the function, innermost first."""
        found: list[tree_sitter.Node] = []
        node = self.statements[0].parent
        while node is not None and node != self.function:
            found.append(node)
            node = node.parent
        return found

    @cached_property
    def is_end(self) -> bool:
        """Whether nothing of the function stands behind the statements."""
        holder = self.statements[-1].parent
        if holder is not None and holder.type == "statement_list":
            holder = holder.parent
        last = self.statements[-1]
        after = last.next_named_sibling
        while after is not None and after.type in COMMENTS:
            after = after.next_named_sibling
        return holder is not None and holder == self.body and after is None

    @cached_property
    def loops(self) -> list[tree_sitter.Node]:
        """What runs the statements again."""
        return [node for node in self.around if node.type in _LOOPS]

    def within(self, node: tree_sitter.Node) -> bool:
        """Whether a node stands in the statements."""
        return self.place.start <= node.start_byte and node.end_byte <= self.place.end

    def holds(self, *kinds: str) -> bool:
        """Whether a node of one of these kinds is in the statements, inner functions left out."""
        return any(node.type in kinds for node in self.own_nodes)

    @cached_property
    def words(self) -> set[str]:
        """The names in the statements."""
        return {
            (node.text or b"").decode("utf-8", "replace")
            for node in self.nodes
            if node.child_count == 0 and "identifier" in node.type
        }

    def leaf(self, place: Span) -> tree_sitter.Node:
        """The name at a site."""
        root = self.tree.root
        found = None if root is None else root.named_descendant_for_byte_range(*_ends(place))
        if found is None:
            raise BadInput("the text does not parse")
        return found

    @cached_property
    def locals(self) -> list[Local]:
        """The variables and parameters of the function that are not the statements' own affair."""
        self._refuse_unclear()
        found = [local for symbol in self._touched() if (local := self._local(symbol)) is not None]
        names = [local.name for local in found]
        if len(set(names)) < len(names) and self.tree.language.id != "rust":
            raise BadInput("two locals of the statements have the same name")
        return sorted(found, key=lambda local: local.inside[0].start_byte)

    @cached_property
    def local_names(self) -> set[str]:
        """The names of all that is declared in the function."""
        symbols = self.table.symbols
        return {one.name for one in symbols if self.is_inner(one.scope.node)}

    @cached_property
    def local_types(self) -> set[str]:
        """The names of types that are declared in the function, type parameters among them."""
        kinds = (SymbolKind.CLASS, SymbolKind.TYPE)
        symbols = [one for one in self.table.symbols if one.kind in kinds]
        return {one.name for one in symbols if self.is_inner(one.scope.node)}

    def is_inner(self, node: tree_sitter.Node) -> bool:
        """Whether a node stands in the function, or is it."""
        around = self.home
        return around.start_byte <= node.start_byte and node.end_byte <= around.end_byte

    def _refuse_unclear(self) -> None:
        """A name that seems to be none of the locals may be one by rules that are not known."""
        for name in self.words & self.local_names & set(self.table.free):
            if any(self._is_inside(site.span) for site in self.table.free[name]):
                raise BadInput(f"it is not clear what {name} stands for in the statements")

    def _is_inside(self, place: Span) -> bool:
        return self.place.start <= place.start and place.end <= self.place.end

    def _touched(self) -> Iterator[Symbol]:
        seen: set[int] = set()
        for start in range(self.place.start, self.place.end):
            for symbol in self.table.at.get(start, ()):
                if id(symbol) not in seen:
                    seen.add(id(symbol))
                    yield symbol

    def _local(self, symbol: Symbol) -> Local | None:
        if not self.is_inner(symbol.scope.node) or symbol.scope.kind is ScopeKind.CLASS:
            return None
        is_c = self.tree.language.id in ("c", "cpp")
        if symbol.kind is SymbolKind.LABEL or (symbol.kind is SymbolKind.TYPE and not is_c):
            return None  # a type parameter is the languages' own affair
        sites = [site for site in sorted(symbol.sites) if not self._is_field(site.span.start)]
        leaves = [self.leaf(site.span) for site in sites]
        inside = tuple(leaf for leaf in leaves if self.within(leaf))
        outside = tuple(leaf for leaf in leaves if not self.within(leaf))
        if not inside or not outside:
            return None
        name = next((self.leaf(one.span) for one in symbol.sites if one.is_definition), None)
        kinds = [SymbolKind.VARIABLE, SymbolKind.PARAMETER]
        kinds += [SymbolKind.FUNCTION] if self.tree.language.id == "cpp" else []  # ``T x(y);``
        if name is None or symbol.kind not in kinds:
            raise BadInput(f"{symbol.name} is declared in the function, and is no variable")
        is_own = self.within(name)
        return Local(symbol, symbol.name, name, inside, outside, is_own, self._is_needed(symbol))

    def _is_field(self, start: int) -> bool:
        """Whether it is the ``x`` of ``a.x`` in a macro of Rust, where nothing is parsed."""
        before = self.tree.data[max(0, start - 2) : start]
        return self.tree.language.id == "rust" and before[-1:] == b"." and before != b".."

    def _is_needed(self, symbol: Symbol) -> bool:
        starts = [site.span.start for site in symbol.sites]
        if any(start >= self.place.end for start in starts):
            return True
        declared = min(starts)
        for loop in self.loops:
            body = loop.child_by_field_name("body")
            if body is None or not body.start_byte <= declared < body.end_byte:
                return True
        return False


def walk(
    node: tree_sitter.Node, closed: frozenset[str] = frozenset()
) -> Iterator[tree_sitter.Node]:
    """``node`` and what is below it in text order; nothing below nodes of the kinds ``closed``."""
    stack = [node]
    while stack:
        one = stack.pop()
        yield one
        if one.type not in closed:
            stack.extend(reversed(one.named_children))


def extraction(tree: SyntaxTree, statements: Sequence[tree_sitter.Node]) -> Extraction:
    """Raises BadInput where the statements are in no function."""
    table = name_table(tree)
    function = statements[0].parent
    while function is not None and function.type not in FUNCTIONS:
        if function.type in _CLASSES:
            function = None
            break
        function = function.parent
    if table is None or function is None:
        raise BadInput("the statements are in no function: their names are known everywhere")
    return Extraction(tree, table, statements, function)


def _ends(place: Span) -> tuple[int, int]:
    return place.start, place.end
