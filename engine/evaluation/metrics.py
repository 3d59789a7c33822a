"""Compare what was written into a hole with what stood there. Pure functions of text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.evaluation.holes import CutKind, EvalHole
from engine.holes import Hole, HoleKind, MaskPlan
from engine.judging.names import unresolved
from engine.languages import language_of
from engine.planning.neutral import baseline
from engine.spans import span
from engine.syntax import SyntaxTree, parse
from engine.training.filters import is_python

_KINDS = {
    CutKind.EXPRESSION: HoleKind.EXPRESSION,
    CutKind.ARGUMENTS: HoleKind.ARGUMENTS,
    CutKind.STATEMENT: HoleKind.STATEMENT,
    CutKind.BLOCK: HoleKind.BLOCK,
    CutKind.BODY: HoleKind.BODY,
    CutKind.COMMENT: HoleKind.COMMENT,
    CutKind.NAMES: HoleKind.NAME,
}
_TOKEN = re.compile(r"\w+|[^\w\s]+")


def is_exact(texts: Sequence[str], gold: Sequence[str]) -> bool:
    """Whether every hole got back what stood there, white space at the ends aside."""
    return [text.strip() for text in texts] == [text.strip() for text in gold]


def num_common(left: str, right: str) -> int:
    """The length of the longest common subsequence (Hyyrö 2004, bit-parallel).

    >>> num_common("return value", "returned a value")
    12
    """
    positions: dict[str, int] = {}
    for at, character in enumerate(left):
        positions[character] = positions.get(character, 0) | 1 << at
    everything = (1 << len(left)) - 1
    unmatched = everything
    for character in right:
        matching = unmatched & positions.get(character, 0)
        unmatched = ((unmatched + matching) | (unmatched - matching)) & everything
    return len(left) - unmatched.bit_count()


def kept_rate(texts: Sequence[str], gold: Sequence[str]) -> float:
    """The share of proposed characters that a user who wants ``gold`` would keep (0 to 1)."""
    proposed = sum(len(text.strip()) for text in texts)
    kept = sum(
        num_common(text.strip(), wanted.strip()) for text, wanted in zip(texts, gold, strict=True)
    )
    return kept / proposed if proposed else 0.0


def edit_similarity(texts: Sequence[str], gold: Sequence[str]) -> float:
    """Twice the common subsequence over both lengths: 1 means equal, 0 nothing in common."""
    pairs = [(text.strip(), wanted.strip()) for text, wanted in zip(texts, gold, strict=True)]
    total = sum(len(text) + len(wanted) for text, wanted in pairs)
    return 2 * sum(num_common(*pair) for pair in pairs) / total if total else 1.0


def filled_tree(hole: EvalHole, texts: Sequence[str]) -> SyntaxTree:
    """The syntax tree of the text with ``texts`` in the holes."""
    return parse(hole.filled(texts).encode("utf-8"), language_of(hole.path, hole.language))


def is_as_sound(hole: EvalHole, filled: SyntaxTree) -> bool:
    """Whether the filled text has no more syntax errors than the original one.

    Python is also asked of its own parser, where that takes the original.
    """
    if filled.num_faults() > parse(hole.data, filled.language).num_faults():
        return False
    is_judged = hole.language == "python" and is_python(hole.data.decode("utf-8"))
    return not is_judged or is_python(filled.data.decode("utf-8"))


def parses_no_worse(hole: EvalHole, texts: Sequence[str]) -> bool:
    """Whether the fill has no more syntax errors than neutral placeholders in its place.

    What a user had before the fill: less is asked than of ``is_as_sound``, since a line that is
    missing may leave an error behind that no single line mends.
    """
    text, spans = hole.without_gold()
    kind = _KINDS.get(hole.kind, HoleKind.REST_OF_LINE)
    holes = tuple(Hole(place, kind, hole.is_single_line, 16, hole.kind.value) for place in spans)
    data = text.encode("utf-8")
    cursor = spans[hole.cursor_hole].start
    line_end = data.find(b"\n", cursor)
    rest = span(cursor, len(data) if line_end < 0 else line_end)
    plan = MaskPlan(holes, hole.cursor_hole, cursor, rest, hole.kind.value)
    base = baseline(parse(data, language_of(hole.path, hole.language)), plan)
    return base.allows([text.encode("utf-8") for text in texts])


def num_unresolved(hole: EvalHole, filled: SyntaxTree, texts: Sequence[str]) -> int:
    """How many names in the fills nothing declares, by the rules of ``engine.judging.names``."""
    places, at = [], 0
    for piece, text in zip(hole.pieces, texts, strict=False):
        start = at + len(piece.encode("utf-8"))
        at = start + len(text.encode("utf-8"))
        places.append(span(start, at))
    return len({name for place in places for name in unresolved(filled, place)})


def num_words(text: str) -> int:
    """Words and runs of signs in ``text``: a fill of two or more needs several tokens."""
    return len(_TOKEN.findall(text))
