"""Text and token ids: byte-level BPE with the special tokens of the infilling layout.

Knows nothing of canvases or models. Special tokens are never found in text: their strings are in
the vocabulary, but no merge leads to them, so user text that spells one is plain text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.byte_pairs import BytePairs
from engine.errors import DamagedWeights

NUM_HOLE_TOKENS = 7
# A pre-token longer than this many characters is healed from here on (minified files).
HEALING_WINDOW = 1024
# GPT-2's pattern takes these as one pre-token, so the letter after an apostrophe may belong to it.
CONTRACTION_STARTS = ("'r", "'v", "'l")


class Tokenizer(Protocol):
    """Byte-level BPE with the special ids of the infilling layout."""

    vocab_size: int
    mask_id: int
    eom_id: int
    file_sep_id: int
    special_ids: frozenset[int]

    def encode(self, text: str) -> NDArray[np.int64]:
        """Ids of ``text``; special-token strings inside it are plain text."""
        ...

    def decode_bytes(self, ids: NDArray[np.int64]) -> bytes:
        """The bytes of ``ids``; special ids give none. May cut a UTF-8 character in two."""
        ...

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes of one id; empty for special ids."""
        ...

    def heal(self, before: str) -> tuple[NDArray[np.int64], bytes]:
        """Ids (N,) of what stays context of ``before``, and the bytes forced on the canvas."""
        ...


class BPETokenizer:
    """A ``tokenizer.json`` with ``<mask> <suf> <pre> <rest> <mid> <eom> <hole_k>``.

    The base's vocabulary lacks 21 byte values (six control characters, unassigned planes, what is
    not UTF-8): ``encode`` leaves those bytes out.

    Raises DamagedWeights when the file cannot be read or a special token is missing.
    """

    def __init__(self, path: Path) -> None:
        self._pairs = BytePairs.read(path)
        self._path = path
        self.vocab_size: int = len(self._pairs.bytes_by_id)
        self.mask_id = self._special("<mask>")
        self.eom_id = self._special("<eom>")
        self.suf_id = self._special("<suf>")
        self.pre_id = self._special("<pre>")
        self.rest_id = self._special("<rest>")
        self.mid_id = self._special("<mid>")
        self.file_sep_id = self._special("<file_sep>")
        self.hole_ids = tuple(
            self._special(f"<hole_{number}>") for number in range(2, 2 + NUM_HOLE_TOKENS)
        )
        self._bytes = self._byte_table()
        self.special_ids = frozenset(index for index, piece in enumerate(self._bytes) if not piece)

    def encode(self, text: str) -> NDArray[np.int64]:
        """Ids (N,) of ``text``; special-token strings inside it are plain text."""
        return np.array(self._pairs.encode(text), np.int64)

    def encode_with_starts(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Ids (N,), and the character of ``text`` each starts in (N,)."""
        ids, starts = self._pairs.encode_with_starts(text)
        return np.array(ids, np.int64), np.array(starts, np.int64)

    def decode_bytes(self, ids: NDArray[np.int64]) -> bytes:
        """The bytes of ``ids``; special ids give none. May cut a UTF-8 character in two."""
        return b"".join(self._bytes[index] for index in ids)

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes of one id; empty for special ids."""
        return self._bytes[token_id]

    def pretoken_starts(self, text: str) -> list[int]:
        """Characters at which the pre-tokens of ``text`` start; no merge crosses one."""
        return self._pairs.piece_starts(text)

    def healing_start(self, before: str) -> int:
        """Number of characters of ``before`` that stay context; the rest is forced on the canvas.

        The start of the last pre-token of ``before``'s last line (one run of letters, one digit, or
        one run of punctuation, each but the digit with one preceding space; with the last tab of
        an indentation), or the last whitespace character. Splitting there keeps the ids of what
        the text becomes, unless whitespace turns out to be followed by a digit or by more of it,
        or a blank line by a line without indentation (see ``heal``). Nothing is forced that the
        vocabulary cannot spell.
        """
        line = max(before.rfind("\n") + 1, len(before) - HEALING_WINDOW)
        if line == len(before):
            return line
        start = len(before) - 1
        if not before[start].isspace():
            start = line + self._last_pretoken(before[line:])
            # A tab does not join the letters behind it, but it leaves the whitespace before it.
            is_bare = not before[start].isspace() and not before[start].isnumeric()
            if is_bare and start > line and before[start - 1].isspace():
                start -= 1
        return start if self._can_spell(before[start:]) else len(before)

    def heal(self, before: str) -> tuple[NDArray[np.int64], bytes]:
        """Ids (N,) of what stays context of ``before``, and the bytes that are forced behind them.

        The ids are those of a text that goes on with a letter, as in training: alone, the line
        breaks before an unindented line would become one token.
        """
        start = self.healing_start(before)
        ids, starts = self.encode_with_starts(before + "x")
        return ids[: int(np.searchsorted(starts, start))], before[start:].encode()

    def _last_pretoken(self, tail: str) -> int:
        starts = self.pretoken_starts(tail)
        is_contraction = len(starts) > 1 and tail[starts[-2] :] in CONTRACTION_STARTS
        return starts[-2] if is_contraction else starts[-1]

    def _can_spell(self, text: str) -> bool:
        return self.decode_bytes(self.encode(text)) == text.encode()

    def _special(self, token: str) -> int:
        index = self._pairs.vocabulary.get(token)
        if index is None:
            raise DamagedWeights(f"{self._path}: token {token} is missing: reinstall midfill")
        return index

    def _byte_table(self) -> tuple[bytes, ...]:
        """Bytes per id; a special token has none."""
        table, last = list(self._pairs.bytes_by_id), self._last_special()
        for token, index in self._pairs.vocabulary.items():
            if index <= last and token.startswith("<") and token.endswith(">") and len(token) > 2:
                table[index] = b""
        return tuple(table)

    def _last_special(self) -> int:
        layout = (self.suf_id, self.pre_id, self.rest_id, self.mid_id, self.eom_id, self.mask_id)
        return max(*layout, *self.hole_ids)
