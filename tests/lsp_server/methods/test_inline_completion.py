"""textDocument/inlineCompletion from message to message, with an engine that the test holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

URI = "file:///project/a.py"


def take(messages: Any) -> Any:
    return messages.get(timeout=60)


async def test_an_unsaved_buffer_gets_an_item(client: Any, infiller: Any) -> None:
    await client.initialize()
    client.open(URI, "x = 1\n")
    client.change(URI, 2, client.edit(1, 0, 0, "ÿ = "), client.edit(0, 4, 5, "22"))
    result = (await client.complete(URI, 1, 4))["result"]
    place = {"line": 1, "character": 4}
    assert result == {
        "items": [
            {
                "insertText": "done()",
                "range": {"start": place, "end": place},
                "command": {
                    "title": "Accept the proposal",
                    "command": "midfill.accept",
                    "arguments": ["r1.0"],
                },
                "midfill": {
                    "id": "r1.0",
                    "kind": "atomic",
                    "confidence": 0.75,
                    "tokens": [{"length": 6, "p": 0.9}],
                },
            }
        ]
    }
    request = take(infiller.requests)
    assert (request.text, request.cursor) == ("x = 22\nÿ = ", 12)
    assert (request.language, request.path) == ("python", str(Path("/project/a.py")))
    assert [edit.old_text for edit in request.recent_edits] == ["", "1"]
    assert request.budget_ms == 3000.0
    assert request.candidates == 1


async def test_a_line_that_no_one_wrote_is_refused_at_once_unless_asked_by_hand(
    client: Any, infiller: Any
) -> None:
    """Bytes count, of the cursor's line alone; the engine is not asked."""
    long, just_right = "é" * 5_000 + "x", "é" * 5_000
    await client.initialize()
    client.open(URI, f"x\n{long}\n{just_right}\n")
    refused = (await client.complete(URI, 1, 7))["result"]
    assert refused["items"] == []
    assert refused["midfill"]["reason"] == "TOO_LARGE"
    assert refused["midfill"]["detail"] == "a line of 10001 bytes, over 10000: ask by hand"
    assert infiller.requests.empty()
    for line, character, kind in ((0, 1, 2), (2, 5_000, 2), (1, 7, 1)):
        assert (await client.complete(URI, line, character, kind))["result"]["items"]


async def test_asking_by_hand_wants_several(client: Any, infiller: Any) -> None:
    await client.initialize(options={"candidates": 4, "budgetMs": None})
    client.open(URI, "x")
    await client.complete(URI, 0, 1, kind=1)
    request = take(infiller.requests)
    assert (request.candidates, request.budget_ms) == (4, None)


async def test_a_cancelled_request_is_answered_so_and_ends_in_the_engine(
    client: Any, infiller: Any
) -> None:
    await client.initialize()
    client.open(URI, "x")
    infiller.gate.clear()
    id_ = client.begin_completion(URI, 0, 1)
    await client.until(lambda: not infiller.requests.empty())
    client.notify("$/cancelRequest", {"id": id_})
    assert (await client.response(id_))["error"]["code"] == -32800
    await client.until(lambda: not infiller.outcomes.empty())
    assert take(infiller.outcomes).reason.value == "CANCELLED"
    answers = [one for one in client.received if one.get("id") == id_ and "method" not in one]
    assert len(answers) == 1
    traced = (await client.request("midfill/trace", None))["result"]["outcome"]
    assert (traced["reason"], traced["detail"]) == ("CANCELLED", "the editor cancelled it")


async def test_the_latest_request_wins(client: Any, infiller: Any) -> None:
    await client.initialize()
    client.open(URI, "x")
    infiller.gate.clear()
    first = client.begin_completion(URI, 0, 0)
    await client.until(lambda: not infiller.requests.empty())
    second = client.begin_completion(URI, 0, 1)
    superseded = (await client.response(first))["result"]
    assert superseded["items"] == []
    assert superseded["midfill"]["reason"] == "SUPERSEDED"
    await client.until(lambda: not infiller.outcomes.empty())
    infiller.gate.set()
    assert len((await client.response(second))["result"]["items"]) == 1


async def test_documents_do_not_supersede_each_other(client: Any, infiller: Any) -> None:
    await client.initialize()
    client.open(URI, "x")
    client.open("file:///project/b.py", "y")
    infiller.gate.clear()
    ids = [client.begin_completion(uri, 0, 1) for uri in (URI, "file:///project/b.py")]
    await client.until(lambda: not infiller.requests.empty())
    infiller.gate.set()
    for id_ in ids:
        assert len((await client.response(id_))["result"]["items"]) == 1
    texts = [take(infiller.requests).open_documents[0].text for _ in ids]
    assert texts == ["y", "x"]


async def test_many_slow_requests_keep_nobody_from_reading(client: Any, infiller: Any) -> None:
    await client.initialize()
    infiller.gate.clear()
    uris = [f"file:///project/{number}.py" for number in range(40)]
    for uri in uris:
        client.open(uri, "x")
    ids = [client.begin_completion(uri, 0, 1) for uri in uris]
    assert (await client.request("midfill/trace", None))["error"]["code"] == -32602
    assert not [one for one in client.received if one.get("id") in ids and "method" not in one]
    for id_ in ids:
        client.notify("$/cancelRequest", {"id": id_})
    for id_ in ids:
        assert (await client.response(id_))["error"]["code"] == -32800


async def test_a_large_document_is_refused_but_stays_in_sync(client: Any) -> None:
    await client.initialize(options={"maxDocumentBytes": 10})
    client.open(URI, "x = 1\n" * 10)
    result = (await client.complete(URI, 0, 0))["result"]
    assert result["midfill"]["reason"] == "TOO_LARGE"
    assert result["midfill"]["detail"] == "60 bytes; midfill.maxDocumentBytes is 10"
    whole = {"start": {"line": 1, "character": 0}, "end": {"line": 99, "character": 0}}
    client.change(URI, 2, {"range": whole, "text": "y"})
    assert len((await client.complete(URI, 1, 1))["result"]["items"]) == 1
    assert client.session.documents[URI].text == "x = 1\ny"


@pytest.mark.parametrize("options", [{"enabled": False}, {"disabledLanguages": ["python"]}])
async def test_what_is_switched_off_is_refused(client: Any, options: dict[str, Any]) -> None:
    await client.initialize(options=options)
    client.open(URI, "x")
    assert (await client.complete(URI, 0, 0))["result"]["midfill"]["reason"] == "DISABLED"


async def test_a_bug_of_the_engine_is_one_refusal(client: Any) -> None:
    await client.initialize()
    client.open(URI, "BUG")
    refused = (await client.complete(URI, 0, 0))["result"]["midfill"]
    assert refused["reason"] == "BACKEND_FAILED"
    client.change(URI, 2, {"text": "fine"})
    assert len((await client.complete(URI, 0, 0))["result"]["items"]) == 1


async def test_a_proposal_for_a_closed_document_is_stale(client: Any, infiller: Any) -> None:
    await client.initialize()
    client.open(URI, "x")
    infiller.gate.clear()
    id_ = client.begin_completion(URI, 0, 1)
    await client.until(lambda: not infiller.requests.empty())
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    reason = (await client.response(id_))["result"]["midfill"]["reason"]
    assert reason in ("STALE", "SUPERSEDED")


async def test_an_edit_elsewhere_moves_the_proposal(client: Any, infiller: Any) -> None:
    await client.initialize()
    client.open(URI, "a\nb\n")
    infiller.gate.clear()
    id_ = client.begin_completion(URI, 1, 1)
    await client.until(lambda: not infiller.requests.empty())
    client.change(URI, 2, client.edit(0, 0, 0, "new line\n"))
    await client.until(lambda: client.session.documents[URI].version == 2)
    infiller.gate.set()
    (item,) = (await client.response(id_))["result"]["items"]
    assert item["range"]["start"] == {"line": 2, "character": 1}


async def test_an_edit_at_the_proposal_s_place_makes_it_stale(client: Any, infiller: Any) -> None:
    await client.initialize()
    client.open(URI, "abc\n")
    infiller.gate.clear()
    infiller.edits = ((1, 3, "done()"),)
    id_ = client.begin_completion(URI, 0, 1)
    await client.until(lambda: not infiller.requests.empty())
    client.change(URI, 2, client.edit(0, 0, 3, "zz"))
    await client.until(lambda: client.session.documents[URI].version == 2)
    infiller.gate.set()
    assert (await client.response(id_))["result"]["midfill"]["reason"] == "STALE"


async def test_the_selected_entry_is_extended(client: Any, infiller: Any) -> None:
    await client.initialize()
    client.open(URI, "x.a\n")
    place = {"start": {"line": 0, "character": 2}, "end": {"line": 0, "character": 3}}
    params = {
        "textDocument": {"uri": URI},
        "position": {"line": 0, "character": 3},
        "context": {"triggerKind": 2, "selectedCompletionInfo": {"range": place, "text": "append"}},
    }
    (item,) = (await client.request("textDocument/inlineCompletion", params))["result"]["items"]
    assert (item["insertText"], item["range"]) == ("appenddone()", place)
    assert take(infiller.requests).text == "x.append\n"


async def test_a_change_in_several_places_is_not_halved(client: Any, infiller: Any) -> None:
    infiller.edits = ((0, 1, "y"), (4, 4, "done()"))
    await client.initialize(capabilities={"textDocument": {"inlineCompletion": {}}})
    client.open(URI, "x = ")
    refused = (await client.complete(URI, 0, 4))["result"]["midfill"]
    assert refused["reason"] == "DISABLED"
    assert "workspace/applyEdit" in refused["detail"]
