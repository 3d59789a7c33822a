"""A parameter that is added over files: one edit against their versions, or one message."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from lsp_server.rename_process import MIN_CHARACTERS

CAPABILITIES = {
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["refactor"]}},
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        }
    },
    "workspace": {"workspaceEdit": {"documentChanges": True}},
}
SOURCE = '#include "a.h"\n\nint f(int a)\n{\n    return a + h(b);\n}\n'
HEADER = "int f(int a);\n"
CALLER = '#include "a.h"\n\nint g(void)\n{\n    return f(1);\n}\n'
TYPED = SOURCE.replace("h(b)", "b")


async def resolved(client: Any, folder: Path, text: str) -> dict[str, Any]:
    """The response for the action at ``b`` in a.c, once the folder is indexed."""
    uri = (folder / "a.c").as_uri()
    await client.initialize(
        capabilities=CAPABILITIES, folders=[{"uri": folder.as_uri(), "name": "folder"}]
    )
    client.open(uri, text, "c")
    line = text.split("\n")[4]
    at = {"line": 4, "character": line.index("b")}
    params = {
        "textDocument": {"uri": uri},
        "range": {"start": at, "end": at},
        "context": {"diagnostics": [], "only": ["refactor.rewrite"]},
    }
    response = await client.request("textDocument/codeAction", params)
    (action,) = [one for one in response["result"] if "a parameter of f" in one["title"]]
    for _ in range(200):
        answer: dict[str, Any] = await client.request("codeAction/resolve", action)
        if "indexed" not in answer.get("error", {}).get("message", ""):
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError("the folder was not indexed")


def write(folder: Path, caller: str = CALLER) -> None:
    (folder / "a.c").write_text(SOURCE)
    (folder / "a.h").write_text(HEADER)
    (folder / "b.c").write_text(caller)


@pytest.mark.parametrize("num_more", [0, MIN_CHARACTERS])
async def test_files_that_are_not_open_follow(client: Any, tmp_path: Path, num_more: int) -> None:
    write(tmp_path, caller=f"{CALLER}/* {'x' * num_more} */\n")
    answer = await resolved(client, tmp_path, TYPED)
    assert "result" in answer, answer
    written = {
        change["textDocument"]["uri"].rpartition("/")[2]: (
            change["textDocument"]["version"],
            [edit["newText"] for edit in change["edits"]],
        )
        for change in answer["result"]["edit"]["documentChanges"]
    }
    assert written == {
        "a.c": (1, [", int b"]), "a.h": (None, [", int b"]), "b.c": (None, [", 0"]),
    }  # fmt: skip


async def test_a_pointer_to_it_in_another_file_is_named(client: Any, tmp_path: Path) -> None:
    write(tmp_path, caller='#include "a.h"\n\nint (*g)(int) = f;\n')
    answer = await resolved(client, tmp_path, TYPED)
    assert "f is no call in" in answer["error"]["message"]
    assert "b.c line 3: who calls it is not known" in answer["error"]["message"]


async def test_a_read_only_file_is_refused(client: Any, tmp_path: Path, monkeypatch: Any) -> None:
    write(tmp_path)
    monkeypatch.setattr(
        "lsp_server.rename_files.os.access", lambda path, _mode: "a.h" not in str(path)
    )
    answer = await resolved(client, tmp_path, TYPED)
    assert "a.h would have to change, and cannot: it is read-only" in answer["error"]["message"]


async def test_a_type_that_only_the_model_knows_is_refused_over_files(
    client: Any, tmp_path: Path
) -> None:
    write(tmp_path)
    answer = await resolved(client, tmp_path, SOURCE)
    assert "the type of b is not known" in answer["error"]["message"]


async def test_the_model_says_a_type_and_what_callers_pass(actions: Any) -> None:
    text = "int f(int a)\n{\n    return a + h(«»b);\n}\n\nint g(void)\n{\n    return f(1);\n}\n"
    asked = await actions(text, language="c", scripts=["int ", "2"])
    made = await asked.applied("Make b a parameter of f")
    assert made == text.replace("«»", "").replace("int a)", "int a, int b)").replace(
        "f(1)", "f(1, 2)"
    )


async def test_a_type_that_nobody_knows_is_named(actions: Any) -> None:
    text = "int f(int a)\n{\n    return a + h(«»b);\n}\n"
    asked = await actions(text, language="c", scripts=[") "])
    response = await asked.resolve("Make b a parameter of f")
    assert response["error"]["message"].startswith("the parameter's type is not known here: ")


async def test_where_a_header_may_declare_it_a_diagnostic_is_asked_for(actions: Any) -> None:
    asked = await actions("int A::f()\n{\n    return «»b;\n}\n", language="cpp")
    title = "Make b a parameter of f and pass it everywhere"
    assert title not in await asked.titles()
    told = {"range": asked.range, "message": "use of undeclared identifier 'b'"}
    assert title in [one["title"] for one in await asked.listed(diagnostics=[told])]
