"""``midfill fill`` and ``midfill why``: one request from the command line.

Reads the file, asks the engine in this process, prints; writes to no file.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TextIO

from engine.proposal import Outcome, Proposal, Reason, Refusal
from engine.remote.backend import Backend
from engine.request import Effort, Request
from engine.step import Step
from lsp_server.editor_rules import editor_rules
from lsp_server.reasons import REASONS
from lsp_server.report import report
from lsp_server.secret_mask import without_secrets
from lsp_server.source_file import Place, SourceFile
from lsp_server.terminal import Painter, has_colour, summary
from lsp_server.workspace.ignore import IgnoreRules

EXIT_PROPOSAL = 0
EXIT_REFUSAL = 3


@dataclass(frozen=True, slots=True)
class FillOptions:
    """What the command line asks for, besides the place.

    ``may_be_ignored``: answer for a file that no model may see, too. ``is_typing``: answer as an
    editor does while somebody types (``engine.request``).
    """

    budget_ms: float | None = None
    effort: Effort = Effort.MEDIUM
    candidates: int = 1
    seed: int = 0
    model: str | None = None
    may_be_ignored: bool = False
    backend: Backend | None = None
    is_typing: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One request that was answered; ``elapsed_ms`` without the time to load the model."""

    source: SourceFile
    outcome: Outcome
    steps: tuple[Step, ...]
    load_ms: float
    elapsed_ms: float

    @property
    def exit_code(self) -> int:
        """The exit code of ``midfill fill``."""
        return EXIT_PROPOSAL if isinstance(self.outcome, Proposal) else EXIT_REFUSAL


def fill(place: str, options: FillOptions, is_json: bool, is_watched: bool, out: TextIO) -> int:
    """Print the proposal for ``place`` in its file, or why there is none; the exit code."""
    painter = Painter(has_colour(out, os.environ))

    def show(step: Step) -> None:
        out.write(painter.step(step) + "\n")
        out.flush()

    run = run_request(place, options, show if is_watched else None)
    if is_json:
        out.write(json.dumps(report(run.source.form.in_file(run.outcome), run.source.name)) + "\n")
        return run.exit_code
    if is_watched:
        out.write("\n")
    _show(run, painter, out)
    return run.exit_code


def why(place: str, options: FillOptions, out: TextIO) -> int:
    """Print how the answer for ``place`` came about: the plan, the steps, the time, the reason."""
    painter = Painter(has_colour(out, os.environ))
    run = run_request(place, replace(options, is_typing=True))
    out.write(f"place     {place}\nmodel     {run.outcome.model or 'none: it was not asked'}\n")
    rules = editor_rules(run.source.path, run.source.num_line_bytes)
    out.write("settings  " + f"\n{'':<10}".join(rules) + "\n")
    _explain_plan(run, out)
    out.write("\n")
    for step in run.steps:
        out.write(painter.step(step) + "\n")
    out.write(f"\n{'model loaded':<20}{run.load_ms:>9.1f} ms\n")
    for stage, ms in run.outcome.timings_ms.items():
        out.write(f"{stage:<20}{ms:>9.1f} ms\n")
    out.write("\n")
    _show(run, painter, out)
    if isinstance(run.outcome, Refusal):
        out.write(f"That means: {REASONS[run.outcome.reason]}.\n")
    return run.exit_code


def run_request(
    place: str, options: FillOptions, watch: Callable[[Step], None] | None = None
) -> Run:
    """Read the file, load the model, answer; BadInput or DamagedWeights when that cannot be."""
    source = SourceFile.read(Place.parse(place))
    path = source.path.absolute()
    ignored = None if options.may_be_ignored else IgnoreRules.around(path.parent).reason(path)
    if ignored is not None:
        refusal = Refusal(Reason.IGNORED_FILE, f"{ignored}; --ignored asks for it anyway")
        return Run(source, refusal, (), 0.0, 0.0)
    request = Request(
        text=without_secrets(source.text),
        cursor=source.cursor,
        path=source.name,
        budget_ms=options.budget_ms,
        effort=options.effort,
        seed=options.seed,
        candidates=options.candidates,
        backend=options.backend,
        is_typing=options.is_typing,
    )
    import engine

    started = time.perf_counter()
    infiller = engine.load(options.model)
    loaded = time.perf_counter()
    steps: list[Step] = []

    def on_step(step: Step) -> None:
        steps.append(step)
        if watch is not None:
            watch(step)

    outcome = infiller.infill(request, on_step=on_step)
    ended = time.perf_counter()
    return Run(source, outcome, tuple(steps), 1000 * (loaded - started), 1000 * (ended - loaded))


def _show(run: Run, painter: Painter, out: TextIO) -> None:
    """The ghost text in place, or the refusal, and the summary."""
    if isinstance(run.outcome, Proposal):
        out.write(painter.proposal(run.source.text, run.outcome) + "\n")
    else:
        out.write(painter.refusal(run.outcome) + "\n")
    out.write(painter.faint(summary(run.outcome, run.elapsed_ms)) + "\n")
    if run.outcome.remote:
        out.write(painter.faint(run.outcome.remote) + "\n")


def _explain_plan(run: Run, out: TextIO) -> None:
    plan = run.outcome.plan
    if plan is None:
        out.write("plan      none: the request ended before it was planned\n")
        return
    out.write(f"plan      {plan.reason}\n")
    data = run.source.text.encode()
    for number, hole in enumerate(plan.holes):
        replaced = hole.span.of(data).decode()
        name = "cursor" if number == plan.cursor_hole else "joint"
        lines = "one line" if hole.single_line else "several lines"
        replaces = f", replaces {replaced!r}" if replaced else ""
        out.write(
            f"  {name:<8}{hole.kind.value}, {lines}, {hole.num_tokens} tokens{replaces}: "
            f"{hole.reason}\n"
        )
