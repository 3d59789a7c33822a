"""A line instead of one that is not written yet, so that what stands behind it parses.

Without the line that opens a body or a bracket the parser reads all behind it wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.brackets import scan
from engine.cursor_site import following_line
from engine.gaps import indent_of
from engine.languages import BlockStyle
from engine.spans import span
from engine.syntax import SyntaxTree

# No name of a program.
NAME = "__midfill__"
# By what is closed below and opened nowhere: in statements, classes, objects, types and calls.
_BRACED: Mapping[str, Sequence[str]] = {
    "}": ("if (N) {", "N() {", "N: {", "N = {", "try {", "switch (N) {", "type N = {", "import {"),
    ")": ("N(", "if ("),
    "]": ("N([", "N = [", "N: ["),
    ")}": ("N(() => {", "N({", "N(async () => {", "N: N({"),
    ")]": ("N([", "N: N(["),
}
_INDENTED: Mapping[str, Sequence[str]] = {
    ")": ("N(", "N = ("),
    "]": ("N = [", "N: ["),
    "}": ("N = {", "N: {"),
    ")]": ("N([",),
    ")}": ("N({",),
}
_BODIES = ("if N:", "except N:", "else:", "class N:")


@dataclass(frozen=True, slots=True)
class StandIn:
    """The text with it, how broken that is, and how broken the text is with nothing there.

    A deeper line of Python below without one that opens it counts as a fault.
    """

    tree: SyntaxTree
    num_faults: int
    num_plain_faults: int


def stand_in(tree: SyntaxTree, at: int, lead: bytes) -> StandIn:
    """``tree`` with what parses best on the empty line ``at`` that place, behind ``lead``.

    Nothing, where nothing is better than that.
    """
    is_header = opens_body(tree, at, lead)
    num_plain_faults = tree.num_faults() + is_header
    best = StandIn(tree, num_plain_faults, num_plain_faults)
    for line in _options(tree, is_header) if num_plain_faults else ():
        found = tree.filled([(span(at, at), lead + line.replace("N", NAME).encode())])
        num_faults = found.num_faults()
        if num_faults < best.num_faults:
            best = StandIn(found, num_faults, num_plain_faults)
        if not num_faults:
            break
    return best


def opens_body(tree: SyntaxTree, at: int, lead: bytes) -> bool:
    """Whether the lines below one that begins with ``lead`` are deeper than it (Python)."""
    if tree.language.block_style is not BlockStyle.INDENT:
        return False
    below = following_line(tree, span(at, at))
    return below is not None and indent_of(below.of(tree.data)) > indent_of(lead + b"x")


def _options(tree: SyntaxTree, is_header: bool) -> Sequence[str]:
    """Lines that may have been there, by what is missing."""
    found = scan(tree.data, tree.language)
    missing = "".join(sorted(mark.text for mark in found.unmatched))
    if tree.language.block_style is not BlockStyle.INDENT:
        return (*_BRACED.get(missing, ()), found.closers, found.closers + " {")
    return (*_INDENTED.get(missing, ()), *(_BODIES if is_header else ()))
