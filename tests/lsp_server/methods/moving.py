"""A client that moves files of a project on disk, as an editor does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pygls.uris import to_fs_path

CAPABILITIES: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "workspace": {
        "workspaceEdit": {"documentChanges": True},
        "fileOperations": {"willRename": True, "didRename": True},
    },
}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


async def start(client: Any, root: Path, options: Any = None) -> dict[str, Any]:
    folder = {"uri": root.as_uri(), "name": "project"}
    response: dict[str, Any] = await client.initialize(
        capabilities=CAPABILITIES, folders=[folder], options=options
    )
    return response


async def ask(client: Any, root: Path, *pairs: tuple[str, str]) -> Any:
    """The edits for moves of paths below ``root``, or of URIs."""

    def uri(path: str) -> str:
        return path if re.match(r"\w+:", path) else (root / path).as_uri()

    files = [{"oldUri": uri(old), "newUri": uri(new)} for old, new in pairs]
    result = (await client.request("workspace/willRenameFiles", {"files": files}))["result"]
    return result["documentChanges"] if "documentChanges" in result else result["changes"]


async def moved(client: Any, root: Path, *pairs: tuple[str, str]) -> dict[str, str]:
    """Ask, make the edit as an editor does, move the files; what changed, by its old path."""
    result = await ask(client, root, *pairs)
    texts = {}
    for change in result:
        path = Path(to_fs_path(change["textDocument"]["uri"]) or "")
        document = client.session.documents.get(change["textDocument"]["uri"])
        assert change["textDocument"]["version"] == (document and document.version)
        text = path.read_bytes().decode("utf-8-sig") if document is None else document.text
        texts[path.relative_to(root).as_posix()] = edited(text, change["edits"])
    return texts


def edited(text: str, edits: list[dict[str, Any]]) -> str:
    """``text`` after edits as LSP gives them; its characters are of one UTF-16 unit."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]

    def offset(position: dict[str, int]) -> int:
        return starts[position["line"]] + position["character"]

    places = [(offset(one["range"]["start"]), offset(one["range"]["end"])) for one in edits]
    assert sorted(places) == places
    for (start, end), one in reversed(list(zip(places, edits, strict=True))):
        text = text[:start] + one["newText"] + text[end:]
    return text


async def message(client: Any) -> str:
    shown = await client.wait_for(lambda one: one.get("method") == "window/showMessage")
    return str(shown["params"]["message"])
