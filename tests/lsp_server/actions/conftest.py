"""A client with a scripted engine, and what code actions do to a marked text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
import pytest_asyncio

from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.infill import Infiller

URI = "file:///project/a.py"
CAPABILITIES: dict[str, Any] = {
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor"]}},
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        }
    },
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {
            "documentChanges": True,
            "changeAnnotationSupport": {"groupsOnLabel": True},
        },
    },
}
ENDINGS = {"python": "py", "javascript": "js", "typescript": "ts", "typescriptreact": "tsx"}


class Actions:
    """An open document and what can be done in it. ``«`` and ``»`` mark the selection."""

    def __init__(self, client: Any, marked: str, language: str) -> None:
        self.client, self.uri = client, f"file:///project/a.{ENDINGS.get(language, language)}"
        before, _, rest = marked.partition("«")
        inside, _, after = rest.partition("»")
        self.text = before + inside + after
        self.range = {"start": _position(before), "end": _position(before + inside)}
        client.open(self.uri, self.text, language)

    async def listed(
        self, only: Sequence[str] | None = None, diagnostics: Sequence[Any] = ()
    ) -> list[dict[str, Any]]:
        context = {"diagnostics": list(diagnostics), **({"only": list(only)} if only else {})}
        params = {"textDocument": {"uri": self.uri}, "range": self.range, "context": context}
        response = await self.client.request("textDocument/codeAction", params)
        return response["result"]  # type: ignore[no-any-return]

    async def titles(self, only: Sequence[str] | None = None) -> list[str]:
        return [action["title"] for action in await self.listed(only)]

    async def resolve(self, title: str) -> dict[str, Any]:
        (action,) = [one for one in await self.listed() if one["title"].startswith(title)]
        return await self.client.request("codeAction/resolve", action)  # type: ignore[no-any-return]

    async def applied(self, title: str) -> str:
        """The text after the action of that title."""
        response = await self.resolve(title)
        assert "result" in response, response["error"]
        (change,) = response["result"]["edit"]["documentChanges"]
        assert change["textDocument"] == {"uri": self.uri, "version": 1}
        return _applied(self.text, change["edits"])


def _position(before: str) -> dict[str, int]:
    return {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}


def _applied(text: str, edits: Sequence[dict[str, Any]]) -> str:
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines) + 1)]

    def offset(position: dict[str, int]) -> int:
        return starts[position["line"]] + position["character"]

    for edit in sorted(edits, key=lambda one: offset(one["range"]["start"]), reverse=True):
        start, end = (offset(edit["range"][edge]) for edge in ("start", "end"))
        text = text[:start] + edit["newText"] + text[end:]
    return text


OpenActions = Callable[..., Any]


@pytest_asyncio.fixture
async def actions(client_of: Callable[[Any], Any]) -> AsyncIterator[OpenActions]:
    """Open a marked text before an engine that writes ``scripts``, one a hole."""

    async def open_(
        marked: str,
        language: str = "python",
        scripts: Sequence[str] = (),
        capabilities: Any = CAPABILITIES,
    ) -> Actions:
        def load(_model: Any) -> Infiller:
            written = [Script((text,)) for text in scripts]
            return Infiller(ScriptedDenoiser(ByteTokenizer(), written))

        client = client_of(load)
        await client.initialize(capabilities=capabilities)
        return Actions(client, marked, language)

    yield open_


@pytest.fixture
def uri() -> str:
    return URI
