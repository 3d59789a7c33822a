"""Compare the places of Python names with pyright's renames: ``python … FOLDER FILE…``.

Where they differ, both renames are done, and pyright reads the file again: one is sound when it
adds no diagnostic. Pyright renames a method without those that it overrides: both may be sound.

Needs node, and a folder that holds ``node_modules/pyright``; installs nothing. Names that pyright
renames in other files too, or not at all, are left out: one file is what is compared.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.edits.names_of import name_table
from engine.edits.references import references
from engine.edits.symbols import NameTable, Site, SymbolKind
from engine.languages import language_of
from engine.spans import span
from engine.syntax import parse
from oracles.compared import Compared, print_compared

ENDING = "Renamed"


class Pyright:
    """Its language server, asked one thing after the other."""

    def __init__(self, folder: Path) -> None:
        program = folder / "node_modules" / "pyright" / "langserver.index.js"
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(["node", program, "--stdio"], stdin=pipe, stdout=pipe)
        self._ids = itertools.count()
        asks = {"textDocument": {"diagnostic": {"dynamicRegistration": False}}}
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": asks})
        self._send({"method": "initialized", "params": {}})

    def open(self, path: Path, text: str) -> None:
        """Let it know the text of a file."""
        document = {"uri": path.resolve().as_uri(), "languageId": "python", "version": 1}
        params = {"textDocument": {**document, "text": text}}
        self._send({"method": "textDocument/didOpen", "params": params})

    def diagnostics(self, path: Path, text: str) -> Counter[str]:
        """What it finds in ``text``, the old names in place of the new."""
        document = {"uri": path.resolve().as_uri(), "version": next(self._ids)}
        change = {"textDocument": document, "contentChanges": [{"text": text}]}
        self._send({"method": "textDocument/didChange", "params": change})
        asked = {"textDocument": {"uri": document["uri"]}}
        found = (self.ask("textDocument/diagnostic", asked) or {}).get("items", ())
        return Counter(
            f"{one['range']['start']['line'] + 1}: {one['message'].replace(ENDING, '')}"
            for one in found
        )

    def close(self, path: Path) -> None:
        """Let it forget the text of a file."""
        params = {"textDocument": {"uri": path.resolve().as_uri()}}
        self._send({"method": "textDocument/didClose", "params": params})

    def ask(self, method: str, params: Mapping[str, object]) -> Any:
        """The result of a request; None for an error."""
        number = next(self._ids)
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" not in message and message.get("id") == number:
                return message.get("result")
            if "method" in message and "id" in message:
                items = (message.get("params") or {}).get("items", ())
                answer = [{} for _ in items] if "items" in (message.get("params") or {}) else None
                self._send({"id": message["id"], "result": answer})

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _send(self, message: Mapping[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        stream = self._process.stdout
        assert stream is not None
        length = 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        if not length:
            raise EOFError("pyright has ended")
        found: dict[str, Any] = json.loads(stream.read(length))
        return found


@dataclass(frozen=True, slots=True)
class Judged:
    """The places of a name, and what each rename adds to the diagnostics; None where both agree."""

    compared: Compared
    ours_adds: Counter[str] | None = None
    theirs_adds: Counter[str] | None = None


def compare(paths: Sequence[Path], num_names: int, folder: Path) -> Iterator[Judged]:
    """Compare for up to ``num_names`` symbols of each file."""
    pyright = Pyright(folder)
    try:
        for path in paths:
            yield from _compare(pyright, path, num_names)
    finally:
        pyright.stop()


def _compare(pyright: Pyright, path: Path, num_names: int) -> Iterator[Judged]:
    data = path.read_bytes()
    table = name_table(parse(data, language_of("a.py")))
    assert table is not None
    # Names that Python itself looks for, and modules, are renamed by nobody.
    symbols = [
        one
        for one in table.symbols
        if one.sites and not one.name.startswith("__") and one.kind is not SymbolKind.MODULE
    ]
    # A sample that stays the same when we come to know more symbols.
    symbols.sort(
        key=lambda one: sha256(f"{one.name} {min(one.sites).span.start}".encode()).digest()
    )
    pyright.open(path, data.decode())
    before = pyright.diagnostics(path, data.decode())
    for symbol in symbols[:num_names]:
        start = min(symbol.sites).span.start
        theirs = _renamed(pyright, path, table, start, symbol.name + ENDING)
        if not theirs:
            continue
        ours = references(table, symbol)
        compared = Compared(
            path,
            symbol.name,
            data.count(b"\n", 0, start) + 1,
            symbol.kind.value,
            frozenset(int(site.span.start) for site in ours.sites),
            frozenset(int(site.span.start) for site in ours.possible),
            theirs,
        )
        if compared.ours == theirs:
            yield Judged(compared)
            continue
        length = len(symbol.name.encode())
        sites = [Site(span(one, one + length)) for one in sorted(theirs)]
        adds = [
            pyright.diagnostics(path, _written(data, symbol.name, one)) - before
            for one in (ours.sites, sites)
        ]
        pyright.diagnostics(path, data.decode())
        yield Judged(compared, *adds)
    pyright.close(path)


def _written(data: bytes, name: str, sites: Sequence[Site]) -> str:
    """The text with another name at all sites."""
    for site in sorted(sites, reverse=True):
        text = f"{site.prefix}{name}{ENDING}{site.suffix}".encode()
        data = data[: site.span.start] + text + data[site.span.end :]
    return data.decode()


def _renamed(
    pyright: Pyright, path: Path, table: NameTable, start: int, new_name: str
) -> frozenset[int]:
    """Where pyright renames; nothing where it does so in other files too."""
    data, uri = table.tree.data, path.resolve().as_uri()
    line = data.count(b"\n", 0, start)
    before = data[data.rfind(b"\n", 0, start) + 1 : start].decode()
    place = {"line": line, "character": len(before.encode("utf-16-le")) // 2}
    asked = {"textDocument": {"uri": uri}, "position": place, "newName": new_name}
    result = pyright.ask("textDocument/rename", asked) or {}
    changes = result.get("changes") or {
        one["textDocument"]["uri"]: one["edits"] for one in result.get("documentChanges", ())
    }
    if len(changes) != 1 or uri not in changes:
        return frozenset()
    lines = data.split(b"\n")
    starts = [0, *itertools.accumulate(len(one) + 1 for one in lines)]
    found = (one["range"]["start"] for one in changes[uri])
    return frozenset(
        starts[one["line"]] + _bytes_before(lines[one["line"]], one["character"]) for one in found
    )


def _bytes_before(line: bytes, units: int) -> int:
    return len(line.decode().encode("utf-16-le")[: 2 * units].decode("utf-16-le").encode())


def main(arguments: list[str]) -> None:
    folder, *paths = map(Path, arguments)
    judged = list(compare(paths, 60, folder))
    print_compared(one.compared for one in judged)
    differing = [one for one in judged if one.ours_adds is not None]
    for one in differing:
        if one.ours_adds:
            where = f"{one.compared.path}:{one.compared.line} {one.compared.name}"
            print(f"ours adds at {where}: {next(iter(one.ours_adds))}")
    unsound = [one.compared for one in differing if one.ours_adds]
    num_lacking = sum(bool(one.theirs - one.ours) for one in unsound)
    num_theirs = sum(bool(one.theirs_adds) for one in differing)
    print(
        f"of {len(judged)} names, {len(differing)} differ; unsound: ours {len(unsound)} "
        f"({num_lacking} lack places), theirs {num_theirs}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
