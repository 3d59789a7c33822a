from __future__ import annotations

import numpy as np
import pytest

from engine.decoding.posterior import Filter, apply_filters, greedy, probabilities_of, sampled
from engine.denoisers.scripted import ByteTokenizer
from engine.lexicon import Lexicon

TOKENIZER = ByteTokenizer(("foo", "fo", "foobar", "bar", "\n", "\n\n", " \n", ");\n", "éa"))
LEXICON = Lexicon(TOKENIZER)


def token(text: str) -> int:
    [index] = TOKENIZER.encode(text).tolist()
    return int(index)


def uniform(rows: int = 1) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.zeros((rows, TOKENIZER.vocab_size), np.float32)


def test_compatible_ids_begin_with_the_wanted_bytes_or_begin_them() -> None:
    spelled = {TOKENIZER.token_bytes(int(index)) for index in LEXICON.compatible(b"foo")}
    assert spelled == {b"f", b"fo", b"foo", b"foobar"}
    accent = {TOKENIZER.token_bytes(int(index)) for index in LEXICON.compatible("é".encode())}
    assert accent == {"é".encode()[:1], "éa".encode()}


def test_line_ends_are_ids_with_nothing_but_space_before_the_newline() -> None:
    ends = {TOKENIZER.token_bytes(int(index)) for index in LEXICON.line_ends}
    assert ends == {b"\n", b"\n\n", b" \n"}


def test_greedy_answers_the_best_token_and_its_probability() -> None:
    logits = np.log(np.array([[0.7, 0.2, 0.1], [1 / 3, 1 / 3, 1 / 3]], np.float32))
    made = greedy(logits.copy())
    assert made.tokens.tolist() == [0, 0]
    assert made.p == pytest.approx([0.7, 1 / 3], abs=1e-5)


def test_forbidden_and_banned_ids_are_impossible() -> None:
    logits = uniform()
    apply_filters(logits, [Filter(banned=[token("foo")])], LEXICON)
    assert greedy(logits.copy()).p[0] > 0
    assert probabilities_of(logits, np.array([token("foo")]))[0] == 0.0
    for special in TOKENIZER.special_ids - {TOKENIZER.eom_id}:
        logits = uniform()
        apply_filters(logits, [Filter()], LEXICON)
        assert probabilities_of(logits, np.array([special]))[0] == 0.0


def test_only_allowed_ids_remain() -> None:
    logits = uniform()
    apply_filters(logits, [Filter(allowed=LEXICON.compatible(b"foo"))], LEXICON)
    made = greedy(logits)
    assert made.p[0] == pytest.approx(0.25) and TOKENIZER.token_bytes(int(made.tokens[0])) != b""


def test_newlines_count_as_the_end_of_a_line() -> None:
    logits = uniform()
    apply_filters(logits, [Filter(ends_line=True)], LEXICON)
    made = greedy(logits)
    num_possible = TOKENIZER.vocab_size - len(TOKENIZER.special_ids) + 1
    assert made.tokens[0] == TOKENIZER.eom_id
    assert made.p[0] == pytest.approx((1 + len(LEXICON.line_ends)) / num_possible, rel=1e-4)


def test_the_bias_makes_the_end_less_likely() -> None:
    logits = uniform(2)
    apply_filters(logits[:1], [Filter()], LEXICON, eom_bias=1.0)
    apply_filters(logits[1:], [Filter()], LEXICON)
    p = probabilities_of(logits, np.array([TOKENIZER.eom_id] * 2))
    assert p[0] == pytest.approx(p[1] / np.e, rel=0.01)


def test_draws_follow_the_seed_and_keep_the_true_probability() -> None:
    logits = np.log(np.array([[0.5, 0.3, 0.2]] * 400, np.float32))
    first = sampled(logits.copy(), 1.0, np.random.default_rng(7))
    again = sampled(logits.copy(), 1.0, np.random.default_rng(7))
    assert np.array_equal(first.tokens, again.tokens)
    assert np.bincount(first.tokens) / 400 == pytest.approx([0.5, 0.3, 0.2], abs=0.08)
    assert set(np.round(first.p, 3)) == {np.float32(0.5), np.float32(0.3), np.float32(0.2)}
