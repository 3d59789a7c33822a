"""What a documentation comment tells of a declaration: its name, parameters, results, errors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

from engine.edits.inlining import text, words
from engine.edits.static_names import innermost
from engine.syntax import SyntaxTree

_SCRIPT = "javascript javascriptreact typescript typescriptreact"
_FUNCTIONS = {
    "go": "function_declaration method_declaration method_elem method_spec",
    "rust": "function_item function_signature_item",
    "java": "method_declaration constructor_declaration annotation_type_element_declaration",
    "c": "function_definition declaration field_declaration",
    **dict.fromkeys(
        _SCRIPT.split(),
        "function_declaration generator_function_declaration method_definition function_signature "
        "method_signature abstract_method_signature lexical_declaration variable_declaration",
    ),
}
_TYPES = {
    "go": "type_spec type_alias",
    "rust": "struct_item enum_item union_item trait_item type_item macro_definition",
    "java": "class_declaration interface_declaration enum_declaration record_declaration "
    "annotation_type_declaration",
    "c": "struct_specifier class_specifier union_specifier enum_specifier alias_declaration "
    "type_definition",
    **dict.fromkeys(
        _SCRIPT.split(),
        "class_declaration abstract_class_declaration interface_declaration enum_declaration "
        "type_alias_declaration",
    ),
}
# What stands around a declaration and begins before it.
_WRAPPERS = frozenset(
    "export_statement template_declaration linkage_specification friend_declaration".split()
)
_ATTRIBUTES = frozenset(("attribute_item", "decorator"))
_ANONYMOUS = frozenset(("_", "this", "self", "cls"))
_RETURNS_NOTHING = re.compile(r"(?:Promise<)?(?:void|never|undefined|\(\)|!)>?")
_FUNCTION_VALUES = frozenset(("arrow_function", "function_expression", "function"))


@dataclass(frozen=True, slots=True)
class Documentable:
    """A declaration that may have a documentation comment.

    ``start``: where the comment goes, before attributes and templates. ``end``: of its header.
    ``type_parameters`` are of Java's and C++'s functions and types.
    """

    node: tree_sitter.Node
    start: int
    end: int
    name: str
    is_function: bool
    parameters: tuple[str, ...] = ()
    type_parameters: tuple[str, ...] = ()
    is_returning: bool = False
    errors: tuple[str, ...] = ()
    is_unsafe: bool = False


def documentable_at(tree: SyntaxTree, offset: int) -> Documentable | None:
    """The declaration whose header holds ``offset``, or that stands below the comment there."""
    line = tree.line_at(offset)
    first = line.start + len(line.of(tree.data)) - len(line.of(tree.data).lstrip())
    for node in tree.ancestors(max(offset, first) + 1):
        if node.type in tree.language.kinds.comments or node.type in _ATTRIBUTES:
            below = _below(tree, node)
            return None if below is None else _read(tree, below)
        found = _read(tree, node)
        if found is not None:
            return found if offset <= found.end else None
    return None


def _below(tree: SyntaxTree, node: tree_sitter.Node) -> tree_sitter.Node | None:
    """The declaration under a comment or an attribute."""
    below = node.next_named_sibling
    passed = tree.language.kinds.comments | _ATTRIBUTES
    while below is not None and below.type in passed:
        below = below.next_named_sibling
    while below is not None and below.type in (*_WRAPPERS, "type_declaration"):
        below = below.named_children[-1] if below.named_children else None
    return below


def _read(tree: SyntaxTree, node: tree_sitter.Node) -> Documentable | None:
    """What a node declares; None for what needs no documentation, or is broken."""
    id_ = "c" if tree.language.id == "cpp" else tree.language.id
    is_type = node.type in _TYPES.get(id_, "").split()
    if not is_type and node.type not in _FUNCTIONS.get(id_, "").split():
        return None
    body = node.child_by_field_name("body")
    header = [child for child in node.children if body is None or child.id != body.id]
    is_broken = any(child.has_error for child in header)
    if is_broken or (node.parent is not None and node.parent.type == "ERROR"):
        return None
    start = _start(tree, node)
    if is_type:
        return _type(tree, node, start)
    reader = {"go": _go, "rust": _rust, "java": _java, "c": _c}.get(id_, _script)
    return reader(tree, node, start)


def _start(tree: SyntaxTree, node: tree_sitter.Node) -> int:
    """Where a declaration begins with what belongs to it."""
    outer, parent = node, node.parent
    while parent is not None:
        is_single = parent.type == "type_declaration" and parent.children[1].type != "("
        if not is_single and parent.type not in _WRAPPERS:
            break
        outer, parent = parent, parent.parent
    start, before = outer.start_byte, outer.prev_sibling
    while before is not None and before.type in tree.language.kinds.comments | _ATTRIBUTES:
        if before.type in _ATTRIBUTES:
            start = before.start_byte
        before = before.prev_sibling
    return start


def _end(node: tree_sitter.Node) -> int:
    body = node.child_by_field_name("body")
    return node.end_byte if body is None else body.start_byte


def _type(tree: SyntaxTree, node: tree_sitter.Node, start: int) -> Documentable | None:
    name = node.child_by_field_name("name")
    inner = node.child_by_field_name("type")
    if node.type == "type_definition":
        declarator = node.child_by_field_name("declarator")
        name = None if declarator is None else innermost(declarator)
        while name is not None and name.type.endswith("declarator") and name.named_children:
            name = innermost(name.named_children[0])
    elif node.type.endswith("_specifier") and node.child_by_field_name("body") is None:
        return None  # only named
    if node.type.endswith("_specifier") and node.parent is not None:
        if node.parent.type in ("type_definition", "declaration", "field_declaration"):
            return None
    if name is None or not text(name).replace("$", "_").isidentifier():
        return None
    has_body = inner is not None and inner.named_child_count > 0
    end = inner.start_byte if inner is not None and has_body else _end(node)
    parameters: tuple[str, ...] = ()
    if node.type == "record_declaration":
        parameters = tuple(_named(node.child_by_field_name("parameters")))
    generics = tuple(_type_parameters(tree, node))
    return Documentable(node, start, end, text(name), False, parameters, generics)


def _type_parameters(tree: SyntaxTree, node: tree_sitter.Node) -> Iterator[str]:
    """The type parameters that a language documents one by one."""
    listed = node.child_by_field_name("type_parameters")
    if tree.language.id == "java" and listed is not None:
        for child in listed.named_children:
            names = [one for one in child.named_children if one.type == "type_identifier"]
            yield from (text(one) for one in names[:1])
    outer = node.parent
    if outer is None or outer.type != "template_declaration":
        return
    listed = outer.child_by_field_name("parameters")
    for child in () if listed is None else listed.named_children:
        name = child.child_by_field_name("name") or child.child_by_field_name("declarator")
        if name is None and child.type.endswith("type_parameter_declaration"):
            name = next((one for one in child.named_children if "identifier" in one.type), None)
        yield from () if name is None else (text(innermost(name)),)


def _named(listed: tree_sitter.Node | None) -> list[str]:
    """The names of parameters that have one."""
    found: list[str] = []
    for child in () if listed is None else listed.named_children:
        names: Sequence[tree_sitter.Node] = child.children_by_field_name("name")
        pattern = child.child_by_field_name("pattern")
        declared = [one for one in child.named_children if one.type == "variable_declarator"]
        if declared:
            names = declared[0].children_by_field_name("name")
        elif not names and pattern is not None:
            names = [pattern]
        elif not names and child.type in ("identifier", "assignment_pattern", "rest_pattern"):
            names = [child.child_by_field_name("left") or child]
        for name in names:
            word = text(name).removeprefix("...").removeprefix("mut ").strip()
            found.append(word)
    return [name for name in found if name.isidentifier() and name not in _ANONYMOUS]


def _go(tree: SyntaxTree, node: tree_sitter.Node, start: int) -> Documentable | None:
    del tree
    name = node.child_by_field_name("name")
    parameters = tuple(_named(node.child_by_field_name("parameters")))
    is_returning = node.child_by_field_name("result") is not None
    if name is None:
        return None
    return Documentable(
        node, start, _end(node), text(name), True, parameters, is_returning=is_returning
    )


def _rust(tree: SyntaxTree, node: tree_sitter.Node, start: int) -> Documentable | None:
    del tree
    name, result = node.child_by_field_name("name"), node.child_by_field_name("return_type")
    parameters = tuple(_named(node.child_by_field_name("parameters")))
    marks = [words(one) for one in node.named_children if one.type == "function_modifiers"]
    is_failing = re.match(r"(?:\w+::)*Result\b", words(result)) is not None
    if name is None:
        return None
    return Documentable(
        node,
        start,
        _end(node),
        text(name),
        True,
        parameters,
        is_returning=result is not None and not _RETURNS_NOTHING.fullmatch(words(result)),
        errors=("",) if is_failing else (),
        is_unsafe=any("unsafe" in one.split() for one in marks),
    )


def _java(tree: SyntaxTree, node: tree_sitter.Node, start: int) -> Documentable | None:
    name, type_ = node.child_by_field_name("name"), node.child_by_field_name("type")
    thrown = [one for one in node.named_children if one.type == "throws"]
    if name is None:
        return None
    return Documentable(
        node,
        start,
        _end(node),
        text(name),
        True,
        tuple(_named(node.child_by_field_name("parameters"))),
        tuple(_type_parameters(tree, node)),
        is_returning=type_ is not None and text(type_) != "void",
        errors=tuple(words(each) for one in thrown for each in one.named_children),
    )


def _script(tree: SyntaxTree, node: tree_sitter.Node, start: int) -> Documentable | None:
    del tree
    name, function = node.child_by_field_name("name"), node
    if node.type in ("lexical_declaration", "variable_declaration"):
        declarators = [one for one in node.named_children if one.type == "variable_declarator"]
        value = declarators[0].child_by_field_name("value") if len(declarators) == 1 else None
        if value is None or value.type not in _FUNCTION_VALUES:
            return None
        name, function = declarators[0].child_by_field_name("name"), value
    result, body = function.child_by_field_name("return_type"), function.child_by_field_name("body")
    is_returning = words(result).removeprefix(":").strip() != ""
    if result is None and body is not None:
        is_returning = body.type != "statement_block" or _gives_back(body)
    elif result is not None:
        is_returning = not _RETURNS_NOTHING.fullmatch(words(result).removeprefix(":").strip())
    listed = function.child_by_field_name("parameters")
    alone = function.child_by_field_name("parameter")
    parameters = (text(alone),) if alone is not None else tuple(_named(listed))
    if name is None:
        return None
    return Documentable(
        node,
        start,
        _end(function),
        text(name),
        True,
        parameters,
        is_returning=is_returning and text(name) != "constructor",
    )


def _c(tree: SyntaxTree, node: tree_sitter.Node, start: int) -> Documentable | None:
    """A function of C or C++: its definition or its prototype."""
    declarators = node.children_by_field_name("declarator")
    is_local = node.parent is not None and node.parent.type in ("compound_statement", "ERROR")
    declared = declarators[0] if len(declarators) == 1 and not is_local else None
    num_pointers = 0
    while declared is not None and declared.type in ("pointer_declarator", "reference_declarator"):
        num_pointers += 1
        declared = declared.child_by_field_name("declarator") or declared.named_children[-1]
    if declared is None or declared.type not in ("function_declarator", "operator_cast"):
        return None
    name = innermost(declared)
    if name.type == "parenthesized_declarator" or declared.named_children[0].type.startswith("par"):
        return None  # a pointer to a function
    is_cast = declared.type == "operator_cast"
    written = f"operator {words(declared.child_by_field_name('type'))}" if is_cast else text(name)
    type_, body = node.child_by_field_name("type"), node.child_by_field_name("body")
    trailing = [one for one in declared.named_children if one.type == "trailing_return_type"]
    result = words(trailing[0].named_children[0]) if trailing else words(type_)
    is_returning = is_cast or (type_ is not None and (num_pointers > 0 or result.lower() != "void"))
    if result in ("auto", "decltype(auto)") and body is not None:
        is_returning = _gives_back(body)
    return Documentable(
        node,
        start,
        _end(node),
        written.rpartition("::")[2],
        True,
        tuple(_c_parameters(declared)),
        tuple(_type_parameters(tree, node)),
        is_returning,
    )


def _c_parameters(declarator: tree_sitter.Node) -> Iterator[str]:
    listed = declarator.child_by_field_name("parameters")
    for child in () if listed is None else listed.children:
        declared = child.child_by_field_name("declarator")
        if child.type == "identifier":  # as before C had prototypes
            yield text(child)
        elif child.type in ("...", "variadic_parameter"):
            yield "..."
        elif declared is not None:
            name = text(innermost(declared))
            yield from (name,) if name.isidentifier() else ()


def _gives_back(body: tree_sitter.Node) -> bool:
    """Whether a body returns a value; what functions in it return is theirs."""
    stack = list(body.named_children)
    while stack:
        node = stack.pop()
        if node.type == "return_statement" and node.named_child_count:
            return True
        if not any(word in node.type for word in ("function", "lambda", "class", "method")):
            stack.extend(node.named_children)
    return False
