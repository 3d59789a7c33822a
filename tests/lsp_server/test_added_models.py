from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from lsp_server.cli import main
from tiny_checkpoints import TINY, write_checkpoint

pytestmark = pytest.mark.torch


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("engine.foreign_models.user_models_folder", lambda: tmp_path / "data")
    return write_checkpoint(tmp_path / "tiny", TINY["dreamon"])


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_an_added_model_fills_and_is_verified_and_removed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "add", str(folder), "--name", "mine"]) == 0
    assert "DreamOn: 0.00 billion parameters" in capsys.readouterr().out
    assert main(["models", "list", "--json"]) == 0
    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert listed["mine"]["folder"] == str(folder) and listed["mine"]["base"] == "dreamon"
    assert main(["models", "list"]) == 0
    assert "mine: dreamon" in capsys.readouterr().out
    assert main(["models", "verify", "mine"]) == 0
    assert capsys.readouterr().out.startswith("mine: 5 files")
    source = tmp_path / "a.py"
    source.write_text("x = \n")
    assert main(["fill", f"{source}:1:5", "--model", "mine", "--json"]) in (0, 3)
    assert json.loads(capsys.readouterr().out)["model"] == folder.name
    assert main(["models", "remove", "mine"]) == 0
    assert folder.is_dir()
    assert "no model named mine" in refused(capsys, "fill", f"{source}:1:5", "--model", "mine")


def test_a_file_that_changed_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "add", str(folder)]) == 0
    capsys.readouterr()
    (folder / "merges.txt").write_text("#version: 0.2\n")
    said = refused(capsys, "models", "verify", "tiny")
    assert "merges.txt" in said and "SHA-256" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "Dream-org/DreamOn-v0-7B"], "add Dream-org/DreamOn-v0-7B --download"),
        (["add", "./missing"], "no such folder"),
        (["remove", "other"], "no added model named other: there are none"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(
    arguments: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refused(capsys, "models", *arguments)
    assert "called default" not in refused(capsys, "models", "add", str(folder.parent))
    assert "choose another" in refused(capsys, "models", "add", str(folder), "--name", "default")


def test_what_cannot_be_loaded_is_not_added(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from safetensors.torch import load_file, save_file

    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    del tensors["model.layers.0.mlp.down_proj.weight"]
    save_file(tensors, weights)
    said = refused(capsys, "models", "add", str(folder))
    assert "model.layers.0.mlp.down_proj.weight is missing" in said
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": "many"}))
    said = refused(capsys, "models", "add", str(folder))
    assert "vocab_size" in said and "fetch the model again" in said


def test_a_wrong_name_leads_to_the_right_one(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "a.py"
    source.write_text("x = \n")
    assert main(["models", "add", str(folder), "--name", "dreamer"]) == 0
    place = f"{source}:1:5"
    assert "did you mean dreamer" in refused(capsys, "fill", place, "--model", "dreamr")
    assert "there are default, dreamer" in refused(capsys, "fill", place, "--model", "x")
    said = refused(capsys, "fill", place, "--model", "Dream-org/DreamOn-v0-7B")
    assert "models add Dream-org/DreamOn-v0-7B --download" in said


def test_a_name_is_given_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "add", str(folder)]) == 0
    assert "called tiny already" in refused(capsys, "models", "add", str(folder))


def test_recommendations_say_that_they_are_estimates(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "recommend"]) == 0
    said = capsys.readouterr().out
    assert "ms here" in said and "s a pass" in said
    assert "estimate" in said and "Dream-org/DreamOn-v0-7B" in said
