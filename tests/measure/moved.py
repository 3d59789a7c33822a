"""What is lost where a window is blended from what was read before the cursor moved, paired.

    python -m tests.measure.moved a.jsonl --corpus corpus.valid.jsonl.zst --lines 12 45
    python -m tests.measure.moved a.jsonl

The file's window is read with the cursor so many lines away (at least and at most, above or below);
then a line is written at the hole, the whole window read, or blended, or a shorter one read.
Single-line holes, nothing withheld; ms with the reading. Goes on where an earlier run with the same
output stopped.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

import engine
from engine.evaluation.holes import SINGLE_LINE, CutConfig, EvalHole, cut_holes, read_sources
from engine.evaluation.model_filler import request_of
from engine.evaluation.nearby import with_nearby
from engine.infill import Infiller
from engine.memory.library import MAX_OTHER_CHARACTERS
from engine.reading.handles import HandleKey
from engine.reading.reader import Reader
from engine.request import Request
from engine.spans import ByteOffset
from tests.measure.arms import ARMS, BASE, parser_of, read, row_of, show

READINGS: Mapping[str, HandleKey] = {
    BASE: HandleKey(None),
    "blended": HandleKey(None, is_blended=True),
    "half": HandleKey(None, 0.5),
    "quarter": HandleKey(None, 0.25),
}


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--lines", type=int, nargs=2, default=(12, 45), metavar=("LEAST", "MOST"))
    arguments = parser.parse_args()
    if arguments.corpus is not None:
        files = read_sources(arguments.corpus)
        holes = cut_holes(files, CutConfig(arguments.holes, SINGLE_LINE, arguments.seed))
        fill(
            with_nearby(holes, files, MAX_OTHER_CHARACTERS),
            tuple(arguments.lines),
            arguments.model,
            arguments.output[0],
        )
    show([row for path in arguments.output for row in read(path)])


class Forced(Reader):
    """Reads what it is told to."""

    def __init__(self, key: HandleKey, owner: Infiller) -> None:
        super().__init__(owner.denoiser, owner._handles, owner.config.context, owner._clock)
        self._key = key

    def _keys(self, request: Request, *_: object) -> Iterator[HandleKey]:
        yield self._key._replace(path=request.path)


def fill(holes: list[EvalHole], lines: tuple[int, int], model: str | None, output: Path) -> None:
    """Append a row for each hole and reading that has none yet."""
    loaded = engine.load(model)
    known = read(output)
    output.write_text("".join(json.dumps(row) + "\n" for row in known), encoding="utf-8")
    done = {(row["arm"], row["hole"]) for row in known}
    with output.open("a", encoding="utf-8") as sink:
        for hole in holes:
            before = moved(request_of(hole), lines)
            if before is None:
                continue
            for name, key in READINGS.items():
                if (name, hole.id) not in done:
                    # Of its own, so that nothing is known but what was read before the cursor came.
                    made = Infiller(loaded.denoiser, loaded.calibration, ARMS[BASE])
                    if key.is_blended:
                        made.read_ahead(before)
                    made._reader = Forced(key, made)
                    sink.write(json.dumps(row_of(hole, name, made)) + "\n")
                    sink.flush()


def moved(request: Request, lines: tuple[int, int]) -> Request | None:
    """The same text with the cursor at the end of another line; None where there is none."""
    data = request.text.encode()
    ends = np.flatnonzero(np.frombuffer(data + b"\n", np.uint8) == ord("\n"))
    own = data[: request.cursor].count(b"\n")
    others = [int(end) for line, end in enumerate(ends) if lines[0] <= abs(line - own) <= lines[1]]
    if not others:
        return None
    return replace(request, cursor=ByteOffset(random.Random(own).choice(others)))


if __name__ == "__main__":
    main()
