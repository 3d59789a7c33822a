"""``midfill train`` on a user's own data: from files or texts to a model (needs torch)."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")
pytest.importorskip("onnx", reason="pip install 'midfill[test]'")
pytest.importorskip("zstandard", reason="pip install 'midfill[train]' to test the recipe")

import engine
from engine.errors import BadInput, TrainingError
from engine.proposal import Proposal, Refusal
from engine.request import Request
from engine.spans import ByteOffset
from engine.training.corpus import read_corpus
from engine.training.export import ModelFacts, Quantisation, export, write_manifest
from engine.training.own_code import OwnCodeConfig, train_on
from engine.training.shape import LlamaShape
from engine.training.shipped import shipped_weights
from lsp_server.cli import main
from lsp_server.feedback_store import connect
from lsp_server.folders import state_folder
from lsp_server.judged import FILE_NAME, SCHEMA
from lsp_server.own_code import own_code
from random_weights import random_weights

ROOT = Path(__file__).parents[2]
TOKENIZER = ROOT / "engine" / "weights" / "tokenizer.json"
SHAPE = LlamaShape(num_layers=2, width=64, num_heads=4, num_kv_heads=2, head_width=32, ffn_width=96)
FACTS = ModelFacts("tiny", "none", "none", "none", 0, defaults={"verified": 1.0})
SECRET = "ghp_" + "a1B2" * 9
NUM_STEPS = 2


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of random weights, as the shipped one is stored."""
    folder = tmp_path_factory.mktemp("start")
    weights = random_weights(SHAPE, np.random.default_rng(0))
    entries = export(weights, folder, Quantisation.FOUR_BIT, SHAPE)
    write_manifest(folder, entries, FACTS, TOKENIZER, SHAPE)
    return folder


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with enough code, an ignored file, a file of secrets, and a secret in a file."""
    folder = tmp_path_factory.mktemp("code")
    for path in sorted((ROOT / "engine").glob("[a-i]*.py")):
        shutil.copy(path, folder / path.name)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / ".gitignore").write_text("ignored.py\nbuild/\n")
    (folder / "build").mkdir()
    source = (folder / "infill.py").read_text()
    for name in ("ignored.py", "build/made.py"):
        (folder / name).write_text(source.replace("Infiller", "IgnoredInfiller"))
    with (folder / "infill.py").open("a") as file:
        file.write(f'\n\nACCESS = "{SECRET}"\n')
    return folder


@pytest.fixture(scope="module")
def run(start: Path, code: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run's folder."""
    out = tmp_path_factory.mktemp("runs") / "own"
    train_on(own_code(code), config(out, start))
    return out


def config(out: Path, start: Path, num_steps: int = NUM_STEPS) -> OwnCodeConfig:
    return OwnCodeConfig(out, "code", num_steps=num_steps, start=str(start), num_holes=4)


def steps_of(out: Path) -> list[int]:
    """The steps that a run's log tells of."""
    entries = map(json.loads, (out / "log.jsonl").read_text().splitlines())
    return [entry["steps"] for entry in entries if "progress" in entry]


def test_ignored_files_and_secrets_are_never_read(code: Path, run: Path) -> None:
    names = ("training.jsonl.zst", "held_out.jsonl.zst")
    files = [file for name in names for file in read_corpus(run / name)]
    assert {file.path for file in files} <= {path.name for path in (ROOT / "engine").glob("*.py")}
    texts = "".join(file.text for file in files)
    assert "IgnoredInfiller" not in texts and SECRET not in texts
    assert 'ACCESS = "xxxx' in "".join(file.text for file in own_code(code))


def test_what_was_trained_is_loaded_and_answers(run: Path) -> None:
    infiller = engine.load(str(run / "model"))
    text = "def add(left, right):\n    return \n"
    outcome = infiller.infill(Request(text, ByteOffset(text.index("return ") + 7), path="a.py"))
    assert isinstance(outcome, (Proposal, Refusal))
    assert outcome.forwards > 0


def test_the_weights_have_changed_and_the_manifest_says_what_they_are(
    start: Path, run: Path
) -> None:
    before, after = (shipped_weights(folder, SHAPE) for folder in (start, run / "model"))
    name = "model.layers.0.mlp.down_proj.weight"
    difference = np.abs(before[name] - after[name]).mean() / np.abs(before[name]).mean()
    assert 0.001 < difference < 0.5
    np.testing.assert_allclose(
        before["model.embed_tokens.weight"], after["model.embed_tokens.weight"], atol=1e-3
    )
    manifest = json.loads((run / "model" / "manifest.json").read_text())
    assert manifest["name"] == "tiny-own" and manifest["tokens_seen"] > 0
    assert manifest["defaults"] == FACTS.defaults


def test_the_code_in_the_folder_is_its_owners_alone(run: Path) -> None:
    assert run.stat().st_mode & 0o077 == 0


def test_the_same_run_goes_on(start: Path, code: Path, run: Path, tmp_path: Path) -> None:
    out = tmp_path / "again"
    shutil.copytree(run, out)
    (code / "later.py").write_text((code / "infill.py").read_text())
    train_on(own_code(code), config(out, start))  # nothing is left to do
    assert steps_of(out) == [1, 2]
    (out / "model" / "layers.bin").unlink()
    shutil.move(out / "model", out / "model.part")  # stopped while it was written
    gain = train_on(own_code(code), config(out, start, 2 * NUM_STEPS))
    assert steps_of(out) == [1, 2, 3, 4]
    assert len(gain.before) == len(gain.after) == 4
    assert engine.load(str(out / "model"))
    (code / "later.py").unlink()


def test_a_damaged_checkpoint_is_named(start: Path, code: Path, run: Path, tmp_path: Path) -> None:
    out = tmp_path / "damaged"
    shutil.copytree(run, out)
    half = (out / "checkpoint.pt").read_bytes()[:5000]
    (out / "checkpoint.pt").write_bytes(half)
    with pytest.raises(TrainingError, match=r"checkpoint.pt is damaged .*delete it"):
        train_on(own_code(code), config(out, start))


def test_another_runs_folder_is_refused(start: Path, code: Path, run: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds another run: choose another --out"):
        train_on(own_code(code), OwnCodeConfig(run, "code", start=str(start), is_full=True))
    with pytest.raises(BadInput, match="holds another run: choose another --out"):
        train_on(own_code(code), OwnCodeConfig(run, "other", start=str(start)))
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(BadInput, match="is not empty and holds no such run"):
        train_on(own_code(code), config(tmp_path, start))


def test_a_full_disk_is_told_before_anything_is_written(
    start: Path, code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(BadInput, match="MB of free disk are needed"):
        train_on(own_code(code), config(tmp_path / "out", start))
    assert not list((tmp_path / "out").iterdir())


def test_the_command_says_what_was_gained(
    start: Path, code: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "full"
    command = ["train", "--on", str(code), "--out", str(out), "--steps", "1"]
    assert main([*command, "--from", str(start), "--full", "--holes", "4"]) == 0
    said = capsys.readouterr().out
    assert "before 0.0 %   after 0.0 %" in said
    assert "no gain: keep the model that you have" in said
    assert f"the model is in {out / 'model'}" in said


def test_too_little_code_and_no_code_are_refused_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("value = 1\n" * 90)
    for place, reason in (("code", "too little code"), ("nowhere", "no such folder")):
        assert main(["train", "--on", str(tmp_path / place), "--out", out]) == 2
        error = capsys.readouterr().err
        assert reason in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def judge(number_of_texts: int) -> None:
    """Put texts into the user's own file, as servers do: every other one was taken."""
    path = state_folder() / FILE_NAME
    connection = connect(path, SCHEMA)
    rows = [
        (str(n), "python", "a.py", f"def f_{n}():\n    return ", f"g({n})", "\n", n % 2)
        for n in range(number_of_texts)
    ]
    connection.executemany(
        "INSERT INTO judged (id, language, path, before, text, after, is_accepted)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    connection.close()


def test_accepts_and_rejects_are_learnt_from(
    start: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIDFILL_STATE_DIR", str(tmp_path / "state"))
    out = tmp_path / "out"
    command = ["train", "--on-feedback", "--out", str(out), "--from", str(start)]
    assert main(command) == 2
    assert "0 accepted and 0 rejected, and it takes 30 of each" in capsys.readouterr().err
    assert not out.exists()
    judge(100)
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "an accepted one is likelier than a rejected one:" in said
    assert f"the model is in {out / 'model'}" in said
    before, after = (shipped_weights(folder, SHAPE) for folder in (start, out / "model"))
    name = "model.layers.1.mlp.down_proj.weight"
    assert np.abs(before[name] - after[name]).max() > 0.001
    assert engine.load(str(out / "model"))
