"""Our byte-level BPE against the reference implementation, on the file that ships."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.byte_pairs import MAX_CACHED_CHARACTERS, BytePairs, byte_alphabet, tokenizer_file
from engine.errors import DamagedWeights
from source_tree import ROOT

tokenizers = pytest.importorskip("tokenizers")

PATH = ROOT / "engine" / "weights" / "tokenizer.json"
# The base's vocabulary lacks these bytes; the reference counts their places wrongly.
LOST = frozenset(b"\x04\x06\x13\x14\x16\x1d\xf1\xf2")
# Characters that one of the two may not know yet are left out, as are lone surrogates.
ASSIGNED = st.characters(exclude_categories=("Cs", "Cn"))
# What the pieces are cut at, more often than chance has it.
CODE = st.text(alphabet=" \t\n\r\x0b\x1f\x85\xa0\u2028'sdtlvre_().é日本½²٣Ⅷ1200aB\U0001f600\u0301")


@cache
def ours() -> BytePairs:
    return BytePairs.read(PATH)


@cache
def reference() -> tokenizers.Tokenizer:
    return tokenizers.Tokenizer.from_file(str(PATH))


def assert_same(text: str) -> None:
    expected = reference().encode(text, add_special_tokens=False)
    assert ours().encode(text) == expected.ids, text
    ids, starts = ours().encode_with_starts(text)
    assert ids == expected.ids
    if not LOST.intersection(text.encode()):
        assert starts == [start for start, _ in expected.offsets], text
    pieces = reference().pre_tokenizer.pre_tokenize_str(text)
    assert ours().piece_starts(text) == [start for _, (start, _) in pieces], text


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "fixtures").iterdir()), ids=str)
def test_fixtures(path: Path) -> None:
    assert_same(path.read_text(encoding="utf-8"))


@given(text=st.text(ASSIGNED))
@settings(max_examples=300)
def test_any_text(text: str) -> None:
    assert_same(text)


@given(text=CODE)
@settings(max_examples=500)
def test_texts_full_of_borders(text: str) -> None:
    assert_same(text)


@given(data=st.binary(max_size=200))
@settings(max_examples=300)
@example(data=b"\xf1\x80\x80\x80\x00")
@example(data=b"\xd6\x8b\x00")
def test_random_bytes(data: bytes) -> None:
    assert_same(data.decode("latin-1"))
    assert_same(without_new(data.decode("utf-8", "replace")))


def without_new(text: str) -> str:
    """Without what `regex` calls assigned and this interpreter does not: the reference may not."""
    return "".join(
        each
        for each in text
        if unicodedata.category(each) != "Cn" or regex.match(r"\p{Cn}", each) is not None
    )


@pytest.mark.parametrize("alphabet", ["a", "ab", "abcdefghijklmnopqrstuvwxyz", " ", "=", "日本"])
def test_long_pieces(alphabet: str) -> None:
    """Longer than what is cached, where the order of merges matters most."""
    draw = random.Random(0)
    for length in (MAX_CACHED_CHARACTERS, MAX_CACHED_CHARACTERS + 1, 3000):
        assert_same("".join(draw.choices(alphabet, k=length)) + "x")


def test_tokens_that_ship_are_found_again() -> None:
    """Each entry's own text gets the reference's ids, and nearly always its own."""
    num_whole = 0
    spelled = [piece.decode("utf-8", "ignore") for piece in ours().bytes_by_id]
    for index in range(0, len(spelled), 5):
        ids = ours().encode(spelled[index])
        assert ids == reference().encode(spelled[index], add_special_tokens=False).ids
        num_whole += ids == [index]
    assert num_whole > 9_500


def test_the_cache_forgets_and_answers_the_same() -> None:
    words = [f"word{chr(97 + at % 26)}{chr(97 + at // 26 % 26)}x" * 3 for at in range(700)]
    text = " ".join(words)
    fresh = BytePairs.read(PATH)
    assert fresh.encode(text) == fresh.encode(text) == ours().encode(text)


def small() -> tuple[dict[str, int], list[tuple[str, str]]]:
    merges = [("a", "b"), ("ab", "c"), ("b", "c")]
    vocabulary = dict.fromkeys("abcd", 0) | {left + right: 0 for left, right in merges}
    return {token: index for index, token in enumerate(vocabulary)}, merges


def test_the_earlier_merge_wins_and_only_listed_pairs_merge() -> None:
    vocabulary, merges = small()
    pairs = BytePairs(vocabulary, merges)
    spelled = [pairs.bytes_by_id[index] for index in pairs.encode("abcbcd")]
    assert spelled == [b"abc", b"bc", b"d"]
    # "a" + "bc" would spell a token too, but no merge says so.
    pairs = BytePairs(vocabulary, [("b", "c"), ("a", "b"), ("ab", "c")])
    assert [pairs.bytes_by_id[index] for index in pairs.encode("abc")] == [b"a", b"bc"]


def test_what_is_written_is_read_by_both(tmp_path: Path) -> None:
    vocabulary, merges = small()
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(tokenizer_file(vocabulary, merges)), "utf-8")
    expected = tokenizers.Tokenizer.from_file(str(path)).encode("dabcab1 ").ids
    assert BytePairs.read(path).encode("dabcab1 ") == expected != []


def _damaged() -> Iterator[tuple[str, object]]:
    whole = tokenizer_file(*small())
    yield "no model", {}
    yield "a list", []
    for name, value in (
        ("vocab", None),
        ("vocab", {"日": 0}),
        ("merges", [["a", "b", "c"]]),
        ("merges", [["a", "d"]]),
        ("merges", [1]),
    ):
        yield f"{name} {value}", {"model": {**whole["model"], name: value}}


@pytest.mark.parametrize(
    "contents", [case for _, case in _damaged()], ids=[n for n, _ in _damaged()]
)
def test_a_damaged_file_is_named(contents: object, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(contents), "utf-8")
    with pytest.raises(DamagedWeights, match=r"tokenizer\.json: not a tokenizer"):
        BytePairs.read(path)


def test_the_alphabet_spells_every_byte_once() -> None:
    alphabet = byte_alphabet()
    assert sorted(alphabet.values()) == list(range(256))
    assert not any(character.isspace() for character in alphabet)
