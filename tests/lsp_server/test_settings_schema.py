"""The schema that editors read, and the table of the documentation: both from the dataclass."""

from __future__ import annotations

import json
from io import StringIO

from lsp_server.settings import Settings, with_values
from lsp_server.settings_schema import print_settings, schema, table
from source_tree import ROOT


def test_the_schemas_defaults_are_valid_settings() -> None:
    defaults = {name: one["default"] for name, one in schema()["properties"].items()}
    assert with_values(Settings(), defaults) == (Settings(), ())


def test_choices_are_listed() -> None:
    properties = schema()["properties"]
    assert properties["mode"]["enum"] == ["eager", "balanced", "quiet", "off"]
    assert properties["effort"]["enum"] == ["instant", "low", "medium", "high"]


def test_a_language_may_set_what_is_shared_and_nothing_else() -> None:
    language = schema()["properties"]["languages"]["additionalProperties"]
    assert language["additionalProperties"] is False
    assert {"enabled", "mode", "budgetMs"} <= set(language["properties"])
    assert not {"model", "feedback", "languages"} & set(language["properties"])


def test_the_documentation_lists_the_settings_as_they_are() -> None:
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    written = page.partition("`midfill settings` -->\n")[2].partition("<!-- /settings -->")[0]
    assert written == table(), "write what `midfill settings` prints there"


def test_the_schema_is_printed_as_json() -> None:
    out = StringIO()
    assert print_settings(True, out) == 0
    assert json.loads(out.getvalue()) == schema()
