"""Byte-level BPE for the one vocabulary format that Midfill ships: text to ids, and ids to bytes.

GPT-2's scheme (Radford et al. 2019, after Sennrich et al., arXiv 1508.07909) with every digit a
piece of its own, as SmolLM's. Knows nothing of special tokens or layouts: an entry of the
vocabulary that no merge leads to is never found in text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from heapq import heapify, heappop, heappush
from itertools import pairwise
from pathlib import Path
from typing import Any

import regex

from engine.errors import DamagedWeights

# What merges never cross. A whitespace run leaves its last character to what follows, unless that
# is a digit. `regex`, because its Unicode version does not change with the interpreter's.
_PIECE = regex.compile(
    r"\p{N}|'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?![^\s\p{N}])|\s+"
)
# Code repeats its words: nearly every piece of a file has been seen before.
NUM_CACHED_PIECES = 16384
MAX_CACHED_CHARACTERS = 64

# Ids of a piece, and for each the character of the piece that it starts in.
Piece = tuple[tuple[int, ...], tuple[int, ...]]


class BytePairs:
    """A vocabulary and its merges, the earlier the stronger.

    Bytes that the vocabulary lacks are left out. ``bytes_by_id`` holds what each id spells. Raises
    ValueError when a merge is no pair or leads out of the vocabulary, or a token is spelled in
    other characters than the byte alphabet's.
    """

    def __init__(self, vocabulary: dict[str, int], merges: Sequence[Sequence[str]]) -> None:
        self.vocabulary = vocabulary
        self._ranks = {(left, right): rank for rank, (left, right) in enumerate(merges)}
        if not vocabulary.keys() >= {left + right for left, right in self._ranks}:
            raise ValueError("a merge leads out of the vocabulary")
        self.bytes_by_id = _bytes_by_id(vocabulary)
        self._spelling = {
            byte: character
            for character, byte in byte_alphabet().items()
            if character in vocabulary
        }
        self._cached = lru_cache(NUM_CACHED_PIECES)(self._piece)

    @staticmethod
    def read(path: Path) -> BytePairs:
        """The vocabulary of a ``tokenizer.json``. Raises DamagedWeights when it is none."""
        try:
            model = json.loads(path.read_bytes())["model"]
            return BytePairs(model["vocab"], model["merges"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedWeights(
                f"{path}: not a tokenizer ({error!r}): reinstall midfill"
            ) from error

    def encode(self, text: str) -> list[int]:
        """Ids of ``text``."""
        ids: list[int] = []
        for piece in _PIECE.findall(text):
            ids += self._look_up(piece)[0]
        return ids

    def encode_with_starts(self, text: str) -> tuple[list[int], list[int]]:
        """Ids of ``text``, and the character each starts in."""
        ids: list[int] = []
        starts: list[int] = []
        for match in _PIECE.finditer(text):
            piece_ids, offsets = self._look_up(match.group())
            first = match.start()
            ids += piece_ids
            starts += [first + offset for offset in offsets]
        return ids, starts

    def piece_starts(self, text: str) -> list[int]:
        """Characters at which the pieces of ``text`` start; no id crosses one."""
        return [match.start() for match in _PIECE.finditer(text)]

    def _look_up(self, piece: str) -> Piece:
        return (self._cached if len(piece) <= MAX_CACHED_CHARACTERS else self._piece)(piece)

    def _piece(self, piece: str) -> Piece:
        symbols: list[str] = []
        owners: list[int] = []
        for at, character in enumerate(piece):
            for byte in character.encode():
                if byte in self._spelling:
                    symbols.append(self._spelling[byte])
                    owners.append(at)
        merged = self._merge(symbols)
        ids = tuple(self.vocabulary[symbol] for symbol in merged)
        first_byte, starts = 0, []
        for symbol in merged:
            starts.append(owners[first_byte])
            first_byte += len(symbol)  # one character of the alphabet a byte
        return ids, tuple(starts)

    def _merge(self, symbols: list[str]) -> list[str]:
        """Apply the strongest merge, the leftmost of equals, until none is left; n log n."""
        num = len(symbols)
        ranks, pending = self._ranks, []
        before, behind = list(range(-1, num - 1)), list(range(1, num + 1))
        for at, pair in enumerate(pairwise(symbols)):
            if pair in ranks:
                pending.append((ranks[pair], at))
        heapify(pending)
        while pending:
            rank, left = heappop(pending)
            right = behind[left]
            if right == num or ranks.get((symbols[left], symbols[right])) != rank:
                continue  # one of the two has become part of something else
            symbols[left] += symbols[right]
            symbols[right] = ""
            behind[left] = behind[right]
            if behind[left] < num:
                before[behind[left]] = left
            for first, second in ((before[left], left), (left, behind[left])):
                if first >= 0 and second < num:
                    next_rank = ranks.get((symbols[first], symbols[second]))
                    if next_rank is not None:
                        heappush(pending, (next_rank, first))
        return [symbol for symbol in symbols if symbol]


def _bytes_by_id(vocabulary: dict[str, int]) -> tuple[bytes, ...]:
    """The bytes of each id, empty for an id that is not given."""
    # Latin-1 holds the bytes as characters. All tokens are translated in one call.
    to_latin = {ord(character): chr(byte) for character, byte in byte_alphabet().items()}
    spelled = "".join(vocabulary).translate(to_latin).encode("latin-1")
    table = [b""] * (max(vocabulary.values(), default=-1) + 1)
    at = 0
    for token, index in vocabulary.items():
        table[index] = spelled[at : at + len(token)]
        at += len(token)
    return tuple(table)


def tokenizer_file(vocabulary: dict[str, int], merges: Sequence[Sequence[str]]) -> dict[str, Any]:
    """What ``tokenizer.json`` holds. Other programs read this format too, so it says everything."""
    spelling = {"add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Digits", "individual_digits": True},
                {"type": "ByteLevel", **spelling, "add_prefix_space": False},
            ],
        },
        "post_processor": None,
        "decoder": {"type": "ByteLevel", **spelling},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": dict(sorted(vocabulary.items(), key=lambda entry: entry[1])),
            "merges": [list(pair) for pair in merges],
        },
    }


def byte_alphabet() -> dict[str, int]:
    """The byte each character of GPT-2's byte-level alphabet stands for.

    Printable Latin-1 characters stand for themselves, the other 68 bytes for U+0100 and up.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    alphabet = {chr(byte): byte for byte in printable}
    alphabet.update({chr(0x100 + index): byte for index, byte in enumerate(others)})
    return alphabet
