from __future__ import annotations

from typing import Any

import pytest

TITLE = "Fill this in"


@pytest.mark.parametrize(
    ("marked", "language", "filled"),
    [
        ("def f(x):\n    «»pass\n", "python", "def f(x):\n    return x\n"),
        ("def «»f(x):\n    ...\n", "python", "def f(x):\n    return x\n"),
        ("def f(x):\n    raise Not«»ImplementedError\n", "python", "def f(x):\n    return x\n"),
        ("function f(x) {«»}\n", "javascript", "function f(x) {return x}\n"),
    ],
)
async def test_a_body_is_written(actions: Any, marked: str, language: str, filled: str) -> None:
    asked = await actions(marked, language, ["return x"])
    assert await asked.applied(TITLE) == filled


async def test_nothing_is_offered_where_all_is_written(actions: Any) -> None:
    asked = await actions("def f(x):\n    «»return x\n")
    assert TITLE not in await asked.titles()


async def test_the_edit_is_annotated_for_a_preview(actions: Any) -> None:
    asked = await actions("def f(x):\n    «»pass\n", scripts=["return x"])
    edit = (await asked.resolve(TITLE))["result"]["edit"]
    (annotation,) = edit["changeAnnotations"].values()
    assert annotation["label"] == TITLE
    assert all("annotationId" in one for one in edit["documentChanges"][0]["edits"])


async def test_a_model_with_nothing_to_say_is_an_error_that_says_so(actions: Any) -> None:
    asked = await actions("def f(x):\n    «»pass\n", scripts=[""])
    response = await asked.resolve(TITLE)
    assert response["error"]["code"] == -32803
    assert response["error"]["message"].startswith("EMPTY")


async def test_a_client_that_cannot_resolve_is_asked_to_apply(actions: Any) -> None:
    asked = await actions(
        "def f(x):\n    «»pass\n",
        scripts=["return x"],
        capabilities={"workspace": {"applyEdit": True}},
    )
    (action,) = [one for one in await asked.listed() if one["title"] == TITLE]
    command = action["command"]
    params = {"command": command["command"], "arguments": command["arguments"]}
    await asked.client.request("workspace/executeCommand", params)
    applied = await asked.client.wait_for(lambda one: one.get("method") == "workspace/applyEdit")
    (edit,) = applied["params"]["edit"]["changes"][asked.uri]
    assert edit["newText"] == "return x"
