"""Folders that are not what they should be: one error that names the thing and the mend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

import engine
from engine.denoisers.families.checkpoint import read_checkpoint
from engine.errors import DamagedWeights, UnknownModel
from tiny_checkpoints import TINY, write_checkpoint

pytestmark = pytest.mark.torch


def test_a_missing_tensor_is_named(tmp_path: Path) -> None:
    folder = write_checkpoint(
        tmp_path / "m", TINY["llada"], without="model.transformer.ln_f.weight"
    )
    with pytest.raises(DamagedWeights, match=r"tensor model\.norm\.weight is missing"):
        engine.load(str(folder))


def test_a_missing_expert_is_named(tmp_path: Path) -> None:
    lost = "model.layers.1.mlp.experts.3.up_proj.weight"
    folder = write_checkpoint(tmp_path / "m", TINY["llada2"], without=lost)
    with pytest.raises(DamagedWeights, match=r"experts\.3\.up_proj\.weight is missing .*llada2"):
        engine.load(str(folder))


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"use_bias": True}, UnknownModel, "use_bias"),
        ({"num_key_value_heads": 4}, DamagedWeights, r"v_proj\.weight is \(0, 32\)"),
        ({"num_experts": None}, DamagedWeights, "does not fit glm4_moe layers"),
        ({"midfill_bits": 8}, UnknownModel, "experts of a mixture"),
    ],
)
def test_a_mixture_that_is_not_as_published_is_refused(
    change: dict[str, Any], error: type[Exception], said: str, tmp_path: Path
) -> None:
    folder = write_checkpoint(tmp_path / "m", TINY["llada2"])
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(error, match=said):
        engine.load(str(folder))


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ("model.decoder.layers.1.router.scale", r"router\.scale is missing .*diffusion-gemma"),
        ("model.encoder.language_model.layers.0.layer_scalar", r"layer_scalar is missing"),
    ],
)
def test_a_weight_of_both_halves_is_missed_once(lost: str, said: str, tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "m", TINY["diffusion-gemma"], without=lost)
    with pytest.raises(DamagedWeights, match=said):
        engine.load(str(folder))


def test_a_library_that_is_too_old_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.denoisers import stock_model

    folder = write_checkpoint(tmp_path / "m", TINY["diffusion-gemma"])
    monkeypatch.setattr(stock_model, "CONFIG_MAPPING", {"llama": None})
    with pytest.raises(UnknownModel, match=r"needs a newer transformers .*pip install -U"):
        engine.load(str(folder))


def test_a_tokenizer_that_changes_text_is_refused(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "m", TINY["diffusion-gemma"])
    path = folder / "tokenizer.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "normalizer": {"type": "Lowercase"}}))
    with pytest.raises(UnknownModel, match="changes more than spaces"):
        engine.load(str(folder))


def test_a_tensor_of_another_shape_is_named(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "m", TINY["dream"])
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "intermediate_size": 64}))
    with pytest.raises(
        DamagedWeights, match=r"mlp\..* is \(48, 32\), config\.json says \(64, 32\)"
    ):
        engine.load(str(folder))


def test_a_folder_may_name_its_family(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "m", TINY["dream"])
    config = json.loads((folder / "config.json").read_text())
    chosen = {**config, "model_type": "mine", "midfill_family": "bidirectional-qwen2"}
    (folder / "config.json").write_text(json.dumps(chosen))
    assert read_checkpoint(folder).family.name == "bidirectional-qwen2"
    (folder / "config.json").write_text(json.dumps({**chosen, "midfill_family": "other"}))
    with pytest.raises(UnknownModel, match=r"no family other: midfill_family is one of .*dream"):
        read_checkpoint(folder)


def test_a_file_that_was_cut_is_named(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "m", TINY["dream"])
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(DamagedWeights, match=r"model\.safetensors is damaged or incomplete"):
        engine.load(str(folder))


def test_a_family_that_is_not_known_is_named(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "m", TINY["dream"])
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    with pytest.raises(
        UnknownModel, match=r"model_type gpt2 is no known diffusion family: .*dream"
    ):
        engine.load(str(folder))


def test_a_model_without_a_mask_token_is_refused(tmp_path: Path) -> None:
    tiny = TINY["bidirectional-qwen2"]
    folder = write_checkpoint(tmp_path / "m", tiny)
    (folder / "added_tokens.json").write_text('{"<|endoftext|>": 257}')
    with pytest.raises(UnknownModel, match=r"no mask token .*no diffusion model"):
        engine.load(str(folder))


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "m", TINY["dream"])
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UnknownModel, match=r"only pickled weights"):
        engine.load(str(folder))


def test_without_torch_the_error_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.denoisers import foreign

    folder = write_checkpoint(tmp_path / "m", TINY["dream"])
    monkeypatch.setattr(foreign, "NEEDED", ("torch", "a_library_that_nobody_has"))
    with pytest.raises(UnknownModel, match=r"needs a_library_that_nobody_has: pip install"):
        engine.load(str(folder))
