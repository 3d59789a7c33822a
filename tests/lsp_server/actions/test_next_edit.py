"""The next edit and the mends of diagnostics as code actions."""

from __future__ import annotations

from typing import Any

TEXT = "def f(count):«»\n    return count + 1\n"


async def test_a_rename_begun_by_hand_goes_on_with_a_preview(actions: Any) -> None:
    asked = await actions(TEXT)
    asked.client.change(asked.uri, 2, asked.client.edit(0, 6, 11, "total"))
    (action,) = [one for one in await asked.listed() if one["title"].startswith("Go on")]
    assert action["title"] == "Go on with the last edit (1 place)"
    edit = (await asked.client.request("codeAction/resolve", action))["result"]["edit"]
    (change,) = edit["documentChanges"]
    assert change["textDocument"] == {"uri": asked.uri, "version": 2}
    assert [one["newText"] for one in change["edits"]] == ["total"]
    assert [one["needsConfirmation"] for one in edit["changeAnnotations"].values()] == [True]


async def test_nothing_is_offered_without_an_edit(actions: Any) -> None:
    asked = await actions(TEXT)
    assert not [title for title in await asked.titles() if title.startswith("Go on")]


async def test_the_line_of_a_diagnostic_is_rewritten(actions: Any) -> None:
    asked = await actions("size = 2\nprint(si«»ez)\n", scripts=["print(size)"])
    place = {"start": {"line": 1, "character": 6}, "end": {"line": 1, "character": 10}}
    message = "undefined name 'siez', which is nowhere to be found in this file or any other"
    listed = await asked.listed(diagnostics=[{"range": place, "message": message}])
    (action,) = [one for one in listed if one["title"].startswith("Rewrite the line")]
    assert action["title"].endswith("…") and action["diagnostics"][0]["message"] == message
    edit = (await asked.client.request("codeAction/resolve", action))["result"]["edit"]
    assert edit["documentChanges"][0]["edits"][0]["newText"] == "print(size)"
