"""The index against the files: what is found, what changes, what is left out."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from engine.memory.nearness import likeness
from engine.tags import names_in
from lsp_server.workspace.index import Index
from lsp_server.workspace.indexer import IndexLimits, update

FILES = {
    "shop/cart.py": "from shop.price import Price\n\n\nclass Cart:\n    def total(self) -> Price:\n"
    "        return sum(self.prices)\n",
    "shop/price.py": "ROUND = 2\n\n\nclass Price:\n    pass\n\n\n"
    "def rounded(price: Price) -> Price:\n    return price\n",
    "web/app.ts": "export function total(cart: Cart): number {\n  return 0;\n}\n",
    "README.md": "Price\n",
    "node_modules/x/index.js": "function total() {}\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def index(root: Path, tmp_path: Path) -> Index:
    return Index(root, tmp_path / "cache" / "index.sqlite3")


def names(index: Index, *wanted: str) -> list[tuple[str, str, str]]:
    found = index.definitions(wanted)
    return [(one.path.relative_to(index.root).as_posix(), one.kind, one.signature) for one in found]


EVERY = {"a.py", "shop/cart.py", "shop/price.py", "web/app.ts"}


def updated(index: Index, limits: IndexLimits | None = None) -> int:
    """Bring it up to date; how many files were read."""
    steps = list(update(index, limits))
    assert steps[-1].num_done == steps[-1].num_changed
    return steps[-1].num_changed


def test_definitions_and_mentions_are_found(index: Index, root: Path) -> None:
    assert updated(index) == 3
    assert names(index, "total") == [
        ("shop/cart.py", "function", "def total(self) -> Price:"),
        ("web/app.ts", "function", "function total(cart: Cart): number"),
    ]
    assert names(index, "Price", "ROUND") == [
        ("shop/price.py", "constant", "ROUND = 2"),
        ("shop/price.py", "class", "class Price:"),
    ]
    assert index.files_mentioning("Price") == (root / "shop/cart.py", root / "shop/price.py")
    assert index.files_mentioning("Cart", limit=1) == (root / "shop/cart.py",)
    assert index.files_mentioning("nowhere") == ()
    found = index.definitions_in(root / "shop/price.py")
    data = (root / "shop/price.py").read_bytes()
    assert [one.name for one in found] == ["ROUND", "Price", "rounded"]
    assert found[2].span.of(data).startswith(b"def rounded")
    index.close()


def test_short_and_long_names_and_those_of_long_files_are_found(index: Index, root: Path) -> None:
    """A rename asks for them; whom it does not hear of it leaves as it is."""
    long, path = "x" * 120, root / "long.py"
    others = "".join(f"name_{number} = {number}\n" for number in range(5000))
    path.write_text(f"{others}fs = 1\n{long} = 2\nlast = 3\n")
    updated(index)
    for name in ("fs", long, "last"):
        assert index.files_mentioning(name) == (path,)
    index.close()


def test_likeness_is_that_of_the_files_names(index: Index, root: Path) -> None:
    assert index.likeness({"total"}) == {}
    updated(index)
    texts = [path for path in root.rglob("*") if path.suffix in (".py", ".ts")]
    mentions = {path.as_posix(): names_in(path.read_bytes()) for path in texts}
    wanted = names_in(b"total Cart Price price rounded nowhere return \xc3\xa9t\xc3\xa9")
    sizes = {path.as_posix(): path.stat().st_size for path in texts}
    found = likeness(wanted, mentions, sizes)
    expected = {path: alike for path, alike in found.items() if alike}
    assert len(expected) == 3
    assert index.likeness(wanted) == pytest.approx(expected)
    assert index.likeness(()) == {}


def test_only_what_changed_is_read_again(index: Index, root: Path) -> None:
    updated(index)
    assert updated(index) == 0
    path = root / "shop/price.py"
    path.write_text("class Money:\n    pass\n")
    (root / "web/app.ts").unlink()
    (root / "new.go").write_text("package a\n\nfunc Sum(xs []int) int {\n\treturn 0\n}\n")
    assert updated(index) == 2
    assert names(index, "Price", "Money", "Sum") == [
        ("new.go", "function", "func Sum(xs []int) int"),
        ("shop/price.py", "class", "class Money:"),
    ]
    assert index.files_mentioning("Price") == (root / "shop/cart.py",)
    assert index.files_mentioning("number") == ()
    # Written again with the same text: looked at once, then known.
    os.utime(path, ns=(1, 1))
    assert updated(index) == 1
    assert updated(index) == 0
    assert names(index, "Money") == [("shop/price.py", "class", "class Money:")]
    index.close()


def test_ignored_secret_binary_and_linked_files_are_left_out(index: Index, root: Path) -> None:
    (root / ".gitignore").write_text("shop/\nhidden.py\n")
    (root / "hidden.py").write_text("x = 1\n")
    (root / "secrets.py").write_text("k = 'AKIA" + 16 * "Q" + "'\n")
    (root / "binary.py").write_bytes(b"x = '\0'\n")
    (root / "link.py").symlink_to(root / "web/app.ts")
    (root / "loop").symlink_to(root, target_is_directory=True)
    assert updated(index) == 3
    assert set(index.states()) == {"secrets.py", "web/app.ts"}
    assert index.left_out() == (root / "hidden.py",)
    assert not index.files_mentioning("AKIA" + 16 * "Q")
    index.close()


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (IndexLimits(max_files=2), {"a.py", "shop/cart.py"}),
        (IndexLimits(max_file_bytes=100), {"a.py", "shop/price.py", "web/app.ts"}),
        (IndexLimits(max_bytes=80), {"a.py"}),
        (IndexLimits(max_entries=3), {"a.py"}),
    ],
    ids=["files", "file bytes", "bytes", "entries"],
)
def test_the_limits_hold_and_the_nearest_come_first(
    index: Index, root: Path, limits: IndexLimits, expected: set[str]
) -> None:
    (root / "a.py").write_text("x = 1\n")
    updated(index, limits)
    assert set(index.states()) == expected
    rest = {path.relative_to(root).as_posix() for path in index.rest()}
    is_listed = limits.max_files == 2 or limits.max_bytes == 80
    assert rest == (EVERY - expected if is_listed else set())
    assert index.is_cut is (limits.max_entries == 3)  # a file too large is never wanted
    updated(index)
    assert not index.is_cut and not index.rest()
    index.close()


@pytest.mark.usefixtures("root")
def test_beyond_what_is_listed_the_root_is_cut(index: Index) -> None:
    updated(index, IndexLimits(max_files=1, max_listed=2))
    assert (len(index.states()), len(index.rest())) == (1, 1)
    assert index.is_cut
    index.close()


def test_what_cannot_be_read_is_known_to_be_there(
    index: Index, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "latin.py").write_bytes(b"name = '\xe9'\n")
    (root / "large.py").write_text("name = 1\n" * 100)
    (root / "closed").mkdir()
    (root / "closed.py").write_text("name = 1\n")
    allowed = os.scandir, Path.open

    def scandir(path: Path) -> object:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return allowed[0](path)

    def opened(path: Path, *arguments: str) -> object:
        if path.name == "closed.py":
            raise PermissionError(13, "Permission denied")
        return allowed[1](path, *arguments)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(Path, "open", opened)
    updated(index, IndexLimits(max_file_bytes=400))
    assert index.left_out() == (root / "closed", root / "closed.py", root / "large.py")
    assert index.files_mentioning("name") == (root / "latin.py",)
    index.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all names are Unicode")
def test_a_name_that_is_no_text_keeps_nothing_else_from_being_indexed(
    index: Index, root: Path
) -> None:
    for name in (b"caf\xe9.py", b"d\xe9/x.py", b"d\xc3\xa9/y.py"):
        path = Path(os.fsdecode(os.fsencode(root) + b"/" + name))
        path.parent.mkdir(exist_ok=True)
        path.write_text("name = 1\n")
    updated(index)
    assert index.files_mentioning("name") == (root / "dé/y.py",)
    index.close()


def test_a_damaged_or_older_index_is_made_again(index: Index, root: Path) -> None:
    updated(index)
    index.close()
    for wal in index.database.parent.glob("*.sqlite3-*"):
        wal.unlink()
    index.database.write_bytes(b"no database at all" * 100)
    with Index(root, index.database) as again:
        assert again.states() == {}
        again._connection.execute("PRAGMA user_version = 77")
    with Index(root, index.database) as newer:
        assert updated(newer) == 3


def test_an_update_that_was_ended_goes_on_where_it_was(index: Index, root: Path) -> None:
    for number in range(100):
        (root / f"m{number:03}.py").write_text(f"def f{number}(): pass\n")
    steps = update(index)
    next(steps)
    assert next(steps).num_done == 32
    steps.close()
    assert updated(index) == 103 - 32
    assert len(names(index, *(f"f{number}" for number in range(100)))) == 100
    index.close()
