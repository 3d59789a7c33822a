"""Type like a user for hours, in minutes, and watch the memory. Run by hand.

    python tests/measure/soak.py --keys 18000

An hour of steady typing is about 18,000 keys. Lines are typed, completed now and then, and deleted
again, so what grows is not the text.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lsprotocol import types
from pytest_lsp import LanguageClient, make_test_lsp_client

URI = "untitled:soak.py"
LINE = "    total = total + price * quantity  # and so on"
TEXT = "def total(prices):\n    return sum(prices)\n\n\ndef mean(prices):\n"
KEYS_A_COMPLETION = 5


class Typist:
    """A client that types one line after the other at the end of a document."""

    def __init__(self, client: LanguageClient) -> None:
        self._client = client
        self._version = 1

    async def begin(self) -> None:
        await self._client.initialize_session(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(),
                initialization_options={"maxDelayMs": 0},
            )
        )
        item = types.TextDocumentItem(URI, "python", 1, TEXT)
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    async def type_keys(self, num_keys: int) -> None:
        line = TEXT.count("\n")
        for key in range(num_keys):
            column = key % len(LINE)
            if column == 0 and key:
                self._replace(line, 0, len(LINE), "")
            self._replace(line, column, column, LINE[column])
            if key % KEYS_A_COMPLETION == 0:
                await self._complete(line, column + 1)

    def _replace(self, line: int, start: int, end: int, text: str) -> None:
        self._version += 1
        place = types.Range(types.Position(line, start), types.Position(line, end))
        self._client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._version, URI),
                [types.TextDocumentContentChangePartial(place, text)],
            )
        )

    async def _complete(self, line: int, column: int) -> None:
        await self._client.text_document_inline_completion_async(
            types.InlineCompletionParams(
                types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
                types.TextDocumentIdentifier(URI),
                types.Position(line, column),
            )
        )


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1000 if found else 0.0


async def soak(
    num_keys: int, num_looks: int, tell: Callable[[str], None] = lambda _: None
) -> list[tuple[float, float]]:
    """Type; the resident megabytes of server and engine at each look."""
    client = make_test_lsp_client()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.txt"
        command = ["-m", "lsp_server", "--model", "scripted", "--log-file", str(log)]
        await client.start_io(sys.executable, *command, "--log-level", "warning")
        typist = Typist(client)
        await typist.begin()
        server = client._server.pid
        looks = []
        for look in range(num_looks):
            started = time.perf_counter()
            await typist.type_keys(num_keys // num_looks)
            (engine,) = Path(f"/proc/{server}/task/{server}/children").read_text().split()[:1]
            looks.append((resident_mb(server), resident_mb(int(engine))))
            each_ms = (time.perf_counter() - started) * 1000 / (num_keys // num_looks)
            shown = f"server {looks[-1][0]:.1f} MB, engine {looks[-1][1]:.1f} MB"
            tell(f"{(look + 1) * num_keys // num_looks:>6} keys: {shown}, {each_ms:.2f} ms a key")
        await client.shutdown_session()
        await client.stop()
    return looks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=18_000)
    parser.add_argument("--looks", type=int, default=12)
    arguments = parser.parse_args()
    asyncio.run(soak(arguments.keys, arguments.looks, print))


if __name__ == "__main__":
    main()
