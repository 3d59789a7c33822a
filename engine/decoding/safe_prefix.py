"""What may be kept of a canvas whose time or room ran out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.canvas import Canvas, HoleCanvas
from engine.decoding.spelling import Spelling, num_whole_lines, num_whole_words


def cut_to_safe_prefix(
    canvas: Canvas, is_single_line: Sequence[bool], spelling: Spelling, safe_p: float
) -> bool:
    """Fill the open positions with their best guesses and cut before the first unsafe one.

    A token under ``safe_p``, or one never predicted, is unsafe. The cut falls between words, in a
    hole of several lines between lines. True when something of the cursor's hole is left; False
    as well when a further hole does not end, because half of a joint change is no change.
    """
    kept = {
        number: _fill(hole, spelling, safe_p)
        for number, hole in enumerate(canvas.holes)
        if not spelling.is_finished(hole)
    }
    for number, (num_tokens, has_ended) in kept.items():
        hole = canvas.holes[number]
        if number != canvas.cursor_hole and not has_ended:
            return False
        if not has_ended:
            _trim(hole, num_tokens, is_single_line[number], spelling)
    cursor = canvas.holes[canvas.cursor_hole]
    return not spelling.missing(cursor) and bool(spelling.text(cursor).strip())


def _fill(hole: HoleCanvas, spelling: Spelling, safe_p: float) -> tuple[int, bool]:
    """Commit guesses from the left; the safe tokens, and whether the hole ends behind them."""
    tokenizer = spelling.tokenizer
    tokens = np.where(hole.is_masked, hole.guess, hole.ids)
    is_unsafe = (hole.p < safe_p) | (tokens < 0) | (tokens == tokenizer.eom_id)
    stops = np.flatnonzero(is_unsafe)
    length = int(stops[0]) if len(stops) else len(hole)
    has_ended = length < len(hole) and bool(
        tokens[length] == tokenizer.eom_id and hole.p[length] >= safe_p
    )
    for index in np.flatnonzero(hole.is_masked[: length + has_ended]):
        hole.commit(int(index), int(tokens[index]), float(hole.p[index]))
    if has_ended:
        hole.truncate(length + 1)
    return length, has_ended


def _trim(hole: HoleCanvas, length: int, is_single_line: bool, spelling: Spelling) -> None:
    """Cut a hole that does not end to ``length`` tokens and back to a word or a line."""
    # what was never predicted may continue a word
    following = spelling.piece(int(hole.guess[length])) if _is_guessed(hole, length) else b"_"
    hole.truncate(length)
    pieces = spelling.pieces(hole)
    has_break = any(b"\n" in piece for piece in pieces)
    if is_single_line:
        num_kept = next(
            (index for index, piece in enumerate(pieces) if b"\n" in piece), len(pieces)
        )
        num_kept = num_whole_words(pieces[:num_kept], b"" if has_break else following)
    elif has_break:
        num_kept = num_whole_lines(pieces)
    else:
        num_kept = num_whole_words(pieces, following)
    while num_kept and not _is_text(b"".join(pieces[:num_kept])):
        num_kept -= 1
    hole.truncate(max(num_kept - len(hole.done), 0))
    hole.done = hole.done[:num_kept]


def _is_guessed(hole: HoleCanvas, index: int) -> bool:
    return index < len(hole) and int(hole.guess[index]) >= 0


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
