"""Definitions from other files that help at a place: headers of what the code around it names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from engine.reading.names_near import import_lines, names_near
from engine.request import Excerpt
from lsp_server.workspace.index import Definition
from lsp_server.workspace.workspace import Workspace

MAX_FILES = 3
MAX_HEADERS = 8
# A name that more files define says little about which of them is meant.
_MAX_HOMONYMS = 3
_MIN_TELLING = 5
_IMPORTED, _OTHER_LANGUAGE = 1, 4
_WORD = re.compile(r"\w+")


def related_definitions(
    workspace: Workspace, path: Path, text: str, cursor: int
) -> tuple[Excerpt, ...]:
    """Return excerpts of other files for byte offset ``cursor``, the most likely file first.

    Imported files come first, then those of the same folder; a file elsewhere counts only for a
    name that hardly another one defines.
    """
    names = names_near(text, cursor)
    found = [one for one in workspace.definitions(*names) if one.path != path]
    own = {one.name for one in workspace.definitions_in(path)}
    imported = set(_WORD.findall("\n".join(import_lines(text))))
    by_file: dict[Path, list[Definition]] = {}
    for name in names:
        homonyms = [one for one in found if one.name == name and name not in own]
        for one in _meant(homonyms, path, imported):
            by_file.setdefault(one.path, []).append(one)
    files = sorted(by_file, key=lambda file: (_rank(file, path, imported), str(file)))
    return tuple(
        Excerpt(workspace.short_name(file), _headers(by_file[file]))
        for file in files[:MAX_FILES]
        if workspace.ignore_reason(file) is None
    )


def _meant(homonyms: list[Definition], path: Path, imported: set[str]) -> list[Definition]:
    """Choose those of the nearest rank; none when too many are left."""
    ranks = {one.path: _rank(one.path, path, imported) for one in homonyms}
    best = min(ranks.values(), default=0)
    nearest = [one for one in homonyms if ranks[one.path] == best]
    if best > _IMPORTED:  # nothing but the name says that they are meant
        num_meant = sum(rank < _OTHER_LANGUAGE for rank in ranks.values())
        return nearest if num_meant == 1 and _is_telling(nearest[0]) else []
    return nearest if len(nearest) <= _MAX_HOMONYMS else []


def _is_telling(definition: Definition) -> bool:
    """Tell whether a name is its own: methods are called alike everywhere."""
    is_method = definition.kind == "method" or "(self" in definition.signature
    return not is_method and len(definition.name) >= _MIN_TELLING


def _rank(file: Path, path: Path, imported: set[str]) -> int:
    if file.suffix != path.suffix:
        return _OTHER_LANGUAGE
    is_package = file.stem in ("__init__", "index", "mod")
    module, above = (file.parent, file.parent.parent) if is_package else (file, file.parent)
    if module.stem in imported:
        return 0 if above.name in imported or above == path.parent else 1
    return 2 if file.parent == path.parent else 3


def _headers(definitions: Iterable[Definition]) -> str:
    """Join the headers in the order of the file."""
    chosen = sorted(definitions, key=lambda one: one.span.start)[:MAX_HEADERS]
    return "\n".join(dict.fromkeys(one.signature for one in chosen))
