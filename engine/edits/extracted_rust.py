"""Extract function in Rust: behind the one that calls it, a method where ``self`` is used."""

from __future__ import annotations

import re

import tree_sitter

from engine.edits.extraction import COMMENTS, Extraction, Local, walk
from engine.edits.inlining import text, words
from engine.edits.leaving import Way, leaves, refuse_jumps, way_of
from engine.edits.lines import indentation
from engine.edits.local_names import unused_name
from engine.edits.moved_statements import moved
from engine.edits.new_function import NewFunction
from engine.edits.rust_homes import Home, attributes, home_of, where
from engine.edits.rust_lifetimes import may_borrow, num_references
from engine.edits.rust_parameters import Handed, handed, is_mutable, type_or_refuse
from engine.errors import BadInput
from engine.planning.indentation import indent_unit
from engine.proposal import Edit
from engine.spans import span

_MACROS = frozenset(
    """println print eprintln eprint format write writeln panic assert assert_eq assert_ne
    debug_assert debug_assert_eq debug_assert_ne vec matches unreachable todo unimplemented trace
    debug info warn error concat stringify cfg""".split()
)
_GUARDS = re.compile(r"\.(lock|borrow_mut|borrow|enter|write|read|pin|acquire)\(|[Gg]uard|defer")
_ITEMS = frozenset(
    """macro_definition use_declaration function_item struct_item enum_item impl_item const_item
    static_item trait_item type_item mod_item""".split()
)
_STATEMENTS = frozenset(
    """expression_statement let_declaration macro_definition empty_statement line_comment
    block_comment attribute_item inner_attribute_item""".split()
)


def rust_function(x: Extraction) -> NewFunction:
    """Raises BadInput where something that must be written is not known."""
    _refuse(x)
    returned = x.function.child_by_field_name("return_type")
    way = _way(x, is_void=returned is None)
    results = [one for one in x.locals if one.is_needed and (one.is_own or one.is_set)]
    results = results if way is Way.ON else []
    _refuse_results(x, results)
    found = handed(x, results)
    types = [type_or_refuse(x, one) for one in results]
    if way is Way.RETURN and returned is not None:
        types = [words(returned)]
    is_lending = way is Way.RETURN and may_borrow(x, types)
    shown = [*types, *(one.type for one in found.given), where(x.function)]
    shown.append(words(x.function.child_by_field_name("type_parameters")))
    home = home_of(x, shown, is_lending=is_lending)
    _refuse_elided(x, home, found, types, is_result=bool(results))
    name = unused_name(x.tree, "extracted")
    generics, turbofish = _generics(x, found, types)
    given = ", ".join(one.value for one in found.given)
    made = _text(x, home, f"{name}{generics}", found, types, results)
    at = span(home.outer.end_byte, home.outer.end_byte)
    call = _call(x, f"{home.call}{name}{turbofish}({given})", way, results)
    return NewFunction(name, (Edit(x.place, call), Edit(at, made)))


def _text(
    x: Extraction,
    home: Home,
    name: str,
    found: Handed,
    types: list[str],
    results: list[Local],
) -> str:
    indent = indentation(x.tree.data, home.outer.start_byte)
    step = indent_unit(x.tree).decode() or "    "
    inner = indent + (step if home.block else "")
    receiver = [home.receiver] if home.receiver else []
    taken = ", ".join([*receiver, *(one.declared for one in found.given)])
    arrow = f" -> {_together(types)}" if types else ""
    conditions = where(x.function)
    head = f"{_words_before(x)}fn {name}({taken}){arrow}{conditions} {{"
    marks = [one for one in attributes(x.function) if re.match(r"#\[\s*cfg\b", one)]
    lines = [*(f"{inner}{one}" for one in marks), inner + head]
    lines.append(moved(x, inner + step, found.changes))
    lines += [f"{inner}{step}{_together([one.name for one in results])}"] if results else []
    lines.append(f"{inner}}}")
    if home.block:
        lines = [indent + home.block, *lines, f"{indent}}}"]
    return "\n\n" + "\n".join(lines)


def _call(x: Extraction, call: str, way: Way, results: list[Local]) -> str:
    if way is Way.RETURN:
        return call if x.is_end and _is_value(x.code[-1]) else f"return {call};"
    if not results:
        return f"{call};"
    if not results[0].is_own:
        return f"{_together([one.name for one in results])} = {call};"
    names = [f"{'mut ' if is_mutable(one) else ''}{one.name}" for one in results]
    return f"let {_together(names)} = {call};"


def _together(parts: list[str]) -> str:
    """One name or type alone, several as a tuple."""
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _way(x: Extraction, *, is_void: bool) -> Way:
    """See ``way_of``; ``?`` returns, and the last expression of a body is its value."""
    is_tail = _is_value(x.code[-1])
    is_leaving = leaves(x.code[-1]) or _is_panic(x.code[-1])
    may_return = x.holds("try_expression", "return_expression")
    if (is_tail and x.is_end) or is_leaving:
        refuse_jumps(x)
        return Way.RETURN
    if is_tail:
        raise BadInput("the last of the statements is the value of a block")
    if may_return and not (is_void and x.is_end):
        raise BadInput("the statements return in the middle: extract up to there, or all of it")
    return way_of(x, is_void=is_void)


def _is_value(node: tree_sitter.Node) -> bool:
    """Whether the node is what its block gives: the last, without a semicolon."""
    after = node.next_named_sibling
    while after is not None and after.type in COMMENTS:
        after = after.next_named_sibling
    inner = node.named_children[0] if node.type == "expression_statement" else node
    is_unit = inner.type in ("for_expression", "while_expression") or (
        inner.type == "if_expression" and inner.child_by_field_name("alternative") is None
    )
    is_ended = text(node).endswith(";") or node.type in _STATEMENTS - {"expression_statement"}
    return after is None and not is_unit and not is_ended


def _is_panic(node: tree_sitter.Node) -> bool:
    inner = node.named_children[0] if node.type == "expression_statement" else node
    names = ("panic", "unreachable", "todo", "unimplemented")
    return inner.type == "macro_invocation" and text(inner.child_by_field_name("macro")) in names


def _refuse(x: Extraction) -> None:
    if x.function.type != "function_item":
        raise BadInput("the statements stand in a closure, whose result is not written")
    if x.holds("await_expression") or any(node.type == "await_expression" for node in x.nodes):
        raise BadInput("the statements await something")
    if any("target_feature" in one for one in attributes(x.function)):
        raise BadInput("the function around is made for certain processors")
    if text(x.function.child_by_field_name("return_type")) == "!":
        raise BadInput("the function around never returns")
    _refuse_globs(x)
    if x.code[-1].type == "attribute_item":
        raise BadInput("an attribute belongs to what stands behind the statements")
    first = x.statements[0].prev_named_sibling
    if first is not None and first.type == "attribute_item":
        raise BadInput("an attribute in front belongs to the first statement")
    _refuse_inner(x)
    if not x.is_end:
        _refuse_guards(x)


def _refuse_inner(x: Extraction) -> None:
    """BadInput for macros that may hold anything, and items that are known further down."""
    for node in x.nodes:
        name = text(node.child_by_field_name("macro"))
        if node.type == "macro_invocation" and name.rpartition("::")[2] not in _MACROS:
            raise BadInput(f"the macro {name} may leave the statements, or name their locals")
        if node.type == "token_tree" and re.search(rb"\breturn\b|\?|\bbreak\b", node.text or b""):
            raise BadInput("a macro holds code that leaves the statements")
    if any(node.type in _ITEMS for node in x.code):
        raise BadInput("the statements declare what is known behind them")


def _refuse_globs(x: Extraction) -> None:
    for node in walk(x.function):
        if node.type == "use_wildcard" and not x.within(node):
            raise BadInput("the function around imports names that are not listed")
        macro = text(node.child_by_field_name("macro"))
        if macro in ("thread_local", "lazy_static"):
            raise BadInput(f"the function around declares names by {macro}")


def _refuse_guards(x: Extraction) -> None:
    """What is held until the block ends would be let go with the statements."""
    kept = {local.name for local in x.locals if local.is_own}
    for statement in x.code:
        if statement.type == "let_declaration":
            name = text(statement.child_by_field_name("pattern"))
            is_hidden = name.startswith("_") and name != "_"
            if name not in kept and (is_hidden or _GUARDS.search(text(statement))):
                raise BadInput(f"{name} would be let go with the statements")


def _refuse_results(x: Extraction, results: list[Local]) -> None:
    own = [one.is_own for one in results]
    if any(own) and not all(own):
        raise BadInput("the statements set names of their own and of the code around them")
    if len({one.name for one in results}) < len(results):
        raise BadInput("two locals of the statements have the same name")
    block = x.statements[0].parent
    for local in results:
        holder = local.declared.parent
        if local.is_own and (holder is None or holder.type != "let_declaration"
                             or holder.child_by_field_name("value") is None):  # fmt: skip
            raise BadInput(f"{local.name} may not be set by the statements")
        hiding = [one for one in x.table.symbols if one.name == local.name
                  and one is not local.symbol and one.scope.node == block]  # fmt: skip
        hidden = [site for one in hiding for site in one.sites if site.is_definition]
        if any(x.place.start <= site.span.start < x.place.end for site in hidden):
            raise BadInput(f"the statements declare {local.name} twice")


def _refuse_elided(
    x: Extraction, home: Home, found: Handed, types: list[str], *, is_result: bool
) -> None:
    """A reference that is given back lasts as long as what it comes from."""
    if "impl " in " ".join(types):
        raise BadInput("what the function around returns has no name")
    if not may_borrow(x, types):
        return
    if is_result and not re.search(r"&(?!\s*')|'_", " ".join(types)):
        return
    num_lent = sum("&" in one.type for one in found.given)
    is_by_self = home.receiver.startswith("&")
    parameters = x.function.child_by_field_name("parameters")
    is_all = parameters is not None and parameters.named_child_count == len(found.given)
    is_same = num_lent == num_references(x) if num_references(x) else is_all
    if is_result or not (is_by_self or is_same):
        raise BadInput("how long what is given back lasts is not written")


def _words_before(x: Extraction) -> str:
    """``const``, and ``unsafe`` where the statements stand in such code."""
    modifiers = next((one for one in x.function.named_children
                      if one.type == "function_modifiers"), None)  # fmt: skip
    words_ = set(text(modifiers).split()) if modifiers is not None else set()
    is_unsafe = "unsafe" in words_ or any(node.type == "unsafe_block" for node in x.around)
    return ("const " if "const" in words_ else "") + ("unsafe " if is_unsafe else "")


def _generics(x: Extraction, found: Handed, types: list[str]) -> tuple[str, str]:
    """The function's type parameters, and what the call must say of them."""
    declared = x.function.child_by_field_name("type_parameters")
    if declared is None:
        return "", ""
    names: list[str] = []
    lifetimes: list[str] = []
    for one in declared.named_children:
        name = one.child_by_field_name("name") or next(iter(one.named_children), one)
        (lifetimes if one.type.startswith("lifetime") else names).append(text(name))
    taken = {word for one in found.given for word in re.findall(r"'?\w+", one.type)}
    used = taken | x.words | {word for one in types for word in re.findall(r"'?\w+", one)}
    used |= {text(node) for node in x.nodes if node.type == "lifetime"}
    used |= set(re.findall(r"'?\w+", where(x.function)))
    if not used & {*names, *lifetimes}:
        return "", ""
    written = words(declared)
    return written, "" if set(names) <= taken else f"::<{', '.join(names)}>"
