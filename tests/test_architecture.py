"""The laws of docs/architecture.md. A failing test here means a law was broken, not a detail."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import threading
from dataclasses import replace
from typing import get_args

import pytest

from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.infill import Infiller
from engine.proposal import Outcome, Proposal, Reason, Refusal
from engine.request import Request
from engine.spans import ByteOffset
from engine.step import Step
from source_tree import ROOT, functions, imports, name_of, python_files, shipped_weights, tree_of

HEAVY = {"numpy", "onnxruntime", "tokenizers", "torch", "transformers"}
NETWORK_MODULES = {
    "aiohttp", "ftplib", "http", "httpx", "httpx2", "requests", "smtplib", "socket", "socketserver",
    "ssl", "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc",
}  # fmt: skip
# A remote backend and the HTTP API are switched on by the user; the corpus is fetched by a person
# who trains; the server listens on a port when it is told to.
NETWORK_PLACES = ("engine/remote/", "engine/serving/", "engine/training/", "lsp_server/tcp")
# Names that hold users' code wherever they appear.
CODE_NAMES = {
    "body", "buffer", "content", "data", "document", "insert_text", "line", "new_text", "old_text",
    "params", "prefix", "proposal", "request", "snapshot", "source", "suffix", "text", "texts",
}  # fmt: skip


def importers(folder: str, forbidden: set[str]) -> list[str]:
    return [
        f"{name_of(path)} imports {module}"
        for path in python_files(folder)
        for module in imports(path)
        if module in forbidden or module.partition(".")[0] in forbidden
    ]


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
    from lsp_server.reasons import REASONS

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
        "engine/edits/finding.py",
        "engine/edits/judged_edits.py",
        "engine/edits/named_edits.py",
        "engine/edits/names.py",
        "engine/edits/next_edit.py",
        "engine/edits/template.py",
        "engine/holes.py",
        "engine/job.py",
        "engine/proposal.py",
        "engine/remote/backend.py",
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


# Laws 5, 6 and 9 in small; tests/engine shows them at length.

SOURCE = "alpha = load(1)\nbeta = 2\nalpha = \nprint(alpha)\n"
CURSOR = ByteOffset(SOURCE.index("alpha = \n") + len("alpha = "))
REQUEST = Request(SOURCE, CURSOR, path="a.py")


@pytest.mark.parametrize(
    "written", ["load(2)", ")))", "(((", "load(", "", "'", "load(2)\nprint(alpha)"]
)
def test_nothing_outside_of_the_holes_changes_and_nothing_broken_is_shown(written: str) -> None:
    outcome = scripted(Script((written,))).infill(REQUEST)
    if isinstance(outcome, Refusal):
        assert outcome.reason in Reason
        return
    holes = {hole.span for hole in outcome.plan.holes}
    assert {edit.span for edit in outcome.edits} <= holes
    text = SOURCE.encode()
    for edit in reversed(outcome.edits):
        text = text[: edit.start] + edit.new_text.encode() + text[edit.end :]
    ast.parse(text)


def test_a_cancelled_request_costs_at_most_one_more_step() -> None:
    cancel = threading.Event()
    steps: list[Step] = []

    def cancel_at_once(step: Step) -> None:
        steps.append(step)
        cancel.set()

    outcome = scripted(Script(("load(1234567890)",), p=0.5)).infill(REQUEST, cancel, cancel_at_once)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.CANCELLED
    assert len(steps) <= 2


def test_same_request_same_text_cold_or_warm() -> None:
    cold = scripted(Script(("load(2)",))).infill(REQUEST)
    infiller = scripted(Script(("load(2)",)))
    infiller.infill(replace(REQUEST, text="other = 1\n", cursor=ByteOffset(8)))
    for outcome in (infiller.infill(REQUEST), infiller.infill(REQUEST)):
        assert isinstance(outcome, Proposal) and isinstance(cold, Proposal)
        assert (outcome.text, outcome.edits) == (cold.text, cold.edits)


def scripted(*scripts: Script) -> Infiller:
    return Infiller(ScriptedDenoiser(ByteTokenizer(), scripts))


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


def test_requests_are_built_in_one_place() -> None:
    """There the secrets are hidden; the others are commands for one file, and hide them too."""
    builders = {
        name_of(path)
        for path in python_files("lsp_server")
        for call in ast.walk(tree_of(path))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in {"Request", "DocumentSnapshot"}
    }
    names = ("added_models", "bench", "doctor", "fill", "llama_bench")
    commands = {f"lsp_server/{name}.py" for name in names}
    assert builders - commands == {"lsp_server/documents.py", "lsp_server/session.py"}


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
    assert modules & (HEAVY | {"engine.infill"}) == set()


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


def test_no_activation_is_quantised_per_tensor() -> None:
    onnx = pytest.importorskip("onnx")
    per_tensor = {"DynamicQuantizeLinear", "DynamicQuantizeMatMul", "QLinearMatMul", "QGemm"}
    for path in shipped_weights().glob("*.onnx"):
        graph = onnx.load(str(path), load_external_data=False).graph
        assert {node.op_type for node in graph.node} & per_tensor == set()
