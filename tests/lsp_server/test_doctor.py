"""The doctor's diagnoses."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from engine.denoisers.scripted import ScriptedDenoiser
from lsp_server.doctor import doctor, runtime_finding


def test_two_runtimes_in_one_environment_are_a_problem() -> None:
    finding = runtime_finding("1.31.1", "1.31.1")
    assert finding.mend is not None
    assert "uninstall both" in finding.mend


def test_one_runtime_is_sound_and_none_is_not() -> None:
    assert runtime_finding("1.31.1", None).mend is None
    assert runtime_finding(None, "1.31.1").value == "onnxruntime-gpu 1.31.1"
    assert runtime_finding(None, "1.31.1").mend is None
    assert runtime_finding(None, None).mend == "run pip install onnxruntime"


def test_a_model_that_cannot_be_loaded_is_a_problem_with_a_mend() -> None:
    out = io.StringIO()
    assert doctor("no-such-model", out) == 1
    bad = [line for line in out.getvalue().splitlines() if line.startswith("BAD")]
    assert any(line.startswith("BAD model") and "no-such-model" in line for line in bad)


def test_a_feedback_file_that_cannot_be_read_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIDFILL_STATE_DIR", str(tmp_path))
    (tmp_path / "feedback.sqlite3").write_bytes(b"no database" * 100)
    out = io.StringIO()
    assert doctor("scripted", out) == 1
    assert "BAD feedback" in out.getvalue() and "move it away" in out.getvalue()


def test_a_sound_model_is_run_once() -> None:
    out = io.StringIO()
    doctor("scripted", out)
    lines = {line.split()[1]: line for line in out.getvalue().splitlines()}
    assert lines["model"].startswith("ok  model")
    assert "forwards" in lines["fill"]


def test_a_model_that_fails_while_it_fills_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_asked: object, **_named: object) -> None:
        raise RuntimeError("Unexpected input data type. Actual: (tensor(int32))")

    monkeypatch.setattr(ScriptedDenoiser, "predict", fail)
    out = io.StringIO()
    assert doctor("scripted", out) == 1
    (bad,) = [line for line in out.getvalue().splitlines() if line.startswith("BAD")]
    assert bad.startswith("BAD fill") and "tensor(int32)" in bad
    assert "report this line" in out.getvalue()
