"""Extract function in C: a static function before the one that calls it."""

from __future__ import annotations

import tree_sitter

from engine.edits.c_dangers import refuse_dangers
from engine.edits.c_locals import c_local, type_words
from engine.edits.c_parameters import Handed, handed
from engine.edits.extraction import Extraction
from engine.edits.inlining import text
from engine.edits.leaving import Way, way_of
from engine.edits.lines import indentation
from engine.edits.local_names import unused_name
from engine.edits.moved_statements import moved
from engine.edits.new_function import NewFunction
from engine.errors import BadInput
from engine.planning.indentation import indent_unit
from engine.proposal import Edit
from engine.spans import Span, span


def c_function(x: Extraction) -> NewFunction:
    """Raises BadInput where something that must be written is not known."""
    refuse_dangers(x)
    returned = returned_type(x.function)
    way = way_of(x, is_void=returned == "void")
    found = handed(x, way)
    type_ = given_type(x, found, returned if way is Way.RETURN else "void")
    name = unused_name(x.tree, "extracted")
    call = f"{name}({', '.join(one.value for one in found.given)})"
    taken = ", ".join(one.declared for one in found.given) or "void"
    made = written(x, f"static {typed(type_, name)}({taken})", found, "") + "\n\n"
    made = f"{prototype(x)}{made}"
    at = before(x, x.function)
    return NewFunction(name, (Edit(at, made), Edit(x.place, called(x, call, way, type_, found))))


def returned_type(function: tree_sitter.Node) -> str:
    """What the function gives back, ``void`` for a constructor too."""
    if function.type != "function_definition":
        raise BadInput("the statements stand in a lambda, whose result is not written")
    if function.child_by_field_name("type") is None:
        return "void"
    parts, _ = type_words(function)
    stars, node = "", function.child_by_field_name("declarator")
    while node is not None and node.type != "function_declarator":
        if node.type not in ("pointer_declarator", "reference_declarator"):
            parts = ""
        stars += node.children[0].type if node.children else ""
        node = node.child_by_field_name("declarator") or next(iter(node.named_children), None)
    inner = None if node is None else node.child_by_field_name("declarator")
    is_odd = inner is None or inner.type in ("parenthesized_declarator", "array_declarator")
    is_trailing = node is not None and any("trailing" in one.type for one in node.named_children)
    if not parts or is_odd or is_trailing or "auto" in parts.split():
        raise BadInput("what the function around returns is not written in a way that can be used")
    return f"{parts} {stars}".strip()


def given_type(x: Extraction, found: Handed, otherwise: str) -> str:
    """The type of what the new function returns."""
    del x
    if found.result is None:
        return otherwise
    type_ = c_local(found.result.declared).declared("").strip()
    if type_.endswith(("]", ")")):
        raise BadInput(f"{found.result.name} cannot be returned")
    return type_


def typed(type_: str, name: str) -> str:
    """``char *name``, ``int name``."""
    return f"{type_}{name}" if type_.endswith(("*", "&")) else f"{type_} {name}"


def written(x: Extraction, head: str, found: Handed, indent: str) -> str:
    """The function's text; its brace stands where the one around has its own."""
    body = x.function.child_by_field_name("body")
    data = x.tree.data
    lead = b"" if body is None else data[x.function.start_byte : body.start_byte]
    is_below = b"\n" in lead[len(lead.rstrip()) :]
    unit = indent + (indent_unit(x.tree).decode() or "    ")
    lines = [f"{indent}{head}{chr(10) + indent if is_below else ' '}{{"]
    lines += [unit + line for line in found.head]
    lines.append(moved(x, unit, found.changes))
    if found.result is not None:
        lines.append(f"{unit}return {found.result.name};")
    return "\n".join([*lines, f"{indent}}}"])


def called(x: Extraction, call: str, way: Way, type_: str, found: Handed) -> str:
    """The statement in place of the old ones."""
    if way is Way.RETURN:
        if type_ != "void":
            return f"return {call};"
        return f"{call};\n{indentation(x.tree.data, x.place.start)}return;"
    result = found.result
    if result is None:
        return f"{call};"
    if not result.is_own:
        return f"{result.name} = {call};"
    return f"{c_local(result.declared).declared(result.name)} = {call};"


def prototype(x: Extraction) -> str:
    """The function around, declared where the statements call it."""
    declarator, body = (x.function.child_by_field_name(one) for one in ("declarator", "body"))
    while declarator is not None and declarator.type != "function_declarator":
        declarator = declarator.child_by_field_name("declarator")
    name = None if declarator is None else declarator.child_by_field_name("declarator")
    if name is None or body is None or text(name) not in x.words:
        return ""
    head = x.tree.data[x.function.start_byte : body.start_byte].decode("utf-8", "replace")
    if "=" in head or "//" in head or name.type != "identifier":
        raise BadInput("the statements call the function around, which is declared below")
    return " ".join(head.split()) + ";\n\n"


def before(x: Extraction, function: tree_sitter.Node) -> Span:
    """In front of a function and the comments that belong to it."""
    node = function
    previous = node.prev_sibling
    while previous is not None and previous.type == "comment" and _is_next(previous, node):
        if not _is_alone(x, previous):
            break
        node, previous = previous, previous.prev_sibling
    start = node.start_byte - len(indentation(x.tree.data, node.start_byte).encode())
    start = start if not x.tree.data[start : node.start_byte].strip() else node.start_byte
    return span(start, start)


def _is_next(comment: tree_sitter.Node, node: tree_sitter.Node) -> bool:
    return bool(node.start_point[0] - comment.end_point[0] <= 1)


def _is_alone(x: Extraction, comment: tree_sitter.Node) -> bool:
    line = x.tree.data[x.tree.data.rfind(b"\n", 0, comment.start_byte) + 1 : comment.start_byte]
    return not line.strip()
