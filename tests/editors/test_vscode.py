"""What the VS Code extension and the server must agree on, checked without node."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.proposal import Reason
from lsp_server import __version__
from lsp_server.settings_schema import schema
from source_tree import ROOT

EXTENSION = ROOT / "editors" / "vscode"
# The extension decides these itself (scripts/settings.mjs).
NOT_FOR_USERS = {"statusNotifications", "completionItems", "workspaceTrusted"}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((EXTENSION / "package.json").read_text("utf-8"))
    return manifest


def test_extension_and_server_have_one_version(manifest: dict[str, Any]) -> None:
    assert manifest["version"] == __version__


def test_the_settings_are_those_of_the_schema(manifest: dict[str, Any]) -> None:
    """``npm run settings`` writes them anew."""
    contributed = {
        name.removeprefix("midfill."): {
            **{key: value for key, value in entry.items() if key != "scope"},
            "description": entry["description"].rstrip(".").lower(),
        }
        for name, entry in manifest["contributes"]["configuration"][0]["properties"].items()
    }
    wanted = {
        name: {**entry, "description": entry["description"].lower()}
        for name, entry in schema()["properties"].items()
        if name not in NOT_FOR_USERS
    }
    assert contributed == wanted


def test_no_workspace_chooses_where_code_is_sent(manifest: dict[str, Any]) -> None:
    settings = manifest["contributes"]["configuration"][0]["properties"]
    assert settings["midfill.backend"]["scope"] == "machine"
    restricted = manifest["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    assert {"midfill.backend", "midfill.model"} <= set(restricted)


def test_the_extension_keeps_its_own_settings_from_the_server(manifest: dict[str, Any]) -> None:
    source = (EXTENSION / "src" / "settings.ts").read_text("utf-8")
    (line,) = [line for line in source.splitlines() if "const CLIENT_SECTIONS" in line]
    for name in manifest["contributes"]["configuration"][1]["properties"]:
        section = name.split(".")[1]
        assert f'"{section}"' in line
        assert section not in schema()["properties"]


def test_every_reason_has_an_explanation() -> None:
    reasons = json.loads((EXTENSION / "src" / "reasons.json").read_text("utf-8"))
    assert set(reasons) == {reason.value for reason in Reason}


def test_settings_and_commands_that_reasons_name_exist(manifest: dict[str, Any]) -> None:
    reasons = json.loads((EXTENSION / "src" / "reasons.json").read_text("utf-8"))
    contributes = manifest["contributes"]
    settings = {name for part in contributes["configuration"] for name in part["properties"]}
    commands = {each["command"] for each in contributes["commands"]}
    for reason, entry in reasons.items():
        assert entry.get("setting") is None or entry["setting"] in settings, reason
        own = str(entry.get("command", "")).startswith("midfill.")
        assert not own or entry["command"] in commands, reason


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((EXTENSION / "package-lock.json").read_text("utf-8"))
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []
