"""What each source of context gains, paired on the same holes. Run by hand.

    python tests/measure/context_sources.py out.jsonl --corpus corpus.valid.jsonl.zst --holes 300
    python tests/measure/context_sources.py out.jsonl --edits hunks.jsonl.gz --holes 120

A corpus file holds whole packages: each is written to a folder and indexed as a workspace, a hole
is asked for as the server would, with up to four other files of its package open. A file of edits
holds changes of public commits: one hunk's first line is the hole, those before it were just made.

One causal pass a hole says how probable the truth is, and whether decoding word by word would find
it (constraints and checks left out). Goes on where an earlier run with the same output stopped.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import engine
from engine.canvas import Canvas, HoleCanvas
from engine.context import ContextLimits, Source, select_context
from engine.denoisers.protocol import Denoiser
from engine.evaluation.holes import CutConfig, EvalHole, cut_holes, read_sources
from engine.evaluation.next_edit_cases import Hunk, hunk_cases
from engine.languages import language_of
from engine.planning.span_plan import plan_spans
from engine.request import Excerpt, OpenDocument, RecentEdit, Request
from engine.spans import Span, span
from engine.step import State
from engine.syntax import parse
from engine.training.corpus import SourceFile, read_corpus
from lsp_server.documents import Documents
from lsp_server.workspace.index import Index
from lsp_server.workspace.indexer import update
from lsp_server.workspace.related import related_definitions
from lsp_server.workspace.workspace import Workspace

MAX_OPEN = 4
BASE = "head"
HEAD = frozenset({Source.OWN_HEAD})
_WHOLE = ContextLimits().total
PACKAGE_ARMS: Mapping[str, ContextLimits] = {
    "file": ContextLimits(sources=frozenset()),
    "file, a larger window": ContextLimits(snippets=40, sources=frozenset()),
    "head": ContextLimits(sources=HEAD),
    "head, definitions": ContextLimits(sources=HEAD | {Source.DEFINITIONS}),
    "head, open files": ContextLimits(sources=HEAD | {Source.OPEN_FILES}),
    "head, definitions, open files": ContextLimits(
        sources=HEAD | {Source.DEFINITIONS, Source.OPEN_FILES}
    ),
}
EDIT_ARMS: Mapping[str, ContextLimits] = {
    "head": ContextLimits(sources=HEAD),
    "head, edited lines": ContextLimits(sources=HEAD | {Source.EDITS}),
    "head, edits as diffs": ContextLimits(sources=HEAD | {Source.DIFFS}),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A hole to be asked for, and what stood in it."""

    id: str
    request: Request
    gold: str


class Packages:
    """The corpus's packages as folders with an index each."""

    def __init__(self, files: Iterable[SourceFile], folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, list[SourceFile]] = {}
        for file in files:
            self._files.setdefault(file.package, []).append(file)
        self._workspaces: dict[str, Workspace] = {}

    def _workspace(self, package: str) -> Workspace:
        if package not in self._workspaces:
            self._workspaces[package] = self._open(package)
        return self._workspaces[package]

    def _open(self, package: str) -> Workspace:
        root = self._root(package)
        for file in self._files[package]:
            path = root / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
        database = root.with_suffix(".sqlite3")
        with Index(root, database) as index:
            list(update(index))
        workspace = Workspace(Documents(), lambda _: database)
        workspace.set_roots([root])
        return workspace

    def _root(self, package: str) -> Path:
        return self._folder / package.replace("/", "_").replace("@", "")

    def case(self, hole: EvalHole) -> Case:
        """What the server would send: definitions, and the nearest files of the package open."""
        package = hole.id.partition(f"/{hole.path}:")[0]
        text, spans = hole.without_gold()
        others = [one for one in self._files[package] if one.path != hole.path]
        # The imported ones first, then those of the folder: those that are likely to be open.
        others.sort(key=lambda one: (Path(one.path).stem not in text, one.path))
        near = [one for one in others if Path(one.path).parent == Path(hole.path).parent]
        chosen = [*near, *(one for one in others if one not in near)][:MAX_OPEN]
        request = Request(
            text,
            spans[0].start,
            hole.language,
            hole.path,
            definitions=self._definitions(package, hole.path, text, spans[0].start),
            open_documents=tuple(OpenDocument(one.path, None, one.text) for one in chosen),
        )
        return Case(hole.id, request, hole.gold[0])

    def _definitions(self, package: str, path: str, text: str, cursor: int) -> tuple[Excerpt, ...]:
        return related_definitions(
            self._workspace(package), self._root(package) / path, text, cursor
        )


def edit_cases(file: Path) -> Iterator[Case]:
    """The first line of each hunk but a file's first; the hunks before it were just made."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            for case in hunk_cases(row):
                hunks = [hunk for hunk in case.later if any(line.strip() for line in hunk.new)]
                if hunks:
                    yield _edit_case(case.id, case.request, hunks[0])


def _edit_case(id_: str, request: Request, hunk: Hunk) -> Case:
    lines = request.text.split("\n")
    number = next(number for number, line in enumerate(hunk.new) if line.strip())
    gold = hunk.new[number].strip()
    indent = hunk.new[number][: len(hunk.new[number]) - len(hunk.new[number].lstrip())]
    head = [*lines[: hunk.start], *hunk.new[:number], indent]
    text = "\n".join([*head, *lines[hunk.end :]])
    cursor = len("\n".join(head).encode())
    shift = len(text.encode()) - len(request.text.encode())
    edits = tuple(_moved(edit, cursor, shift) for edit in request.recent_edits)
    name = f"{id_}:{request.path}"
    return Case(name, Request(text, cursor, None, request.path, recent_edits=edits), gold)


def _moved(edit: RecentEdit, cursor: int, shift: int) -> RecentEdit:
    """Hunks come in text order, so an edit stands before the hole as a rule."""
    if edit.span.end <= cursor:
        return edit
    return replace(edit, span=span(edit.span.start + shift, edit.span.end + shift))


def shown(denoiser: Denoiser, case: Case, limits: ContextLimits) -> tuple[Canvas, list[str]]:
    """What the model sees of a case, and which other files that is from."""
    request = case.request
    data = request.text.encode()
    tree = parse(data, language_of(request.path, request.language))
    plan = plan_spans(tree, [Span(request.cursor, request.cursor)], denoiser.tokenizer, True)
    context = select_context(tree, plan, request, limits)
    canvas = Canvas.from_plan(plan, context, data, denoiser.tokenizer)
    return canvas, [one.path for one in context.snippets[1:]]


def score(denoiser: Denoiser, case: Case, canvas: Canvas) -> dict[str, object]:
    """Log probability (nats) of the truth and its end; whether each token is the first choice."""
    handle = denoiser.prefill(canvas)
    forced, tokenizer = canvas.holes[0].forced, denoiser.tokenizer
    ids = tokenizer.encode(forced.decode("utf-8", "replace") + case.gold)
    ids = np.append(ids, tokenizer.eom_id)
    canvas.holes[0] = HoleCanvas(ids, np.full(len(ids), State.COMMITTED, np.uint8), forced)
    logits = denoiser.predict(handle, [canvas], [np.arange(len(ids))], causal=True)[0]
    rows = logits.astype(np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    log_p = rows[np.arange(len(ids)), ids] - np.log(np.exp(rows).sum(axis=1))
    # <eom> or a line break ends the line: which one is no question of context.
    is_first = rows[:-1].argmax(axis=1) == ids[:-1]
    return {"log_p": float(log_p.sum()), "is_exact": bool(is_first.all())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--edits", type=Path)
    parser.add_argument("--holes", type=int, default=300)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.edits is not None:
            cases, arms = list(edit_cases(arguments.edits)), EDIT_ARMS
            random.Random(5).shuffle(cases)
        else:
            holes = cut_holes(read_sources(arguments.corpus), CutConfig(arguments.holes, seed=5))
            packages = Packages(read_corpus(arguments.corpus), Path(folder))
            arms = PACKAGE_ARMS
            cases = [packages.case(hole) for hole in holes]
        fill(cases[: arguments.holes], arms, arguments.output)
    report(arguments.output, arms)


def fill(cases: Iterable[Case], arms: Mapping[str, ContextLimits], output: Path) -> None:
    done = {(one["arm"], one["hole"]) for one in read(output)}
    denoiser = engine.load().denoiser
    with output.open("a", encoding="utf-8") as sink:
        for case in cases:
            known: dict[str, dict[str, object]] = {}
            for arm, limits in arms.items():
                if (arm, case.id) in done:
                    continue
                canvas, paths = shown(denoiser, case, limits)
                key = digest(canvas)
                if key not in known:  # the same context, so the same answer
                    known[key] = score(denoiser, case, canvas)
                line = {"arm": arm, "hole": case.id, "shown": key, "snippets": paths}
                sink.write(json.dumps(line | known[key]) + "\n")
                sink.flush()


def digest(canvas: Canvas) -> str:
    """What tells one context from another."""
    ids = np.concatenate([canvas.snippets, *canvas.context])
    return hashlib.sha256(ids.tobytes()).hexdigest()[:12]


def read(output: Path) -> list[dict[str, object]]:
    if not output.exists():
        return []
    return [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]


def report(output: Path, arms: Mapping[str, ContextLimits]) -> None:
    """A table against ``BASE``, by holes that all arms have; intervals by bootstrap."""
    by_arm: dict[str, dict[str, dict[str, object]]] = {arm: {} for arm in arms}
    for line in read(output):
        by_arm[str(line["arm"])][str(line["hole"])] = line
    common = sorted(set.intersection(*(set(lines) for lines in by_arm.values())))
    print(f"{len(common)} holes")
    print("| sources | exact | gained : lost | nats | against head (95 %) | differ | there |")
    print("|---|---|---|---|---|---|---|")
    for arm, lines in by_arm.items():
        print(_row(arm, [lines[hole] for hole in common], [by_arm[BASE][hole] for hole in common]))


def _row(
    arm: str, lines: Sequence[Mapping[str, object]], base: Sequence[Mapping[str, object]]
) -> str:
    pairs = list(zip(lines, base, strict=True))
    gained = sum(bool(one["is_exact"]) > bool(other["is_exact"]) for one, other in pairs)
    lost = sum(bool(one["is_exact"]) < bool(other["is_exact"]) for one, other in pairs)
    log_p = [float(str(one["log_p"])) for one in lines]
    deltas = np.array([float(str(a["log_p"])) - float(str(b["log_p"])) for a, b in pairs])
    draws = np.random.default_rng(0).choice(deltas, (2000, len(deltas))).mean(axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    differs = deltas[[one["shown"] != other["shown"] for one, other in pairs]]
    share = 100 * sum(bool(one["is_exact"]) for one in lines) / len(lines)
    there = f"{differs.mean():+.2f}" if len(differs) else "-"
    return (
        f"| {arm} | {share:.1f} % | {gained} : {lost} ({sign(gained, lost):.2f}) |"
        f" {np.mean(log_p):.2f} | {deltas.mean():+.3f} ({low:+.3f} to {high:+.3f}) |"
        f" {len(differs)} | {there} |"
    )


def sign(gained: int, lost: int) -> float:
    """The two-sided sign test."""
    n = gained + lost
    tail = sum(math.comb(n, k) for k in range(min(gained, lost) + 1)) / 2**n
    return min(1.0, 2 * tail)


if __name__ == "__main__":
    main()
