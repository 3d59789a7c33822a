from __future__ import annotations

from pathlib import Path

import pytest

import engine
from engine import InfillConfig, Reason, Refusal, Request
from engine.spans import ByteOffset, span

pytest.importorskip("torch")
pytest.importorskip("transformers")

from tiny_checkpoints import TINY, write_checkpoint


@pytest.mark.parametrize(
    ("family", "is_joint"), [("llada2", False), ("diffusion-gemma", False), ("dream", True)]
)
def test_a_model_of_one_hole_fills_several_in_turn(
    tmp_path: Path, family: str, is_joint: bool
) -> None:
    folder = write_checkpoint(tmp_path / "m", TINY[family])
    infiller = engine.load(str(folder), InfillConfig(min_confidence=0.0))
    assert infiller.is_joint is is_joint
    request = Request("a = \nb = \n", ByteOffset(0), "python")
    outcome = infiller.fill_spans(request, [span(4, 4), span(9, 9)])
    assert outcome.forwards > 0
    assert not (isinstance(outcome, Refusal) and outcome.reason is Reason.BACKEND_FAILED)
