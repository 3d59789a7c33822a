"""The settings as a JSON Schema for editors, and as a table for the documentation."""

from __future__ import annotations

import json
from dataclasses import fields
from enum import Enum
from typing import Any, TextIO

from lsp_server import setting_kinds as kinds
from lsp_server.settings import SECTION, Settings, spelled

_DRAFT = "http://json-schema.org/draft-07/schema#"


def schema() -> dict[str, Any]:
    """Return the schema of the ``midfill`` section, names as users write them."""
    return {
        "$schema": _DRAFT,
        "title": "Midfill",
        "type": "object",
        "additionalProperties": False,
        "properties": _properties(is_shared_only=False),
    }


def _properties(is_shared_only: bool) -> dict[str, Any]:
    defaults = Settings()
    properties: dict[str, Any] = {}
    for setting in fields(Settings):
        if is_shared_only and not setting.metadata["is_shared"]:
            continue
        kind = setting.metadata["kind"]
        described: dict[str, Any] = {**kind.schema, "description": setting.metadata["description"]}
        if kind is kinds.LANGUAGES:
            described["additionalProperties"] = {
                "type": "object",
                "additionalProperties": False,
                "properties": _properties(is_shared_only=True),
            }
        if not is_shared_only:
            # A language's default is what holds for all of them.
            described["default"] = _plain(getattr(defaults, setting.name))
        properties[spelled(setting.name)] = described
    return properties


def table() -> str:
    """Return the settings as a Markdown table; a dot marks those of a project or a language."""
    defaults = Settings()
    rows = ["| name | default | project | meaning |", "|---|---|---|---|"]
    for setting in fields(Settings):
        default = json.dumps(_plain(getattr(defaults, setting.name)))
        mark = "•" if setting.metadata["is_shared"] else ""
        meaning = setting.metadata["description"]
        rows.append(f"| `{spelled(setting.name)}` | `{default}` | {mark} | {meaning} |")
    return "\n".join(rows) + "\n"


def print_settings(is_schema: bool, out: TextIO) -> int:
    """Print the schema, or the table; the exit code."""
    if is_schema:
        out.write(json.dumps(schema(), indent=2) + "\n")
    else:
        out.write(f"Settings of the section {SECTION}:\n\n{table()}")
    return 0


def _plain(value: Any) -> Any:
    """Write a default as JSON holds it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return list(value) if isinstance(value, tuple) else value
