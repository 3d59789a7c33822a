"""What each source of context gains in exact match, paired on the same holes. Run by hand.

    python tests/measure/context_sources.py corpus.valid.jsonl.zst out.jsonl --holes 300

A corpus file holds whole packages: each is written to a folder and indexed as a workspace, a hole
is asked for as the server would, with up to four other files of its package open. Recent edits are
not measured: a corpus has none. Goes on where an earlier run with the same output stopped.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import engine
from engine.context import ContextLimits, Snippet, Source, select_context
from engine.evaluation.holes import CutConfig, EvalHole, cut_holes, read_sources
from engine.evaluation.infilling import measure
from engine.evaluation.model_filler import ModelFiller
from engine.infill import Infiller
from engine.languages import language_of
from engine.mask_plan import plan_masks
from engine.proposal import Outcome
from engine.request import Effort, OpenDocument, Request
from engine.spans import Span
from engine.syntax import parse
from engine.training.corpus import SourceFile, read_corpus
from lsp_server.documents import Documents
from lsp_server.workspace.index import Index
from lsp_server.workspace.indexer import update
from lsp_server.workspace.related import related_definitions
from lsp_server.workspace.workspace import Workspace

MAX_OPEN = 4
ARMS: Mapping[str, frozenset[Source]] = {
    "file": frozenset(),
    "head": frozenset({Source.OWN_HEAD}),
    "head+definitions": frozenset({Source.OWN_HEAD, Source.DEFINITIONS}),
    "head+files": frozenset({Source.OWN_HEAD, Source.OPEN_FILES}),
    "all": frozenset(Source),
}


class Packages:
    """The corpus's packages as folders with an index each."""

    def __init__(self, files: Iterable[SourceFile], folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, list[SourceFile]] = {}
        for file in files:
            self._files.setdefault(file.package, []).append(file)
        self._workspaces = {name: self._open(name) for name in self._files}

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

    def request(self, package: str, request: Request) -> Request:
        """What the server would send: definitions, and the nearest files of the package open."""
        assert request.path is not None
        path = self._root(package) / request.path
        workspace = self._workspaces[package]
        others = [one for one in self._files[package] if one.path != request.path]
        # The imported ones first, then those of the folder: those that are likely to be open.
        others.sort(key=lambda one: (Path(one.path).stem not in request.text, one.path))
        near = [one for one in others if Path(one.path).parent == Path(request.path or "").parent]
        chosen = [*near, *(one for one in others if one not in near)][:MAX_OPEN]
        return replace(
            request,
            definitions=related_definitions(workspace, path, request.text, request.cursor),
            open_documents=tuple(OpenDocument(one.path, None, one.text) for one in chosen),
        )


class InPackage:
    """An Infiller that is asked as the server would, with some of the sources."""

    def __init__(
        self, infiller: Infiller, packages: Packages, package: str, limits: ContextLimits
    ) -> None:
        self._infiller, self._packages, self._package = infiller, packages, package
        self._limits = limits

    def infill(self, request: Request) -> Outcome:
        self._infiller.config = replace(self._infiller.config, context=self._limits)
        asked = replace(self._packages.request(self._package, request), min_confidence=0.0)
        return self._infiller.infill(asked)

    def fill_spans(self, request: Request, spans: Sequence[Span]) -> Outcome:
        raise NotImplementedError("single-line holes alone are measured")

    def snippets(self, hole: EvalHole) -> tuple[Snippet, ...]:
        """What the model sees besides the file's window."""
        text, spans = hole.without_gold()
        request = Request(text, spans[0].start, hole.language, hole.path)
        request = self._packages.request(self._package, request)
        tree = parse(text.encode(), language_of(hole.path, hole.language))
        plan = plan_masks(tree, request.cursor, request)
        return select_context(tree, plan, request, self._limits).snippets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--holes", type=int, default=300)
    parser.add_argument("--effort", type=Effort, default=Effort.LOW)
    arguments = parser.parse_args()
    holes = cut_holes(read_sources(arguments.corpus), CutConfig(arguments.holes, seed=5))
    with tempfile.TemporaryDirectory() as folder:
        packages = Packages(read_corpus(arguments.corpus), Path(folder))
        fill(holes, packages, arguments.output, arguments.effort)
    report(arguments.output, len(holes))


def fill(holes: Sequence[EvalHole], packages: Packages, output: Path, effort: Effort) -> None:
    done = {(one["arm"], one["hole"]) for one in read(output)}
    infiller = engine.load()
    with output.open("a", encoding="utf-8") as sink:
        for hole in holes:
            package = hole.id.partition(f"/{hole.path}:")[0]
            known: dict[tuple[Snippet, ...], dict[str, object]] = {}
            for arm, sources in ARMS.items():
                if (arm, hole.id) in done:
                    continue
                asked = InPackage(infiller, packages, package, ContextLimits(sources=sources))
                shown = asked.snippets(hole)
                if shown not in known:  # the same context, so the same answer
                    result = measure(hole, ModelFiller(arm, asked, effort).fill(hole))
                    known[shown] = {"is_exact": result.is_exact, "kept": result.kept_rate}
                sink.write(json.dumps({"arm": arm, "hole": hole.id, **known[shown]}) + "\n")
                sink.flush()


def read(output: Path) -> list[dict[str, object]]:
    if not output.exists():
        return []
    return [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]


def report(output: Path, num_holes: int) -> None:
    """A table against ``head``, by holes that all arms filled; the sign test is two-sided."""
    by_arm: dict[str, dict[object, dict[str, object]]] = {arm: {} for arm in ARMS}
    for line in read(output):
        by_arm[str(line["arm"])][line["hole"]] = line
    common = set.intersection(*(set(lines) for lines in by_arm.values()))
    print(f"{len(common)} of {num_holes} holes")
    print("| sources | exact | kept rate | gained : lost against head | p |")
    print("|---|---|---|---|---|")
    for arm, lines in by_arm.items():
        exact = [hole for hole in common if lines[hole]["is_exact"]]
        gained = sum(not by_arm["head"][hole]["is_exact"] for hole in exact)
        lost = sum(bool(by_arm["head"][hole]["is_exact"]) for hole in common - set(exact))
        kept = sum(float(str(lines[hole]["kept"])) for hole in common) / max(len(common), 1)
        share = 100 * len(exact) / max(len(common), 1)
        paired = f"{gained} : {lost} | {sign(gained, lost):.2f}"
        print(f"| {arm} | {share:.1f} % | {kept:.3f} | {paired} |")


def sign(gained: int, lost: int) -> float:
    n = gained + lost
    tail = sum(math.comb(n, k) for k in range(min(gained, lost) + 1)) / 2**n
    return min(1.0, 2 * tail)


if __name__ == "__main__":
    main()
