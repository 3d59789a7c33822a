"""A model's own tokenizer behind the engine's: BPE run by the ``tokenizers`` library."""

from __future__ import annotations

import json
import re

import numpy as np
from tokenizers import Tokenizer as Backend

from engine.byte_pairs import byte_alphabet
from engine.canvas import Ids
from engine.denoisers.families.checkpoint import Checkpoint
from engine.denoisers.hub_vocabulary import SPACE
from engine.errors import DamagedWeights, UnknownModel
from engine.tokenizer import HEALING_WINDOW

_SEPARATORS = ("<file_sep>", "<|file_sep|>")
_LAST_WORD = re.compile(r" ?(\w+|[^\w\s]+)$")
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


class HubTokenizer:
    """``engine.tokenizer.Tokenizer`` for a checkpoint; ids without text are special.

    ``end_ids``: all that end a text, ``eom_id`` among them.

    Raises DamagedWeights when the library cannot read the tokenizer, UnknownModel when a token of
    the family is missing.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        vocabulary, family = checkpoint.vocabulary, checkpoint.family
        try:
            self._backend = Backend.from_str(json.dumps(vocabulary.record))
        except Exception as error:  # the library raises nothing more exact
            raise DamagedWeights(
                f"{checkpoint.folder}: the tokenizer cannot be read ({error}): fetch it again"
            ) from error
        self.vocab_size, self._is_byte_level = checkpoint.vocab_size, vocabulary.is_byte_level
        self.mask_id = checkpoint.special("mask", family.mask_tokens, "mask_token_id")
        self.eom_id = checkpoint.special("end", family.end_tokens)
        self.end_ids = tuple(
            vocabulary.ids[name] for name in family.end_tokens if name in vocabulary.ids
        )
        self.file_sep_id = next(
            (vocabulary.ids[name] for name in _SEPARATORS if name in vocabulary.ids), self.eom_id
        )
        self._pieces = _pieces(checkpoint, self.vocab_size)
        self.special_ids = frozenset(
            index for index, piece in enumerate(self._pieces) if not piece
        ) | {self.mask_id, self.eom_id}

    def encode(self, text: str) -> Ids:
        """Ids (N,) of ``text``; special-token strings inside it are plain text."""
        return np.array(self._backend.encode(text, add_special_tokens=False).ids, np.int64)

    def decode_bytes(self, ids: Ids) -> bytes:
        """The bytes of ``ids``; special ids give none. May cut a UTF-8 character in two."""
        return b"".join(self._pieces[index] for index in ids)

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes of one id; empty for special ids."""
        return self._pieces[token_id]

    def heal(self, before: str) -> tuple[Ids, bytes]:
        """Ids (N,) of what stays context of ``before``, and the bytes that are forced behind them.

        The last pre-token of the last line is forced, or the last whitespace character: there the
        ids of the text stay what they are, whatever follows.
        """
        line = max(before.rfind("\n") + 1, len(before) - HEALING_WINDOW)
        start = len(before)
        if line < start:
            start -= 1
            if not before[start].isspace():
                start = line + self._last_piece(before[line:])
        return self.encode(before[:start]), before[start:].encode()

    def _last_piece(self, text: str) -> int:
        """Where the last pre-token of a line begins; of a kind without any the last word does."""
        if not self._is_byte_level:
            found = _LAST_WORD.search(text)
            return found.start() if found else len(text)
        return int(self._backend.pre_tokenizer.pre_tokenize_str(text)[-1][1][0])


def _pieces(checkpoint: Checkpoint, vocab_size: int) -> tuple[bytes, ...]:
    """Bytes per id; none for special tokens and for rows that have no token."""
    alphabet, is_byte_level = byte_alphabet(), checkpoint.vocabulary.is_byte_level
    table = [b""] * vocab_size
    special = checkpoint.vocabulary.special_ids
    for token, index in checkpoint.vocabulary.ids.items():
        if index >= vocab_size:
            raise UnknownModel(
                f"{checkpoint.folder}: token {token} has id {index}, the model has {vocab_size} "
                "rows: the tokenizer is another model's"
            )
        if index not in special and not is_byte_level:
            byte = _BYTE.fullmatch(token)
            table[index] = bytes.fromhex(byte[1]) if byte else token.replace(SPACE, " ").encode()
        elif index not in special:
            if not all(character in alphabet for character in token):
                raise UnknownModel(
                    f"{checkpoint.folder}: token {token!r} is not spelled in bytes: only "
                    "byte-level BPE is read"
                )
            table[index] = bytes(alphabet[character] for character in token)
    return tuple(table)
