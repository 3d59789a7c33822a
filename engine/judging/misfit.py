"""Texts that parse in their place, and still are not what was to be written there.

Published code next to never breaks these rules: no line stands a second time within three lines of
itself, what is opened nowhere else is opened by the line that is missing, and a deeper line belongs
to what the line above it leaves open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.brackets import scan
from engine.holes import Hole, HoleKind, MaskPlan
from engine.loose_ends.loose_names import line_around
from engine.planning.cursor_site import cursor_site
from engine.planning.gaps import indent_of
from engine.planning.neutral import fill
from engine.planning.stand_in import opens_body, stand_in
from engine.proposal import Reason
from engine.syntax import SyntaxTree

NUM_NEAR = 3
_LETTERS = re.compile(r"\w")
_MIN_LETTERS = 4
# C's preprocessor indents as it likes; in Python the parser objects.
_DEEPER = frozenset("go java javascript javascriptreact rust typescript typescriptreact".split())
# A statement that its line does not end, or the next one goes on with.
_TO_GO_ON = re.compile(
    rb"(?:[-=:?&|+*/%,.<>({\[\\^~!]"
    rb"|\b(?:as|await|case|const|default|do|else|export|extends|if|implements|in|new|not|of|or"
    rb"|private|protected|public|return|static|throws|typeof|where|yield))\s*(?://.*|/\*.*\*/)?\s*$"
)
_GOES_ON = re.compile(
    rb"\s*(?:[-.?:&|+*/,=<>%^){\]}#]"
    rb"|(?:as|else|extends|from|if|implements|in|instanceof|of|throws|where)\b)"
)
_HEAD = re.compile(rb"\s*(?:\}\s*)?(?:else\s+)?(?:if|for|while|with)\b.*\)\s*(?://.*)?$")
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
    if leaves_deeper(tree, hole, plan.lead.encode(), text):
        return MisfitOf(Reason.DOES_NOT_PARSE, "the line below is deeper, and nothing is left open")
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


def leaves_deeper(tree: SyntaxTree, hole: Hole, lead: bytes, text: bytes) -> bool:
    """Whether ``text`` completes a line, and still a deeper one follows it (braced languages)."""
    if tree.language.id not in _DEEPER:
        return False
    place = line_around(tree.data, hole.span)
    before, behind = tree.data[place.start : hole.span.start], tree.data[hole.span.end : place.end]
    line = before + lead + text + behind
    below = tree.data[place.end + 1 :].partition(b"\n")[0]
    if not below.strip() or indent_of(below) <= indent_of(line) or _GOES_ON.match(below):
        return False
    site = cursor_site(tree, hole.span.start)
    found = scan(line, tree.language)
    is_open = found.openers or found.string or found.comment
    is_text = site.is_comment or site.is_string
    return not (is_text or is_open or _TO_GO_ON.search(line) or _HEAD.match(line))


def _opens(line: bytes, tree: SyntaxTree) -> bool:
    """Whether a deeper line may follow ``line`` (Python)."""
    return bool(_HEADER_END.search(line) or scan(line, tree.language).openers)
