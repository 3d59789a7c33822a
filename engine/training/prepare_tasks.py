"""Cut tasks with verifiable answers out of a corpus.

Run as ``python -m engine.training.prepare_tasks --corpus corpus.train.jsonl.zst --out DIR``: writes
``tasks.jsonl`` and ``held_out.jsonl``, whose packages gave nothing to the other.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import random
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from engine.errors import MidfillError, TrainingError
from engine.evaluation.executed import Fence, FenceConfig, Verdict
from engine.evaluation.holes import CutConfig, CutKind, EvalHole, cut_holes
from engine.tokenizer import BPETokenizer
from engine.training.corpus import SourceFile, read_corpus
from engine.training.decontamination import Benchmarks
from engine.training.doctests import documented_holes, program
from engine.training.filters import is_test
from engine.training.tasks import Task, write_tasks

TASKS_FILE, HELD_OUT_FILE = "tasks.jsonl", "held_out.jsonl"
MAX_BYTES = 60_000  # of a file: all of it runs for every test
FENCE = FenceConfig(wall_seconds=10.0, cpu_seconds=3)


@dataclass(frozen=True, slots=True)
class TaskConfig:
    """``num_tested`` tasks that executed tests decide, ``num_parsed`` that the parser alone judges.

    Holes have up to ``max_tokens``; ``held_out_share`` of the packages is held out. Files that
    share text with ``benchmarks`` give nothing.
    """

    num_tested: int = 400
    num_parsed: int = 0
    max_tokens: int = 31
    per_file: int = 3
    held_out_share: float = 0.25
    benchmarks: tuple[Path, ...] = ()
    seed: int = 0


def prepare_tasks(corpus: Path, tokenizer: Path, out: Path, config: TaskConfig) -> tuple[int, int]:
    """Write both files into ``out``; how many tasks each holds.

    Raises TrainingError for a corpus that gives none, BadInput where programs cannot be fenced in.
    """
    files = [
        file
        for file in tqdm(read_corpus(corpus), desc="reading the corpus", unit=" files")
        if len(file.text.encode()) <= MAX_BYTES and not is_test(file.path)
    ]
    random.Random(config.seed).shuffle(files)
    reader, benchmarks = BPETokenizer(tokenizer), Benchmarks.read(config.benchmarks)
    tested = itertools.islice(_tested(files, reader, config), config.num_tested)
    tasks = list(tqdm(tested, "running tests", config.num_tested, unit=" tasks"))
    if config.num_parsed:
        tasks += itertools.islice(_parsed(files, reader, config), config.num_parsed)
    texts = {(file.package, file.path): file.text for file in files}
    tasks = [
        task for task in tasks if not benchmarks.contains(task.path, texts[task.package, task.path])
    ]
    if not tasks:
        raise TrainingError(f"{corpus}: no file with a task in it; take another corpus")
    out.mkdir(parents=True, exist_ok=True)
    held_out = [task for task in tasks if _is_held_out(task, config)]
    kept = [task for task in tasks if not _is_held_out(task, config)]
    return write_tasks(out / TASKS_FILE, kept), write_tasks(out / HELD_OUT_FILE, held_out)


def _tested(
    files: Sequence[SourceFile], tokenizer: BPETokenizer, config: TaskConfig
) -> Iterator[Task]:
    """Tasks whose tests pass with what stood there and fail without it."""
    fence, draw = Fence(FENCE), random.Random(config.seed)

    def of(holes: Sequence[Task]) -> list[Task]:
        found: list[Task] = []
        for task in holes:
            if len(found) == config.per_file:
                break
            if not _passes(fence, task, task.gold):
                break  # a package is missing, mostly, and none of the file will run
            if not _passes(fence, task, task.gold[: -len(task.gold.lstrip())] + "pass"):
                found.append(task)
        return found

    python = (file for file in files if file.lang == "python" and ">>>" in file.text)
    holes = (list(documented_holes(file, tokenizer, config.max_tokens, draw)) for file in python)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # In slices, so that nothing runs long after enough is found.
        while batch := list(itertools.islice(holes, 8)):
            yield from itertools.chain.from_iterable(pool.map(of, batch))


def _passes(fence: Fence, task: Task, text: str) -> bool:
    return fence.run(program(task, text)).verdict is Verdict.PASSED


def _parsed(
    files: Sequence[SourceFile], tokenizer: BPETokenizer, config: TaskConfig
) -> Iterator[Task]:
    """Lines of all languages, which the parser judges."""
    cut = CutConfig(4 * config.num_parsed, (CutKind.WHOLE_LINE,), config.seed)
    licences = {(file.package, file.path): file for file in files}
    for hole in cut_holes(files, cut):
        file = licences.get((hole.id.partition("/")[0], hole.path))
        task = _line_task(hole, file, tokenizer) if file is not None else None
        if task is not None and len(tokenizer.encode(task.gold)) <= config.max_tokens:
            yield task


def _line_task(hole: EvalHole, file: SourceFile, tokenizer: BPETokenizer) -> Task:
    before, after = hole.pieces
    start = tokenizer.healing_start(before)
    return Task(
        id=hole.id,
        package=file.package,
        licence=file.licence,
        path=file.path,
        language=hole.language,
        before=before[:start],
        gold=before[start:] + hole.gold[0],
        after=after or "\n",
    )


def _is_held_out(task: Task, config: TaskConfig) -> bool:
    digest = hashlib.sha256(f"{config.seed}/{task.package}".encode()).digest()
    return digest[0] < 256 * config.held_out_share


def main() -> None:
    """Parse arguments, cut, say how many tasks there are."""
    default = TaskConfig()
    parser = argparse.ArgumentParser(description="Cut tasks with verifiable answers.")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, default=Path("engine/weights/tokenizer.json"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tested", type=int, default=default.num_tested)
    parser.add_argument("--parsed", type=int, default=default.num_parsed)
    parser.add_argument("--max-tokens", type=int, default=default.max_tokens)
    parser.add_argument("--benchmarks", type=Path, nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=default.seed)
    arguments = parser.parse_args()
    config = TaskConfig(
        arguments.tested,
        arguments.parsed,
        arguments.max_tokens,
        benchmarks=tuple(arguments.benchmarks),
        seed=arguments.seed,
    )
    try:
        counts = prepare_tasks(arguments.corpus, arguments.tokenizer, arguments.out, config)
    except MidfillError as error:
        sys.exit(f"error: {error}")
    print(f"{counts[0]} tasks, {counts[1]} held out, in {arguments.out}")


if __name__ == "__main__":
    main()
