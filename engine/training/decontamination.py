"""Keep the texts of public benchmarks out of a training corpus.

A file is contaminated when three windows of 16 words in a row occur in a benchmark's problems, when
it is nearly a file of an edit benchmark, or when it lies at such a file's path: text alone misses
versions of a file that have moved on.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from engine.errors import TrainingError
from engine.training.near_duplicates import SeenTexts

WINDOW_WORDS = 16
WINDOWS_IN_A_ROW = 3
MIN_PATH_PARTS = 2
_WORD = re.compile(r"\w+|[^\w\s]")
_PROBLEM_FIELDS = ("prompt", "canonical_solution", "suffix")
_OTHER_FIELDS = ("text", "code", "test", "test_setup_code")
_FILE_FIELDS = ("before", "after", "original", "final")


class Benchmarks:
    """What must not be learned: word windows of problems, whole files, and paths."""

    def __init__(self, windows: set[int], files: SeenTexts, paths: frozenset[str]) -> None:
        self._windows, self._files, self._paths = windows, files, paths

    @staticmethod
    def read(sources: Iterable[Path]) -> Benchmarks:
        """Read JSON-lines files, gzipped or not, in the formats of the public sets.

        HumanEval and HumanEval-Infilling (``prompt``, ``canonical_solution``, ``suffix``,
        ``test``), MBPP (``text``, ``code``), and edit sets (``before``/``after`` or
        ``original``/``final``, and ``path``). Raises TrainingError that names the file and line of
        what cannot be read.
        """
        windows: set[int] = set()
        files, paths = SeenTexts(), set()
        for source in sources:
            for record in _records(source):
                problem = "".join(_texts(record, _PROBLEM_FIELDS))
                for text in (problem, *_texts(record, _OTHER_FIELDS)):
                    windows.update(_window_hashes(text))
                for text in _texts(record, _FILE_FIELDS):
                    files.add(text)
                paths.update(_texts(record, ("path",)))
        return Benchmarks(windows, files, frozenset(paths))

    def contains(self, path: str, text: str) -> bool:
        """Whether the file at ``path`` inside its package shares text or path with a benchmark."""
        return (
            self._has_path(path)
            or self._has_windows(text)
            or self._files.is_duplicate(text)
            or self._files.is_near_duplicate(text)
        )

    def _has_path(self, path: str) -> bool:
        is_specific = len(PurePosixPath(path).parts) >= MIN_PATH_PARTS
        return is_specific and any(
            known == path or known.endswith("/" + path) for known in self._paths
        )

    def _has_windows(self, text: str) -> bool:
        in_a_row = 0
        for window in _window_hashes(text) if self._windows else ():
            in_a_row = in_a_row + 1 if window in self._windows else 0
            if in_a_row == WINDOWS_IN_A_ROW:
                return True
        return False


def _window_hashes(text: str) -> Iterator[int]:
    words = [hash(word) for word in _WORD.findall(text)]
    for start in range(len(words) - WINDOW_WORDS + 1):
        yield hash(tuple(words[start : start + WINDOW_WORDS]))


def _texts(record: dict[str, Any], fields: Iterable[str]) -> list[str]:
    return [record[field] for field in fields if isinstance(record.get(field), str)]


def _records(source: Path) -> Iterator[dict[str, Any]]:
    try:
        data = source.read_bytes()
        text = (gzip.decompress(data) if source.suffix == ".gz" else data).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise TrainingError(f"{source}: benchmark cannot be read ({error})") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise TrainingError(f"{source}: line {number} is no JSON ({error.msg})") from error
        if not isinstance(record, dict):
            raise TrainingError(f"{source}: line {number} is no JSON object")
        yield record
