"""Typing along with a proposal: answered from the cache, without the engine."""

from __future__ import annotations

from typing import Any

import pytest

from lsp_server.pace import Pace

URI = "file:///project/a.py"


async def begun(client: Any, infiller: Any, text: str = "total(prices)", **options: Any) -> None:
    """Propose ``text`` behind ``x = ``; the engine may answer once."""
    infiller.edits = ((4, 4, text),)
    await client.initialize(options=options)
    client.open(URI, "x = ")
    (item,) = (await client.complete(URI, 0, 4))["result"]["items"]
    assert item["insertText"] == text
    infiller.requests.get(timeout=60)
    infiller.gate.clear()


async def items(client: Any, character: int, kind: int = 2, line: int = 0) -> list[dict[str, Any]]:
    result = (await client.complete(URI, line, character, kind))["result"]
    return result["items"]  # type: ignore[no-any-return]


async def test_each_key_shortens_the_proposal(client: Any, infiller: Any) -> None:
    await begun(client, infiller)
    for number, key in enumerate("tot"):
        client.change(URI, 2 + number, client.edit(0, 4 + number, 4 + number, key))
        (item,) = await items(client, 5 + number)
        assert item["insertText"] == "total(prices)"[number + 1 :]
        place = {"line": 0, "character": 5 + number}
        assert item["range"] == {"start": place, "end": place}
        lengths = [token["length"] for token in item["midfill"]["tokens"]]
        assert sum(lengths) == len(item["insertText"])
    assert infiller.requests.empty()
    record = (await client.request("midfill/trace", None))["result"]
    assert (record["id"], record["origin"]) == ("r4", "r1")
    assert record["steps"]


async def test_a_closer_that_the_editor_adds_is_absorbed(client: Any, infiller: Any) -> None:
    await begun(client, infiller)
    client.change(URI, 2, client.edit(0, 4, 4, "total"))
    client.change(URI, 3, client.edit(0, 9, 9, "()"))
    (item,) = await items(client, 10)
    start, end = {"line": 0, "character": 10}, {"line": 0, "character": 11}
    assert (item["insertText"], item["range"]) == ("prices)", {"start": start, "end": end})
    client.change(URI, 4, client.edit(0, 10, 10, "pri"))
    (item,) = await items(client, 13)
    assert item["insertText"] == "ces)"
    assert infiller.requests.empty()


async def test_going_back_finds_it_again(client: Any, infiller: Any) -> None:
    await begun(client, infiller)
    client.change(URI, 2, client.edit(0, 4, 4, "tz"))
    client.change(URI, 3, client.edit(0, 5, 6, ""))
    (item,) = await items(client, 5)
    assert item["insertText"] == "otal(prices)"
    assert infiller.requests.empty()


async def test_a_line_of_several_is_typed(client: Any, infiller: Any) -> None:
    await begun(client, infiller, "a\n    b\nc")
    client.change(URI, 2, client.edit(0, 4, 4, "a\n    "))
    (item,) = await items(client, 4, line=1)
    assert item["insertText"] == "b\nc"
    assert infiller.requests.empty()


async def test_what_is_typed_through_may_become_short(client: Any, infiller: Any) -> None:
    await begun(client, infiller, "total", minChars=4)
    client.change(URI, 2, client.edit(0, 4, 4, "tota"))
    (item,) = await items(client, 8)
    assert item["insertText"] == "l"


async def test_a_diverging_key_asks_again_with_what_still_agrees(
    client: Any, infiller: Any
) -> None:
    await begun(client, infiller)
    client.change(URI, 2, client.edit(0, 4, 4, "total(v"))
    infiller.edits = ((11, 11, "alues)"),)
    infiller.gate.set()
    (item,) = await items(client, 11)
    assert item["insertText"] == "alues)"
    assert infiller.requests.get(timeout=60).draft == ")"


async def test_asking_by_hand_wants_more_than_the_cache_has(client: Any, infiller: Any) -> None:
    await begun(client, infiller)
    infiller.gate.set()
    await items(client, 4, kind=1)
    assert infiller.requests.get(timeout=60).candidates == 3


async def test_another_model_proposes_anew(client: Any, infiller: Any) -> None:
    await begun(client, infiller)
    infiller.gate.set()
    client.configuration = {"model": "other"}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    await client.until(lambda: not client.session.proposals._entries)
    assert await items(client, 4)
    assert infiller.requests.get(timeout=60).cursor == 4


@pytest.mark.parametrize(
    ("mode", "kind", "threshold"),
    [
        ("eager", 2, 0.1),
        ("balanced", 2, None),
        ("quiet", 2, 0.5),
        ("quiet", 1, 0.1),
        ("off", 1, 0.1),
    ],
)
async def test_the_mode_says_how_sure_a_proposal_must_be(
    client: Any, infiller: Any, mode: str, kind: int, threshold: float | None
) -> None:
    await client.initialize(options={"mode": mode})
    client.open(URI, "x")
    assert await items(client, 1, kind)
    assert infiller.requests.get(timeout=60).min_confidence == threshold


async def test_nothing_is_shown_unasked_when_it_is_off(client: Any, infiller: Any) -> None:
    await client.initialize(options={"mode": "off"})
    client.open(URI, "x")
    result = (await client.complete(URI, 0, 1))["result"]
    assert (result["items"], result["midfill"]["reason"]) == ([], "DISABLED")
    assert infiller.requests.empty()


async def test_a_proposal_under_the_minimum_is_refused_unless_asked_for(
    client: Any, infiller: Any
) -> None:
    infiller.edits = ((1, 1, ")"),)
    await client.initialize()
    client.open(URI, "x")
    result = (await client.complete(URI, 0, 1))["result"]
    assert result["midfill"]["reason"] == "TOO_SHORT"
    # It is in the cache by now, and as short as before.
    result = (await client.complete(URI, 0, 1))["result"]
    assert result["midfill"]["reason"] == "TOO_SHORT"
    assert len(await items(client, 1, kind=1)) == 1


async def test_what_an_eager_user_saw_a_quiet_one_does_not(client: Any, infiller: Any) -> None:
    await begun(client, infiller)
    client.configuration = {"languages": {"python": {"mode": "quiet"}}}
    client.session.proposals._entries.clear()
    infiller.confidence = 0.4
    infiller.gate.set()
    assert await items(client, 4)
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    await client.until(lambda: client.session.settings.languages)
    result = (await client.complete(URI, 0, 4))["result"]
    assert result["midfill"]["reason"] == "LOW_CONFIDENCE"
    # Typing along with it goes on.
    client.change(URI, 2, client.edit(0, 4, 4, "t"))
    assert len(await items(client, 5)) == 1


@pytest.mark.parametrize(
    ("text", "noted"),
    [("t", "key"), ("()", "key"), ("\n        ", "key"), ("total", "text"), (None, "key")],
)
async def test_a_text_that_was_taken_is_no_key(
    client: Any, monkeypatch: pytest.MonkeyPatch, text: str | None, noted: str
) -> None:
    """A key is followed by others; what comes behind a proposal that was taken is looked for."""
    seen: list[str] = []
    monkeypatch.setattr(Pace, "note_key", lambda _: seen.append("key"))
    monkeypatch.setattr(Pace, "note_text", lambda _: seen.append("text"))
    await client.initialize()
    client.open(URI, "x = ")
    whole = {"text": "x = a whole text, as some clients send it"}
    client.change(URI, 2, whole if text is None else client.edit(0, 4, 4, text))
    await client.complete(URI, 0, 4)
    assert seen == [noted]
