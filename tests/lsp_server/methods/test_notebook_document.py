"""Notebooks: the cells of one are one context."""

from __future__ import annotations

from typing import Any

NOTEBOOK = "file:///project/a.ipynb"
CELLS = [f"vscode-notebook-cell:/project/a.ipynb#{number}" for number in range(4)]
TEXTS = ["%matplotlib inline\nimport math\n", "# a title", "y = math.", "print(y)"]
KINDS = [2, 1, 2, 2]
CAPABILITIES = {"notebookDocument": {"synchronization": {}}}


def item(number: int, text: str) -> dict[str, Any]:
    language = "markdown" if KINDS[number] == 1 else "python"
    return {"uri": CELLS[number], "languageId": language, "version": 1, "text": text}


async def opened(client: Any) -> None:
    result = await client.initialize(capabilities=CAPABILITIES)
    sync = result["result"]["capabilities"]["notebookDocumentSync"]
    assert sync == {"notebookSelector": [{"notebook": "*"}]}
    cells = [{"kind": KINDS[number], "document": CELLS[number]} for number in range(4)]
    notebook = {"uri": NOTEBOOK, "notebookType": "jupyter", "version": 1, "cells": cells}
    documents = [item(number, text) for number, text in enumerate(TEXTS)]
    params = {"notebookDocument": notebook, "cellTextDocuments": documents}
    client.notify("notebookDocument/didOpen", params)


async def test_the_other_cells_stand_around_the_one(client: Any, infiller: Any) -> None:
    await opened(client)
    (proposed,) = (await client.complete(CELLS[2], 0, 9))["result"]["items"]
    assert proposed["insertText"] == "done()"
    assert proposed["range"]["start"] == {"line": 0, "character": 9}
    request = infiller.requests.get(timeout=60)
    before = "#matplotlib inline\nimport math\n\ny = math."
    assert request.text == before + "\nprint(y)"
    assert request.cursor == len(before)
    assert (request.path, request.open_documents) == ("/project/a.ipynb", ())


async def test_a_change_of_another_cell_is_no_half_change(client: Any, infiller: Any) -> None:
    await opened(client)
    infiller.edits = ((0, 1, "#"), (40, 40, "sqrt(2)"))
    refused = (await client.complete(CELLS[2], 0, 9))["result"]["midfill"]
    assert (refused["reason"], refused["detail"]) == (
        "DISABLED",
        "the change reaches into another cell",
    )


async def test_cells_come_go_and_change(client: Any, infiller: Any) -> None:
    await opened(client)
    array = {"start": 0, "deleteCount": 2, "cells": []}
    structure = {"array": array, "didClose": [{"uri": uri} for uri in CELLS[:2]]}
    contents = [
        {
            "document": {"uri": CELLS[3], "version": 2},
            "changes": [client.edit(0, 6, 7, "y + 1")],
        }
    ]
    change = {"cells": {"structure": structure, "textContent": contents}}
    identifier = {"uri": NOTEBOOK, "version": 2}
    client.notify("notebookDocument/didChange", {"notebookDocument": identifier, "change": change})
    await client.complete(CELLS[2], 0, 9)
    assert infiller.requests.get(timeout=60).text == "y = math.\nprint(y + 1)"
    params = {
        "notebookDocument": {"uri": NOTEBOOK},
        "cellTextDocuments": [{"uri": uri} for uri in CELLS[2:]],
    }
    client.notify("notebookDocument/didClose", params)
    assert "error" in await client.complete(CELLS[2], 0, 9)


async def test_a_buffer_without_a_file_is_completed(client: Any, infiller: Any) -> None:
    await client.initialize()
    client.open("untitled:Untitled-1", "x")
    assert len((await client.complete("untitled:Untitled-1", 0, 1))["result"]["items"]) == 1
    request = infiller.requests.get(timeout=60)
    assert (request.path, request.language) == (None, "python")
