"""The command line in unusual surroundings: no output, no room, no folder, no UTF-8."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lsp_server.cli import main
from source_tree import ROOT

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="a shell of Unix")
NEEDS_FULL_DEVICE = pytest.mark.skipif(
    sys.platform == "win32" or not Path("/dev/full").exists(), reason="no full device here"
)


def ran(folder: Path, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``midfill`` (in ``command`` as ``$M``) by a shell."""
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env={
            **os.environ,
            "M": f"{sys.executable} -m lsp_server.cli",
            "PYTHONPATH": str(ROOT),
            **variables,
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


@POSIX_ONLY
@pytest.mark.parametrize("command", ["$M settings >&-", "$M --version >&- 2>&-"])
def test_without_an_output_nothing_is_said(tmp_path: Path, command: str) -> None:
    done = ran(tmp_path, command)
    assert (done.returncode, done.stderr) == (0, "")


@NEEDS_FULL_DEVICE
@pytest.mark.parametrize("command", ["$M settings", "$M models list --json"])
def test_a_full_disk_is_one_line(tmp_path: Path, command: str) -> None:
    done = ran(tmp_path, f"{command} > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "midfill: what is printed: No space left on device\n"


@POSIX_ONLY
def test_a_log_file_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    done = ran(tmp_path, f"$M lsp --log-file {tmp_path}/missing/log.txt < /dev/null")
    assert done.returncode == 1
    assert done.stderr == f"midfill: {tmp_path}/missing/log.txt: No such file or directory\n"


@NEEDS_FULL_DEVICE
def test_a_log_on_a_full_disk_is_one_line_and_the_server_serves(tmp_path: Path) -> None:
    messages = (
        {"id": 1, "method": "initialize", "params": {"capabilities": {}}},
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didClose", "params": {"textDocument": {"uri": "file:///a.py"}}},
        {"id": 2, "method": "shutdown"},
        {"method": "exit"},
    )
    bodies = [json.dumps({"jsonrpc": "2.0", **message}) for message in messages]
    sent = "".join(f"Content-Length: {len(body)}\r\n\r\n{body}" for body in bodies)
    (tmp_path / "sent").write_text(sent, newline="")
    done = ran(tmp_path, "$M lsp --model scripted --log-file /dev/full < sent")
    assert done.returncode == 0
    assert '"id":2' in done.stdout.replace(" ", "")
    [line] = done.stderr.splitlines()
    assert line.startswith("midfill: /dev/full: No space left on device")


@POSIX_ONLY
def test_a_child_outlives_a_log_file_that_it_cannot_open(tmp_path: Path) -> None:
    script = (
        "import logging, pathlib; from lsp_server.logs import start_logging; "
        "start_logging(20, pathlib.Path('missing/log.txt'), is_child=True); logging.info('x')"
    )
    done = ran(tmp_path, f'{sys.executable} -c "{script}"')
    assert done.returncode == 0
    [line] = done.stderr.splitlines()
    assert line.startswith("midfill: missing/log.txt: No such file or directory")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all names are Unicode")
def test_a_file_is_named_where_the_locale_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "é😀.py").write_text("x = (1\n", encoding="utf-8")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = ran(tmp_path, "$M fill é😀.py:1:7 --json --model scripted", **plain)
    assert done.returncode in (0, 3) and done.stderr == ""
    assert done.stdout.startswith('{"outcome": ')


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fill", "a.py:1:1", "--zzz"], "midfill fill: unrecognized arguments: --zzz (see midfill"),
        (["models", "verify", "x", "y"], "midfill models verify: unrecognized arguments: y (see"),
    ],
)
def test_what_is_not_known_leads_to_the_help_of_its_command(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(said) and error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bench", "latencies"], "'latencies' is neither FILE:LINE:COL nor one of latency, serve"),
        (["eval", "edits", "--data", "missing"], "missing: no such folder"),
        (
            ["eval", ".", "--output", "missing/x.json"],
            f"{Path('missing/x.json')}: there is no such folder",
        ),
    ],
)
def test_bad_input_is_told_before_anything_is_done(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"midfill: {said}") and error.count("\n") == 1
