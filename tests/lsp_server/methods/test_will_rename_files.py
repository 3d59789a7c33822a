"""Renaming files through the protocol: real files, what is mended, what is left, what is told."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from pygls.uris import to_fs_path

from engine.edits.moving.files import LANGUAGES as MENDED
from engine.edits.moving.files import plan_moves
from engine.edits.moving.scripts import IMPORTED
from engine.languages import LANGUAGES
from lsp_server.late_methods import FILE_OPERATION_OPTIONS
from tests.lsp_server.methods.moving import ask, edited, message, moved, start, write

PACKAGE = {
    "pkg/__init__.py": "",
    "pkg/a.py": "from .b import total\nfrom . import b\n\nb.total(total)\n",
    "pkg/b.py": "def total(items):\n    return sum(items)\n",
    "main.py": "import pkg.b\n\npkg.b.total([1])\n",
}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that does other work besides makes no test fail."""
    monkeypatch.setattr("lsp_server.methods.will_rename_files._PATIENCE_S", 60.0)
    monkeypatch.setattr("lsp_server.methods.will_rename_files._INDEX_PATIENCE_S", 50.0)


async def test_it_is_offered_for_the_files_that_it_reads(client: Any, tmp_path: Path) -> None:
    response = await start(client, tmp_path)
    offered = response["result"]["capabilities"]["workspace"]["fileOperations"]
    files, folders = offered["willRename"]["filters"]
    assert offered["didRename"] == offered["willRename"]
    endings = {one for each in LANGUAGES if each.id in MENDED for one in each.endings}
    listed = re.fullmatch(r"\*\*/\*\.\{(.*)\}", files["pattern"]["glob"])
    assert listed is not None
    assert {f".{one}" for one in listed[1].split(",")} == endings | IMPORTED
    assert folders == {"scheme": "file", "pattern": {"glob": "**", "matches": "folder"}}
    assert len(FILE_OPERATION_OPTIONS.filters) == 2


async def test_python_imports_and_their_uses_follow(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE)
    await start(client, tmp_path)
    assert await moved(client, tmp_path, ("pkg/b.py", "pkg/sums.py")) == {
        "main.py": "import pkg.sums\n\npkg.sums.total([1])\n",
        "pkg/a.py": "from .sums import total\nfrom . import sums\n\nsums.total(total)\n",
    }


@pytest.mark.parametrize(
    "old",
    ["{root}/pkg/./sub/../b.py", "{root}//pkg//b.py", "{root}/%70kg/b.py", "{root}%2Fpkg/b.py"],
)
async def test_a_uri_may_take_detours(client: Any, tmp_path: Path, old: str) -> None:
    write(tmp_path, {"pkg/__init__.py": "", "pkg/b.py": "", "main.py": "import pkg.b\n"})
    await start(client, tmp_path)
    root = tmp_path.as_uri()
    assert await moved(client, tmp_path, (old.format(root=root), f"{root}/x/../pkg/c.py")) == {
        "main.py": "import pkg.c\n"
    }


@pytest.mark.skipif(sys.platform == "win32", reason="links take a privilege")
@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("link/b.py", "link/c.py", {"main.py": "import pkg.c, alias\n"}),
        ("loop/pkg/b.py", "pkg/c.py", {"main.py": "import pkg.c, alias\n"}),
        ("../outer/pkg/b.py", "pkg/c.py", {"main.py": "import pkg.c, alias\n"}),
        # A link that is moved itself is no other name of what it leads to.
        ("alias.py", "other.py", {"main.py": "import pkg.b, other\n"}),
        ("link/b.py", "pkg/b.py", {}),
    ],
)
async def test_a_file_may_be_named_through_a_link(
    client: Any, tmp_path: Path, old: str, new: str, changed: dict[str, str]
) -> None:
    root = tmp_path / "root"
    write(root, {"pkg/__init__.py": "", "pkg/b.py": "", "main.py": "import pkg.b, alias\n"})
    for link, target in (("link", "pkg"), ("loop", "."), ("alias.py", "pkg/b.py")):
        (root / link).symlink_to(target)
    (tmp_path / "outer").symlink_to("root")
    await start(client, root)
    assert await moved(client, root, (old, new)) == changed


async def test_a_moved_module_keeps_its_own_imports(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE | {"pkg/deep/__init__.py": ""})
    await start(client, tmp_path)
    assert await moved(client, tmp_path, ("pkg/a.py", "pkg/deep/a.py")) == {
        "pkg/a.py": "from ..b import total\nfrom .. import b\n\nb.total(total)\n"
    }


async def test_a_folder_takes_all_with_it(client: Any, tmp_path: Path) -> None:
    files = PACKAGE | {
        "pkg/a.py": "from .b import total\nimport pkg.b as again\n",
        "other/__init__.py": "",
    }
    write(tmp_path, files)
    await start(client, tmp_path)
    assert await moved(client, tmp_path, ("pkg", "other/tools")) == {
        "main.py": "import other.tools.b\n\nother.tools.b.total([1])\n",
        "pkg/a.py": "from .b import total\nimport other.tools.b as again\n",
    }


async def test_scripts_follow_as_they_were_written(client: Any, tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "src/a.ts": "import { b } from './b';\nimport type { B } from \"./b.js\";\n"
            "export * from './lib';\nconst later = () => import('./lib/index');\n"
            "const text = './b';\n",
            "src/b.ts": "import './style.css';\nimport { c } from './lib/c';\n",
            "src/lib/index.ts": "export * from './c';\n",
            "src/lib/c.ts": "import { b } from '../b';\n",
            "src/old.js": "const b = require('./b');\njest.mock('./b', () => 1);\n",
            "src/style.css": "",
        },
    )
    await start(client, tmp_path)
    assert await moved(client, tmp_path, ("src/b.ts", "src/lib/d.ts")) == {
        "src/a.ts": "import { b } from './lib/d';\nimport type { B } from \"./lib/d.js\";\n"
        "export * from './lib';\nconst later = () => import('./lib/index');\n"
        "const text = './b';\n",
        "src/b.ts": "import '../style.css';\nimport { c } from './c';\n",
        "src/lib/c.ts": "import { b } from './d';\n",
        "src/old.js": "const b = require('./lib/d');\njest.mock('./lib/d', () => 1);\n",
    }
    assert await moved(client, tmp_path, ("src/lib", "src/core/kit")) == {
        "src/a.ts": "import { b } from './b';\nimport type { B } from \"./b.js\";\n"
        "export * from './core/kit';\nconst later = () => import('./core/kit/index');\n"
        "const text = './b';\n",
        "src/b.ts": "import './style.css';\nimport { c } from './core/kit/c';\n",
        "src/lib/c.ts": "import { b } from '../../b';\n",
    }


async def test_includes_of_the_own_folder_follow(client: Any, tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a/x.c": '#include "x.h"\n#include <x.h>\n/*\n#include "x.h"\n*/\n'
            '# include "far/x.h"\n',
            "a/x.h": '#include "../b/y.h"\n',
            "b/y.h": "",
            "b/z.cpp": '#include "./y.h"\n#include "../a/x.h"\n',
        },
    )
    await start(client, tmp_path)
    assert await moved(client, tmp_path, ("a/x.h", "b/w.h")) == {
        "a/x.c": '#include "../b/w.h"\n#include <x.h>\n/*\n#include "x.h"\n*/\n'
        '# include "far/x.h"\n',
        "a/x.h": '#include "y.h"\n',
        "b/z.cpp": '#include "./y.h"\n#include "w.h"\n',
    }


async def test_line_ends_and_byte_order_marks_stay(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE | {"pkg/deep/__init__.py": "", "pkg/c.py": ""})
    importer = "from pkg import b, c  # two\r\nb.total(c)\r\n"
    (tmp_path / "marked.py").write_bytes(b"\xef\xbb\xbf" + importer.encode())
    write(tmp_path, {"open.py": importer})
    await start(client, tmp_path)
    client.open((tmp_path / "open.py").as_uri(), importer)
    expected = "from pkg.deep import b\r\nfrom pkg import c  # two\r\nb.total(c)\r\n"
    texts = await moved(client, tmp_path, ("pkg/b.py", "pkg/deep/b.py"))
    assert texts["marked.py"] == expected
    result = await ask(client, tmp_path, ("pkg/b.py", "pkg/deep/b.py"))
    (change,) = [one for one in result if one["textDocument"]["version"]]
    assert edited(importer, change["edits"]) == expected


async def test_open_documents_count_as_they_are(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE)
    await start(client, tmp_path)
    client.open((tmp_path / "main.py").as_uri(), "x = 1\n")  # the import is gone, not saved yet
    client.open((tmp_path / "pkg/a.py").as_uri(), "# new\nfrom pkg import b\n")
    new = tmp_path / "new.py"
    client.open(new.as_uri(), "from pkg.b import total\n")  # stands nowhere but in the editor
    texts = await moved(client, tmp_path, ("pkg/b.py", "pkg/c.py"))
    assert texts == {
        "pkg/a.py": "# new\nfrom pkg import c\n",
        "new.py": "from pkg.c import total\n",
    }


async def test_cells_of_a_notebook_follow(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE)
    await start(client, tmp_path)
    uri = (tmp_path / "n.ipynb").as_uri()
    cell = uri.replace("file:", "vscode-notebook-cell:") + "#c1"
    document = {"uri": cell, "languageId": "python", "version": 1, "text": "from pkg import b\nb"}
    notebook = {"uri": uri, "notebookType": "jupyter-notebook", "version": 1}
    cells = {"cells": [{"kind": 2, "document": cell}]}
    params = {"notebookDocument": notebook | cells, "cellTextDocuments": [document]}
    client.notify("notebookDocument/didOpen", params)
    result = await ask(client, tmp_path, ("pkg/b.py", "pkg/c.py"))
    (change,) = [one for one in result if one["textDocument"]["uri"] == cell]
    assert edited(document["text"], change["edits"]) == "from pkg import c\nc"  # type: ignore[arg-type]


async def test_what_no_model_may_see_is_left_and_named(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE | {".midfillignore": "main.py\nhidden\n", "hidden/h.py": "x = 1\n"})
    await start(client, tmp_path)
    texts = await moved(client, tmp_path, ("pkg/b.py", "pkg/c.py"))
    assert list(texts) == ["pkg/a.py"]
    assert "main.py is named in .midfillignore" in await message(client)
    assert await ask(client, tmp_path, ("hidden/h.py", "hidden/i.py")) == []
    assert await ask(client, tmp_path, ("hidden", "shown")) == []


async def test_an_ignored_document_is_left_though_it_is_open(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE | {".midfillignore": "main.py\n"})
    await start(client, tmp_path)
    client.open((tmp_path / "main.py").as_uri(), PACKAGE["main.py"])
    assert list(await moved(client, tmp_path, ("pkg/b.py", "pkg/c.py"))) == ["pkg/a.py"]


async def test_what_cannot_be_read_or_written_is_named(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE)
    (tmp_path / "latin.py").write_bytes(b"from pkg import b  # \xe9\n")
    await start(client, tmp_path)
    texts = await moved(client, tmp_path, ("pkg/b.py", "pkg/not-a-name.py"))
    assert texts == {}
    told = await message(client)
    assert "though they may import what moves" in told
    assert "latin.py (it is not UTF-8)" in told
    assert "main.py (1 of its imports cannot be written for the new place)" in told


@pytest.mark.parametrize(
    "pair",
    [
        ("pkg/b.py", "pkg/b.py"),
        ("pkg/gone.py", "pkg/b2.py"),
        ("untitled:pkg/b.py", "pkg/c.py"),
        ("pkg/b.py", "http://127.0.0.1/c.py"),
        ("file://[", "pkg/c.py"),
        ("../outside.py", "inside.py"),
    ],
)
async def test_bad_input_changes_nothing(client: Any, tmp_path: Path, pair: Any) -> None:
    root = tmp_path / "project"
    write(root, PACKAGE | {"../outside.py": "", "c.py": "import outside\nimport gone\n"})
    await start(client, root)
    pairs = [one if ":" in one else os.path.normpath(one) for one in pair]
    assert await ask(client, root, (pairs[0], pairs[1])) == []
    # The others of the same request are mended all the same.
    assert "main.py" in await moved(client, root, tuple(pairs), ("pkg/b.py", "pkg/d.py"))


async def test_a_file_named_beside_its_folder_goes_its_own_way(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE)
    await start(client, tmp_path)
    texts = await moved(client, tmp_path, ("pkg", "kit"), ("pkg/b.py", "b.py"))
    assert texts["pkg/a.py"] == "from b import total\nimport b\n\nb.total(total)\n"
    assert texts["main.py"] == "import b\n\nb.total([1])\n"


@pytest.mark.parametrize("options", [{"updateImports": False}, {"enabled": False}])
async def test_it_can_be_left_to_another_server(
    client: Any, tmp_path: Path, options: dict[str, bool]
) -> None:
    write(tmp_path, PACKAGE)
    await start(client, tmp_path, options)
    assert await ask(client, tmp_path, ("pkg/b.py", "pkg/c.py")) == []


async def test_an_untrusted_workspace_is_not_touched(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE)
    await start(client, tmp_path, {"workspaceTrusted": False})
    assert await ask(client, tmp_path, ("pkg/b.py", "pkg/c.py")) == []


async def test_nothing_waits_for_it_and_it_ends_in_time(
    client: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    write(tmp_path, PACKAGE)
    await start(client, tmp_path)
    await client.until(lambda: client.session.background_index.num_runs == 1)
    started = asyncio.Event()

    async def never(*_arguments: Any) -> None:
        started.set()
        await asyncio.sleep(60)

    monkeypatch.setattr("lsp_server.methods.will_rename_files.planned_moves", never)
    monkeypatch.setattr("lsp_server.methods.will_rename_files._PATIENCE_S", 1.0)
    uris = [(tmp_path / name).as_uri() for name in ("pkg/b.py", "pkg/c.py")]
    files = {"files": [{"oldUri": uris[0], "newUri": uris[1]}]}
    id_ = client.begin("workspace/willRenameFiles", files)
    await client.request("midfill/trace", {})
    assert all(one.get("id") != id_ for one in client.received)
    assert (await client.response(id_))["result"] == {"documentChanges": []}
    assert "takes longer than 1 s" in await message(client)
    assert started.is_set()


async def test_a_file_that_changes_meanwhile_stops_all_of_it(
    client: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    write(tmp_path, PACKAGE)

    def planned(*arguments: Any) -> Any:
        plan = plan_moves(*arguments)
        (tmp_path / "main.py").write_text("import pkg.b, os\n")
        return plan

    monkeypatch.setattr("lsp_server.rename_process.plan_moves", planned)
    await start(client, tmp_path)
    assert await ask(client, tmp_path, ("pkg/b.py", "pkg/c.py")) == []
    assert "main.py has changed meanwhile" in await message(client)


async def test_a_client_without_versions_gets_plain_changes(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE)
    folder = {"uri": tmp_path.as_uri(), "name": "project"}
    await client.initialize(capabilities={"workspace": {}}, folders=[folder])
    result = await ask(client, tmp_path, ("pkg/b.py", "pkg/c.py"))
    changed = {Path(to_fs_path(uri) or "") for uri in result}
    assert changed == {tmp_path / one for one in ("main.py", "pkg/a.py")}


async def test_the_index_looks_again_once_they_have_moved(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE)
    await start(client, tmp_path)
    await client.until(lambda: client.session.background_index.num_runs == 1)
    (tmp_path / "pkg/b.py").rename(tmp_path / "pkg/c.py")
    uris = [(tmp_path / name).as_uri() for name in ("pkg/b.py", "pkg/c.py")]
    client.notify("workspace/didRenameFiles", {"files": [{"oldUri": uris[0], "newUri": uris[1]}]})
    await client.until(client.session.background_index._news.is_set)


async def test_long_texts_are_planned_in_a_process(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE | {"main.py": PACKAGE["main.py"] + f"text = '{'x' * 97}'\n" * 2_000})
    await start(client, tmp_path)
    texts = await moved(client, tmp_path, ("pkg/b.py", "pkg/c.py"))
    assert texts["main.py"].startswith("import pkg.c\n\npkg.c.total([1])\ntext")


async def test_what_was_written_since_the_index_is_mended_too(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE)
    await start(client, tmp_path)
    await client.until(lambda: client.session.background_index.num_runs == 1)
    write(tmp_path, {"late.py": "from pkg.b import total\n"})  # by a checkout: nobody tells
    texts = await moved(client, tmp_path, ("pkg/b.py", "pkg/c.py"))
    assert texts["late.py"] == "from pkg.c import total\n"


async def test_without_an_index_open_documents_are_mended(client: Any, tmp_path: Path) -> None:
    write(tmp_path, PACKAGE)
    await start(client, tmp_path, {"workspaceIndex": False})
    client.open((tmp_path / "main.py").as_uri(), PACKAGE["main.py"])
    texts = await moved(client, tmp_path, ("pkg/b.py", "pkg/c.py"))
    assert texts == {"main.py": "import pkg.c\n\npkg.c.total([1])\n"}


async def test_whoever_moves_learns_that_not_all_files_are_known(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, PACKAGE)
    monkeypatch.setattr(type(client.session.workspace), "is_cut", True)
    await start(client, tmp_path)
    assert "main.py" in await moved(client, tmp_path, ("pkg/b.py", "pkg/c.py"))
    assert "more files than are indexed" in await message(client)
