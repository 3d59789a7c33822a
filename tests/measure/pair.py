"""What the local model and a server gain from each other, on the same holes. Run by hand.

    python tests/measure/pair.py out.jsonl --corpus corpus.valid.jsonl.zst --holes 60 \
        --backend "openai http://127.0.0.1:8080 prompt=prefix context_bytes=1500 timeout_ms=60000"

Each hole is asked for once with the backend and two candidates and no threshold, so that both texts
come out of one request; how they are put together is computed afterwards. The local causal pass
judges both texts as well. Goes on where an earlier run with the same output stopped; prints the
table of all holes in the output.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import engine
from engine.evaluation.holes import CutConfig, CutKind, EvalHole, cut_holes, read_sources
from engine.evaluation.metrics import is_exact
from engine.infill import Infiller
from engine.proposal import Proposal
from engine.remote.backend import Backend, parse_backend
from engine.request import Request


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--backend", type=parse_backend, required=True)
    parser.add_argument("--holes", type=int, default=60)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=7.0)
    arguments = parser.parse_args()
    config = CutConfig(arguments.first + arguments.holes, (CutKind.REST_OF_LINE,), 0)
    holes = cut_holes(read_sources(arguments.corpus), config)[arguments.first :]
    done = {row["id"] for row in rows_of(arguments.output)}
    infiller = engine.load()
    ends_at = time.monotonic() + 60 * arguments.minutes
    with arguments.output.open("a", encoding="utf-8") as out:
        for hole in holes:
            if hole.id in done or time.monotonic() > ends_at:
                continue
            out.write(json.dumps(row_of(infiller, hole, arguments.backend)) + "\n")
            out.flush()
    infiller.close()
    show(rows_of(arguments.output))


def row_of(infiller: Infiller, hole: EvalHole, backend: Backend) -> dict[str, Any]:
    """Both texts of one hole, whether they are right, and what is known of them."""
    text, [place] = hole.without_gold()
    request = Request(
        text=text,
        cursor=place.start,
        language=hole.language,
        path=hole.path,
        single_line=True,
        candidates=2,
        min_confidence=0.0,
        backend=backend,
    )
    outcome = infiller.infill(request)
    row: dict[str, Any] = {"id": hole.id, "remote": outcome.remote}
    both = (outcome, *outcome.alternatives) if isinstance(outcome, Proposal) else ()
    for each in both:
        side = "server" if backend.host in each.model else "local"
        if isinstance(each, Proposal) and side not in row:
            exact = is_exact((each.text,), hole.gold)
            row[side] = {"text": each.text, "p": each.confidence, "exact": exact}
    if "server" in row and "local" not in row and "taken" in outcome.remote:
        row["local"] = dict(row["server"], p=0.0)  # the same text: no alternative is left
    sides = [side for side in ("local", "server") if side in row]
    if sides:
        texts = [[row[side]["text"]] for side in sides]
        scores = infiller.log_likelihoods(request, [place], texts)
        for side, [score] in zip(sides, scores, strict=True):
            row[side]["causal"] = score
    return row


def rows_of(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def show(rows: list[dict[str, Any]]) -> None:
    """Exact texts by how the two are put together."""

    def best(row: dict[str, Any], by: str) -> bool:
        sides = [row[side] for side in ("local", "server") if side in row]
        return bool(sides) and max(sides, key=lambda side: side[by])["exact"]

    def is_right(row: dict[str, Any], side: str) -> bool:
        return side in row and row[side]["exact"]

    agreeing = [row for row in rows if "local" in row and "server" in row
                and row["local"]["text"] == row["server"]["text"]]  # fmt: skip
    print(f"{len(rows)} holes")
    for name, count in (
        ("local alone", sum(is_right(row, "local") for row in rows)),
        ("server alone", sum(is_right(row, "server") for row in rows)),
        ("server, else local", sum(
            is_right(row, "server" if "server" in row else "local") for row in rows)),
        ("the more confident", sum(best(row, "p") for row in rows)),
        ("the local causal pass chooses", sum(best(row, "causal") for row in rows)),
        ("either is right", sum(
            is_right(row, "local") or is_right(row, "server") for row in rows)),
    ):  # fmt: skip
        print(f"{count:5d}  {100 * count / len(rows):5.1f} %  {name}")
    right = sum(is_right(row, "local") for row in agreeing)
    print(f"both say the same {len(agreeing)} times, {right} of them are right")


if __name__ == "__main__":
    main()
