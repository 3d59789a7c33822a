"""The text as it stands without a proposal: every hole holds a neutral placeholder.

What is measured before and after a fill is measured with the same placeholders, so that an empty
body after a header, or a bracket that the user has not closed yet, counts for neither side.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.holes import Hole, HoleKind, MaskPlan
from engine.languages import BlockStyle
from engine.planning.cursor_site import CursorSite, cursor_site
from engine.spans import span
from engine.syntax import SyntaxTree

_NAME = b"x"
_BODIES = (HoleKind.BODY, HoleKind.BLOCK, HoleKind.STATEMENT)

_NOTHING = re.compile(rb"(?!)")
_ANNOTATION = re.compile(rb"([ \t]*)@(?!interface\b)")
_SCRIPTS = "javascript javascriptreact typescript typescriptreact".split()
# Lines that wait for a declaration below, and declarations to try them with.
_WAITING: Mapping[str, tuple[re.Pattern[bytes], Sequence[bytes]]] = {
    "python": (re.compile(rb"([ \t]*)@"), (b"def x(): pass",)),
    "java": (_ANNOTATION, (b"void x() {}", b"class x {}")),
    "rust": (re.compile(rb"([ \t]*)#\["), (b"fn x() {}", b"x: i32,")),
    "cpp": (re.compile(rb"([ \t]*)template\b"), (b"class x {};",)),
    **dict.fromkeys(_SCRIPTS, (_ANNOTATION, (b"x() {}", b"class x {}"))),
}


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """The plan filled with placeholders: ``texts`` by hole, the tree, and how broken it is.

    ``tail`` stands behind the cursor's hole on both sides of a comparison, "" mostly;
    ``num_plain_faults`` counts without it.
    """

    tree: SyntaxTree
    plan: MaskPlan
    texts: tuple[bytes, ...]
    tail: bytes
    num_faults: int
    num_plain_faults: int

    def filled(self, texts: Sequence[bytes], tail: bytes = b"") -> SyntaxTree:
        """The tree with other texts in the holes; parses only what differs from the baseline."""
        edits, shift = [], 0
        old = _with_tail(self.plan, self.texts, self.tail)
        new = _with_tail(self.plan, texts, tail)
        for hole, before, after in zip(self.plan.holes, old, new, strict=True):
            start = hole.span.start + shift
            edits.append((span(start, start + len(before)), after))
            shift += len(before) - len(hole.span)
        return self.tree.filled(edits)

    def allows(self, texts: Sequence[bytes]) -> bool:
        """Whether ``texts`` in the holes parse no worse than the placeholders do."""
        if self.filled(texts).num_faults() <= self.num_plain_faults:
            return True
        if self.tail and self.filled(texts, self.tail).num_faults() <= self.num_faults:
            return True
        return any(
            self.filled(texts, below).num_faults() <= self.num_plain_faults
            for below in self._awaited(texts)
        )

    def allows_beginning(self, tree: SyntaxTree, texts: Sequence[bytes]) -> bool:
        """Whether ``texts`` parse no worse with a placeholder behind the cursor's hole of ``tree``.

        Who goes on behind them has the rest to write, as before.
        """
        site = cursor_site(tree, self.plan.holes[self.plan.cursor_hole].span.start)
        for behind in dict.fromkeys((_NAME, _NAME + _closers(site), b"", _closers(site))):
            if self.filled(texts, behind).num_faults() <= self.num_plain_faults:
                return True
            tail = behind + self.tail
            if self.tail and self.filled(texts, tail).num_faults() <= self.num_faults:
                return True
        return False

    def _awaited(self, texts: Sequence[bytes]) -> Sequence[bytes]:
        """What may stand below a decorator or the like, which waits for a declaration."""
        hole, *others = self.plan.holes
        pattern, declarations = _WAITING.get(self.tree.language.id, (_NOTHING, ()))
        start = self.tree.data.rfind(b"\n", 0, hole.span.start) + 1
        line = self.tree.data[start : hole.span.start] + texts[0]
        match = pattern.match(line)
        if others or match is None or b"\n" in line:
            return ()
        return [b"\n" + match[1] + declaration for declaration in declarations]


def fill(tree: SyntaxTree, plan: MaskPlan, texts: Sequence[bytes]) -> SyntaxTree:
    """The tree of the text with every hole of ``plan`` replaced by its text."""
    return tree.filled([(hole.span, text) for hole, text in zip(plan.holes, texts, strict=True)])


def baseline(tree: SyntaxTree, plan: MaskPlan) -> Baseline:
    """The plan filled so that the text parses as well as placeholders let it."""
    plain = _best(tree, plan)
    best = plain
    for tail in () if plain.num_faults == 0 else header_tails(tree, plan):
        for text in dict.fromkeys((plain.texts[plan.cursor_hole], b"", _NAME)):
            texts = tuple(
                text if index == plan.cursor_hole else other
                for index, other in enumerate(plain.texts)
            )
            other = _measured(tree, plan, texts, tail)
            if other.num_faults < best.num_faults:
                best = replace(other, num_plain_faults=plain.num_faults)
    return best


def header_tails(tree: SyntaxTree, plan: MaskPlan) -> tuple[bytes, ...]:
    """Endings that the user still has to write behind a line that is not finished."""
    if plan.rest.start != plan.rest.end or not plan.holes[plan.cursor_hole].single_line:
        return ()
    style = tree.language.block_style
    if style is BlockStyle.INDENT:
        return (b": pass",)
    return (b";", b" {}") if style is BlockStyle.BRACES else ()


def _best(tree: SyntaxTree, plan: MaskPlan) -> Baseline:
    """Try the placeholders hole by hole, the cursor's first; keep what parses best."""
    options = [_placeholders(tree, hole) for hole in plan.holes]
    best = _measured(tree, plan, tuple(texts[0] for texts in options), b"")
    order = [plan.cursor_hole, *(i for i in range(len(options)) if i != plan.cursor_hole)]
    for index in order:
        for text in options[index][1:]:
            if best.num_faults == 0:
                return best
            trial = (*best.texts[:index], text, *best.texts[index + 1 :])
            found = _measured(tree, plan, trial, b"")
            if found.num_faults < best.num_faults:
                best = found
    return best


def _measured(tree: SyntaxTree, plan: MaskPlan, texts: tuple[bytes, ...], tail: bytes) -> Baseline:
    filled = fill(tree, plan, _with_tail(plan, texts, tail))
    num_faults = filled.num_faults()
    return Baseline(filled, plan, texts, tail, num_faults, num_faults)


def _with_tail(plan: MaskPlan, texts: Sequence[bytes], tail: bytes) -> list[bytes]:
    """``texts`` with ``tail`` behind the cursor's hole."""
    return [text + tail if index == plan.cursor_hole else text for index, text in enumerate(texts)]


def _placeholders(tree: SyntaxTree, hole: Hole) -> tuple[bytes, ...]:
    site = cursor_site(tree, hole.span.start)
    closers = _closers(site)
    if hole.kind in _BODIES:
        return _bodies(tree, site)
    options: tuple[bytes, ...]
    if hole.kind is HoleKind.ARGUMENTS:
        options = (b"", _NAME, closers, _NAME + closers)
    elif site.word or site.is_string or site.is_comment or hole.kind is HoleKind.REST_OF_LINE:
        options = (b"", closers, _NAME, _NAME + closers, b" " + _NAME)
    else:
        options = (_NAME, _NAME + closers, b"", closers, _NAME + b": " + _NAME)
    return tuple(dict.fromkeys(options))


def _bodies(tree: SyntaxTree, site: CursorSite) -> tuple[bytes, ...]:
    statement = tree.language.neutral_statement.encode()
    if tree.language.block_style is BlockStyle.INDENT and site.left.strip():
        statement = b" " + statement
    return tuple(dict.fromkeys((statement, b"", _closers(site))))


def _closers(site: CursorSite) -> bytes:
    return site.open.closers.encode() if not site.right.strip() else b""
