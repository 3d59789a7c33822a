"""How a local of C or C++ is declared: the words of its type, and the signs around its name."""

from __future__ import annotations

from dataclasses import dataclass

import tree_sitter

from engine.edits.c_types import NUMBERS
from engine.edits.extraction import walk
from engine.edits.inlining import text, words
from engine.errors import BadInput

_HOLDERS = frozenset(
    """declaration parameter_declaration optional_parameter_declaration for_range_loop""".split()
)
_SIGNS = frozenset(
    """pointer_declarator array_declarator function_declarator parenthesized_declarator
    reference_declarator init_declarator""".split()
)
_QUALIFIERS = frozenset(("const", "volatile", "restrict", "constexpr"))
_UNKNOWN = frozenset(("auto", "__auto_type", "va_list", "jmp_buf", "sigjmp_buf", "typeof"))
_UNNAMED = frozenset(
    """field_declaration_list enumerator_list decltype placeholder_type_specifier
    macro_type_specifier""".split()
)


@dataclass(frozen=True, slots=True)
class CLocal:
    """``words`` of the type, ``sign``: the declarator without a value, its ``chain`` of signs."""

    holder: tree_sitter.Node
    name: tree_sitter.Node
    words: str
    chain: tuple[tree_sitter.Node, ...]
    """Outwards from the name."""
    storage: str

    @property
    def top(self) -> tree_sitter.Node:
        """The whole declarator."""
        return self.chain[-1] if self.chain else self.name

    def is_a(self, sign: str) -> bool:
        """Whether the sign next to the name is this one: ``array``, ``pointer``, ``reference``."""
        return bool(self.chain) and self.chain[0].type == f"{sign}_declarator"

    @property
    def is_parameter(self) -> bool:
        """Whether the caller of the function gives it."""
        return "parameter" in self.holder.type

    @property
    def is_array(self) -> bool:
        """Whether it holds elements itself; such a parameter is a pointer."""
        return self.is_a("array") and not self.is_parameter

    @property
    def is_scalar(self) -> bool:
        """Whether it is surely a number or a pointer."""
        plain = [word for word in self.words.split() if word not in _QUALIFIERS]
        is_number = not self.chain and bool(plain) and all(word in NUMBERS for word in plain)
        is_given = self.is_a("array") and self.is_parameter
        return is_number or self.is_a("pointer") or is_given

    @property
    def is_const(self) -> bool:
        """Whether the local itself cannot be written to."""
        if self.chain:
            inner = self.chain[0].named_children if self.is_a("pointer") else []
            return any(text(child) == "const" for child in inner)
        return bool({"const", "constexpr"} & set(self.words.split()))

    @property
    def value(self) -> tree_sitter.Node | None:
        """What it is set to where it is declared."""
        parent = self.top.parent
        is_set = parent is not None and parent.type == "init_declarator"
        return parent.child_by_field_name("value") if parent is not None and is_set else None

    def declared(self, name: str, *, is_decaying: bool = False) -> str:
        """A declaration of the same type; ``is_decaying`` leaves an array's first size out."""
        size = self.chain[0].child_by_field_name("size") if is_decaying and self.chain else None
        data = self.top.text or b""
        start = self.top.start_byte
        changes = [(self.name.start_byte, self.name.end_byte, name)]
        changes += [] if size is None else [(size.start_byte, size.end_byte, "")]
        for begin, end, new in sorted(changes, reverse=True):
            data = data[: begin - start] + new.encode() + data[end - start :]
        written = " ".join(data.decode("utf-8", "replace").split())
        gap = "" if written[:1] in "*&" and self.words.endswith("*") else " "
        return f"{self.words}{gap}{written}"

    @property
    def sizes(self) -> set[str]:
        """The names in the declarator beside its own."""
        parts = [node for node in walk(self.top) if node.id != self.name.id]
        return {text(node) for node in parts if node.type == "identifier"}


def c_local(name: tree_sitter.Node) -> CLocal:
    """Raises BadInput where the type is not written with words that hold elsewhere, too."""
    chain: list[tree_sitter.Node] = []
    node = name
    while node.parent is not None and node.parent.type in _SIGNS:
        node = node.parent
        if node.type != "init_declarator":
            chain.append(node)
    holder = node.parent
    if [one.type for one in chain] == ["function_declarator"]:
        chain.clear()  # ``T x(y);`` is read as a function's declaration
    if holder is None or holder.type not in _HOLDERS:
        raise BadInput(f"the type of {text(name)} is not written in the file")
    written, storage = type_words(holder)
    if not written or set(written.split()) & _UNKNOWN:
        raise BadInput(f"the type of {text(name)} is not written in the file, or has no name")
    return CLocal(holder, name, written, tuple(chain), storage)


def type_words(holder: tree_sitter.Node) -> tuple[str, str]:
    """The words of a declaration's type, empty for none that can be written twice; its storage."""
    parts: list[str] = []
    storage = ""
    type_ = holder.child_by_field_name("type")
    for child in holder.named_children:
        if child.type == "storage_class_specifier":
            storage += text(child) + " "
        elif child.type == "type_qualifier" or (type_ is not None and child.id == type_.id):
            parts.append(words(child))
        elif child.type.startswith(("attribute", "ms_", "alignas", "gnu_asm")):
            return "", storage
        elif child.end_byte > (type_ or holder).end_byte:
            break
    if type_ is None or any(node.type in _UNNAMED for node in walk(type_)):
        return "", storage
    return " ".join(parts), storage.strip()
