"""Give an evaluation's holes the files that a workspace has beside theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.evaluation.holes import EvalHole
from engine.memory.nearness import likeness, nearest
from engine.request import OpenDocument
from engine.tags import names_in
from engine.training.corpus import SourceFile


def with_nearby(
    holes: Iterable[EvalHole], files: Iterable[SourceFile], max_characters: int
) -> list[EvalHole]:
    """``holes`` with other files of their packages, the nearest ones that fit."""
    packages: dict[str, dict[str, str]] = {}
    for file in files:
        packages.setdefault(file.package, {})[file.path] = file.text
    shelves = {package: _Shelf(texts) for package, texts in packages.items()}
    return [replace(hole, nearby=_nearby(hole, shelves, max_characters)) for hole in holes]


class _Shelf:
    """The files of a package, and what tells which of them are like another one."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        data = {path: text.encode() for path, text in texts.items()}
        self._mentions = {path: names_in(each) for path, each in data.items()}
        self._sizes = {path: len(each) for path, each in data.items()}

    def ordered(self, path: str, text: str) -> list[str]:
        """The other files' paths, those nearest to ``text`` first."""
        alike = likeness(names_in(text.encode()), self._mentions, self._sizes)
        return nearest(path, self.texts, alike)


def _nearby(
    hole: EvalHole, shelves: Mapping[str, _Shelf], max_characters: int
) -> tuple[OpenDocument, ...]:
    package = hole.id.partition(f"/{hole.path}:")[0]
    if package not in shelves:
        return ()
    texts = shelves[package].texts
    chosen, left = [], max_characters
    # What is hidden in the hole says nothing about which files are like it.
    for path in shelves[package].ordered(hole.path, hole.without_gold()[0]):
        if len(texts[path]) <= left:
            chosen.append(OpenDocument(path, None, texts[path]))
            left -= len(texts[path])
    return tuple(chosen)
