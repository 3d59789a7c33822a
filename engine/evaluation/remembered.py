"""Answers kept in a file as they come, so that a long evaluation that was stopped goes on.

One JSON object a line: the filler's settings first, then an answer for each hole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.evaluation.fillers import Answer, Filler
from engine.evaluation.holes import EvalHole


class RememberingFiller:
    """Asks ``filler`` once for each hole and writes the answer to ``path``.

    ``settings`` say what the answers depend on. Raises BadInput when the file was written under
    other settings, is no such file, or cannot be written.
    """

    def __init__(self, filler: Filler, path: Path, settings: Mapping[str, Any]) -> None:
        self.name, self._filler, self._path = filler.name, filler, path
        self._answers = self._read({"filler": filler.name, **settings})

    def fill(self, hole: EvalHole) -> Answer:
        """The answer that is known, or the filler's, which is known from now on."""
        if hole.id not in self._answers:
            self._answers[hole.id] = self._filler.fill(hole)
            self._append({"id": hole.id, **asdict(self._answers[hole.id])})
        return self._answers[hole.id]

    def _read(self, settings: Mapping[str, Any]) -> dict[str, Answer]:
        if not self._path.exists():
            self._append(settings)
            return {}
        try:
            # A line that was cut when the run was stopped has no end.
            lines = self._path.read_text("utf-8").split("\n")[:-1]
            found, *records = [json.loads(line) for line in lines]
            answers = {record.pop("id"): _answer(record) for record in records}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"{self._path}: no file of answers ({error}); name another") from error
        if found != dict(settings):
            raise BadInput(f"{self._path}: holds answers of {found}, not {settings}; name another")
        self._rewrite(lines)
        return answers

    def _rewrite(self, lines: list[str]) -> None:
        self._path.write_text("".join(f"{line}\n" for line in lines), "utf-8")

    def _append(self, record: Mapping[str, Any]) -> None:
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        except OSError as error:
            raise BadInput(f"{self._path}: cannot be written ({error.strerror})") from error


def _answer(record: dict[str, Any]) -> Answer:
    tokens = tuple((int(length), float(p)) for length, p in record.pop("tokens"))
    return Answer(texts=tuple(record.pop("texts")), tokens=tokens, **record)
