"""The text of a hole, token by token: which bytes came from which position.

Knows a hole's ids and a tokenizer; knows nothing of models or syntax.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.canvas import HoleCanvas
from engine.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Spelling:
    """Bytes of ids by one tokenizer."""

    tokenizer: Tokenizer

    def piece(self, token: int) -> bytes:
        """The bytes of one id; empty for special ids."""
        return self.tokenizer.token_bytes(token)

    def pieces(self, hole: HoleCanvas) -> list[bytes]:
        """Bytes per token of the finished blocks and of the frontier of the current one."""
        ids = [*hole.done.tolist(), *hole.ids[: hole.num_frontier].tolist()]
        return [self.piece(token) for token in ids]

    def is_finished(self, hole: HoleCanvas) -> bool:
        """Whether nothing is masked and the hole ends with <eom>."""
        is_full = len(hole) > 0 and hole.num_frontier == len(hole)
        return is_full and int(hole.ids[-1]) == self.tokenizer.eom_id

    def missing(self, hole: HoleCanvas) -> bytes:
        """The forced bytes that the frontier does not hold yet."""
        return hole.forced[sum(map(len, self.pieces(hole))) :]

    def text(self, hole: HoleCanvas) -> str:
        """The frontier's text behind the forced bytes; a character cut in two is left out."""
        return self.data(hole).decode("utf-8", "ignore")

    def data(self, hole: HoleCanvas) -> bytes:
        """The frontier's bytes behind the forced ones."""
        return b"".join(self.pieces(hole))[len(hole.forced) :]

    def token_at(self, hole: HoleCanvas, offset: int) -> int:
        """Index, over finished blocks and the current one, of the token that wrote byte ``offset``.

        Counted behind the forced bytes. At the end of the text: the closing <eom>, or the last
        token when there is none. A token that holds forced bytes alone is never blamed.
        """
        pieces = self.pieces(hole)
        at = 0
        for index, piece in enumerate(pieces):
            at += len(piece)
            if at > len(hole.forced) + offset:
                return index
        return len(pieces) - 1

    def new_pieces(self, hole: HoleCanvas) -> list[bytes]:
        """``pieces`` without the forced bytes; a token that was only healed is empty."""
        new, forced = [], len(hole.forced)
        for piece in self.pieces(hole):
            new.append(piece[forced:])
            forced = max(forced - len(piece), 0)
        return new


def ids_behind(tokenizer: Tokenizer, line: str, text: str) -> list[int]:
    """The ids of ``text`` behind ``line``, split as in one text where there is a split."""
    if line.isspace() and line.endswith(" ") and not text.startswith(" "):
        text = f" {text}"  # the last space of an indentation belongs to the word behind it
    ids: list[int] = tokenizer.encode(line + text).tolist()
    left = len(line.encode())
    while ids and left > 0:
        left -= len(tokenizer.token_bytes(ids.pop(0)))
    if left:
        ids = tokenizer.encode(text).tolist()
    return ids


def num_whole_words(pieces: Sequence[bytes], following: bytes) -> int:
    """How many of ``pieces`` to keep so that the cut before ``following`` is not within a word."""
    kept = len(pieces)
    while kept and _joins(pieces[kept - 1], following):
        kept -= 1
        following = pieces[kept]
    return kept


def num_whole_lines(pieces: Sequence[bytes]) -> int:
    """How many of ``pieces`` stand before the last line break; all of them when there is none."""
    breaks = [index for index, piece in enumerate(pieces) if b"\n" in piece]
    return breaks[-1] if breaks else len(pieces)


def _joins(left: bytes, right: bytes) -> bool:
    return bool(left) and bool(right) and _is_word(left[-1]) and _is_word(right[0])


def _is_word(byte: int) -> bool:
    return byte >= 0x80 or byte == 0x5F or chr(byte).isalnum()
