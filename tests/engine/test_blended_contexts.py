"""Contexts put together from rows that were read elsewhere, by a small model's real graph."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="pip install 'midfill[test]' to build a model to test with")

from engine.canvas import Canvas, HoleCanvas, Ids
from engine.denoisers.blending import NUM_BEFORE, NUM_BEHIND
from engine.denoisers.context_cache import Buffers, CachedContext
from engine.denoisers.onnx import OnnxDenoiser
from engine.denoisers.protocol import Blending
from engine.errors import BadInput, Cancelled
from engine.models import ModelShape, read_model
from engine.training.export import ModelFacts, Quantisation, export, write_manifest
from engine.training.shape import LlamaShape

TOKENIZER = Path(__file__).parents[2] / "engine" / "weights" / "tokenizer.json"
SMALL = LlamaShape(num_layers=3, width=64, num_heads=6, num_kv_heads=2, head_width=16, ffn_width=96)
SNIPPET, ABOVE, MIDDLE, BELOW = (
    np.random.default_rng(seed).integers(17, SMALL.vocab_size, size)
    for seed, size in ((1, 5), (2, 260), (3, 130), (4, 190))
)
from random_weights import random_weights


@pytest.fixture(scope="module")
def denoiser(tmp_path_factory: pytest.TempPathFactory) -> OnnxDenoiser:
    folder = tmp_path_factory.mktemp("random")
    weights = random_weights(SMALL, np.random.default_rng(0))
    entries = export(weights, folder, Quantisation.FULL, SMALL)
    facts = ModelFacts("random", "none", "none", "none", 0)
    write_manifest(folder, entries, facts, TOKENIZER, SMALL)
    return OnnxDenoiser(read_model(folder), num_threads=1)


def at(before: Ids, behind: Ids) -> Canvas:
    return Canvas(SNIPPET, (before, behind), [HoleCanvas.masked(8, 16)], 0, 0)


ABOVE_IT, BELOW_IT = at(ABOVE, np.r_[MIDDLE, BELOW]), at(np.r_[ABOVE, MIDDLE], BELOW)


def rows(handle: CachedContext, layer: int) -> list[np.ndarray]:
    arrays = handle.buffers.arrays
    return [arrays[f"cache.{layer}.{part}"][: handle.num_tokens] for part in ("key", "value")]


def logits(denoiser: OnnxDenoiser, handle: CachedContext, canvas: Canvas) -> np.ndarray:
    return denoiser.predict(handle, [canvas], [np.arange(8)])[0]


def test_it_says_that_it_can(denoiser: OnnxDenoiser) -> None:
    assert isinstance(denoiser, Blending)


def test_what_is_near_sees_what_was_taken(denoiser: OnnxDenoiser) -> None:
    """Rows that are taken from where they stand, and the near ones read again: the same bits."""
    read = denoiser.prefill(ABOVE_IT)
    last = np.random.default_rng(9).integers(17, SMALL.vocab_size, 5)
    typed = at(ABOVE, np.r_[last, MIDDLE, BELOW])
    blended, expected = denoiser.blend(typed, read), denoiser.prefill(typed)
    num_read = blended.num_tokens - blended.num_reused
    assert num_read == denoiser.num_unblended(typed, read)
    assert num_read == NUM_BEHIND + NUM_BEFORE
    end = len(SNIPPET) + 1 + NUM_BEHIND
    for layer in range(SMALL.num_layers):
        for one, other in zip(rows(blended, layer), rows(expected, layer), strict=True):
            assert np.array_equal(one[:end], other[:end])


def test_moved_rows_are_those_of_their_new_places(denoiser: OnnxDenoiser) -> None:
    """In the first layer a row depends on its token and its position alone."""
    blended = denoiser.blend(BELOW_IT, denoiser.prefill(ABOVE_IT))
    read = denoiser.prefill(BELOW_IT)
    assert 0 < blended.num_reused and blended.ids.tolist() == read.ids.tolist()
    for one, other in zip(rows(blended, 0), rows(read, 0), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    differences = [
        float(np.abs(one - other).max())
        for one, other in zip(rows(blended, 2), rows(read, 2), strict=True)
    ]
    assert min(differences) > 1e-3, "other tokens stood before them"


def test_it_answers_much_as_reading_does(denoiser: OnnxDenoiser) -> None:
    blended = denoiser.blend(BELOW_IT, denoiser.prefill(ABOVE_IT))
    unrelated = denoiser.prefill(at(BELOW, ABOVE))
    expected = logits(denoiser, denoiser.prefill(BELOW_IT), BELOW_IT)
    error, other = (
        float(np.square(logits(denoiser, handle, BELOW_IT) - expected).mean())
        for handle in (blended, unrelated)
    )
    assert error < 0.5 * other


def test_sources_stay_and_what_follows_is_read_behind_it(denoiser: OnnxDenoiser) -> None:
    read = denoiser.prefill(ABOVE_IT)
    before = logits(denoiser, read, ABOVE_IT)
    blended = denoiser.blend(BELOW_IT, read)
    assert np.array_equal(logits(denoiser, read, ABOVE_IT), before)
    typed = at(np.r_[ABOVE, MIDDLE, MIDDLE[:2]], BELOW)
    further = denoiser.blend(typed, blended)
    assert (further.num_reused, further.is_blended) == (blended.num_tokens, True)
    assert further.buffers is blended.buffers


def test_no_blend_is_made_of_a_blend(denoiser: OnnxDenoiser) -> None:
    """It would be worse each time: what does not go on with it is read."""
    blended = denoiser.blend(BELOW_IT, denoiser.prefill(ABOVE_IT))
    num_common = denoiser.num_known(ABOVE_IT, blended)
    again = denoiser.blend(ABOVE_IT, blended)
    assert (again.num_reused, again.is_blended) == (num_common, True)


def test_new_lines_at_the_windows_ends_are_left_out(denoiser: OnnxDenoiser) -> None:
    """The window before reached less far down; what is new near the cursor is read."""
    new = np.random.default_rng(9).integers(17, SMALL.vocab_size, 300)
    moved = at(np.r_[ABOVE, MIDDLE, new[:10]], np.r_[BELOW, new[10:]])
    blended = denoiser.blend(moved, denoiser.prefill(ABOVE_IT))
    expected = denoiser.layout.context(at(np.r_[ABOVE, MIDDLE, new[:10]], BELOW))
    assert blended.ids.tolist() == expected.ids.tolist()
    assert blended.tokens.end_of_prefix == expected.end_of_prefix == len(blended.ids)


def test_an_interrupted_reading_behind_a_blend_is_not_gone_on_with(denoiser: OnnxDenoiser) -> None:
    blended, cancel = denoiser.blend(BELOW_IT, denoiser.prefill(ABOVE_IT)), threading.Event()
    cancel.set()
    typed = at(np.r_[ABOVE, MIDDLE, MIDDLE], BELOW)
    with pytest.raises(Cancelled):
        denoiser.blend(typed, blended, cancel)
    assert denoiser.num_known(typed, None) == 0


def test_nothing_of_a_blend_gets_into_what_is_read_later(denoiser: OnnxDenoiser) -> None:
    read, cancel = denoiser.prefill(ABOVE_IT), threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        denoiser.blend(BELOW_IT, read, cancel)
    assert denoiser.num_known(BELOW_IT, None) == 0
    assert denoiser.prefill(BELOW_IT).num_reused == 0


def test_more_tokens_than_positions(denoiser: OnnxDenoiser) -> None:
    read = denoiser.prefill(ABOVE_IT)
    with pytest.raises(BadInput, match="8192"):
        denoiser.blend(at(np.tile(ABOVE, 40), BELOW), read)


def test_keys_of_unknown_turning_are_read() -> None:
    shape = ModelShape(3, 2, 16, 8192)
    with pytest.raises(ValueError, match="turned"):
        Buffers(shape, 64).take(Buffers(shape, 64), 0, 32, 16)
