"""The tokenizer files of a Hugging Face folder: ids, merges, special tokens.

Reads ``tokenizer.json``, or ``vocab.json`` with ``merges.txt`` as Dream's folders hold them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DamagedWeights, UnknownModel

# Qwen2's pattern, for folders that have no tokenizer.json: all of these are of its kin.
_QWEN_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

SPACE = "\u2581"
# Gemma's: the one change that can be undone.
_SPACES = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}


@dataclass(frozen=True, slots=True)
class HubVocabulary:
    """``ids`` by token, special ones included; ``special_ids`` spell nothing.

    ``record``: a ``tokenizer.json`` without special tokens, so that text that spells one is plain.
    ``is_byte_level``: tokens spell bytes, else characters, with single bytes for rare ones.
    """

    ids: Mapping[str, int]
    special_ids: frozenset[int]
    record: Mapping[str, Any]
    is_byte_level: bool = True

    @staticmethod
    def read(folder: Path) -> HubVocabulary:
        """The vocabulary in ``folder``. Raises UnknownModel without one, DamagedWeights."""
        try:
            record, added = _files(folder)
            model = record["model"]
            if model["type"] != "BPE":
                raise UnknownModel(
                    f"{folder}: a tokenizer of type {model['type']}: only byte-level BPE is read"
                )
            ids = {**model["vocab"], **added}
        except FileNotFoundError as error:
            raise UnknownModel(
                f"{folder}: no tokenizer.json, nor vocab.json and merges.txt: fetch them too"
            ) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedWeights(
                f"{folder}: the tokenizer cannot be read ({error!r}): fetch the model again"
            ) from error
        is_byte_level = not model.get("byte_fallback")
        if not is_byte_level and record.get("normalizer") != _SPACES:
            raise UnknownModel(
                f"{folder}: a tokenizer that changes more than spaces: only byte-level BPE and "
                "Gemma's kind are read"
            )
        white = [] if is_byte_level else [*filter(_is_white, record.get("added_tokens", ()))]
        for entry in white:
            added.pop(entry["content"], None)
        plain = {
            **record,
            "added_tokens": white,
            "normalizer": None if is_byte_level else _SPACES,
            "post_processor": None,
            "truncation": None,
            "padding": None,
        }
        return HubVocabulary(ids, frozenset(added.values()), plain, is_byte_level)


def _is_white(entry: Mapping[str, Any]) -> bool:
    """Whether an added token is a run of white space: text, not special."""
    return not entry.get("special") and not entry["content"].replace(SPACE, " ").strip()


def _files(folder: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """A ``tokenizer.json`` and the added tokens of all files."""
    whole = folder / "tokenizer.json"
    if whole.is_file():
        record = json.loads(whole.read_text(encoding="utf-8"))
        added = {entry["content"]: entry["id"] for entry in record.get("added_tokens", ())}
    else:
        record, added = _parts(folder), {}
    named = folder / "tokenizer_config.json"
    if named.is_file():
        decoder = json.loads(named.read_text(encoding="utf-8")).get("added_tokens_decoder", {})
        added |= {entry["content"]: int(index) for index, entry in decoder.items()}
    apart = folder / "added_tokens.json"
    if apart.is_file():
        added |= json.loads(apart.read_text(encoding="utf-8"))
    return record, added


def _parts(folder: Path) -> dict[str, Any]:
    vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    lines = (folder / "merges.txt").read_text(encoding="utf-8").split("\n")
    merges = [line.split(" ") for line in lines if line and not line.startswith("#version")]
    split = {"type": "Split", "pattern": {"Regex": _QWEN_PATTERN}, "behavior": "Isolated"}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False}
    return {
        "version": "1.0",
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{**split, "invert": False}, {**level, "use_regex": False}],
        },
        "decoder": {**level, "use_regex": False},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": vocabulary,
            "merges": merges,
        },
    }
