"""Same request, same text by the shipped weights: whatever the cache, the batch, the threads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import Effort, Infiller, Outcome, Proposal, Refusal, Request
from engine.canvas import Canvas, HoleCanvas
from engine.denoisers.onnx import OnnxDenoiser
from engine.models import resolve
from engine.spans import ByteOffset

SOURCE = Path(__file__).parents[1] / "fixtures" / "ring.c"
HEAD, TAIL = "int first(struct ring *ring) {\n    return ", ";\n}\n"


def request(typed: str = "", path: str = "ring.c") -> Request:
    before = SOURCE.read_text(encoding="utf-8")[:300] + "\n" + HEAD + typed
    cursor = ByteOffset(len(before.encode()))
    return Request(before + TAIL, cursor, "c", path, effort=Effort.LOW)


def signature(outcome: Outcome) -> tuple[object, ...]:
    if isinstance(outcome, Refusal):
        return outcome.reason, outcome.detail, outcome.steps
    tokens = [(token.length, token.p) for token in outcome.tokens]
    return outcome.text, outcome.confidence, tokens, outcome.steps


@pytest.fixture(scope="module")
def denoiser() -> OnnxDenoiser:
    return OnnxDenoiser(resolve(), num_threads=1)


@pytest.fixture(scope="module")
def cold(denoiser: OnnxDenoiser) -> tuple[object, ...]:
    return signature(Infiller(denoiser).infill(request("ring->")))


def test_warm_after_typing_and_after_other_files(
    denoiser: OnnxDenoiser, cold: tuple[object, ...]
) -> None:
    infiller = Infiller(denoiser)
    for earlier in (request(), request("ring"), request("ring->", path="other.c")):
        infiller.infill(earlier)
    outcome = infiller.infill(request("ring->"))
    assert signature(outcome) == cold
    if isinstance(outcome, Proposal):
        assert outcome.num_cached_tokens > 0.9 * outcome.num_context_tokens
    assert signature(infiller.infill(request("ring->"))) == cold


def test_two_threads(cold: tuple[object, ...]) -> None:
    infiller = Infiller(OnnxDenoiser(resolve(), num_threads=2))
    assert signature(infiller.infill(request("ring->"))) == cold


def test_alone_and_in_a_batch(denoiser: OnnxDenoiser) -> None:
    encode, mask = denoiser.tokenizer.encode, denoiser.tokenizer.mask_id
    context = (encode("int x = 1;\nint y = "), encode("int z;\n"))
    canvases = [
        Canvas(encode(""), context, [HoleCanvas.masked(size, mask)], 0, 0) for size in (8, 8, 16)
    ]
    canvases[1].holes[0].commit(0, int(encode(" x")[0]), 0.5)
    handle = denoiser.prefill(canvases[0])
    wanted = [canvas.masked() for canvas in canvases]
    together = denoiser.predict(handle, canvases, wanted)
    for canvas, positions, logits in zip(canvases, wanted, together, strict=True):
        [alone] = denoiser.predict(handle, [canvas], [positions])
        np.testing.assert_array_equal(alone, logits)


def test_what_was_blended_for_somebody_who_waits(
    denoiser: OnnxDenoiser, cold: tuple[object, ...]
) -> None:
    """It is of no use to whoever asks for the text that reading gives."""
    infiller, asked = Infiller(denoiser), request("ring->")
    above = replace(asked, cursor=ByteOffset(asked.text.index("\n") + 1))
    assert isinstance(infiller.read_ahead(above), Refusal)
    waiting = replace(asked, budget_ms=60_000.0, patience_ms=30_000.0)
    infiller.infill(waiting)
    assert any(key.is_blended for _, key in infiller._handles._handles)
    assert signature(infiller.infill(asked)) == cold
