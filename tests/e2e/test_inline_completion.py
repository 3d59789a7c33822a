"""The main job over stdio: an unsaved buffer, kept in sync, gets its proposal."""

from __future__ import annotations

from typing import Any

URI = "file:///work/a.py"


def edit(line: int, start: int, end: int, text: str) -> dict[str, Any]:
    return {
        "range": {
            "start": {"line": line, "character": start},
            "end": {"line": line, "character": end},
        },
        "text": text,
    }


async def test_an_unsaved_buffer_gets_an_item(servers: Any) -> None:
    client = await servers.start()
    await client.initialize()
    client.open(URI, "x = 1\n")
    client.change(URI, 2, edit(1, 0, 0, "y = "), edit(0, 4, 5, "22"))
    response = await client.complete(URI, 1, 4)
    (item,) = response["result"]["items"]
    assert item["insertText"]
    place = {"line": 1, "character": 4}
    assert item["range"] == {"start": place, "end": place}
    assert item["midfill"]["kind"] == "atomic"
    assert 0 < item["midfill"]["confidence"] <= 1
    num_units = sum(token["length"] for token in item["midfill"]["tokens"])
    assert num_units == len(item["insertText"].encode("utf-16-le")) // 2
    assert await client.quit() == 0
