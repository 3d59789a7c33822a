"""What keeps statements of C and C++ where they are: macros, jumps, what only looks like a call."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter

from engine.edits.extraction import Extraction, walk
from engine.edits.inlining import text
from engine.errors import BadInput

_CONTROL = frozenset("return goto break continue case default co_return co_yield throw".split())
_BOUND = frozenset(
    """alloca setjmp sigsetjmp va_start va_arg va_end va_copy __func__ __FUNCTION__
    __PRETTY_FUNCTION__ __builtin_return_address __builtin_alloca __builtin_frame_address
    co_await""".split()
)
_CALM = frozenset("assert ASSERT UNUSED DCHECK CHECK NULL".split())
_WORD = re.compile(r"[A-Za-z_]\w*")
_LOUD = re.compile(r"[A-Z][A-Z0-9_]+")
_MACROS = frozenset(("preproc_def", "preproc_function_def"))


def refuse_dangers(x: Extraction) -> None:
    """Raises BadInput for what would be another thing in a function of its own."""
    bound = {text(node) for node in x.nodes if node.child_count == 0} & _BOUND
    if bound:
        raise BadInput(f"the statements use {min(bound)}, which belongs to the function around")
    if any(node.type.startswith("co_") for node in x.nodes):
        raise BadInput("the statements belong to a coroutine")
    if any(node.type in _MACROS or node.type == "preproc_call" for node in walk(x.function)):
        raise BadInput("a macro is defined in the function")
    if any(node.type.startswith("gnu_asm") for node in x.nodes):
        raise BadInput("the statements hold assembler")
    if any(node.type == "case_statement" for node in x.code):
        raise BadInput("the statements are cases of a switch around them")
    if any(node.type.startswith("preproc_") for node in x.around):
        raise BadInput("the statements are compiled under a condition, between #if and #endif")
    _refuse_labels(x)
    _refuse_macros(x)
    for local in x.locals:
        if _condition(x, local.declared) != _condition(x, x.statements[0]):
            inner = {_condition(x, node) for node in local.inside}
            if inner != {_condition(x, x.statements[0])} or _condition(x, local.declared):
                raise BadInput(f"{local.name} is declared between #if and #endif")


def _condition(x: Extraction, node: tree_sitter.Node) -> int:
    found = node.parent
    while found is not None and found != x.function:
        if found.type.startswith("preproc_"):
            return int(found.id)
        found = found.parent
    return 0


def _refuse_labels(x: Extraction) -> None:
    labels: set[str] = set()
    inside: set[str] = set()
    jumps: set[str] = set()
    left: set[str] = set()
    for node in walk(x.function):
        is_in = x.within(node)
        if node.type == "labeled_statement":
            (inside if is_in else labels).add(text(node.named_children[0]))
        elif node.type == "goto_statement":
            (left if is_in else jumps).add(text(node.named_children[0]))
    if left - inside or inside & jumps:
        raise BadInput("a goto leads into the statements or out of them")


def goes_back(x: Extraction) -> bool:
    """Whether a goto may run the statements again."""
    labels = [node for node in walk(x.function) if node.type == "labeled_statement"]
    return any(node.start_byte <= x.place.start for node in labels)


def _refuse_macros(x: Extraction) -> None:
    macros = _macros(x)
    for node in x.nodes:
        if node.type != "identifier":
            continue
        name = text(node)
        if name in macros:
            said = set(_said(name, macros))
            if said & _CONTROL or said & x.local_names:
                raise BadInput(f"the macro {name} may leave the statements, or name their locals")
        elif _LOUD.fullmatch(name) and name not in _CALM and _is_statement(node):
            raise BadInput(f"{name} may be a macro that leaves the statements")


def _is_statement(name: tree_sitter.Node) -> bool:
    parent = name.parent
    if parent is not None and parent.type == "call_expression":
        parent = parent.parent
    return parent is not None and parent.type == "expression_statement"


def _macros(x: Extraction) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """The file's macros: the words of what they stand for, and their parameters."""
    found: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
    for node in walk(x.table.file_scope.node, frozenset(("function_definition",))):
        if node.type in _MACROS:
            name = text(node.child_by_field_name("name"))
            value = frozenset(_WORD.findall(text(node.child_by_field_name("value"))))
            taken = frozenset(_WORD.findall(text(node.child_by_field_name("parameters"))))
            earlier = found.get(name, (frozenset(), frozenset()))
            found[name] = (earlier[0] | value, earlier[1] | taken)
    return found


def _said(name: str, macros: dict[str, tuple[frozenset[str], frozenset[str]]]) -> Iterator[str]:
    """All words that a macro may come to, parameters left out."""
    seen: set[str] = set()
    todo = [name]
    while todo:
        one = todo.pop()
        if one in seen:
            continue
        seen.add(one)
        value, taken = macros.get(one, (frozenset[str](), frozenset[str]()))
        yield from value - taken
        todo += [word for word in value if word in macros]
