"""Extract function: selected statements become a function of their own, and a call of it.

What the statements read and the function around them knows are the parameters, what they set and
the code behind them reads is returned. Control that would leave the new function in another way is
refused, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import tree_sitter

from engine.edits.applied import applied
from engine.edits.extracted_c import c_function
from engine.edits.extracted_cpp import cpp_function
from engine.edits.extracted_go import go_function
from engine.edits.extracted_java import java_function
from engine.edits.extracted_rust import rust_function
from engine.edits.extraction import COMMENTS, Extraction, extraction
from engine.edits.function_frame import FRAMES, Frame, Signature
from engine.edits.lines import indentation, is_first_on_line
from engine.edits.local_names import unused_name
from engine.edits.nameable import is_broken
from engine.edits.names_of import name_table
from engine.edits.new_function import NewFunction
from engine.edits.symbols import NameTable, ScopeKind, Symbol, SymbolKind
from engine.errors import BadInput
from engine.planning.hole_spans import trimmed
from engine.proposal import Edit
from engine.spans import Span, span
from engine.syntax import SyntaxTree, parse

_BODIES = frozenset(
    """block module program statement_block constructor_body compound_statement
    statement_list""".split()
)
_FUNCTIONS = frozenset(
    """function_definition function_declaration method_definition arrow_function lambda
    function_expression generator_function_declaration""".split()
)
_LOOPS = frozenset(
    """for_statement while_statement for_in_statement do_statement switch_statement""".split()
)
_LEAVING = {
    "break_statement": "break",
    "continue_statement": "continue",
    "yield": "yield",
    "yield_expression": "yield",
    "global_statement": "global",
    "nonlocal_statement": "nonlocal",
}
_NAME = "extracted"
TYPED: Mapping[str, Callable[[Extraction], NewFunction]] = {
    "c": c_function,
    "cpp": cpp_function,
    "go": go_function,
    "java": java_function,
    "rust": rust_function,
}
"""Languages in which types are written: what makes the function there."""


@dataclass(frozen=True, slots=True)
class ExtractFunction:
    """``edits`` make the function and call it; ``name`` is what it is called in them."""

    name: str
    edits: tuple[Edit, ...]


def selected_statements(tree: SyntaxTree, selection: Span) -> list[tree_sitter.Node]:
    """The whole statements that the selection covers exactly; none when it cuts one."""
    place = trimmed(tree.data, selection.start, selection.end)
    if not place or tree.root is None:
        return []
    node = tree.root.named_descendant_for_byte_range(place.start, place.end)
    if node is None or _is_faulty(tree, node):
        return []
    while node is not None and node.type not in _BODIES:
        node = node.parent
    children = [] if node is None else node.named_children
    inside = [
        child
        for child in children
        if place.start <= child.start_byte and child.end_byte <= place.end
    ]
    is_code = any(child.type not in COMMENTS for child in inside)
    is_whole = is_code and inside[0].start_byte == place.start
    return inside if is_whole and inside[-1].end_byte == place.end else []


def _is_faulty(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    """Whether the parser stumbles: macros make faults in C files, in other functions."""
    is_broken_around = is_broken(tree, node) if tree.language.id in TYPED else True
    return tree.root is not None and tree.root.has_error and is_broken_around


def extract_function(tree: SyntaxTree, selection: Span) -> ExtractFunction:
    """Raises BadInput with the reason where that cannot be done without changing what happens."""
    statements = selected_statements(tree, selection)
    frame, maker = FRAMES.get(tree.language.id), TYPED.get(tree.language.id)
    if statements and maker is not None:
        return _typed(tree, statements, maker)
    table = name_table(tree)
    if not statements or frame is None or table is None:
        raise BadInput("select whole statements of one block to extract them")
    place = span(statements[0].start_byte, statements[-1].end_byte)
    _refuse_shape(tree, place)
    function = _function_around(statements[0])
    if function is None:
        raise BadInput("the statements are in no function: their names are known everywhere")
    returns = _returns(statements)
    is_end = returns and statements[-1].type == "return_statement"
    if returns and not (is_end and len(returns) == 1):
        raise BadInput("the statements return in the middle: extract up to there, or all of it")
    _refuse_leaving(statements)
    flow = _flow(table, statements, span(function.start_byte, function.end_byte))
    receiver = frame.receiver(tree, function, statements)
    parameters = list(dict.fromkeys(symbol.name for symbol in flow.needed))
    results = [] if is_end else list(dict.fromkeys(symbol.name for symbol in flow.given))
    if tree.language.id != "python" and 0 < len(set(results) - set(parameters)) < len(results):
        raise BadInput("the statements set names of their own and of the code around them")
    signature = Signature(
        name=unused_name(tree, _NAME),
        parameters=parameters,
        results=results,
        is_returning=bool(is_end),
        is_async=_holds(statements, ("await", "await_expression")),
        receiver=receiver,
        types={symbol.name: type_ for symbol in flow.needed if (type_ := _type(tree, symbol))},
    )
    return ExtractFunction(signature.name, _edits(tree, frame, signature, place, function))


def _typed(
    tree: SyntaxTree,
    statements: Sequence[tree_sitter.Node],
    maker: Callable[[Extraction], NewFunction],
) -> ExtractFunction:
    """The same where types are written: what is made must parse as well as before."""
    found = maker(extraction(tree, statements))
    if parse(applied(tree.data, found.edits), tree.language).num_faults() > tree.num_faults():
        raise BadInput("the statements cannot be moved as they are")
    return ExtractFunction(found.name, found.edits)


def _edits(
    tree: SyntaxTree, frame: Frame, signature: Signature, place: Span, function: tree_sitter.Node
) -> tuple[Edit, ...]:
    call = frame.call(signature)
    outer = _whole(function, is_method=bool(signature.receiver))
    indent = indentation(tree.data, outer.start_byte)
    old_indent = indentation(tree.data, place.start)
    body = place.of(tree.data).decode("utf-8", "replace")
    text = frame.definition(tree, signature, body, old_indent, indent)
    at = span(outer.end_byte, outer.end_byte)
    return Edit(place, call), Edit(at, text)


def _whole(function: tree_sitter.Node, *, is_method: bool) -> tree_sitter.Node:
    """Behind what the new function stands: a method behind its method, others at the top."""
    found = function
    while found.parent is not None:
        parent = found.parent
        is_member = parent.type in ("class_body", "block") and parent.parent is not None
        if is_method and is_member and parent.parent is not None:
            if parent.parent.type.startswith("class"):
                return found
        if parent.type in ("module", "program"):
            return found
        found = parent
    return found


def _function_around(node: tree_sitter.Node) -> tree_sitter.Node | None:
    found = node.parent
    while found is not None and found.type not in _FUNCTIONS:
        found = found.parent
    return found


@dataclass(frozen=True, slots=True)
class _Flow:
    """Symbols that the statements need from around them, and those that are needed of them."""

    needed: tuple[Symbol, ...]
    given: tuple[Symbol, ...]


def _flow(table: NameTable, statements: Sequence[tree_sitter.Node], function: Span) -> _Flow:
    place = span(statements[0].start_byte, statements[-1].end_byte)
    needed: list[tuple[int, Symbol]] = []
    given: list[tuple[int, Symbol]] = []
    for symbol in filter(_is_local, table.symbols):
        if not any(_within(site.span, place) for site in symbol.sites):
            continue
        sites = table.sites_of(symbol)
        inside = [site for site in sites if _within(site.span, place)]
        outside = [site for site in sites if not _within(site.span, place)]
        if not inside or not outside:
            continue
        first = inside[0]
        is_fresh = first.is_definition and _is_fresh(table.tree, first.span, statements)
        if any(site.is_definition for site in outside) and not is_fresh:
            needed.append((first.span.start, symbol))
        is_read = any(_within(site.span, function) for site in outside)
        is_behind = any(site.span.start >= place.end for site in outside)
        is_again = is_behind or _is_in_loop(statements[0])
        if any(site.is_definition for site in inside) and is_read and is_again:
            given.append((first.span.start, symbol))
    return _Flow(_in_order(needed), _in_order(given))


def _type(tree: SyntaxTree, symbol: Symbol) -> str:
    """What a parameter is annotated with, empty for nothing."""
    node = None if symbol.annotation is None else symbol.annotation.node
    text = b"" if node is None else tree.data[node.start_byte : node.end_byte]
    return text.decode("utf-8", "replace").lstrip(": ")


def _in_order(found: list[tuple[int, Symbol]]) -> tuple[Symbol, ...]:
    return tuple(symbol for _, symbol in sorted(found, key=lambda each: each[0]))


def _is_local(symbol: Symbol) -> bool:
    is_variable = symbol.kind in (SymbolKind.VARIABLE, SymbolKind.PARAMETER, SymbolKind.FUNCTION)
    scopes = list(symbol.scope.up())
    is_inner = any(scope.kind is ScopeKind.FUNCTION for scope in scopes)
    return is_variable and is_inner and scopes[0].kind is not ScopeKind.CLASS


def _is_fresh(tree: SyntaxTree, first: Span, statements: Sequence[tree_sitter.Node]) -> bool:
    """Whether a name is set before it is read, whatever happens: Python needs no declaration."""
    if tree.language.id != "python" or tree.root is None:
        return False
    node = tree.root.named_descendant_for_byte_range(first.start, first.end)
    parent = None if node is None else node.parent
    if node is None or parent is None or parent.type != "assignment":
        return False
    value = parent.child_by_field_name("right")
    is_read = value is not None and _mentions(tree, value, first.of(tree.data))
    return parent.parent in statements and value is not None and not is_read


def _mentions(tree: SyntaxTree, node: tree_sitter.Node, name: bytes) -> bool:
    if node.type == "identifier":
        return tree.data[node.start_byte : node.end_byte] == name
    return any(_mentions(tree, child, name) for child in node.named_children)


def _is_in_loop(statement: tree_sitter.Node) -> bool:
    """Whether the statement runs again: what it sets is read by its next round."""
    node = statement.parent
    while node is not None and node.type not in _FUNCTIONS:
        if node.type in _LOOPS:
            return True
        node = node.parent
    return False


def _within(place: Span, around: Span) -> bool:
    return around.start <= place.start and place.end <= around.end


def _returns(statements: Sequence[tree_sitter.Node]) -> list[tree_sitter.Node]:
    found: list[tree_sitter.Node] = []
    stack = list(statements)
    while stack:
        node = stack.pop()
        if node.type == "return_statement":
            found.append(node)
        elif node.type not in _FUNCTIONS:
            stack.extend(node.named_children)
    return found


def _refuse_shape(tree: SyntaxTree, place: Span) -> None:
    """BadInput for lines that cannot be moved as they are."""
    if not is_first_on_line(tree.data, place.start):
        raise BadInput("the statements stand on the line of other code: give them their own")
    lead = indentation(tree.data, place.start).encode()
    lines = place.of(tree.data).split(b"\n")[1:]
    if any(line.strip() and not line.startswith(lead) for line in lines):
        raise BadInput("a line of the statements is indented less than they are: a long string?")


def _refuse_leaving(statements: Sequence[tree_sitter.Node]) -> None:
    """BadInput for what jumps out of the statements, or ties a name to the function around."""
    stack = [(node, False) for node in statements]
    while stack:
        node, is_in_loop = stack.pop()
        word = _LEAVING.get(node.type)
        is_jump = word in ("break", "continue")
        if word is not None and not (is_jump and is_in_loop):
            raise BadInput(f"the statements hold a {word} that belongs to the code around them")
        if node.type not in _FUNCTIONS:
            inner = is_in_loop or node.type in _LOOPS
            stack.extend((child, inner) for child in node.named_children)


def _holds(statements: Sequence[tree_sitter.Node], kinds: Sequence[str]) -> bool:
    stack = list(statements)
    while stack:
        node = stack.pop()
        if node.type in kinds:
            return True
        if node.type not in _FUNCTIONS:
            stack.extend(node.named_children)
    return False
