"""Text and token ids. Types only so far: the implementation is written in this file."""

from __future__ import annotations

from typing import Protocol

from numpy.typing import NDArray
import numpy as np


class Tokenizer(Protocol):
    """Byte-level BPE with the special ids of the infilling layout."""

    vocab_size: int
    mask_id: int
    eom_id: int
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

    def healing_start(self, before: str) -> int:
        """Number of characters of ``before`` that stay context; the rest is forced on the canvas."""
        ...
