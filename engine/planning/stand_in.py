"""A line instead of one that is not written yet, so that what stands behind it parses.

Without the line that opens a body or a bracket the parser reads all behind it wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.brackets import OPENER_OF, scan
from engine.languages import BlockStyle
from engine.planning.cursor_site import following_line
from engine.planning.gaps import indent_of
from engine.spans import span
from engine.syntax import SyntaxTree

# No name of a program.
NAME = "__midfill__"
# By what is closed below and opened nowhere: in statements, classes, objects, types and calls.
_BRACED: Mapping[str, Sequence[str]] = {
    "}": (
        "if (N) {",
        "N() {",
        "N: {",
        "N = {",
        "try {",
        "switch (N) {",
        "type N = {",
        "import {",
    ),
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
_CLOSING = (b")", b"]", b"}")


@dataclass(frozen=True, slots=True)
class StandIn:
    """The text with it, how broken that is, and how broken the text is with nothing there.

    ``is_opening``: it opens what stands below, of brackets ``opens``. A deeper line of Python below
    without one that opens it counts as a fault.
    """

    tree: SyntaxTree
    num_faults: int
    num_plain_faults: int
    is_opening: bool = False
    opens: str = ""


def stand_in(tree: SyntaxTree, at: int, lead: bytes) -> StandIn:
    """``tree`` with what parses best on the empty line ``at`` that place, behind ``lead``.

    Nothing, where nothing is better than that.
    """
    is_header = opens_body(tree, at, lead)
    num_plain_faults = tree.num_faults() + is_header
    best = StandIn(tree, num_plain_faults, num_plain_faults)
    for line in _options(tree, at, lead) if num_plain_faults else ():
        found = tree.filled([(span(at, at), lead + line.replace("N", NAME).encode())])
        num_faults = found.num_faults()
        if num_faults < best.num_faults:
            is_opening = not line.startswith((")", "]", "}")) or line.endswith("{")
            opens = _missing_openers(tree) if is_opening else ""
            best = StandIn(found, num_faults, num_plain_faults, is_opening, opens)
        if not num_faults:
            break
    return best


def _missing_openers(tree: SyntaxTree) -> str:
    """The brackets that are closed and opened nowhere, the outermost first."""
    closed = scan(tree.data, tree.language).unmatched
    return "".join(OPENER_OF[mark.text] for mark in reversed(closed))


def opens_body(tree: SyntaxTree, at: int, lead: bytes) -> bool:
    """Whether the lines below one that begins with ``lead`` are deeper than it (Python)."""
    return tree.language.block_style is BlockStyle.INDENT and _depth_below(tree, at, lead)[0]


def _options(tree: SyntaxTree, at: int, lead: bytes) -> Sequence[str]:
    """Lines that may have been there, by what is missing.

    What opens something only where deeper lines or its closing bracket stand below: a fault of
    another place is not mended here.
    """
    found = scan(tree.data, tree.language)
    missing = "".join(sorted(mark.text for mark in found.unmatched))
    is_deeper, is_closed = _depth_below(tree, at, lead)
    is_opened = is_deeper or is_closed
    if tree.language.block_style is BlockStyle.INDENT:
        openers = _INDENTED.get(missing, ()) if is_opened else ()
        return (*openers, *(_BODIES if is_deeper else ()))
    openers = _BRACED.get(missing, ()) if is_opened else ()
    closers = (found.closers, *((found.closers + " {",) if is_opened else ()))
    return (*openers, *(closers if found.closers else ()))


def _depth_below(tree: SyntaxTree, at: int, lead: bytes) -> tuple[bool, bool]:
    """Whether the next line is deeper than ``lead``, and whether it closes something there."""
    below = following_line(tree, span(at, at))
    if below is None:
        return False, False
    text, depth = below.of(tree.data), indent_of(lead + b"x")
    is_closing = text.lstrip().startswith(_CLOSING)
    return indent_of(text) > depth, is_closing and indent_of(text) == depth
