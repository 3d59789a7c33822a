"""Whether a type of Rust may hold a borrow whose lifetime is not written."""

from __future__ import annotations

import re
from collections.abc import Iterable

import tree_sitter

from engine.edits.extraction import Extraction, walk
from engine.edits.inlining import text
from engine.edits.rust_types import PRIMITIVES

_FREE = frozenset(
    """String PathBuf OsString Vec Option Result Box Arc Rc HashMap HashSet BTreeMap BTreeSet
    VecDeque Self std io fmt core alloc collections string vec Error Ordering Duration Instant Path
    str Poll""".split()
)
_DECLARED = frozenset("struct_item enum_item union_item type_item trait_item".split())


def may_borrow(x: Extraction, types: Iterable[str]) -> bool:
    """Whether one of the types has a reference without a lifetime, or may hide one."""
    written = " ".join(types)
    if re.search(r"&(?!\s*')|'_", written):
        return True
    names = set(re.findall(r"(?<!')\b[A-Za-z]\w*", written))
    return bool(names - PRIMITIVES - _FREE - _free_names(x))


def num_references(x: Extraction) -> int:
    """How many references the function around takes."""
    parameters = x.function.child_by_field_name("parameters")
    return 0 if parameters is None else text(parameters).count("&")


def _free_names(x: Extraction) -> set[str]:
    """Types of the file without lifetimes, and type parameters."""
    found: set[str] = set()
    for node in walk(x.table.file_scope.node):
        if node.type in _DECLARED and "'" not in text(node.child_by_field_name("type_parameters")):
            found.add(text(node.child_by_field_name("name")))
        elif node.type == "type_parameter":
            found.add(_name(node))
    return found


def _name(node: tree_sitter.Node) -> str:
    return text(node.child_by_field_name("name") or next(iter(node.named_children), node))
