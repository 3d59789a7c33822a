"""What the local model and a server gain from each other, on the same holes. Run by hand.

    python tests/llama_server.py 8080 &
    python tests/measure/pair.py out.jsonl --corpus corpus.valid.jsonl.zst --holes 60 \
        --url http://127.0.0.1:8080 --options "context_bytes=1500 timeout_ms=60000"

Both directions, no threshold. The server proposes: its text and the local one come out of one
request; how they are put together is computed afterwards. It writes three more at a temperature,
and the local causal pass chooses among all of its texts. The server judges: the same hole with
``role=score``. Goes on where an earlier run with the same output stopped; prints the table of all
holes in the output, with 95 % intervals by bootstrap.
"""

from __future__ import annotations

import argparse
import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import engine
from engine.evaluation.holes import CutConfig, CutKind, EvalHole, cut_holes, read_sources
from engine.evaluation.metrics import is_exact
from engine.evaluation.statistics import compare, estimate
from engine.infill import Infiller
from engine.proposal import Proposal
from engine.remote.backend import Backend, parse_backend
from engine.request import Request

NUM_SAMPLES, TEMPERATURE, NUM_TOKENS = 3, 0.8, 24
Row = dict[str, Any]


# What the outcome says when server and model wrote the same.
AGREES = "its text is the local one, too"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--options", default="")
    parser.add_argument("--holes", type=int, default=60)
    parser.add_argument("--minutes", type=float, default=7.0)
    arguments = parser.parse_args()
    proposer = parse_backend(f"openai {arguments.url} prompt=prefix {arguments.options}")
    judge = parse_backend(f"llama.cpp {arguments.url} role=score {arguments.options}")
    config = CutConfig(arguments.holes, (CutKind.REST_OF_LINE,), 0)
    holes = cut_holes(read_sources(arguments.corpus), config)
    done = {row["id"] for row in rows_of(arguments.output)}
    infiller = engine.load()
    ends_at = time.monotonic() + 60 * arguments.minutes
    with arguments.output.open("a", encoding="utf-8") as out:
        for hole in holes:
            if hole.id in done or time.monotonic() > ends_at:
                continue
            out.write(json.dumps(row_of(infiller, hole, proposer, judge)) + "\n")
            out.flush()
    infiller.close()
    show(rows_of(arguments.output))


def row_of(infiller: Infiller, hole: EvalHole, proposer: Backend, judge: Backend) -> Row:
    """The texts of one hole, whether they are right, and what is known of them."""
    text, [place] = hole.without_gold()
    request = Request(
        text=text,
        cursor=place.start,
        language=hole.language,
        path=hole.path,
        single_line=True,
        candidates=2,
        min_confidence=0.0,
        backend=proposer,
    )
    row: Row = {"id": hole.id, **both_texts(infiller, hole, request)}
    sides = [row[side] for side in ("local", "server") if side in row]
    before = text.encode()[: place.start][-proposer.context_bytes :].decode("utf-8", "ignore")
    row["samples"] = samples = [
        {"text": each, "exact": is_exact((each,), hole.gold)} for each in written(proposer, before)
    ]
    texts = [[each["text"]] for each in (*sides, *samples)]
    scores = infiller.log_likelihoods(request, [place], texts)
    for each, [score] in zip((*sides, *samples), scores, strict=True):
        each["causal"] = score
    judged = infiller.infill(replace(request, backend=judge, candidates=3))
    row["judge"] = judged.remote
    if isinstance(judged, Proposal):
        row["judged"] = {"text": judged.text, "exact": is_exact((judged.text,), hole.gold)}
        others = [each.text for each in judged.alternatives if isinstance(each, Proposal)]
        row["any"] = any(is_exact((each,), hole.gold) for each in (judged.text, *others))
    return row


def both_texts(infiller: Infiller, hole: EvalHole, request: Request) -> Row:
    """The local text and the server's, out of one request."""
    outcome = infiller.infill(request)
    row: Row = {"remote": outcome.remote}
    both = (outcome, *outcome.alternatives) if isinstance(outcome, Proposal) else ()
    assert request.backend is not None
    for each in both:
        side = "server" if request.backend.host in each.model else "local"
        if isinstance(each, Proposal) and side not in row:
            exact = is_exact((each.text,), hole.gold)
            row[side] = {"text": each.text, "p": each.confidence, "exact": exact}
    if "server" in row and AGREES in outcome.remote:
        row["local"] = row["server"]  # what else is local is its second candidate
    return row


def written(backend: Backend, before: str) -> list[str]:
    """Lines that the server writes at a temperature, always the same."""
    lines = []
    for seed in range(NUM_SAMPLES):
        body = {
            "prompt": before,
            "max_tokens": NUM_TOKENS,
            "temperature": TEMPERATURE,
            "seed": seed,
            "stop": ["\n"],
        }
        request = urllib.request.Request(
            f"{backend.url}/v1/completions",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            lines.append(str(json.loads(answer.read())["choices"][0]["text"]))
    return [line.strip() for line in lines if line.strip()]


def rows_of(path: Path) -> list[Row]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def best(by: str, *texts: Row) -> bool:
    """Whether the text that has most of ``by`` is right."""
    return bool(texts) and bool(max(texts, key=lambda text: text[by])["exact"])


def sides(row: Row) -> list[Row]:
    return [row[side] for side in ("local", "server") if side in row]


def is_right(row: Row, side: str) -> bool:
    return side in row and bool(row[side]["exact"])


BOTH = ("local alone", "server alone")
ARMS: tuple[tuple[str, tuple[str, ...], Callable[[Row], bool]], ...] = (
    ("local alone", (), lambda row: is_right(row, "local")),
    ("server alone", (), lambda row: is_right(row, "server")),
    (
        "the server's if there is one, else the local",
        BOTH,
        lambda row: is_right(row, "server" if "server" in row else "local"),
    ),
    ("the more confident of both", BOTH, lambda row: best("p", *sides(row))),
    (
        "the local causal pass chooses of both",
        BOTH,
        lambda row: best("causal", *sides(row)),
    ),
    ("either is right", BOTH, lambda row: any(side["exact"] for side in sides(row))),
    (
        "the server judges three local candidates",
        BOTH,
        lambda row: is_right(row, "judged"),
    ),
    ("one of the three is right", BOTH[:1], lambda row: bool(row.get("any"))),
    (
        "the local causal pass chooses of the server's four",
        BOTH,
        lambda row: best(
            "causal", *(row[side] for side in ("server",) if side in row), *row["samples"]
        ),
    ),
    (
        "one of the server's four is right",
        BOTH[1:],
        lambda row: is_right(row, "server") or any(each["exact"] for each in row["samples"]),
    ),
)


def show(rows: list[Row]) -> None:
    """Exact texts by how the two are put together, against one of them alone."""
    right = {name: [arm(row) for row in rows] for name, _, arm in ARMS}
    print(f"{len(rows)} holes")
    for name, bases, _ in ARMS:
        share = estimate([float(each) for each in right[name]])
        assert share is not None
        line = (
            f"{100 * share.mean:5.1f} % ({100 * share.low:.1f} to {100 * share.high:.1f})  {name}"
        )
        for base in bases:
            gain = compare(right[name], right[base])
            points = [100 * each for each in (gain.difference.low, gain.difference.high)]
            line += (
                f"; against {base} {100 * gain.difference.mean:+.1f} "
                f"({points[0]:+.1f} to {points[1]:+.1f}), "
                f"{gain.num_only_first} gained, {gain.num_only_second} lost"
            )
        print(line)
    agreeing = [row for row in rows if len({side["text"] for side in sides(row)}) == 1
                and len(sides(row)) == 2]  # fmt: skip
    num_right = sum(is_right(row, "local") for row in agreeing)
    print(f"both say the same {len(agreeing)} times, {num_right} of them are right")


if __name__ == "__main__":
    main()
