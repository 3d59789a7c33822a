"""The word that is being typed goes on as words of the user's files do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.decoding.posterior import IMPOSSIBLE
from engine.lexicon import Lexicon
from engine.memory.begun_word import SHARE, TEXT_SHARE, BegunWord, known_words
from engine.tokenizer import BPETokenizer

TOKENIZER = BPETokenizer(Path(__file__).parents[3] / "engine" / "weights" / "tokenizer.json")
LEXICON = Lexicon(TOKENIZER)
FILES = ("makeFormatter(x); makeFormatter(y); formatAll()", "import { makeFolder } from 'a'")


def begun(line: str, forced: str) -> BegunWord | None:
    return BegunWord.of(line.encode(), forced.encode(), FILES, LEXICON)


def recalled(
    word: BegunWord | None, written: str, *, is_known_possible: bool = True
) -> list[float]:
    """How likely a model that knows nothing takes each token to be, behind ``written``."""
    assert word is not None
    ids = TOKENIZER.encode(written)
    logits = np.zeros(TOKENIZER.vocab_size, np.float32)
    if not is_known_possible:
        logits[TOKENIZER.encode(" makeFormatter")[:1]] = IMPOSSIBLE
    word.recall(logits, ids)
    p = np.exp(logits - logits.max(), dtype=np.float64)
    return [float(value) for value in p / p.sum()]


def first(text: str, behind: str = "") -> int:
    """The first token of ``text`` where ``behind`` stands before it in one text."""
    return int(TOKENIZER.encode(behind + text)[len(TOKENIZER.encode(behind))])


def test_known_words_begin_where_a_word_does_and_are_counted() -> None:
    found = known_words("makeFo", FILES)
    assert found == {"makeFormatter": 2, "makeFolder": 1}
    assert known_words("ormat", FILES) == {}
    assert known_words("$(", ("a $(b)",)) == {"$(b": 1}


@pytest.mark.parametrize(
    ("line", "share"), [("const f =", SHARE), ("// say", TEXT_SHARE), ('f("say', TEXT_SHARE)]
)
def test_a_known_word_shares_the_probability_by_its_count(line: str, share: float) -> None:
    p = recalled(begun(line, " makeFo"), " make")
    formatter, folder = p[first("Formatter", " make")], p[first("Folder", " make")]
    assert formatter > folder > 0.1
    assert formatter + folder == pytest.approx(share, abs=0.01)


def test_prose_has_more_new_words() -> None:
    word = BegunWord.of(b"We", b" makeFo", FILES, LEXICON, is_prose=True)
    p = recalled(word, " make")
    known = p[first("Formatter", " make")] + p[first("Folder", " make")]
    assert known == pytest.approx(TEXT_SHARE, abs=0.01)


def test_a_word_that_is_whole_ends_or_becomes_a_longer_one() -> None:
    word = BegunWord.of(b"x =", b" total", ("total; total; totalCount",), LEXICON)
    p = np.array(recalled(word, " total"))
    ends = np.ones(len(p), np.bool_)
    ends[LEXICON.words] = False
    assert p[ends].sum() > 0.5 > p[first("Count", " total")] > 0.05


def test_another_text_is_left_to_the_model() -> None:
    p = recalled(begun("const f =", " makeFo"), " making")
    assert max(p) == min(p)


def test_what_is_impossible_stays_so() -> None:
    p = recalled(begun("const f =", " mak"), "", is_known_possible=False)
    assert p[first(" makeFormatter")] == 0.0


@pytest.mark.parametrize(
    ("line", "forced"),
    [
        ("const f =", " ma"),  # too short
        ("const f =", " makeX"),  # nothing begins like it
        ("f(12", "345"),
    ],
)
def test_nothing_is_known_there(line: str, forced: str) -> None:
    assert begun(line, forced) is None


def test_a_word_may_begin_before_the_hole() -> None:
    word = BegunWord.of(b"x = self.get_", b"rec", ("get_recent_edits",), LEXICON)
    p = recalled(word, "")
    assert p[first("recent", "x = self.get_")] > 0.5
