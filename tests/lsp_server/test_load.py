"""Many edits, many requests, many documents, a huge one: nothing is lost, mixed up or left over."""

from __future__ import annotations

import random
from typing import Any

URI = "file:///project/a.py"
ALPHABET = "ab \n\n\r\t\f\u2028é漢😀()"
NUM_EDITS, EDITS_AT_ONCE = 10_000, 8


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class NaiveStore:
    """The document as a list of lines, edited by line and character."""

    def __init__(self) -> None:
        self.lines = [""]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def draw_edit(self, draw: random.Random) -> dict[str, Any]:
        """Make a random edit, and say it as a client does."""
        line = draw.randrange(len(self.lines))
        end_line = min(line + draw.choice((0, 0, 0, 0, 1, 2)), len(self.lines) - 1)
        start = draw.randint(0, len(self.lines[line]))
        if end_line == line:
            end = min(start + draw.choice((0, 0, 0, 1, 3)), len(self.lines[line]))
        else:
            end = draw.randint(0, len(self.lines[end_line]))
        # A carriage return alone would end a line: it comes with its line feed, or not at all.
        new = "".join(draw.choices(ALPHABET, k=draw.randrange(6))).replace("\r", "")
        place = {
            "start": {"line": line, "character": utf16(self.lines[line][:start])},
            "end": {"line": end_line, "character": utf16(self.lines[end_line][:end])},
        }
        joined = self.lines[line][:start] + new + self.lines[end_line][end:]
        self.lines[line : end_line + 1] = joined.split("\n")
        return {"range": place, "text": new}


async def test_ten_thousand_edits_with_completions_in_flight(client: Any) -> None:
    await client.initialize()
    client.open(URI, "")
    draw, naive = random.Random(11), NaiveStore()
    asked = []
    for version in range(2, NUM_EDITS // EDITS_AT_ONCE + 2):
        client.change(URI, version, *(naive.draw_edit(draw) for _ in range(EDITS_AT_ONCE)))
        if version % 4 == 0:
            line = draw.randrange(len(naive.lines))
            asked.append(client.begin_completion(URI, line, 0, kind=1))
        if version % 100 == 0:
            await client.response(asked[-1])
            assert client.session.documents[URI].text == naive.text
    asked.append(client.begin_completion(URI, 0, 0, kind=1))  # behind the last change
    for id_ in asked:
        answer = await client.response(id_)
        assert "result" in answer
    assert client.session.documents[URI].text == naive.text
    assert client.session.documents[URI].version == NUM_EDITS // EDITS_AT_ONCE + 1
    answered = [one["id"] for one in client.received if "method" not in one]
    assert len(answered) == len(set(answered))


async def test_two_hundred_requests_of_which_most_are_cancelled(client: Any, infiller: Any) -> None:
    await client.initialize()
    await client.until(lambda: not client.session.worker._outstanding)
    infiller.gate.clear()
    asked = []
    for number in range(200):
        uri = f"file:///project/m{number}.py"
        client.open(uri, "x")
        asked.append(client.begin_completion(uri, 0, 1, kind=1))
    kept = set(random.Random(5).sample(asked, 10))
    for id_ in asked:
        if id_ not in kept:
            client.notify("$/cancelRequest", {"id": id_})
    cancelled = [await client.response(id_) for id_ in asked if id_ not in kept]
    assert [one["error"]["code"] for one in cancelled] == [-32800] * 190
    infiller.gate.set()
    for id_ in kept:
        assert (await client.response(id_))["result"]["items"]
    answered = [one["id"] for one in client.received if one.get("id") in asked]
    assert sorted(answered) == asked
    # Nothing of the cancelled ones is left.
    await client.until(lambda: not client.session.worker._outstanding)
    assert client.session.schedule._under_way == {}


async def test_fifty_documents_of_five_thousand_lines(client: Any) -> None:
    await client.initialize()
    uris = [f"file:///project/m{number}.py" for number in range(50)]
    lines = [f"value_{number} = {number}" for number in range(5000)]
    for uri in uris:
        client.open(uri, "\n".join(lines))
    for number, uri in enumerate(uris):
        client.change(uri, 2, client.edit(number * 100, 0, 5, "other"))
    for number, uri in enumerate(uris):
        items = (await client.complete(uri, number * 100, 99, kind=1))["result"]["items"]
        assert items[0]["range"]["start"]["line"] == number * 100
        expected = [*lines]
        expected[number * 100] = f"other_{number * 100} = {number * 100}"
        assert client.session.documents[uri].text == "\n".join(expected)


async def test_a_document_of_five_megabytes_is_refused_and_kept_in_sync(client: Any) -> None:
    await client.initialize()
    line = "value = 'é" + "x" * 38 + "'\n"
    client.open(URI, line * 100_000)
    refused = await client.complete(URI, 50_000, 0, kind=1)
    assert client.session.documents[URI].num_bytes > 5_000_000
    assert refused["result"]["midfill"]["reason"] == "TOO_LARGE"
    for version in range(2, 102):
        client.change(URI, version, client.edit(50_000, 0, 0, "y"))
    # Cut down to what is worked on, it is served.
    first = {"line": 0, "character": 0}
    cut = {"start": first, "end": {"line": 50_000, "character": 0}}
    client.change(URI, 102, {"range": cut, "text": ""})
    cut = {"start": {"line": 1, "character": 0}, "end": {"line": 60_000, "character": 0}}
    client.change(URI, 103, {"range": cut, "text": ""})
    assert (await client.complete(URI, 0, 5, kind=1))["result"]["items"]
    assert client.session.documents[URI].text == "y" * 100 + line
