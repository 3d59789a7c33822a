"""How this repository is kept: sizes, lists, weights, what may lie where."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from source_tree import (
    ROOT,
    functions,
    name_of,
    python_files,
    shipped_weights,
    tracked_files,
    tree_of,
)

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_WEIGHT_FILE_BYTES = 95_000_000
MAX_WEIGHTS_BYTES = 160_000_000
TOP_LEVEL = {
    ".ci",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "docs",
    "editors",
    "engine",
    "lsp_server",
    "pyproject.toml",
    "tests",
}


def test_weights_are_small_enough_and_what_the_manifest_says() -> None:
    folder = shipped_weights()
    sizes = {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
    assert [name for name, size in sizes.items() if size > MAX_WEIGHT_FILE_BYTES] == []
    assert sum(sizes.values()) < MAX_WEIGHTS_BYTES
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    for name, entry in files.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == entry["sha256"], name


def test_files_are_short() -> None:
    long = {
        name_of(path): num_lines
        for path in python_files("engine", "lsp_server", "tests")
        if (num_lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE_LINES
    }
    assert long == {}


def test_functions_are_short() -> None:
    long = [
        f"{name_of(path)}:{function.lineno} {function.name} has {_num_lines(function)} lines"
        for path in python_files("engine", "lsp_server")
        for function in functions(path)
        if _num_lines(function) > MAX_FUNCTION_LINES
    ]
    assert long == []


def _num_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    is_documented = ast.get_docstring(function, clean=False) is not None
    num_documented = (first.end_lineno or first.lineno) - first.lineno + 1 if is_documented else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - num_documented


def test_no_options_in_kwargs_and_no_global_state() -> None:
    """``**_`` is no option: a library's callback that is told more than it wants to know."""
    offenders = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files("engine", "lsp_server")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Global)
        or (
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and node.args.kwarg is not None
            and node.args.kwarg.arg != "_"
        )
    ]
    assert offenders == []


@pytest.mark.parametrize(
    "path",
    [path for path in python_files("engine", "lsp_server") if "__all__" in path.read_text("utf-8")],
    ids=name_of,
)
def test_public_lists_are_sorted_and_complete(path: Path) -> None:
    listed: list[str] = []
    bound: set[str] = set()
    for node in _top_level(tree_of(path).body):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            listed = ast.literal_eval(node.value)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            bound |= {ast.unparse(target) for target in targets}
    assert listed == sorted(listed)
    assert set(listed) <= bound


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a module, those under ``if TYPE_CHECKING`` included."""
    for node in body:
        yield from _top_level(node.body) if isinstance(node, ast.If) else [node]


def test_the_top_level_is_what_was_agreed() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in tracked_files()} - TOP_LEVEL == set()


def test_no_path_of_a_machine_is_in_the_repository() -> None:
    machine = re.compile(rb"(?<![\w./])/(?:root|opt|mnt|work/(?:main|run|shared))/")
    named = [
        name_of(path)
        for path in tracked_files()
        if path != Path(__file__) and path.stat().st_size < 2_000_000
        if machine.search(path.read_bytes())
    ]
    assert named == []


def test_the_map_names_what_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    package = ""
    missing = []
    for line in text.split("```")[1].splitlines():
        if re.match(r"\w+/ ", line):
            package = line.partition("/")[0]
        elif entry := re.match(r"  (\w+(?:, \w+)*)/? ", line):
            for name in entry[1].split(", "):
                path = ROOT / package / name
                if not (path.is_dir() or path.with_suffix(".py").is_file()):
                    missing.append(f"{package}/{name}")
    assert missing == []


def test_the_readme_shows_a_place_that_the_benchmark_measures() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"tests/fixtures/\S+:\d+:\d+", readme)
    places = (ROOT / "tests" / "fixtures" / "places.txt").read_text(encoding="utf-8").split()
    assert shown and set(shown) <= set(places)
