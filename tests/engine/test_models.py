from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DamagedWeights, UnknownModel
from engine.models import installed, read_model, resolve, user_models_folder

WEIGHTS = Path(__file__).parents[2] / "engine" / "weights"


def write_model(folder: Path, **changes: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"graph")
    manifest: dict[str, Any] = {
        "format": 2,
        "name": folder.name,
        "base": "none",
        "data": "none",
        "recipe_commit": "abc",
        "tokens_seen": 12,
        "quality": {"exact_match": 0.5},
        "calibration": {"scale": 1.5},
        "defaults": {},
        "shape": {"num_layers": 1, "num_kv_heads": 1, "head_width": 8, "max_positions": 64},
        "files": {"model.onnx": {"bytes": 5, "sha256": hashlib.sha256(b"graph").hexdigest()}},
    }
    (folder / "manifest.json").write_text(json.dumps({**manifest, **changes}))
    return folder


def test_a_folder_is_a_model(tmp_path: Path) -> None:
    model = resolve(str(write_model(tmp_path / "mine")))
    assert (model.name, model.graph.name) == ("mine", "model.onnx")
    assert model.manifest.shape.max_positions == 64
    assert model.manifest.calibration == {"scale": 1.5}
    model.verify()


def test_a_name_in_the_users_folder_is_a_model(tmp_path: Path) -> None:
    write_model(tmp_path / "mine")
    write_model(tmp_path / "yours", name="shown as")
    (tmp_path / "no model").mkdir()
    assert {"mine", "yours"} <= set(installed(tmp_path)) <= {"default", "mine", "yours"}
    assert resolve("yours", tmp_path).name == "shown as"


def test_an_unknown_name_lists_what_there_is(tmp_path: Path) -> None:
    write_model(tmp_path / "mine")
    with pytest.raises(UnknownModel, match=r"no model named other: there are default, mine"):
        resolve("other", tmp_path)


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match=r"manifest\.json"):
        resolve(str(tmp_path))


def test_a_changed_file_is_named(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "mine")
    (folder / "model.onnx").write_bytes(b"grapf")
    with pytest.raises(DamagedWeights, match=r"model\.onnx: SHA-256"):
        resolve(str(folder)).verify()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "mine")
    (folder / "model.onnx").unlink()
    with pytest.raises(DamagedWeights, match=r"model\.onnx: No such file"):
        resolve(str(folder)).verify()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 2}'])
def test_a_manifest_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    folder = write_model(tmp_path / "mine")
    (folder / "manifest.json").write_text(text)
    with pytest.raises(DamagedWeights, match=r"manifest\.json"):
        resolve(str(folder))


@pytest.mark.parametrize(
    ("number", "mend"), [(1, "export the model again"), (3, "upgrade midfill")]
)
def test_a_manifest_of_another_format(tmp_path: Path, number: int, mend: str) -> None:
    with pytest.raises(DamagedWeights, match=f"format {number} is not 2: {mend}"):
        resolve(str(write_model(tmp_path / "mine", format=number)))


def test_a_manifest_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DamagedWeights, match=r"manifest\.json is missing"):
        read_model(tmp_path)


def test_the_users_folder_follows_the_platform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert user_models_folder() == tmp_path / "midfill" / "models"
    monkeypatch.setenv("XDG_DATA_HOME", "")
    assert user_models_folder() == Path.home() / ".local" / "share" / "midfill" / "models"


@pytest.mark.skipif(
    not (WEIGHTS / "manifest.json").exists(), reason="no model ships with this commit"
)
def test_the_model_that_ships_is_whole() -> None:
    model = resolve()
    assert resolve("default").name == model.name
    assert model.tokenizer == WEIGHTS / "tokenizer.json"
    model.verify()
