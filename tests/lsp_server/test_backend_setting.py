"""The setting that lets code leave the machine: who may set it, and what the user is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.remote.backend import Kind
from lsp_server.project_settings import ProjectSettings
from lsp_server.settings import SettingProblem, Settings, with_values

URI = "file:///project/a.py"
BACKEND = "llama.cpp http://127.0.0.1:8080"


def test_nothing_leaves_the_machine_by_default() -> None:
    assert Settings().backend is None


def test_the_user_names_a_backend_in_one_line() -> None:
    settings, problems = with_values(Settings(), {"backend": BACKEND})
    assert problems == () and settings.backend is not None
    assert settings.backend.kind is Kind.LLAMA_CPP


@pytest.mark.parametrize(
    ("value", "message"),
    [("mercuri", "did you mean mercury"), (5, "must be a backend in one line"), ("", "name one")],
)
def test_a_wrong_backend_is_told_and_left_out(value: object, message: str) -> None:
    settings, [problem] = with_values(Settings(), {"backend": value})
    assert settings.backend is None
    assert "midfill.backend" in problem.message and message in problem.message


@pytest.mark.parametrize(
    "table", ['backend = "mercury"', '[settings.languages.python]\nbackend=""']
)
def test_a_project_names_no_backend(tmp_path: Path, table: str) -> None:
    (tmp_path / ".midfill.toml").write_text(f"[settings]\n{table}\n")
    told: list[SettingProblem] = []
    settings = ProjectSettings(told.append).over(Settings(), str(tmp_path / "a.py"), "python")
    assert settings.backend is None
    assert "backend" in told[0].message


def test_a_project_may_forbid_and_never_allow(tmp_path: Path) -> None:
    path = str(tmp_path / "a.py")
    for written, users, expected in (("false", True, False), ("true", False, False)):
        (tmp_path / ".midfill.toml").write_text(f"[settings]\nremote = {written}\n")
        project = ProjectSettings(lambda _: None)
        assert project.over(Settings(remote=users), path, "python").remote is expected


async def test_a_request_carries_it_and_the_user_is_told_once(client: Any, infiller: Any) -> None:
    await client.initialize(options={"backend": BACKEND, "statusNotifications": True})
    client.open(URI, "a = \n")
    for _ in range(2):
        await client.complete(URI, 0, 4, kind=1)
        client.change(URI, 2, client.edit(0, 0, 0, " "))
    assert infiller.requests.get(timeout=10).backend.host == "127.0.0.1:8080"
    told = [
        one["params"]["message"]
        for one in client.received
        if one.get("method") == "window/showMessage"
    ]
    assert len(told) == 1 and "sends the code around the cursor to 127.0.0.1:8080" in told[0]
    status = await client.wait_for(
        lambda one: (
            one.get("method") == "didChangeStatus"
            and "code is sent to 127.0.0.1:8080" in one["params"]["message"]
        )
    )
    assert status["params"]["kind"] == "Normal"


@pytest.mark.parametrize(
    "options", [{}, {"remote": False}, {"languages": {"python": {"remote": False}}}]
)
async def test_a_request_names_no_server_where_the_user_does_not(
    client: Any, infiller: Any, options: dict[str, Any]
) -> None:
    await client.initialize(options={"backend": BACKEND if options else None, **options})
    client.open(URI, "a = \n")
    await client.complete(URI, 0, 4, kind=1)
    assert infiller.requests.get(timeout=10).backend is None
    assert "window/showMessage" not in client.methods()


@pytest.mark.parametrize("options", [{"workspaceTrusted": False}, {"enabled": False}])
async def test_what_is_refused_is_never_asked_about(
    client: Any, infiller: Any, options: dict[str, Any]
) -> None:
    await client.initialize(options={"backend": BACKEND, **options})
    client.open(URI, "a = \n")
    assert (await client.complete(URI, 0, 4, kind=1))["result"]["items"] == []
    assert infiller.requests.empty()


async def test_the_status_says_what_became_of_the_question(client: Any, make_proposal: Any) -> None:
    await client.initialize(options={"backend": BACKEND, "statusNotifications": True})
    client.open(URI, "a = \n")
    await client.until(lambda: client.session.documents.get(URI) is not None)
    late = replace(make_proposal(4, (4, 4, "1")), remote="127.0.0.1:8080: not in time")
    client.session.record("r1", URI, late)
    await client.wait_for(
        lambda one: (
            one.get("method") == "didChangeStatus" and "not in time" in one["params"]["message"]
        )
    )


async def test_secrets_are_hidden_before_any_request(client: Any, infiller: Any) -> None:
    await client.initialize(options={"backend": BACKEND})
    client.open(URI, 'password = "Tr0ub4dor&3xyz"\na = \n')
    await client.complete(URI, 1, 4, kind=1)
    assert "Tr0ub4dor" not in infiller.requests.get(timeout=10).text
