"""A user's own repository as a set of holes, and its tests run in a copy.

The copy is the only thing that is written to; the repository itself is read.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.errors import BadInput
from engine.evaluation.executed import Execution, Verdict, kill_group
from engine.evaluation.fillers import Filler
from engine.evaluation.holes import MAX_FILE_BYTES, CutConfig, EvalHole, cut_holes
from engine.evaluation.infilling import (
    Evaluation,
    EvaluationConfig,
    FillerResults,
    HoleResult,
    Progress,
    all_fillers,
    evaluate,
    measure,
    progress_of,
)
from engine.evaluation.nearby import with_nearby
from engine.languages import PLAIN_TEXT, language_of
from engine.memory.library import MAX_OTHER_CHARACTERS
from engine.training.corpus import SourceFile

_SKIPPED = frozenset({"node_modules", "venv", "__pycache__", "build", "dist", "target", "vendor"})
_OUTPUT_CHARACTERS = 300


def repository_sources(folder: Path) -> list[SourceFile]:
    """The source files of a repository: those that git does not ignore.

    Without git, all but the usual folders of other people's code. What is no UTF-8, too large or of
    no known language is left out.

    Raises BadInput when the folder does not exist or holds no source file.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: no such folder; give the repository's root")
    found = []
    for path in _listed(folder):
        language = language_of(path)
        file = folder / path
        if language is PLAIN_TEXT or not file.is_file() or file.stat().st_size > MAX_FILE_BYTES:
            continue
        try:
            text = file.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
        found.append(SourceFile(folder.resolve().name, "", "", path, language.id, text))
    if not found:
        raise BadInput(f"{folder}: holds no source file of a known language")
    return found


def _listed(folder: Path) -> list[str]:
    """Paths below ``folder``, sorted; those that git ignores are left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):  # no git, or no repository of it
        return sorted(_walk(folder))
    return sorted(set(filter(None, done.stdout.decode("utf-8", "replace").split("\0"))))


def _walk(folder: Path) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED and name[0] != "."]
        for name in files:
            yield (Path(place) / name).relative_to(folder).as_posix()


@dataclass(frozen=True, slots=True)
class CopyUnderTest:
    """A copy of a repository in which a test command runs, at most ``wall_seconds`` each time."""

    folder: Path
    command: tuple[str, ...]
    wall_seconds: float

    def run(self, hole: EvalHole, texts: Sequence[str]) -> Execution:
        """Test the repository with ``texts`` in a hole; the copy is as before afterwards."""
        file = self.folder / hole.path
        before = file.read_bytes()
        file.write_bytes(hole.filled(texts).encode("utf-8"))
        try:
            return self.test()
        finally:
            file.write_bytes(before)

    def test(self) -> Execution:
        """Run the tests on the copy as it stands. Raises BadInput when they cannot be started."""
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            name = self.command[0]
            raise BadInput(f"--tests: {name} cannot be run ({error.strerror})") from error
        with process:
            try:
                output, _ = process.communicate(timeout=self.wall_seconds)
            except subprocess.TimeoutExpired:
                kill_group(process)
                process.communicate()
                return Execution(Verdict.TIMED_OUT, f"over {self.wall_seconds:g} s")
        if process.returncode == 0:
            return Execution(Verdict.PASSED)
        lines = output.decode("utf-8", "replace").strip().splitlines()
        detail = lines[-1] if lines else f"exit code {process.returncode}"
        return Execution(Verdict.FAILED, detail[:_OUTPUT_CHARACTERS])


@contextmanager
def copy_for_tests(
    folder: Path, tests: str, wall_seconds: float = 300.0
) -> Iterator[CopyUnderTest]:
    """A copy of ``folder`` whose tests pass, gone afterwards. The history stays behind.

    Raises BadInput when the command is empty or fails on the untouched copy.
    """
    try:
        # Windows' paths have backslashes, which would go with the quotes.
        parts = shlex.split(tests, posix=sys.platform != "win32")
        command = tuple(part.strip('"') if sys.platform == "win32" else part for part in parts)
    except ValueError as error:
        raise BadInput(f"--tests: {tests!r} is no command ({error})") from error
    if not command:
        raise BadInput("--tests: the command is empty")
    with tempfile.TemporaryDirectory(prefix="midfill-repo-") as place:
        copy = Path(place) / folder.resolve().name
        shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        tested = CopyUnderTest(copy, command, wall_seconds)
        execution = tested.test()
        if execution.verdict is not Verdict.PASSED:
            detail = f"{execution.verdict.value}: {execution.detail}"
            raise BadInput(f"--tests: the command does not pass on an untouched copy ({detail})")
        yield tested


def evaluate_tested(
    holes: Sequence[EvalHole], filler: Filler, copy: CopyUnderTest, progress: Progress
) -> Iterable[HoleResult]:
    """Fill ``holes`` one after the other, measure each answer, and run the tests with it.

    An exact answer passes without a run: the copy's own text has passed. A silent filler leaves the
    hole empty, and that is tested too.
    """
    for hole in progress(holes, filler.name):
        answer = filler.fill(hole)
        measured = measure(hole, answer)
        if measured.is_exact:
            yield measure(hole, answer, Verdict.PASSED)
            continue
        execution = copy.run(hole, answer.texts or ("",) * len(hole.spans))
        yield measure(hole, answer, execution.verdict, execution.detail)


def run_repository(
    folder: Path, tests: str | None, config: EvaluationConfig, fillers: Sequence[Filler] = ()
) -> Evaluation:
    """Measure the model on holes of ``folder``, with its tests when a command is given.

    Raises BadInput when nothing can be cut, and as ``copy_for_tests`` and ``infilling.run`` do.
    """
    if config.is_as_typed and tests is not None:
        raise BadInput("--as-typed leaves code out, which no test passes without: no --tests")
    cut = CutConfig(config.num_holes, config.kinds, config.seed, None, config.is_as_typed)
    files = repository_sources(folder)
    holes = with_nearby(cut_holes(files, cut), files, MAX_OTHER_CHARACTERS)
    if not holes:
        raise BadInput(f"{folder}: no hole can be cut from its files")
    tested = all_fillers(config, fillers)
    progress = progress_of(config)
    results = []
    with ExitStack() as stack:
        copy = None if tests is None else stack.enter_context(copy_for_tests(folder, tests))
        for filler in tested:
            measured = (
                evaluate(holes, filler, progress)
                if copy is None
                else evaluate_tested(holes, filler, copy, progress)
            )
            results.append(FillerResults(folder.resolve().name, filler.name, tuple(measured)))
    return Evaluation(config, tuple(results))
