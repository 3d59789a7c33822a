"""``midfill models add OWNER/NAME --download``, as a person runs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("httpx2", reason="pip install 'midfill[remote]'")

from hub import MODEL, hub_serving, tiny_files
from loopback import Loopback
from lsp_server import hub_models
from lsp_server.cli import main


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's models; downloads are allowed by the environment."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for module in ("engine.foreign_models", "engine.models", "lsp_server.hub_models"):
        monkeypatch.setattr(f"{module}.user_models_folder", lambda: tmp_path / "models")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    return tmp_path / "models"


@pytest.fixture
def hub(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    assert not data.exists()
    with hub_serving(tiny_files("bert")) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) in (1, 2)
    said = capsys.readouterr().err
    assert said.startswith("midfill: ") and said.count("\n") == 1
    return said


def test_nothing_is_downloaded_unasked(hub: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"add {MODEL} --download" in refused(capsys, "models", "add", MODEL)
    assert hub.asked == []


def test_another_kind_of_model_costs_its_configuration_alone(
    hub: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, "models", "add", MODEL, "--download")
    assert "model_type bert is no known diffusion family" in said
    assert [one.path.rpartition("/")[2] for one in hub.asked[1:]] == ["config.json"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("total_memory_gb", 0.00001, "--force"),
        ("_ROOM", 1e15, "make room"),
    ],
)
def test_what_does_not_fit_is_not_downloaded(
    hub: Loopback,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: float,
    said: str,
) -> None:
    monkeypatch.setattr(hub_models, name, value if name == "_ROOM" else lambda: value)
    assert said in refused(capsys, "models", "add", MODEL, "--download")
    assert len(hub.asked) == 1


def test_offline_stays_offline(
    hub: Loopback, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE" in refused(capsys, "models", "add", MODEL, "--download")
    assert hub.asked == []


@pytest.mark.torch
def test_a_downloaded_model_fills_is_verified_and_removed_with_its_files(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tiny_checkpoints import TINY, write_checkpoint

    folder = write_checkpoint(tmp_path / "tiny", TINY["dreamon"])
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    with hub_serving(files, 2000) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        assert main(["models", "add", MODEL, "--download"]) == 0
    said = capsys.readouterr().out
    assert "100 %" in said and "added: --model tiny-diffusion" in said
    source = tmp_path / "a.py"
    source.write_text("x = \n")
    assert main(["fill", f"{source}:1:5", "--model", "tiny-diffusion"]) in (0, 3)
    assert main(["models", "verify", "tiny-diffusion"]) == 0
    assert main(["doctor", "--model", "tiny-diffusion"]) in (0, 1)
    assert "hashes right" in capsys.readouterr().out
    weights = next((data / "hub").rglob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    assert main(["doctor", "--model", "tiny-diffusion"]) == 1
    said = capsys.readouterr().out
    assert "hashes right" not in said and "SHA-256" in said
    assert main(["models", "remove", "tiny-diffusion"]) == 0
    assert not weights.parent.exists()
