"""A function of a language with declared types as its callers see it: where its parameters are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

from engine.edits.inlining import text
from engine.edits.static_names import innermost
from engine.errors import BadInput
from engine.syntax import SyntaxTree

TYPED = frozenset("go rust java c cpp".split())
FUNCTIONS = frozenset(
    """function_declaration method_declaration function_item function_definition
    constructor_declaration compact_constructor_declaration""".split()
)
_ENTRIES = frozenset(("main", "init", "WinMain", "DllMain", "LLVMFuzzerTestOneInput"))
_OPTIONAL = frozenset(
    """optional_parameter_declaration variadic_parameter_declaration spread_parameter
    optional_type_parameter_declaration""".split()
)
_SKIPPED = frozenset("comment line_comment block_comment attribute_item receiver_parameter".split())
_INERT = re.compile(
    r"#\[(?:inline|must_use|allow|expect|warn|deny|forbid|cfg|cfg_attr|cold|track_caller|doc|"
    r"deprecated|rustfmt::skip|instrument|tracing::instrument|target_feature|rustc_\w+|stable|"
    r"unstable)\b"
)
_INERT_ANNOTATIONS = frozenset(
    """SuppressWarnings Deprecated Nullable NonNull NotNull Nonnull CheckForNull VisibleForTesting
    SafeVarargs ForceInline DontInline IntrinsicCandidate Stable CheckReturnValue Pure
    CanIgnoreReturnValue Beta Hidden LambdaForm.Compiled CallerSensitive Contract""".split()
)
_SERIAL = frozenset(
    """readObject writeObject readResolve writeReplace readExternal writeExternal
    readObjectNoData""".split()
)


@dataclass(frozen=True, slots=True)
class Signature:
    """A list of parameters: a node for each that a call gives, ``least`` to ``most`` of them.

    ``most`` None for any number.
    """

    entries: tuple[tree_sitter.Node, ...]
    least: int
    most: int | None
    has_receiver: bool = False


def function_around(node: tree_sitter.Node | None) -> tree_sitter.Node | None:
    """The function or method that ``node`` stands in; closures in it are part of it."""
    while node is not None and node.type not in FUNCTIONS:
        node = node.parent
    return node


def name_of(function: tree_sitter.Node) -> tree_sitter.Node | None:
    """The identifier of a function, without what qualifies it."""
    name = function.child_by_field_name("name")
    if function.type == "function_definition":
        declarator = function.child_by_field_name("declarator")
        name = None if declarator is None else innermost(declarator)
        while name is not None and name.type == "qualified_identifier":
            name = name.child_by_field_name("name")
    return name


def parameters_beside(name: tree_sitter.Node) -> tree_sitter.Node | None:
    """The parameters of the function whose declaration has ``name``; None for other places."""
    node: tree_sitter.Node = name
    while node.parent is not None and node.parent.type == "qualified_identifier":
        node = node.parent
    parent = node.parent
    if parent is None:
        return None
    if parent.type == "function_declarator":
        is_it = parent.child_by_field_name("declarator") == node
        return parent.child_by_field_name("parameters") if is_it else None
    is_named = parent.child_by_field_name("name") == node
    is_function = parent.type in FUNCTIONS or parent.type in (
        "function_signature_item", "method_elem", "method_spec",
    )  # fmt: skip
    return parent.child_by_field_name("parameters") if is_named and is_function else None


def signature(parameters: tree_sitter.Node, name: str) -> Signature:
    """Raises BadInput with the reason where no parameter can be added."""
    if parameters.has_error or any("preproc" in one.type for one in parameters.named_children):
        raise BadInput(f"the parameters of {name} cannot be read")
    entries: list[tree_sitter.Node] = []
    least, is_open, has_receiver = 0, False, False
    for node in parameters.children:
        if node.type in ("...", "variadic_parameter"):
            raise BadInput(f"{name} takes any number of arguments: add it by hand")
        if not node.is_named or node.type in _SKIPPED or text(node) == "void":
            continue
        if node.type == "identifier":
            raise BadInput(f"the types of {name}'s parameters stand elsewhere: add it by hand")
        if node.type == "self_parameter":
            has_receiver = True
            continue
        if node.type not in _OPTIONAL and least == len(entries):
            least += max(1, len(node.children_by_field_name("name")))
        is_open |= node.type in ("variadic_parameter_declaration", "spread_parameter")
        entries += [node] * max(1, len(node.children_by_field_name("name")))
    return Signature(tuple(entries), least, None if is_open else len(entries), has_receiver)


def refuse_uncallable(tree: SyntaxTree, function: tree_sitter.Node, name: str) -> None:
    """Raises BadInput for a function that others than its calls depend on."""
    if "constructor" in function.type or _is_constructor(tree, function, name):
        raise BadInput(f"{name} is a constructor: add the parameter by hand")
    if name in _ENTRIES or not name.isidentifier():
        raise BadInput(f"{name} is called by the system: who calls it is not known")
    for mark in _marks(function):
        is_shared = mark.startswith(("of ", "@Override", "virtual", "override", "abstract"))
        why = "others like it would have to change" if is_shared else "who calls it is not known"
        raise BadInput(f"{name} is {mark}: {why}")
    if tree.language.id == "java" and name in _SERIAL:
        raise BadInput(f"{name} is called by Java itself: who calls it is not known")
    if tree.language.id == "go" and function.child_by_field_name("body") is None:
        raise BadInput(f"{name} is written in another language: add it by hand")
    if re.search(rb"//(?:go:linkname|export) " + name.encode() + rb"\b", tree.data):
        raise BadInput(f"{name} is called from elsewhere: who calls it is not known")


def _is_constructor(tree: SyntaxTree, function: tree_sitter.Node, name: str) -> bool:
    if tree.language.id != "cpp":
        return False
    return function.child_by_field_name("type") is None or name.startswith(("~", "operator"))


def _marks(function: tree_sitter.Node) -> Iterator[str]:
    """Words at a function that say that somebody else calls it."""
    before = function.prev_named_sibling
    while before is not None and before.type in ("attribute_item", "line_comment"):
        if before.type == "attribute_item" and not _INERT.match(text(before)):
            yield text(before)
        before = before.prev_named_sibling
    for child in function.children:
        yield from _marks_in(child)
    declarator = function.child_by_field_name("declarator")
    while declarator is not None:
        marks = [one for one in declarator.named_children if one.type == "virtual_specifier"]
        yield from (text(one) for one in marks)
        declarator = declarator.child_by_field_name("declarator")
    around = function.parent.parent if function.parent is not None else None
    if around is not None and around.type == "impl_item" and around.child_by_field_name("trait"):
        yield f"of the trait {text(around.child_by_field_name('trait'))}"
    if around is not None and around.type == "trait_item":
        yield "of a trait"
    if around is not None and around.type in ("interface_declaration", "annotation_type_body"):
        yield "of an interface"


def _marks_in(child: tree_sitter.Node) -> Iterator[str]:
    if child.type in ("virtual", "virtual_function_specifier") or text(child) == "virtual":
        yield "virtual"
    if child.type == "function_modifiers" and "extern" in text(child):
        yield "extern"
    if child.type != "modifiers":
        return
    for one in child.children:
        if one.type in ("native", "abstract"):
            yield one.type
        if one.type.endswith("annotation"):
            word = text(one.child_by_field_name("name"))
            if word.rpartition(".")[2] not in _INERT_ANNOTATIONS:
                yield f"@{word}"


def given(arguments: tree_sitter.Node) -> Sequence[tree_sitter.Node]:
    """The arguments of a call."""
    return [one for one in arguments.named_children if one.type not in _SKIPPED]
