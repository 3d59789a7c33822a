"""Give an evaluation's holes the files that a workspace has beside theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.evaluation.holes import EvalHole
from engine.nearness import nearest
from engine.request import OpenDocument
from engine.training.corpus import SourceFile


def with_nearby(
    holes: Iterable[EvalHole], files: Iterable[SourceFile], max_characters: int
) -> list[EvalHole]:
    """``holes`` with other files of their packages, the nearest ones that fit."""
    packages: dict[str, dict[str, str]] = {}
    for file in files:
        packages.setdefault(file.package, {})[file.path] = file.text
    return [replace(hole, nearby=_nearby(hole, packages, max_characters)) for hole in holes]


def _nearby(
    hole: EvalHole, packages: Mapping[str, Mapping[str, str]], max_characters: int
) -> tuple[OpenDocument, ...]:
    package = hole.id.partition(f"/{hole.path}:")[0]
    chosen, left = [], max_characters
    for path in nearest(hole.path, packages.get(package, {})):
        text = packages[package][path]
        if len(text) <= left:
            chosen.append(OpenDocument(path, None, text))
            left -= len(text)
    return tuple(chosen)
