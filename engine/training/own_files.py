"""Which of a user's own files are learnt from, and which are kept to measure on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.errors import BadInput
from engine.tokenizer import BPETokenizer
from engine.training.corpus import SourceFile
from engine.training.filters import DropReason, path_reason, text_reason
from engine.training.near_duplicates import SeenTexts

# What nobody wrote by hand. A licence is no reason: the code is the user's own.
_UNWANTED = frozenset(
    {
        DropReason.VENDORED,
        DropReason.GENERATED,
        DropReason.MINIFIED,
        DropReason.SIZE,
        DropReason.LONG_LINES,
        DropReason.FEW_LETTERS,
        DropReason.DOES_NOT_PARSE,
    }
)
HELD_OUT_SHARE = 0.12
MIN_HELD_OUT_FILES = 2
MIN_TOKENS = 20_000  # to learn from


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """What is learnt from, how many tokens that is, and what is only measured on."""

    training: tuple[SourceFile, ...]
    held_out: tuple[SourceFile, ...]
    num_tokens: int


def split_files(files: Iterable[SourceFile], tokenizer: BPETokenizer) -> OwnFiles:
    """Hold out the files whose path hashes lowest, a share of all characters.

    Files that repeat a held-out one, or one another, are not learnt from. Raises BadInput when too
    little is left, with how much there is and how much it takes.
    """
    wanted = sorted(filter(_is_wanted, files), key=_rank)
    goal = HELD_OUT_SHARE * sum(len(file.text) for file in wanted)
    held_out: list[SourceFile] = []
    training: list[SourceFile] = []
    seen = SeenTexts()
    for file in wanted:
        is_short = sum(len(other.text) for other in held_out) < goal
        if is_short or len(held_out) < MIN_HELD_OUT_FILES:
            held_out.append(file)
        elif seen.is_duplicate(file.text) or seen.is_near_duplicate(file.text):
            continue
        else:
            training.append(file)
        seen.add(file.text)
    num_tokens = sum(len(tokenizer.encode(file.text)) for file in training)
    if num_tokens < MIN_TOKENS:
        raise BadInput(_too_little(training, held_out, num_tokens))
    return OwnFiles(tuple(training), tuple(held_out), num_tokens)


def _too_little(
    training: Sequence[SourceFile], held_out: Sequence[SourceFile], num_tokens: int
) -> str:
    num_lines = sum(file.text.count("\n") for file in training)
    return (
        f"too little code to learn from: {num_tokens:,} tokens ({num_lines:,} lines of "
        f"{len(training)} files, {len(held_out)} more are kept to measure on), and it takes "
        f"{MIN_TOKENS:,} (about {MIN_TOKENS // 10:,} lines): name a folder that holds more"
    )


def _is_wanted(file: SourceFile) -> bool:
    reasons = {path_reason(file.path), text_reason(file.text, file.lang)}
    return not reasons & _UNWANTED


def _rank(file: SourceFile) -> bytes:
    """An order that does not change with what other files there are."""
    return hashlib.sha256(file.path.encode("utf-8")).digest()
