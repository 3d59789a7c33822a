"""Weights of fewer bits: the same model, a little less exact, in less memory."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

import engine
from engine.denoisers import few_bits
from engine.denoisers.families.checkpoint import read_checkpoint
from engine.denoisers.passes import Pass
from engine.denoisers.stock_layers import StockLayers
from engine.denoisers.stock_model import read_stock_model
from engine.errors import BadInput, UnknownModel
from engine.spans import ByteOffset
from tiny_checkpoints import TINY, write_checkpoint

pytestmark = pytest.mark.torch


def with_bits(folder: Path, bits: object) -> Path:
    write_checkpoint(folder, TINY["converted-llama"])
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "midfill_bits": bits}))
    return folder


def layers_of(folder: Path) -> StockLayers:
    model = read_stock_model(read_checkpoint(folder), torch.float32)
    return StockLayers(model, torch.device("cpu"))


@pytest.mark.filterwarnings("ignore")
def test_eight_bits_are_close_and_small(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchao warns when it is imported
        pytest.importorskip("torchao", reason="pip install torchao", exc_type=ImportError)
    exact = layers_of(write_checkpoint(tmp_path / "e", TINY["converted-llama"]))
    folder = with_bits(tmp_path / "q", 8)
    layers = layers_of(folder)
    ids, visible = np.arange(20, 32), np.tril(np.ones((12, 12), np.bool_))
    passes = [Pass(ids + shift, visible, np.arange(12)) for shift in range(3)]
    together = layers.run(passes)
    for answer, wanted in zip(together, exact.run(passes), strict=True):
        away = np.abs(answer.logits - wanted.logits)
        assert 0 < away.max() < 0.1 * np.abs(wanted.logits).max()
    [alone] = layers.run(passes[:1])
    np.testing.assert_array_equal(alone.logits, together[0].logits)
    text = "def f(x):\n    y = \n    return y\n"
    request = engine.Request(text, ByteOffset(18), path="a.py", single_line=True)
    assert engine.load(str(folder)).infill(request).forwards > 0


def test_what_cannot_be_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match=r"midfill_bits is 5: write 8 or 4"):
        engine.load(str(with_bits(tmp_path / "five", 5)))
    monkeypatch.setattr(few_bits.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UnknownModel, match=r"8 needs torchao: pip install torchao"):
        few_bits.quantise(None, 8, torch.device("cpu"))
