"""The command line: its contract for programs, and its one line for people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.infill import Infiller
from engine.proposal import Outcome
from engine.request import Effort, Request
from lsp_server.cli import main
from lsp_server.source_file import MAX_FILE_BYTES, Place, SourceFile

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
PLACE = (FIXTURES / "places.txt").read_text(encoding="utf-8").split()[0]


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """``midfill`` in a process of its own."""
    command = [sys.executable, "-m", "lsp_server.cli", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False
    )


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a run that must end with exit code 2 and print nothing else."""
    try:
        code = main(arguments)
    except SystemExit as exit_:
        code = exit_.code  # type: ignore[assignment]
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.endswith("\n")
    assert captured.err.count("\n") == 1
    return captured.err.rstrip()


@pytest.mark.parametrize(
    ("argument", "path", "line", "column"),
    [
        ("a.py:1:2", "a.py", 1, 2),
        (r"C:\code\a.py:10:3", r"C:\code\a.py", 10, 3),
        ("C:/code/a.py:10:3", "C:/code/a.py", 10, 3),
        ("odd:name:7:8:9", "odd:name:7", 8, 9),
        ("dir with space/ä.py:1:1", "dir with space/ä.py", 1, 1),
    ],
)
def test_a_place_is_split_at_its_last_two_colons(
    argument: str, path: str, line: int, column: int
) -> None:
    assert Place.parse(argument) == Place(Path(path), line, column)


def test_a_device_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no device gpu: there are auto, cpu, cuda" in refused(
        capsys, "fill", PLACE, "--device", "gpu"
    )


def test_processes_that_a_command_starts_run_on_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDFILL_DEVICE", "cpu")
    assert main(["doctor", "--model", "scripted", "--device", "torch-cpu"]) in (0, 1)
    assert os.environ["MIDFILL_DEVICE"] == "torch-cpu"


@pytest.mark.parametrize("argument", ["a.py", "a.py:3", r"C:\a.py", "a.py:x:1", ":1:1", ""])
def test_what_is_no_place_is_told_how_to_write_one(
    argument: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "is not FILE:LINE:COL: add the line" in refused(capsys, "fill", argument)


@pytest.mark.parametrize("argument", ["a.py:0:1", "a.py:1:0"])
def test_places_count_from_one(argument: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "count from 1" in refused(capsys, "fill", argument)


def test_files_that_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contents = {
        "binary.py": (b"\x7fELF\0\0", "is a binary file"),
        "utf16.py": ("x = 1".encode("utf-16"), "is UTF-16, not UTF-8"),
        "latin1.py": (b"name = '\xe9'", "is not UTF-8 (byte 0xe9 at offset 8)"),
        "large.py": (b"#" * (MAX_FILE_BYTES + 1), "the limit is"),
    }
    for name, (data, said) in contents.items():
        (tmp_path / name).write_bytes(data)
        assert said in refused(capsys, "fill", f"{tmp_path / name}:1:1")
    assert "is a directory: name a file" in refused(capsys, "fill", f"{tmp_path}:1:1")
    missing = refused(capsys, "fill", f"{tmp_path / 'missing.py'}:1:1")
    assert "does not exist: check the path" in missing


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("4:1", "has no line 4: LINE goes from 1 to 3"),
        ("1:5", "has no column 5: COL goes from 1 to 4"),
        ("2:4", "has no column 4: COL goes from 1 to 3"),
        ("3:2", "COL goes from 1 to 1"),
    ],
)
def test_a_place_outside_of_the_text_is_told_the_range(
    place: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes("a\fb\r\né😀\r\n".encode())
    assert said in refused(capsys, "fill", f"{path}:{place}")


def test_columns_are_characters_and_offsets_are_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes("a\r\né😀x".encode())
    offsets = [SourceFile.read(Place(path, 2, column)).cursor for column in (1, 2, 3, 4)]
    assert offsets == [2, 4, 8, 9]
    assert SourceFile.read(Place(path, 1, 2)).cursor == 1


def test_an_empty_file_has_one_place(tmp_path: Path) -> None:
    path = tmp_path / "empty.py"
    path.write_bytes(b"")
    read = SourceFile.read(Place(path, 1, 1))
    assert (read.text, read.cursor) == ("", 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fill",), "required: FILE:LINE:COL"),
        (("fill", PLACE, "--budget-ms", "0"), "'0' is not a number above 0"),
        (("fill", PLACE, "--budget-ms", "nan"), "'nan' is not a number above 0"),
        (("fill", PLACE, "--candidates", "-1"), "'-1' is not a whole number above 0"),
        (("fill", PLACE, "--effort", "heroic"), "is none of " + ", ".join(e.value for e in Effort)),
        (("fill", PLACE, "--json", "--watch"), "not allowed with"),
        (("lsp", "--tcp", "7777"), "'7777' is not HOST:PORT"),
        (("fil",), "invalid choice"),
    ],
)
def test_bad_options_get_one_line(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refused(capsys, *arguments)


def test_without_arguments_it_prints_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out
    for command in ("fill", "why", "lsp", "bench", "eval", "train", "models", "doctor"):
        assert f"\n    {command} " in printed


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    from lsp_server import __version__

    assert capsys.readouterr().out == f"midfill {__version__}\n"


def test_an_unknown_model_is_named(repository: Path) -> None:
    ran = run("fill", PLACE, "--model", "no-such-model", cwd=repository)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr.count("\n") == 1
    assert "no-such-model" in ran.stderr


MEMBERS = {
    "outcome", "reason", "text", "token_confidence", "plan", "edits", "kind", "confidence",
    "steps", "forwards", "timings_ms", "model",
}  # fmt: skip
REPEATED = "alpha = compute(1)\nbeta = 2\nalpha = comp"
SCRIPTED = ("--model", "scripted")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that the scripted model, which repeats what it has read, can go on with."""
    path = tmp_path / "repeated.py"
    path.write_bytes(REPEATED.encode())
    return path


def test_json_is_one_object_of_the_agreed_members(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fill", f"{file}:3:13", "--json", *SCRIPTED]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert set(printed) >= MEMBERS
    assert (printed["outcome"], printed["reason"], printed["text"]) == ("proposal", None, "ute(1)")
    (edit,) = printed["edits"]
    assert edit == {
        "path": str(file),
        "start_byte": len(REPEATED),
        "end_byte": len(REPEATED),
        "new_text": "ute(1)",
    }
    assert sum(token["bytes"] for token in printed["token_confidence"]) == len("ute(1)")
    assert 0 < printed["confidence"] <= 1
    assert printed["steps"] >= 1 and printed["forwards"] >= printed["steps"]
    assert printed["plan"]["reason"]
    assert [hole["start_byte"] for hole in printed["plan"]["holes"]] == [len(REPEATED)]


def test_people_see_the_ghost_text_in_its_line_and_every_step(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fill", f"{file}:3:13", "--watch", *SCRIPTED]) == 0
    printed = capsys.readouterr().out
    assert "\n3 │ alpha = comp⟦ute(1)⟧\n" in printed
    steps = [line for line in printed.splitlines() if line.startswith("step ")]
    assert steps[0].startswith("step  1") and "░" in steps[0]
    assert steps[-1].endswith("ute(1)")
    assert f" · {len(steps)} step" in printed.splitlines()[-1]
    assert "\x1b" not in printed
    assert file.read_text(encoding="utf-8") == REPEATED


def test_a_refusal_is_exit_code_three_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "empty.txt"
    path.write_bytes(b"")
    assert main(["fill", f"{path}:1:1", "--json", *SCRIPTED]) == 3
    printed = json.loads(capsys.readouterr().out)
    assert set(printed) >= MEMBERS
    assert (printed["outcome"], printed["text"], printed["edits"]) == ("refusal", "", [])
    assert main(["fill", f"{path}:1:1", *SCRIPTED]) == 3
    assert capsys.readouterr().out.startswith(f"no proposal: {printed['reason']}")


def test_an_ignored_file_is_refused_unless_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".midfillignore").write_text("hidden.py\n")
    (tmp_path / "hidden.py").write_text("x = \n")
    place = f"{tmp_path / 'hidden.py'}:1:5"
    assert main(["fill", place, "--json", "--model", "scripted"]) == 3
    refusal = json.loads(capsys.readouterr().out)
    assert refusal["reason"] == "IGNORED_FILE"
    assert ".midfillignore" in refusal["detail"] and "--ignored" in refusal["detail"]
    assert main(["why", place, "--model", "scripted"]) == 3
    assert "none: it was not asked" in capsys.readouterr().out
    main(["fill", place, "--json", "--model", "scripted", "--ignored"])
    assert json.loads(capsys.readouterr().out)["reason"] != "IGNORED_FILE"


def test_why_tells_plan_steps_times_and_outcome(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fill", f"{file}:3:13", "--json", *SCRIPTED]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert main(["why", f"{file}:3:13", *SCRIPTED]) == 0
    printed = capsys.readouterr().out
    assert f"plan      {answer['plan']['reason']}\n" in printed
    assert f"  cursor  {answer['plan']['holes'][0]['kind']}" in printed
    for stage in answer["timings_ms"]:
        assert f"\n{stage} " in printed
    assert "⟦ute(1)⟧" in printed


def test_why_explains_what_an_editor_shows_while_somebody_types(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[bool] = []
    infill = Infiller.infill

    def noted(self: Infiller, request: Request, **others: Any) -> Outcome:
        asked.append(request.is_typing)
        return infill(self, request, **others)

    monkeypatch.setattr(Infiller, "infill", noted)
    for command in ("why", "fill"):
        assert main([command, f"{file}:3:13", *SCRIPTED]) == 0
    assert asked == [True, False] and capsys.readouterr().out


def test_the_model_that_ships_fills_a_fixture(repository: Path) -> None:
    if not (repository / "engine" / "weights" / "manifest.json").exists():
        pytest.skip("no weights in this checkout")
    ran = run("fill", PLACE, "--json", cwd=repository)
    printed = json.loads(ran.stdout)
    assert printed["outcome"] == "proposal", printed["reason"]
    assert ran.returncode == 0
    again = json.loads(run("fill", PLACE, "--json", cwd=repository).stdout)
    assert (again["text"], again["edits"]) == (printed["text"], printed["edits"])


def test_damaged_weights_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = {
        "format": 2, "name": "m", "base": "b", "data": "d", "recipe_commit": "c", "tokens_seen": 1,
        "shape": {"num_layers": 1, "num_kv_heads": 1, "head_width": 1, "max_positions": 1},
        "files": {"model.onnx": {"sha256": "0" * 64}},
        "quality": {}, "calibration": {}, "defaults": {},
    }  # fmt: skip
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "model.onnx").write_bytes(b"not these bytes")
    said = refused(capsys, "fill", PLACE, "--model", str(tmp_path))
    assert "model.onnx" in said and "SHA-256" in said
    assert "model.onnx" in refused(capsys, "models", "verify", str(tmp_path))


def test_models_are_listed_for_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert main(["models", "list", "--json"]) == 0
    (shipped,) = json.loads(capsys.readouterr().out)
    assert shipped["name"] == "default" and Path(shipped["folder"], "manifest.json").is_file()
    assert {"model", "base", "quality"} <= set(shipped)


@pytest.mark.parametrize("arguments", ["", "--help", "fill --help"])
def test_a_closed_pipe_is_no_error(repository: Path, arguments: str) -> None:
    nobody = f'"{sys.executable}" -c ""'
    command = f'"{sys.executable}" -m lsp_server.cli {arguments} | {nobody}'
    ran = subprocess.run(
        command,
        cwd=repository,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["eval", "repo"], "name the repository's folder"),
        (["eval", "repo", "missing"], "no such folder"),
        (["eval", "corpus", "other"], "one source of holes"),
        (["eval", "keys"], "name a folder"),
        (["eval", "keys", ".", "--as-typed"], "--as-typed says nothing there"),
    ],
)
def test_eval_of_a_repository_names_what_is_missing(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["train", "--only-corpus", "--out", "x", "--registries", "cran"], "--registries"),
        (["eval", ".", "--kinds", "lines"], "--kinds"),
        (["eval", ".", "--kinds", "JOINT"], "--kinds"),
        (["eval", ".", "--decoding", "guessed"], "--decoding"),
    ],
)
def test_an_unknown_name_of_a_choice_is_named(
    arguments: list[str], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"midfill: {option}: {arguments[-1]} is none of ")
    assert error.count("\n") == 1
