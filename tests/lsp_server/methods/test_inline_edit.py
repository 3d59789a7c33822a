"""``textDocument/copilotInlineEdit`` through the protocol, with a scripted engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.infill import Infiller
from engine.proposal import Outcome
from engine.request import Request
from lsp_server.methods import inline_edit as method

URI = "file:///project/a.py"
METHOD = "textDocument/copilotInlineEdit"
TEXT = "def f(count):\n    return count + 1\n"


@pytest.fixture(autouse=True)
def _however_slow_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "ANSWER_MS", 60_000.0)


async def renamed(client_of: Callable[[Any], Any], options: dict[str, Any] | None = None) -> Any:
    """A client whose user has just renamed a parameter at its definition."""
    scripts = [Script(("x",))]
    client = client_of(lambda _: Infiller(ScriptedDenoiser(ByteTokenizer(), scripts)))
    await client.initialize(options=options)
    client.open(URI, TEXT)
    client.change(URI, 2, client.edit(0, 6, 11, "total"))
    return client


async def ask(client: Any, version: int = 2) -> dict[str, Any]:
    position = {"line": 0, "character": 11}
    params = {"textDocument": {"uri": URI, "version": version}, "position": position}
    return (await client.request(METHOD, params))["result"]  # type: ignore[no-any-return]


async def test_the_rest_of_a_rename_is_one_atomic_edit(client_of: Any) -> None:
    client = await renamed(client_of)
    result = await ask(client)
    (edit,) = result["edits"]
    assert edit["text"] == "total"
    assert edit["textDocument"] == {"uri": URI, "version": 2}
    assert edit["range"]["start"] == {"line": 1, "character": 11}
    assert edit["command"]["arguments"] == [result["midfill"]["id"]]
    assert result["midfill"]["kind"] == edit["midfill"]["kind"] == "atomic"
    assert 0 < result["midfill"]["confidence"] <= 1


async def test_accepting_what_the_editor_has_applied_changes_nothing_more(client_of: Any) -> None:
    client = await renamed(client_of)
    (edit,) = (await ask(client))["edits"]
    client.change(URI, 3, client.edit(1, 11, 16, edit["text"]))
    params = {"command": edit["command"]["command"], "arguments": edit["command"]["arguments"]}
    assert (await client.request("workspace/executeCommand", params))["result"] is None
    assert not {"workspace/applyEdit", "window/showMessage"} & set(client.methods())


async def test_another_version_is_stale(client_of: Any) -> None:
    client = await renamed(client_of)
    result = await ask(client, version=1)
    assert result["edits"] == [] and result["midfill"]["reason"] == "STALE"


async def test_nothing_to_do_says_why(client_of: Any) -> None:
    client = await renamed(client_of)
    client.change(URI, 3, client.edit(1, 11, 16, "total"))
    result = await ask(client, version=3)
    assert result["edits"] == [] and result["midfill"]["reason"] == "EMPTY"


async def test_what_was_turned_down_is_not_proposed_again(client_of: Any) -> None:
    client = await renamed(client_of)
    result = await ask(client)
    client.notify("midfill/didReject", {"id": result["midfill"]["id"]})
    assert (await ask(client))["midfill"]["reason"] == "REJECTED_BEFORE"


async def test_a_document_that_is_not_open_is_an_error(client: Any) -> None:
    await client.initialize()
    for params in ({"textDocument": {"uri": URI}}, {}, None):
        assert (await client.request(METHOD, params))["error"]["code"] == -32602


async def test_with_mode_off_only_who_asks_by_hand_is_answered(client_of: Any) -> None:
    client = await renamed(client_of, {"mode": "off"})
    result = await ask(client)
    assert result["edits"] == [] and result["midfill"]["reason"] == "DISABLED"
    assert "mode is off" in result["midfill"]["detail"]
    document = {"uri": URI, "version": 2}
    params = {"textDocument": document, "context": {"triggerKind": 1}}
    assert (await client.request(METHOD, params))["result"]["edits"]


class Asked(Infiller):
    """Keeps what it is asked to fill."""

    requests: ClassVar[list[Request]] = []

    def fill_spans(self, request: Request, *rest: Any) -> Outcome:
        self.requests.append(request)
        return super().fill_spans(request, *rest)


async def test_only_who_asks_by_hand_waits_for_long(client_of: Any) -> None:
    Asked.requests.clear()
    client = client_of(lambda _: Asked(ScriptedDenoiser(ByteTokenizer(), [Script(("y = (2)",))])))
    await client.initialize(options={"budgetMs": 90_000})
    client.open(URI, "x = 1\ny = (1\nz = 3\n")
    client.change(URI, 2, client.edit(1, 5, 6, "2"))
    for context in ({}, {"triggerKind": 1}):
        place = {"line": 2, "character": 0}
        params = {"textDocument": {"uri": URI, "version": 2}, "position": place}
        await client.request(METHOD, {**params, "context": context})
    unasked, by_hand = Asked.requests
    assert unasked.patience_ms == 60_000.0 and (unasked.budget_ms or 0.0) <= 60_000.0
    assert by_hand.patience_ms is None and (by_hand.budget_ms or 0.0) > 60_000.0


async def test_what_another_tool_found_is_mended(client_of: Any) -> None:
    scripts = [Script(("print(size)",))]
    client = client_of(lambda _: Infiller(ScriptedDenoiser(ByteTokenizer(), scripts)))
    await client.initialize()
    client.open(URI, "size = 1\nprint(siez)\n")
    client.change(URI, 2, client.edit(0, 7, 8, "2"))
    place = {"start": {"line": 1, "character": 6}, "end": {"line": 1, "character": 10}}
    found = {"range": place, "message": "undefined name 'siez'"}
    params = {"textDocument": {"uri": URI, "version": 2}, "context": {"diagnostics": [found]}}
    (edit,) = (await client.request(METHOD, params))["result"]["edits"]
    assert edit["text"] == "print(size)" and edit["range"]["start"]["line"] == 1


async def test_diagnostics_that_are_none_are_an_error(client_of: Any) -> None:
    client = await renamed(client_of)
    for wrong in ([{"message": "x"}], [3], 3):
        params = {"textDocument": {"uri": URI, "version": 2}, "context": {"diagnostics": wrong}}
        answer = await client.request(METHOD, params)
        assert "context.diagnostics must be a list" in answer["error"]["message"]


async def test_a_line_that_is_being_written_is_mended_only_by_hand(client_of: Any) -> None:
    client = client_of(
        lambda _: Infiller(ScriptedDenoiser(ByteTokenizer(), [Script(("x = (2)",))]))
    )
    await client.initialize()
    client.open(URI, "x = 1\ny = 1\n")
    client.change(URI, 2, client.edit(0, 4, 5, "(2"))
    document = {"uri": URI, "version": 2}
    here, below = ({"line": line, "character": 0} for line in (0, 1))
    asked = {
        "writing": {"position": here},
        "unsaid": {},
        "left": {"position": below},
        "by hand": {"position": here, "context": {"triggerKind": 1}},
    }
    found = {}
    for name, more in asked.items():
        params = {"textDocument": document, **more}
        found[name] = len((await client.request(METHOD, params))["result"]["edits"])
    assert found == {"writing": 0, "unsaid": 0, "left": 1, "by hand": 1}
    params = {"textDocument": document, "position": 3}
    assert "must be a Position" in (await client.request(METHOD, params))["error"]["message"]
