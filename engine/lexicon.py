"""What the sampler must know of a vocabulary, built once per tokenizer.

Ids that may not be written, ids that end a line, ids that begin with given bytes.
"""

# V vocabulary

from __future__ import annotations

import bisect
import re

import numpy as np

from engine.canvas import Ids
from engine.tokenizer import Tokenizer

_WORD = re.compile(rb"[\w$]")


class Lexicon:
    """Sets of ids as index arrays, so that logits are filtered without a loop over V."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        pieces = [tokenizer.token_bytes(index) for index in range(tokenizer.vocab_size)]
        self.tokenizer = tokenizer
        self.forbidden = np.array(sorted(tokenizer.special_ids - {tokenizer.eom_id}), np.int64)
        """Special ids but <eom>: never written."""
        self.line_ends = np.array(
            [
                index
                for index, piece in enumerate(pieces)
                if b"\n" in piece and not piece.partition(b"\n")[0].strip()
            ],
            np.int64,
        )
        """Ids with nothing but white space before their first newline."""
        self.words = np.array(
            [at for at, piece in enumerate(pieces) if _WORD.match(piece)], np.int64
        )
        """Ids that go on with an identifier."""
        self._ids = {piece: index for index, piece in enumerate(pieces) if piece}
        self._sorted = sorted(self._ids)
        self._sorted_ids = np.array([self._ids[piece] for piece in self._sorted], np.int64)

    def compatible(self, wanted: bytes) -> Ids:
        """Ids that can begin a text that begins with ``wanted``: longer, equal or shorter."""
        start = bisect.bisect_left(self._sorted, wanted)
        end = bisect.bisect_left(self._sorted, _successor(wanted), start)
        shorter = [
            self._ids[wanted[:length]]
            for length in range(1, len(wanted))
            if wanted[:length] in self._ids
        ]
        return np.concatenate([self._sorted_ids[start:end], np.array(shorter, np.int64)])


def _successor(wanted: bytes) -> bytes:
    """A string above every one that begins with ``wanted``; no UTF-8 text holds a byte 0xFF."""
    return wanted + b"\xff" * 64
