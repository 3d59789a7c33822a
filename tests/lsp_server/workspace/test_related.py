"""Definitions from other files: those that the code around the cursor names, the likely ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.reading.names_near import names_near
from lsp_server.documents import Documents
from lsp_server.workspace.index import Index
from lsp_server.workspace.indexer import update
from lsp_server.workspace.related import related_definitions
from lsp_server.workspace.workspace import Workspace

FILES = {
    "shop/price.py": "class Price:\n    pass\n\n\ndef rounded(price, digits=2):\n    return 1\n",
    "shop/basket.py": "def weigh(item):\n    return 1\n",
    "lib/price.py": "def rounded(x):\n    return x\n",
    "far/away.py": "def ship_to_moon(cart, speed):\n    pass\n",
    "web/app.ts": "export function weigh(item: Item): number {\n  return 0;\n}\n",
    **{f"many/m{number}.py": "def run():\n    pass\n" for number in range(5)},
}
TEXT = """from shop.price import Price, rounded


def checkout(cart):
    for item in cart:
        run()
        ship_to_moon(cart, weigh(item))
        total = ‸
    return rounded(total)


def own_helper():
    pass
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Any:
    root = tmp_path / "project"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with Index(root, tmp_path / "index.sqlite3") as index:
        list(update(index))
    workspace = Workspace(Documents(), lambda _: tmp_path / "index.sqlite3")
    workspace.set_roots([root])
    yield workspace
    workspace.close()


def test_imported_files_come_first_and_common_names_not_at_all(workspace: Workspace) -> None:
    (root,) = workspace.roots
    cursor = TEXT.index("‸")
    text = TEXT.replace("‸", "")
    excerpts = related_definitions(workspace, root / "shop/cart.py", text, cursor)
    assert [(one.path, one.text) for one in excerpts] == [
        ("shop/price.py", "class Price:\ndef rounded(price, digits=2):"),
        ("shop/basket.py", "def weigh(item):"),
        ("far/away.py", "def ship_to_moon(cart, speed):"),
    ]


def test_typing_on_a_line_and_most_moves_change_nothing(workspace: Workspace) -> None:
    (root,) = workspace.roots
    path = root / "shop/cart.py"
    cursor = TEXT.index("‸")
    text = TEXT.replace("‸", "")
    before = related_definitions(workspace, path, text, cursor)
    for typed in ("sh", "ship_to_moon(", "ship_to_moon(cart, Price"):
        changed = TEXT.replace("‸", typed)
        assert related_definitions(workspace, path, changed, cursor + len(typed)) == before


def test_names_are_those_around_without_the_line_itself() -> None:
    names = names_near(TEXT.replace("‸", "untold"), TEXT.index("‸"))
    assert {"rounded", "weigh", "ship_to_moon", "Price", "shop"} <= set(names)
    assert "untold" not in names
