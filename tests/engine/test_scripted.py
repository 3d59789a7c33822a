from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.canvas import Canvas, HoleCanvas
from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.errors import Cancelled

TOKENIZER = ByteTokenizer(("foo", "bar", "foobar", "é"))


def canvas(before: str, size: int = 6, after: str = "", forced: bytes = b"") -> Canvas:
    holes = [HoleCanvas.masked(size, TOKENIZER.mask_id, forced)]
    context = (TOKENIZER.encode(before), TOKENIZER.encode(after))
    return Canvas(TOKENIZER.encode(""), context, holes, 0, 0)


def best(denoiser: ScriptedDenoiser, made: Canvas) -> bytes:
    handle = denoiser.prefill(made)
    [logits] = denoiser.predict(handle, [made], [made.masked()])
    return TOKENIZER.decode_bytes(logits.argmax(axis=1))


@given(st.text())
def test_encoding_is_undone_by_decoding(text: str) -> None:
    ids = TOKENIZER.encode(text)
    assert TOKENIZER.decode_bytes(ids).decode() == text
    assert not set(ids.tolist()) & TOKENIZER.special_ids


def test_the_longest_word_is_taken_and_healing_goes_back_to_its_start() -> None:
    assert len(TOKENIZER.encode("foobar")) == 1
    assert TOKENIZER.heal("x = foo_b")[1] == b"foo_b"
    assert TOKENIZER.heal("x = ")[1] == b""


def test_writes_the_script_with_its_probabilities() -> None:
    denoiser = ScriptedDenoiser(TOKENIZER, [Script(("foo1",), p=0.9, p_at={1: 0.4})])
    made = canvas("")
    [logits] = denoiser.predict(denoiser.prefill(made), [made], [made.masked()])
    p = np.exp(logits).max(axis=1)
    assert best(denoiser, made) == b"foo1"
    assert p[:3] == pytest.approx([0.9, 0.4, 0.9], abs=0.01)
    assert np.exp(logits).sum(axis=1) == pytest.approx(1.0, abs=1e-4)


def test_follows_the_text_that_agrees_with_the_canvas() -> None:
    denoiser = ScriptedDenoiser(TOKENIZER, [Script(("foo1", "bar2"))])
    made = canvas("")
    made.holes[0].commit(0, int(TOKENIZER.encode("bar")[0]), 0.5)
    assert best(denoiser, made).startswith(b"2")


def test_without_a_script_repeats_what_followed_the_same_words() -> None:
    assert best(ScriptedDenoiser(TOKENIZER), canvas("y = a + b\ny = ", after="end")) == b"a + b"
    assert best(ScriptedDenoiser(TOKENIZER), canvas("y = ", forced=b"b")) == b"b"


def test_keeps_the_common_tokens_of_an_earlier_context() -> None:
    denoiser = ScriptedDenoiser(TOKENIZER)
    first = denoiser.prefill(canvas("a = 1\nb"))
    second = denoiser.prefill(canvas("a = 1\nc = 2"), reuse=first)
    assert second.num_reused == len("a = 1\n") and second.num_tokens == len("a = 1\nc = 2")
    assert denoiser.extend(second, TOKENIZER.encode("foo")).num_tokens == second.num_tokens + 1


def test_cancel_ends_every_call() -> None:
    cancel = threading.Event()
    cancel.set()
    denoiser, made = ScriptedDenoiser(TOKENIZER), canvas("")
    handle = denoiser.prefill(made)
    with pytest.raises(Cancelled):
        denoiser.prefill(made, cancel=cancel)
    with pytest.raises(Cancelled):
        denoiser.predict(handle, [made], [made.masked()], cancel=cancel)
