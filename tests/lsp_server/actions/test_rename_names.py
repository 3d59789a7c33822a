"""Names proposed by the model, as code actions."""

from __future__ import annotations

from typing import Any

MARKED = "def report(orders):\n    for «»x in orders:\n        send(x)\n"
TITLE = "Rename 'x' to the likeliest name"
SECOND = "Rename 'x' to the second likeliest name"


async def test_the_likeliest_name_takes_all_places(actions: Any) -> None:
    asked = await actions(MARKED, "python", ["order in orders:\n        send(order)"])
    assert await asked.applied(TITLE) == MARKED.replace("«»", "").replace("x", "order")


async def test_the_preview_says_the_name_and_how_likely_it_is(actions: Any) -> None:
    asked = await actions(MARKED, "python", ["order in orders:\n        send(order)"])
    edit = (await asked.resolve(TITLE))["result"]["edit"]
    (annotation,) = edit["changeAnnotations"].values()
    assert annotation["needsConfirmation"] is True
    assert annotation["description"].startswith("'order', ")
    other = (await asked.resolve(SECOND))["result"]["edit"]
    texts = {one["newText"] for one in other["documentChanges"][0]["edits"]}
    assert len(texts) == 1 and texts.isdisjoint({"order", "x", "orders", "send"})


async def test_names_that_others_can_import_are_not_offered(actions: Any) -> None:
    asked = await actions("«»def report(x): pass\n".replace("«»def ", "def «»"))
    assert not any(title.startswith("Rename") for title in await asked.titles())
