"""Texts that parse in their place, and still are not what was to be written there.

Published code next to never breaks these two rules: no line stands a second time within three
lines of itself, and what is opened nowhere else is opened by the line that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.brackets import scan
from engine.holes import Hole, HoleKind, MaskPlan
from engine.loose_ends.loose_names import line_around
from engine.planning.cursor_site import cursor_site
from engine.planning.neutral import fill
from engine.planning.stand_in import opens_body, stand_in
from engine.proposal import Reason
from engine.syntax import SyntaxTree

NUM_NEAR = 3
_LETTERS = re.compile(r"\w")
_MIN_LETTERS = 4
_HEADER_END = re.compile(rb"[:\\]\s*(?:#.*)?$")


@dataclass(frozen=True, slots=True)
class MisfitOf:
    """Why a text does not belong there."""

    reason: Reason
    detail: str


def misfit_of(tree: SyntaxTree, plan: MaskPlan, texts: Sequence[str]) -> MisfitOf | None:
    """What speaks against a text as a whole; None of several holes, or of several lines.

    A caller's span is not judged: calls that change at two places may well stay alike. Nor are
    data and prose, which repeat themselves.
    """
    [hole, *others] = plan.holes
    is_written = hole.single_line and hole.kind is not HoleKind.SPAN
    if others or not is_written or "\n" in texts[0] or tree.tree is None:
        return None
    text = texts[0].encode()
    if stands_near(tree, hole, text):
        return MisfitOf(Reason.REPEATS_SUFFIX, "the line stands close by already")
    if leaves_open(tree, plan, text):
        return MisfitOf(Reason.DOES_NOT_PARSE, "what stands below needs a line that opens it")
    return None


def stands_near(tree: SyntaxTree, hole: Hole, text: bytes) -> bool:
    """Whether the line that ``text`` completes stands once in the file, and close by."""
    place = line_around(tree.data, hole.span)
    before, behind = tree.data[place.start : hole.span.start], tree.data[hole.span.end : place.end]
    line = (before + text + behind).strip()
    if len(_LETTERS.findall(line.decode("utf-8", "replace"))) < _MIN_LETTERS:
        return False
    above, below = _lines(tree.data[: place.start])[::-1], _lines(tree.data[place.end :])
    is_near = line in above[:NUM_NEAR] or line in below[:NUM_NEAR]
    return is_near and above.count(line) + below.count(line) == 1


def _lines(data: bytes) -> list[bytes]:
    return [line for row in data.split(b"\n") if (line := row.strip())]


def leaves_open(tree: SyntaxTree, plan: MaskPlan, text: bytes) -> bool:
    """Whether what stands behind needs something opened, and ``text`` does not open it."""
    [hole] = plan.holes
    filled = fill(tree, plan, [text])
    line = filled.line_at(hole.span.start + len(text))
    written = line.of(filled.data)
    lead = written[: len(written) - len(written.lstrip())]
    is_shut = opens_body(filled, line.end, lead) and not _opens(written, tree)
    num_faults = filled.num_faults() + is_shut
    if not num_faults:
        return False
    site = cursor_site(tree, hole.span.start)
    if site.is_comment or site.is_string:
        return False
    found = stand_in(filled.filled([(line, b"")]), line.start, lead)
    return found.is_opening and found.num_faults < min(found.num_plain_faults, num_faults)


def _opens(line: bytes, tree: SyntaxTree) -> bool:
    """Whether a deeper line may follow ``line`` (Python)."""
    return bool(_HEADER_END.search(line) or scan(line, tree.language).openers)
