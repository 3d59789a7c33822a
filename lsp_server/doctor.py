"""``midfill doctor`` says whether the installation is sound, and what would really run.

Reads the environment and loads the model once; changes nothing.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, TextIO

from engine.errors import BadInput, DamagedWeights, MidfillError
from engine.foreign_models import added_models, foreign_folder, verify_added
from engine.languages import LANGUAGES, load_grammar
from engine.models import user_models_folder
from engine.proposal import Outcome, Proposal, Reason, Refusal
from engine.request import Request
from engine.spans import ByteOffset
from lsp_server import __version__
from lsp_server.feedback_store import FILE_NAME
from lsp_server.folders import state_folder
from lsp_server.machine import num_cpus, peak_mb
from lsp_server.usage import ALL, read_usage

if TYPE_CHECKING:
    from engine.infill import Infiller

PACKAGES = ("numpy", "regex", "pygls", "lsprotocol", "tree-sitter")
CPU_RUNTIME = "onnxruntime"
GPU_RUNTIME = "onnxruntime-gpu"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY")
NUM_FILLS = 5
_PROBE = "def double(x):\n    return "


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``mend`` says what to do when something is wrong with it."""

    topic: str
    value: str
    mend: str | None = None


def doctor(model: str | None, out: TextIO) -> int:
    """Print what was found; 1 when something has to be mended."""
    num_problems = 0
    for finding in findings(model):
        sign = "ok " if finding.mend is None else "BAD"
        out.write(f"{sign} {finding.topic:<11} {finding.value}\n")
        if finding.mend is not None:
            num_problems += 1
            out.write(f"    {'':<11} {finding.mend}\n")
        out.flush()
    return 1 if num_problems else 0


def findings(model: str | None) -> Iterator[Finding]:
    """Everything that is looked at, the cheap things first."""
    yield Finding("midfill", __version__)
    yield Finding("python", f"{platform.python_version()} at {sys.executable}")
    yield Finding("system", f"{platform.system()} {platform.machine()}, {num_cpus()} cores")
    yield _threads()
    yield Finding("packages", ", ".join(f"{name} {_version(name)}" for name in PACKAGES))
    yield runtime_finding(_version(CPU_RUNTIME), _version(GPU_RUNTIME))
    yield _grammars()
    yield Finding("your models", str(user_models_folder()))
    yield _feedback()
    yield from _model(model)


def runtime_finding(cpu: str | None, gpu: str | None) -> Finding:
    """Which ONNX Runtime package is installed; both at once overwrite each other's files."""
    if cpu is not None and gpu is not None:
        return Finding(
            "runtime",
            f"{CPU_RUNTIME} {cpu} and {GPU_RUNTIME} {gpu} in one environment",
            "they share a folder: uninstall both, then install the one you want",
        )
    if cpu is None and gpu is None:
        return Finding("runtime", "no ONNX Runtime", f"run pip install {CPU_RUNTIME}")
    if gpu is not None:
        return Finding("runtime", f"{GPU_RUNTIME} {gpu}")
    return Finding("runtime", f"{CPU_RUNTIME} {cpu}")


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _threads() -> Finding:
    chosen = [f"{name}={os.environ[name]}" for name in THREAD_VARIABLES if name in os.environ]
    return Finding("threads", ", ".join(chosen) or "no limit in the environment")


def _grammars() -> Finding:
    missing = [
        language.id
        for language in LANGUAGES
        if language.grammar is not None and load_grammar(language.grammar) is None
    ]
    if not missing:
        return Finding("grammars", f"all {len(LANGUAGES)} load")
    return Finding(
        "grammars",
        f"not loaded: {', '.join(missing)}",
        "reinstall midfill: files of these languages are filled as plain text until then",
    )


def _feedback() -> Finding:
    path = state_folder() / FILE_NAME
    try:
        usages = read_usage(path)
    except BadInput as error:
        return Finding("feedback", str(path), str(error))
    num_shown = usages[ALL].num_shown if usages else 0
    return Finding("feedback", f"{num_shown} proposals counted in {path}")


def _hashes(model: str | None) -> str:
    """Whether the model's files are the right ones; raises DamagedWeights when they are not.

    Our own are checked by loading; added ones here, since that would take longer than loading.
    """
    if model == "scripted":
        return "no files"
    if model is None or foreign_folder(model) is None:
        return "hashes right"
    added = added_models().get(model)
    if added is None:
        return "hashes not known (midfill models add keeps them)"
    verify_added(model, added)
    return "hashes right"


def _model(model: str | None) -> Iterator[Finding]:
    """Load the model, check its hashes, and fill one hole again and again."""
    import engine
    from engine.denoisers.protocol import Placed

    started = time.perf_counter()
    try:
        hashes = _hashes(model)
        infiller = engine.load(model)
    except (BadInput, DamagedWeights) as error:
        yield Finding("model", str(error), "reinstall midfill, or name another with --model")
        return
    load_ms = 1000 * (time.perf_counter() - started)
    denoiser = infiller.denoiser
    yield Finding("model", f"{denoiser.name}, {hashes}, loaded in {load_ms:.0f} ms")
    try:
        filled = _fill(infiller)
    except MidfillError as error:
        yield Finding("fill", str(error), "report this line")
        return
    # Asked only now: what was taken at first need not be what memory was enough for. The list of
    # what a package could use says nothing of what really runs.
    if isinstance(denoiser, Placed):
        yield Finding("provider", denoiser.place)
    yield filled


def _fill(infiller: Infiller) -> Finding:
    """The first fill, which also gets everything started, and the speed of those after it."""
    request = Request(_PROBE, ByteOffset(len(_PROBE)), path="probe.py", min_confidence=0.0)
    took_ms, outcomes = [], []
    for _ in range(1 + NUM_FILLS):
        started = time.perf_counter()
        outcomes.append(infiller.infill(request))
        took_ms.append(1000 * (time.perf_counter() - started))
    for outcome in outcomes:
        if isinstance(outcome, Refusal) and outcome.reason is Reason.BACKEND_FAILED:
            return Finding("fill", outcome.detail, "report this line")
    peak = peak_mb()
    memory = "" if peak is None else f", {peak:.0f} MB at most"
    again_ms, rate = statistics.median(took_ms[1:]), _tokens_per_s(outcomes[1:])
    speed = "" if rate is None else f", {rate:.0f} tokens/s without the context"
    return Finding(
        "fill",
        f"{outcomes[0].forwards} forwards in {took_ms[0]:.0f} ms at first, {again_ms:.0f} ms again"
        f"{speed}{memory}",
    )


def _tokens_per_s(outcomes: Sequence[Outcome]) -> float | None:
    """Tokens written a second of denoising; None where nothing was written."""
    took_ms = [
        outcome.timings_ms.get(stage, 0.0) for outcome in outcomes for stage in ("denoise", "score")
    ]
    num_tokens = sum(len(one.tokens) for one in outcomes if isinstance(one, Proposal))
    return 1000.0 * num_tokens / sum(took_ms) if num_tokens and sum(took_ms) > 0 else None
