"""The laws of docs/architecture.md. A failing test here means a law was broken, not a detail."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from engine.proposal import Outcome, Proposal, Reason, Refusal

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"numpy", "onnxruntime", "tokenizers", "torch", "transformers"}
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
NETWORK_MODULES = {
    "aiohttp", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "socketserver", "ssl",
    "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc",
}  # fmt: skip
# A remote backend and the HTTP API are switched on by the user; the corpus is fetched by a person
# who trains; the server listens on a port when it is told to.
NETWORK_PLACES = ("engine/denoisers/http", "engine/serving/", "engine/training/", "lsp_server/tcp")
# Names that hold users' code wherever they appear.
CODE_NAMES = {
    "body", "buffer", "content", "data", "document", "insert_text", "line", "new_text", "old_text",
    "params", "prefix", "proposal", "request", "snapshot", "source", "suffix", "text", "texts",
}  # fmt: skip


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere, lazily and for types included."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers(folder: str, forbidden: set[str]) -> list[str]:
    return [
        f"{name_of(path)} imports {module}"
        for path in python_files(folder)
        for module in imports(path)
        if module in forbidden or module.partition(".")[0] in forbidden
    ]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    names = listed.stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def loaded_by(statement: str) -> set[str]:
    """Modules in a fresh interpreter after ``statement``."""
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return set(ran.stdout.split())


# Law 1: the engine never knows LSP, the server never knows tensors, editors hold no model logic.


def test_engine_knows_no_lsp() -> None:
    assert importers("engine", {"lsp_server", "lsprotocol", "pygls"}) == []


def test_server_knows_no_tensors() -> None:
    assert importers("lsp_server", HEAVY) == []


def test_editors_hold_no_model_logic() -> None:
    assert importers("editors", HEAVY | {"engine"}) == []


# Law 2: exactly one outcome, nothing swallowed.


def test_an_outcome_is_a_proposal_or_a_refusal() -> None:
    assert set(get_args(Outcome)) == {Proposal, Refusal}


def test_no_function_returns_an_optional_outcome() -> None:
    optional = [
        f"{name_of(path)}:{function.lineno} {function.name} -> {ast.unparse(function.returns)}"
        for path in python_files("engine", "lsp_server")
        for function in functions(path)
        if function.returns is not None
        and re.search(r"\b(Outcome|Proposal)\b", ast.unparse(function.returns))
        and re.search(r"\b(None|Optional)\b", ast.unparse(function.returns))
        and not function.name.startswith("_")
    ]
    assert optional == []


def test_every_reason_is_explained_to_people() -> None:
    from lsp_server.fill import REASONS

    assert set(REASONS) == set(Reason)


def test_no_exception_is_swallowed() -> None:
    swallowed = [
        f"{name_of(path)}:{handler.lineno}"
        for path in python_files("engine", "lsp_server")
        if name_of(path) != "lsp_server/schedule.py"  # its one broad handler answers and logs
        for handler in ast.walk(tree_of(path))
        if isinstance(handler, ast.ExceptHandler)
        and (_is_broad(handler) or _is_silent(handler))
        and not any(isinstance(node, ast.Raise) for node in ast.walk(handler))
    ]
    assert swallowed == []


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = "BaseException" if handler.type is None else ast.unparse(handler.type)
    return re.search(r"\b(Base)?Exception\b", caught) is not None


def _is_silent(handler: ast.ExceptHandler) -> bool:
    return all(
        isinstance(statement, ast.Pass)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in handler.body
    )


# Law 3: workers hold frozen values.


@pytest.mark.parametrize(
    "name",
    [
        "engine/holes.py",
        "engine/proposal.py",
        "engine/request.py",
        "engine/spans.py",
        "engine/step.py",
        "lsp_server/messages.py",
    ],
)
def test_what_crosses_to_the_worker_is_frozen(name: str) -> None:
    thawed = [
        node.name
        for node in ast.walk(tree_of(ROOT / name))
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if "dataclass" in ast.unparse(decorator)
        and not {"frozen=True", "slots=True"} <= set(re.findall(r"\w+=\w+", ast.unparse(decorator)))
    ]
    assert thawed == []


def test_the_worker_never_sees_live_documents() -> None:
    for name in ("worker", "channel", "pipe", "messages", "engine_loop"):
        assert "lsp_server.documents" not in set(imports(ROOT / "lsp_server" / f"{name}.py"))


# Law 4: one file converts positions.


def test_positions_are_converted_in_one_file() -> None:
    converters = {
        name_of(path)
        for path in python_files("engine", "lsp_server")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr == "character"
    }
    assert converters == {"lsp_server/positions.py"}


# Law 7: nothing leaves the machine, nothing is downloaded, no code in the logs.


def test_network_modules_stay_in_their_places() -> None:
    talkers = [
        f"{name_of(path)} imports {module}"
        for path in python_files("engine", "lsp_server")
        if not name_of(path).startswith(NETWORK_PLACES)
        for module in imports(path)
        if module in NETWORK_MODULES or module.partition(".")[0] in NETWORK_MODULES
    ]
    assert talkers == []


def test_code_is_never_logged_above_debug() -> None:
    loud = [
        f"{name_of(path)}:{call.lineno} logs {name}"
        for path in python_files("engine", "lsp_server")
        for call in ast.walk(tree_of(path))
        if isinstance(call, ast.Call) and _is_loud(call.func)
        for argument in [*call.args, *(keyword.value for keyword in call.keywords)]
        for name in _logged_names(argument) & CODE_NAMES
    ]
    assert loud == []


def _is_loud(function: ast.expr) -> bool:
    """Whether it is a method of a logger above DEBUG."""
    levels = {"info", "warning", "error", "critical", "exception", "log"}
    return (
        isinstance(function, ast.Attribute)
        and function.attr in levels
        and "log" in ast.unparse(function.value)
    )


def _logged_names(argument: ast.expr) -> set[str]:
    """Names whose value would be printed: of ``data.get("method")`` and ``len(text)``, none."""
    if isinstance(argument, ast.Name):
        return {argument.id}
    if isinstance(argument, ast.Attribute):
        return {argument.attr}
    if isinstance(argument, (ast.JoinedStr, ast.FormattedValue, ast.BinOp, ast.Tuple)):
        children = [node for node in ast.iter_child_nodes(argument) if isinstance(node, ast.expr)]
        return set().union(*map(_logged_names, children))
    return set()


# Law 8: the server starts light.


def test_importing_the_server_loads_no_runtime() -> None:
    modules = loaded_by("import lsp_server.server")
    assert modules & (HEAVY | {"engine.infill", "tree_sitter"}) == set()


def test_no_module_of_the_server_loads_a_runtime() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in python_files("lsp_server")
        if path.name not in {"__init__.py", "__main__.py"}
    ]
    assert loaded_by("import " + ", ".join(names)) & HEAVY == set()


def test_importing_the_engine_is_light() -> None:
    assert loaded_by("import engine") & HEAVY == set()


# Law 9: no activation is quantised by what else is in its batch.


def shipped_weights() -> Path:
    folder = ROOT / "engine" / "weights"
    if not (folder / "manifest.json").exists():
        pytest.skip("no weights in this checkout")
    return folder


def test_no_activation_is_quantised_per_tensor() -> None:
    onnx = pytest.importorskip("onnx")
    per_tensor = {"DynamicQuantizeLinear", "DynamicQuantizeMatMul", "QLinearMatMul", "QGemm"}
    for path in shipped_weights().glob("*.onnx"):
        graph = onnx.load(str(path), load_external_data=False).graph
        assert {node.op_type for node in graph.node} & per_tensor == set()


# The house.


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
    offenders = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files("engine", "lsp_server")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Global)
        or (isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.args.kwarg)
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
    for node in tree_of(path).body:
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


def test_the_top_level_is_what_was_agreed() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in tracked_files()} - TOP_LEVEL == set()


def test_no_path_of_a_machine_is_in_the_repository() -> None:
    machine = re.compile(rb"(?<![\w./])/(?:root|work|home/\w+|Users/\w+)/")
    named = [
        name_of(path)
        for path in tracked_files()
        if path != Path(__file__) and path.stat().st_size < 2_000_000
        if machine.search(path.read_bytes())
    ]
    assert named == []
