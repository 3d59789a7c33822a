"""Extract method in Java: a private method behind the one that calls it."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter

from engine.edits.extraction import Extraction, Local, walk
from engine.edits.inlining import text, words
from engine.edits.leaving import Way, way_of
from engine.edits.lines import indentation
from engine.edits.local_names import unused_name
from engine.edits.moved_statements import moved
from engine.edits.new_function import (
    Given,
    NewFunction,
    first_set,
    is_counted_first,
    is_set_before,
    is_surely_set,
)
from engine.edits.writes import is_written
from engine.errors import BadInput
from engine.planning.indentation import indent_unit
from engine.proposal import Edit
from engine.spans import span

_THROWING = frozenset(
    """method_invocation object_creation_expression throw_statement
    try_with_resources_statement""".split()
)
_UNCHECKED = frozenset(
    """RuntimeException Error NullPointerException IllegalArgumentException IllegalStateException
    IndexOutOfBoundsException ArrayIndexOutOfBoundsException NumberFormatException SecurityException
    StringIndexOutOfBoundsException ClassCastException ArithmeticException OutOfMemoryError
    UnsupportedOperationException StackOverflowError ConcurrentModificationException
    NoSuchElementException DateTimeException UncheckedIOException""".split()
)
_PLAIN = frozenset(("formal_parameter", "enhanced_for_statement", "resource"))
_MADE = frozenset(("constructor_declaration", "compact_constructor_declaration"))
_TYPES = frozenset("class_declaration interface_declaration enum_declaration".split())


def java_function(x: Extraction) -> NewFunction:
    """Raises BadInput where something that must be written is not known."""
    _refuse(x)
    result_type = words(x.function.child_by_field_name("type")) or "void"
    result_type += words(x.function.child_by_field_name("dimensions"))
    way = way_of(x, is_void=result_type == "void")
    if way is Way.RETURN and x.function.type != "method_declaration":
        raise BadInput("a constructor that ends there must have set its final fields")
    if way is Way.RETURN and any(_is_value(node) for node in x.around):
        raise BadInput("nothing can return out of a switch that is an expression")
    results = [one for one in x.locals if one.is_needed and (one.is_own or one.is_set)]
    results = [] if way is not Way.ON else results
    if len(results) > 1:
        names = ", ".join(one.name for one in results)
        raise BadInput(f"code behind the statements reads several locals that they set: {names}")
    _refuse_caught(x)
    given, head, changes = _given(x, results)
    result = results[0] if results else None
    type_ = result_type if way is Way.RETURN else "void"
    if result is not None:
        type_ = _type(result)
        if (result.is_own and not _has_value(result)) or result in head:
            is_counted = not result.is_own and is_counted_first(x, result)
            if not is_counted and not is_surely_set(x.code, result.inside):
                raise BadInput(f"{result.name} may not be set by the statements")
    name = unused_name(x.tree, "extracted")
    generics, witness = _generics(x, given, type_)
    call = f"{witness}{name}({', '.join(one.value for one in given)})"
    lines = [f"{_type(one)} {one.name};" for one in head]
    made = _method(x, name, f"{generics}{type_}", given, lines, changes, result)
    at = span(x.function.end_byte, x.function.end_byte)
    return NewFunction(name, (Edit(x.place, _call(x, call, way, type_, result)), Edit(at, made)))


def _is_value(node: tree_sitter.Node) -> bool:
    """Whether it is a switch whose value is used."""
    bodies = ("block", "constructor_body", "switch_block_statement_group", "static_initializer")
    parent = node.parent
    return node.type == "switch_expression" and parent is not None and parent.type not in bodies


def _method(
    x: Extraction,
    name: str,
    type_: str,
    given: list[Given],
    head: list[str],
    changes: list[Edit],
    result: Local | None,
) -> str:
    indent = indentation(x.tree.data, x.function.start_byte)
    unit = indent + (indent_unit(x.tree).decode() or "    ")
    static = "static " if _is_static(x.function) else ""
    throws = _throws(x)
    taken = ", ".join(one.declared for one in given)
    ends = f" throws {', '.join(throws)}" if throws else ""
    lines = [f"{indent}private {static}{type_} {name}({taken}){ends} {{"]
    lines += [unit + line for line in head]
    lines.append(moved(x, unit, changes))
    lines += [] if result is None else [f"{unit}return {result.name};"]
    return "\n\n" + "\n".join([*lines, f"{indent}}}"])


def _call(x: Extraction, call: str, way: Way, type_: str, result: Local | None) -> str:
    if way is Way.RETURN:
        if type_ != "void":
            return f"return {call};"
        return f"{call};\n{indentation(x.tree.data, x.place.start)}return;"
    if result is None:
        return f"{call};"
    if not result.is_own:
        return f"{result.name} = {call};"
    final = "final " if _is_final(result) else ""
    return f"{final}{type_} {result.name} = {call};"


def _given(x: Extraction, results: list[Local]) -> tuple[list[Given], list[Local], list[Edit]]:
    """Parameters, locals that the method declares at its head, and declarations in its text."""
    given: list[Given] = []
    head: list[Local] = []
    changes: list[Edit] = []
    for local in x.locals:
        if local.is_own:
            continue
        first = first_set(x, local)
        if first is not None and (not local.is_needed or local in results):
            at = span(first.start_byte, first.start_byte)
            changes.append(Edit(at, f"{_type(local)} "))
        elif is_counted_first(x, local) and (not local.is_needed or local in results):
            head.append(local)
        elif _is_assigned(x, local):
            type_ = _type(local)
            given.append(Given(f"{type_} {local.name}", local.name, type_))
        else:
            head.append(local)
    return given, head, changes


def _is_assigned(x: Extraction, local: Local) -> bool:
    """Whether the local has a value when the statements begin; BadInput where it may have one."""
    if _has_value(local):
        return True
    if is_set_before(x, local):
        return True
    if any(is_written(node) for node in local.before(x.place.start)):
        raise BadInput(f"{local.name} may have no value yet where the statements begin")
    return False


def _holder(local: Local) -> tree_sitter.Node:
    holder = local.declared.parent
    if holder is not None and holder.type == "variable_declarator" and holder.parent is not None:
        return holder.parent
    return holder or local.declared


def _has_value(local: Local) -> bool:
    declarator = local.declared.parent
    if declarator is None or declarator.type != "variable_declarator":
        return True
    is_local = _holder(local).type == "local_variable_declaration"
    return not is_local or declarator.child_by_field_name("value") is not None


def _is_final(local: Local) -> bool:
    found = [one for one in _holder(local).named_children if one.type == "modifiers"]
    return any(child.type == "final" for one in found for child in one.children)


def _type(local: Local) -> str:
    """The type as it is written where the local is declared."""
    holder, name = _holder(local), local.declared.parent
    type_, dimensions = holder.child_by_field_name("type"), ""
    if holder.type == "spread_parameter":
        types = [one for one in holder.named_children if one.type not in ("modifiers", "comment")]
        type_, dimensions = types[0], "[]"
    elif holder.type == "instanceof_expression":
        type_ = holder.child_by_field_name("right")
    elif holder.type in ("type_pattern", "record_pattern_component"):
        type_ = holder.named_children[0]
    elif holder.type == "catch_formal_parameter":
        caught = next(one for one in holder.named_children if one.type == "catch_type")
        type_ = caught if caught.named_child_count == 1 else None
    elif holder.type not in _PLAIN and holder.type != "local_variable_declaration":
        type_ = None
    for one in {holder.id: holder, **({} if name is None else {name.id: name})}.values():
        dimensions += words(one.child_by_field_name("dimensions"))
    written = words(type_)
    if written in ("", "var"):
        raise BadInput(f"the type of {local.name} is not written in the file")
    return written + dimensions


def _refuse(x: Extraction) -> None:
    if x.function.type in ("lambda_expression", "compact_constructor_declaration"):
        raise BadInput("the statements stand in a lambda or a record's constructor without a list")
    if x.holds("explicit_constructor_invocation"):
        raise BadInput("a constructor's call of another one must stay its first statement")
    if x.function.type in _MADE or x.function.type == "static_initializer":
        _refuse_final_fields(x)
    for local in x.locals:
        if not local.is_own and any(_is_in_label(node) for node in local.inside):
            raise BadInput(f"a case needs the constant {local.name}")


def _refuse_final_fields(x: Extraction) -> None:
    """A final field is set where the object is made, in no other method."""
    locals_ = {node.id for local in x.locals for node in local.inside}
    for node in x.nodes:
        name = node.child_by_field_name("field") if node.type == "field_access" else node
        if name is None or not is_written(node) or name.id in locals_ or name.type != "identifier":
            continue
        symbols = x.table.at.get(name.start_byte, [])
        if not symbols or any(
            _is_fixed(x, site.span.start)
            for one in symbols
            for site in one.sites
            if site.is_definition
        ):
            raise BadInput(f"the constructor sets {text(name)}, which may be final")


def _is_fixed(x: Extraction, start: int) -> bool:
    root = x.tree.root
    name = None if root is None else root.named_descendant_for_byte_range(start, start + 1)
    node = name
    while node is not None and node.type not in ("field_declaration", "local_variable_declaration"):
        node = node.parent
    modifiers = [] if node is None else node.named_children[:1]
    return node is None or any(child.type == "final" for one in modifiers for child in one.children)


def _is_in_label(node: tree_sitter.Node) -> bool:
    found: tree_sitter.Node | None = node
    while found is not None and not found.type.endswith("statement"):
        if found.type == "switch_label":
            return True
        found = found.parent
    return False


def _tries(x: Extraction) -> Iterator[tree_sitter.Node]:
    """The tries whose body, or whose resources, hold the statements."""
    for inner, node in zip([x.statements[0], *x.around], x.around, strict=False):
        is_body = node.child_by_field_name("body") == inner
        if node.type in ("try_statement", "try_with_resources_statement") and is_body:
            yield node


def _refuse_caught(x: Extraction) -> None:
    """What is set before an exception would be lost; what is thrown again must stay as narrow."""
    for node in _tries(x):
        body = node.child_by_field_name("body")
        end = node.end_byte if body is None else body.end_byte
        for local in x.locals:
            is_read = any(one.start_byte >= end for one in local.outside)
            if local.is_set and not local.is_own and is_read and not _is_set_last(x, local):
                raise BadInput(f"code behind a catch or finally may read {local.name} too early")
        for clause in node.named_children:
            if clause.type == "catch_clause" and _throws_again(clause):
                raise BadInput("what is caught around the statements is thrown again")


def _is_set_last(x: Extraction, local: Local) -> bool:
    sets = [node for node in local.inside if is_written(node)]
    statement = _last_statement(x)
    return len(sets) == 1 and statement is not None and (_statement_of(sets[0]) == statement)


def _last_statement(x: Extraction) -> tree_sitter.Node | None:
    return x.code[-1] if x.code else None


def _statement_of(name: tree_sitter.Node) -> tree_sitter.Node | None:
    parent = name.parent
    is_assigned = parent is not None and parent.type == "assignment_expression"
    return parent.parent if parent is not None and is_assigned else None


def _throws_again(clause: tree_sitter.Node) -> bool:
    parameter = next(
        (one for one in clause.named_children if one.type == "catch_formal_parameter"), clause
    )
    name = text(parameter.child_by_field_name("name"))
    throws = [node for node in walk(clause) if node.type == "throw_statement"]
    return any(text(node.named_children[0]) == name for node in throws)


def _throws(x: Extraction) -> list[str]:
    """What the method may throw: what the code around the call is ready for."""
    if not x.holds(*_THROWING):
        return []
    found: list[str] = []
    clause = next((one for one in x.function.named_children if one.type == "throws"), None)
    found += [] if clause is None else [words(one) for one in clause.named_children]
    for node in _tries(x):
        for catch in node.named_children:
            if catch.type == "catch_clause":
                found += _caught(catch)
    return [one for one in dict.fromkeys(found) if one not in _UNCHECKED]


def _caught(clause: tree_sitter.Node) -> list[str]:
    kinds = [one for one in walk(clause) if one.type == "catch_type"]
    return [words(one) for one in kinds[0].named_children] if kinds else []


def _is_static(function: tree_sitter.Node) -> bool:
    modifiers = [one for one in function.named_children if one.type == "modifiers"]
    is_marked = any(child.type == "static" for one in modifiers for child in one.children)
    return is_marked or function.type == "static_initializer"


def _generics(x: Extraction, given: list[Given], type_: str) -> tuple[str, str]:
    """The method's own type parameters, and what the call must say of them."""
    declared = x.function.child_by_field_name("type_parameters")
    if declared is None:
        return "", ""
    names = [
        text(next(one for one in child.named_children if "identifier" in one.type))
        for child in declared.named_children
        if child.type == "type_parameter"
    ]
    taken = {word for one in given for word in _words(one.type)}
    used = x.words | taken | set(_words(type_)) | {w for one in _throws(x) for w in _words(one)}
    if not used & set(names):
        return "", ""
    if set(names) <= taken:
        return f"{words(declared)} ", ""
    owner = "this"
    if _is_static(x.function):
        owner = text(_class_around(x).child_by_field_name("name"))
    return f"{words(declared)} ", f"{owner}.<{', '.join(names)}>"


def _class_around(x: Extraction) -> tree_sitter.Node:
    node = x.function.parent
    while node is not None and node.type not in _TYPES | {"record_declaration"}:
        node = node.parent
    if node is None or node.child_by_field_name("name") is None:
        raise BadInput("the class around the statements has no name")
    return node


def _words(written: str) -> list[str]:
    return "".join(char if char.isalnum() or char in "_$" else " " for char in written).split()
