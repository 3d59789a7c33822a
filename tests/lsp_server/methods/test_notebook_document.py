"""Notebooks: the cells of one are one context."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.infill import Infiller

NOTEBOOK = "file:///project/a.ipynb"
CELLS = [f"vscode-notebook-cell:/project/a.ipynb#{number}" for number in range(4)]
TEXTS = ["%matplotlib inline\nimport math\n", "# a title", "y = math.", "print(y)"]
KINDS = [2, 1, 2, 2]
CAPABILITIES = {
    "notebookDocument": {"synchronization": {}},
    "workspace": {"workspaceEdit": {"documentChanges": True}},
}


def item(number: int, text: str) -> dict[str, Any]:
    language = "markdown" if KINDS[number] == 1 else "python"
    return {"uri": CELLS[number], "languageId": language, "version": 1, "text": text}


async def opened(client: Any, texts: Sequence[str] = TEXTS) -> None:
    result = await client.initialize(capabilities=CAPABILITIES)
    sync = result["result"]["capabilities"]["notebookDocumentSync"]
    assert sync == {"notebookSelector": [{"notebook": "*"}]}
    cells = [{"kind": KINDS[number], "document": CELLS[number]} for number in range(4)]
    notebook = {"uri": NOTEBOOK, "notebookType": "jupyter", "version": 1, "cells": cells}
    documents = [item(number, text) for number, text in enumerate(texts)]
    params = {"notebookDocument": notebook, "cellTextDocuments": documents}
    client.notify("notebookDocument/didOpen", params)


async def test_a_change_that_cannot_be_read_sets_all_cells_aside(client: Any) -> None:
    await opened(client)
    changes = [{"range": None, "text": "x"}]
    content = {"document": {"uri": CELLS[2], "version": 2}, "changes": changes}
    params = {
        "notebookDocument": {"uri": NOTEBOOK, "version": 2},
        "change": {"cells": {"textContent": [{**content, "changes": 5}]}},
    }
    client.notify("notebookDocument/didChange", params)
    assert "error" in await client.complete(CELLS[2], 0, 9, kind=1)
    content["changes"] = [{"text": TEXTS[2]}]
    params["change"] = {"cells": {"textContent": [content]}}
    client.notify("notebookDocument/didChange", params)
    assert "result" in await client.complete(CELLS[2], 0, 9, kind=1)


async def test_the_other_cells_stand_around_the_one(client: Any, infiller: Any) -> None:
    await opened(client)
    (proposed,) = (await client.complete(CELLS[2], 0, 9))["result"]["items"]
    assert proposed["insertText"] == "done()"
    assert proposed["range"]["start"] == {"line": 0, "character": 9}
    request = infiller.requests.get(timeout=60)
    before = "#matplotlib inline\nimport math\n\ny = math."
    assert request.text == before + "\nprint(y)"
    assert request.cursor == len(before)
    assert (request.path, request.open_documents) == (str(Path("/project/a.ipynb")), ())


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


@pytest.mark.parametrize(("cell", "character"), [(0, 5), (2, 5), (3, 0)])
async def test_a_name_is_renamed_in_all_cells(client: Any, cell: int, character: int) -> None:
    texts = [
        "def total(é):\n    return é\n%timeit total(1)",
        "# the total",
        "x = (total([1]))",
        "total([2])\n!echo {total} \\\n  'total",
    ]
    await opened(client, texts)
    asked = {
        "textDocument": {"uri": CELLS[cell]},
        "position": {"line": 0, "character": character},
    }
    prepared = (await client.request("textDocument/prepareRename", asked))["result"]
    assert prepared["placeholder"] == "total" and prepared["range"]["start"]["line"] == 0
    result = (await client.request("textDocument/rename", {**asked, "newName": "add"}))["result"]
    found = [
        (change["textDocument"]["uri"], change["textDocument"]["version"], edit["range"]["start"])
        for change in result["documentChanges"]
        for edit in change["edits"]
    ]
    assert found == [
        (CELLS[0], 1, {"line": 0, "character": 4}),
        (CELLS[2], 1, {"line": 0, "character": 5}),
        (CELLS[3], 1, {"line": 0, "character": 0}),
    ]


async def test_a_cell_that_changes_meanwhile_stops_the_rename(client: Any) -> None:
    await opened(client, ["def total():\n    return 1\n" * 400, "", "total()", "total()"])
    asked = {"textDocument": {"uri": CELLS[0]}, "position": {"line": 0, "character": 5}}
    id_ = client.begin("textDocument/rename", {**asked, "newName": "add"})
    changes = [{"document": {"uri": CELLS[3], "version": 2}, "changes": [{"text": "x"}]}]
    params = {
        "notebookDocument": {"uri": NOTEBOOK, "version": 2},
        "change": {"cells": {"textContent": changes}},
    }
    client.notify("notebookDocument/didChange", params)
    assert (await client.response(id_))["error"]["code"] == -32801


async def test_what_other_cells_may_use_is_not_removed(client: Any) -> None:
    await opened(client, ["import math\n", "", "y = math.pi", "print(y)"])
    for cell in (0, 2):
        place = {"line": 0, "character": 0}
        asked = {
            "textDocument": {"uri": CELLS[cell]},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": []},
        }
        listed = (await client.request("textDocument/codeAction", asked))["result"]
        titles = [action["title"] for action in listed]
        assert not [title for title in titles if title.startswith(("Remove", "Inline"))]


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["import math\n", "", "def f(count):\n    return count", "f(1)"], [(2, 1, "total")]),
        # The rest of the rename lies in another cell.
        (["count = 1\n", "", "print(count)", "print(count)"], []),
    ],
)
async def test_a_next_edit_knows_the_other_cells(
    client_of: Any, texts: list[str], wanted: list[tuple[int, int, str]]
) -> None:
    client = client_of(lambda _: Infiller(ScriptedDenoiser(ByteTokenizer(), [Script(("x",))])))
    await opened(client, texts)
    cell = wanted[0][0] if wanted else 0
    at = texts[cell].index("count")
    changes = [client.edit(0, at, at + 5, "total")]
    document = {"uri": CELLS[cell], "version": 2}
    params = {
        "notebookDocument": {"uri": NOTEBOOK, "version": 2},
        "change": {"cells": {"textContent": [{"document": document, "changes": changes}]}},
    }
    client.notify("notebookDocument/didChange", params)
    asked = {"textDocument": document, "context": {"triggerKind": 1}}
    result = (await client.request("textDocument/copilotInlineEdit", asked))["result"]
    found = [(cell, edit["range"]["start"]["line"], edit["text"]) for edit in result["edits"]]
    assert found == wanted
    if not wanted:
        assert result["midfill"]["detail"] == "the change reaches into another cell"


async def test_of_places_offered_one_by_one_those_in_the_cell_are_shown(client_of: Any) -> None:
    client = client_of(lambda _: Infiller(ScriptedDenoiser(ByteTokenizer(), [Script(("x",))])))
    line = "logger.write(message, 'one', level)"
    await opened(client, [line, "", f"{line}\n\n{line}", line])
    at = line.index("one")
    document = {"uri": CELLS[2], "version": 2}
    changes = [client.edit(0, at, at + 3, "two")]
    params = {
        "notebookDocument": {"uri": NOTEBOOK, "version": 2},
        "change": {"cells": {"textContent": [{"document": document, "changes": changes}]}},
    }
    client.notify("notebookDocument/didChange", params)
    asked = {"textDocument": document, "context": {"triggerKind": 1}}
    result = (await client.request("textDocument/copilotInlineEdit", asked))["result"]
    [edit] = result["edits"]
    assert (edit["range"]["start"]["line"], edit["textDocument"]["uri"]) == (2, CELLS[2])
    assert "two" in edit["text"]
