"""The model that ships on PyTorch, as a GPU runs it, against its own graph on ONNX Runtime.

The graph rounds activations to bytes, PyTorch does not: what they differ by is printed (``-s``).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("onnx", reason="pip install 'midfill[torch]'")

import engine
from engine.canvas import Canvas, HoleCanvas, Ids
from engine.denoisers.onnx import OnnxDenoiser
from engine.denoisers.protocol import Logits
from engine.denoisers.torch import TorchDenoiser
from engine.proposal import Outcome, Proposal
from engine.serving.pool import InfillerPool
from engine.spans import ByteOffset

FIXTURES = Path(__file__).parents[1] / "fixtures"
SOURCES = ("inventory.py", "ring.c", "debounce.js", "tokens.rs")
# Characters of each that are kept before and behind the hole.
BEFORE, BEHIND = 400, 120
# Nats by which the graph's rounding moves a position, and how often both name the same best token.
MEAN_KL, SAME_BEST = 0.01, 0.9

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(
        not (Path(engine.__file__).parent / "weights" / "manifest.json").exists(),
        reason="no model ships with this commit",
    ),
]


@pytest.fixture(scope="module")
def graph() -> engine.Infiller:
    return engine.load(config=engine.InfillConfig(min_confidence=0.0), device="cpu")


@pytest.fixture(scope="module")
def layers() -> engine.Infiller:
    return engine.load(config=engine.InfillConfig(min_confidence=0.0), device="torch-cpu")


def cut(name: str) -> tuple[str, str, str]:
    """What stands before a line's second half, that half, and what stands behind."""
    text = (FIXTURES / name).read_text(encoding="utf-8")
    middle = text.index("\n", len(text) // 2) + 1
    end = text.index("\n", middle + 1)
    start = middle + (end - middle) // 2
    return text[max(0, start - BEFORE) : start], text[start:end], text[end : end + BEHIND]


def canvases(denoiser: OnnxDenoiser) -> Iterator[tuple[Canvas, Canvas]]:
    """Of each source a hole of masks, and the same hole with what stands there."""
    encode, mask_id = denoiser.tokenizer.encode, denoiser.tokenizer.mask_id
    for name in SOURCES:
        before, inside, behind = cut(name)
        ids = np.append(encode(inside), denoiser.tokenizer.eom_id)
        pieces = encode(before), encode(behind)
        masked, written = (HoleCanvas.masked(len(ids), mask_id) for _ in range(2))
        for place, token in enumerate(ids.tolist()):
            written.commit(place, token, 1.0)
        yield canvas_of(pieces, masked), canvas_of(pieces, written)


def canvas_of(pieces: tuple[Ids, Ids], hole: HoleCanvas) -> Canvas:
    return Canvas(np.empty(0, np.int64), pieces, [hole], 0, 0)


def log_p(logits: Logits) -> Logits:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("is_causal", [False, True])
def test_both_say_the_same_but_for_the_rounding_of_the_graph(
    is_causal: bool, graph: engine.Infiller, layers: engine.Infiller
) -> None:
    ours, theirs = layers.denoiser, graph.denoiser
    assert isinstance(ours, TorchDenoiser) and isinstance(theirs, OnnxDenoiser)
    divergences, same = [], []
    for masked, written in canvases(theirs):
        canvas = written if is_causal else masked
        wanted = [np.arange(len(canvas.holes[0]))]
        handles = [denoiser.prefill(canvas) for denoiser in (theirs, ours)]
        assert handles[0].num_tokens == handles[1].num_tokens
        [expected] = theirs.predict(handles[0], [canvas], wanted, is_causal)
        [found] = ours.predict(handles[1], [canvas], wanted, is_causal)
        says, heard = log_p(expected), log_p(found)
        divergences += (np.exp(says) * (says - heard)).sum(axis=1).tolist()
        same += (says.argmax(axis=1) == heard.argmax(axis=1)).tolist()
    print(f"\n{len(same)} positions: KL {np.mean(divergences):.4f} nats on average, "
          f"{np.max(divergences):.4f} at most; same best token {np.mean(same):.1%}")  # fmt: skip
    assert np.mean(divergences) < MEAN_KL
    assert np.mean(same) > SAME_BEST


def requests() -> list[engine.Request]:
    found = []
    for name in SOURCES:
        before, _, behind = cut(name)
        cursor = ByteOffset(len(before.encode()))
        found.append(engine.Request(before + behind, cursor, path=name, effort=engine.Effort.LOW))
    return found


def signature(outcome: Outcome) -> tuple[object, ...]:
    if isinstance(outcome, Proposal):
        return outcome.edits, outcome.tokens, outcome.steps, outcome.forwards
    return outcome.reason, outcome.detail, outcome.steps, outcome.forwards


@pytest.fixture(scope="module")
def alone(layers: engine.Infiller) -> list[Outcome]:
    return [layers.infill(request) for request in requests()]


def test_half_of_the_holes_or_more_get_the_same_text(
    graph: engine.Infiller, alone: list[Outcome]
) -> None:
    texts = [getattr(outcome, "text", None) for outcome in alone]
    expected = [getattr(graph.infill(request), "text", None) for request in requests()]
    print(f"\n{list(zip(texts, expected, strict=True))}")
    num_same = sum(ours == theirs for ours, theirs in zip(texts, expected, strict=True))
    assert num_same >= len(texts) // 2
    assert any(texts)


def test_a_hole_gets_the_text_that_it_gets_alone_whoever_shares_its_passes(
    layers: engine.Infiller, alone: list[Outcome]
) -> None:
    denoiser = layers.denoiser
    assert isinstance(denoiser, TorchDenoiser)
    before = denoiser.passes.num_forwards, denoiser.passes.num_passes
    pool = InfillerPool(engine.Infiller(denoiser, layers.calibration, layers.config,
                                        decoding=layers.decoding, has_memory=True), 3)  # fmt: skip

    def answer(request: engine.Request) -> tuple[object, ...]:
        with pool.lend(request.path) as infiller:
            return signature(infiller.infill(request))

    with ThreadPoolExecutor(pool.size) as threads:
        together = list(threads.map(answer, requests()))
    assert together == [signature(outcome) for outcome in alone]
    num_forwards = denoiser.passes.num_forwards - before[0]
    assert num_forwards < denoiser.passes.num_passes - before[1], "nothing was ever shared"
