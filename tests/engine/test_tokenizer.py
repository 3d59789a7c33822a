from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DamagedWeights
from engine.tokenizer import BPETokenizer

PATH = Path(__file__).parents[2] / "engine" / "weights" / "tokenizer.json"
SOURCES = [
    (PATH.parents[1] / f"{name}.py").read_text("utf-8")
    for name in ("canvas", "languages", "tokenizer", "infill", "syntax")
]


@pytest.fixture(scope="module")
def tokenizer() -> BPETokenizer:
    return BPETokenizer(PATH)


# The base's vocabulary has no token for these.
UNSPELLABLE = "\x04\x06\x13\x14\x16\x1d"
SPELLABLE = st.text(
    st.characters(codec="utf-8", exclude_characters=UNSPELLABLE, max_codepoint=0x3FFFF)
)


@given(text=SPELLABLE)
def test_decoding_gives_the_bytes_back(text: str) -> None:
    tokenizer = BPETokenizerOnce.get()
    ids = tokenizer.encode(text)
    assert tokenizer.decode_bytes(ids) == text.encode()
    assert b"".join(tokenizer.token_bytes(int(i)) for i in ids) == text.encode()
    assert not tokenizer.special_ids.intersection(ids.tolist())


def test_special_tokens(tokenizer: BPETokenizer) -> None:
    layout = (
        tokenizer.mask_id,
        tokenizer.eom_id,
        tokenizer.suf_id,
        tokenizer.pre_id,
        tokenizer.rest_id,
        tokenizer.mid_id,
        tokenizer.file_sep_id,
        *tokenizer.hole_ids,
    )
    assert len(set(layout)) == len(layout)
    assert tokenizer.special_ids == frozenset(range(17)) >= set(layout)
    assert tokenizer.decode_bytes(np.array(layout)) == b""
    assert tokenizer.vocab_size == 49152


@pytest.mark.parametrize(
    "text", ["<mask>", "x <file_sep> y", "<|endoftext|>", "<mid><eom>", "<hole_2>", "<|im_end|>"]
)
def test_special_strings_in_text_are_plain_text(tokenizer: BPETokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert len(ids) > 1 and not tokenizer.special_ids.intersection(ids.tolist())
    assert tokenizer.decode_bytes(ids) == text.encode()


def test_ids_are_those_of_llama_cpp(tokenizer: BPETokenizer) -> None:
    golden = json.loads((Path(__file__).parent / "golden_ids.json").read_text(encoding="utf-8"))
    assert len(golden["cases"]) > 30
    for case in golden["cases"]:
        assert tokenizer.encode(case["text"]).tolist() == case["ids"], case["text"]


def test_digits_stand_alone(tokenizer: BPETokenizer) -> None:
    ids = tokenizer.encode("x = 1234")
    assert [tokenizer.token_bytes(int(i)) for i in ids[-4:]] == [b"1", b"2", b"3", b"4"]


def test_starts_are_characters(tokenizer: BPETokenizer) -> None:
    text = 'name = "日本"  # ok'
    ids, starts = tokenizer.encode_with_starts(text)
    at = 0
    for index, start in zip(ids, starts, strict=True):
        assert len(text[:start].encode()) <= at < len(text[: start + 1].encode())
        at += len(tokenizer.token_bytes(int(index)))


@pytest.mark.parametrize(
    ("before", "forced"),
    [
        ("", ""),
        ("x\n", ""),
        ("\n    ", " "),
        ("x = foo.ba", "ba"),
        ("x = ba", " ba"),
        ("self._", "._"),
        ("f(12", "2"),
        ("\t\tname", "\tname"),
        ("\t\t1", "1"),
        ("a += ", " "),
        ("f'r", "'r"),
        ("it's", "'s"),
        ("foo(\n", ""),
        ("é日", "é日"),
    ],
)
def test_healing_start(tokenizer: BPETokenizer, before: str, forced: str) -> None:
    assert before[tokenizer.healing_start(before) :] == forced


def test_healing_keeps_the_ids_of_the_finished_text(tokenizer: BPETokenizer) -> None:
    """At any cursor of real code, context and canvas are encoded as the whole text would be."""
    num_checked = 0
    lines = "\n".join(SOURCES).split("\n")
    for first in range(0, len(lines) - 6, 97):
        text = "\n".join(lines[first : first + 6])
        for indented in (text, text.replace("    ", "\t")):
            num_checked += _check_healing(tokenizer, indented)
    assert num_checked > 5_000


@given(text=st.text(alphabet="ab1 \t\n'(_.é¼re", max_size=30))
def test_healing_keeps_the_ids_of_any_text(text: str) -> None:
    _check_healing(BPETokenizerOnce.get(), text)


def _check_healing(tokenizer: BPETokenizer, text: str) -> int:
    whole, num_checked = tokenizer.encode(text).tolist(), 0
    for cursor in range(len(text) + 1):
        before, behind = text[:cursor], text[cursor : cursor + 1]
        if (not before or before[-1].isspace()) and not _is_visible(behind):
            continue  # What the split should be depends on what is typed next.
        start = tokenizer.healing_start(before)
        context, forced = tokenizer.heal(before)
        assert forced == text[start:cursor].encode()
        assert [*context, *tokenizer.encode(text[start:])] == whole, (text, cursor)
        if not before[:start].endswith("\n"):
            assert context.tolist() == tokenizer.encode(text[:start]).tolist(), (text, cursor)
        num_checked += 1
    return num_checked


def _is_visible(character: str) -> bool:
    return bool(character) and not character.isspace() and not character.isnumeric()


def test_healing_never_crosses_a_newline(tokenizer: BPETokenizer) -> None:
    text = SOURCES[0][:3000]
    for cursor in range(len(text)):
        start = tokenizer.healing_start(text[:cursor])
        assert "\n" not in text[start:cursor]


@pytest.mark.parametrize("character", [*UNSPELLABLE, "\U00040000"])
def test_what_cannot_be_spelled_is_left_out_and_never_forced(
    tokenizer: BPETokenizer, character: str
) -> None:
    assert tokenizer.decode_bytes(tokenizer.encode(f"a{character}b")) != f"a{character}b".encode()
    assert tokenizer.healing_start(f"a {character}") == 3


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text("{}")
    with pytest.raises(DamagedWeights, match=r"tokenizer\.json"):
        BPETokenizer(path)


def test_a_missing_special_token_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(PATH.read_text().replace('"<eom>"', '"<other>"'))
    with pytest.raises(DamagedWeights, match="<eom>"):
        BPETokenizer(path)


class BPETokenizerOnce:
    """Hypothesis cannot take module fixtures into every example cheaply."""

    _loaded: list[BPETokenizer] = []  # noqa: RUF012

    @classmethod
    def get(cls) -> BPETokenizer:
        if not cls._loaded:
            cls._loaded.append(BPETokenizer(PATH))
        return cls._loaded[0]
