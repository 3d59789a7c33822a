"""What ``tsconfig.json`` and ``package.json`` say of names that imports may begin with.

Asked of the files as they stand, or as they will stand once what moves has moved; nothing that
cannot be read says anything.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from engine.edits.moving.moves import Moves

T = TypeVar("T")
_TSCONFIGS = ("tsconfig.json", "jsconfig.json")
CONFIGS = frozenset((*_TSCONFIGS, "package.json"))
# Strings stay, comments go; then commas in front of what closes.
_COMMENTS = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.S)
_COMMAS = re.compile(r'("(?:\\.|[^"\\\n])*")|,(?=\s*[}\]])')
_MAX_DEPTH = 8
_ENDING_OPTIONS = ("module", "moduleResolution", "allowImportingTsExtensions")


@dataclass(frozen=True, slots=True)
class Alias:
    """What a name stands for: ``key`` and ``targets`` (paths) may have one ``*`` for the rest.

    ``is_whole``: the targets are files as they stand there, to which no ending is added.
    """

    key: str
    targets: tuple[str, ...]
    is_whole: bool = False

    def rest(self, text: str) -> str | None:
        """What ``text`` has in place of the ``*``, empty without one; None for another name."""
        return _starred(self.key, text)

    def written(self, path: str) -> Iterator[str]:
        """Names under which ``path`` may be imported."""
        for target in self.targets:
            rest = _starred(target, path)
            if rest is not None and ("*" in self.key or not rest):
                yield self.key.replace("*", rest, 1)


@dataclass(frozen=True, slots=True)
class PathMap:
    """``paths`` and ``baseUrl`` of a ``tsconfig.json``.

    ``ending``: what imports of a ``.ts`` file end with there, by the other options.
    """

    aliases: tuple[Alias, ...] = ()
    base: str | None = None
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """A ``package.json``: ``imports`` by ``#name``; ``exports`` by full name, None without any."""

    folder: str
    name: str | None
    imports: tuple[Alias, ...]
    exports: tuple[Alias, ...] | None
    workspaces: tuple[str, ...] = ()


class ProjectFiles:
    """Reads both, each file once."""

    def __init__(self, moves: Moves, is_after: bool) -> None:
        """``is_after``: paths are those once everything has moved."""
        self._moves = moves
        self.is_file = moves.will_be_file if is_after else moves.is_file
        self._is_after = is_after
        self._maps: dict[str, PathMap | None] = {}
        self._packages: dict[str, Package | None] = {}

    def path_map(self, folder: str) -> PathMap | None:
        """What the nearest ``tsconfig.json`` or ``jsconfig.json`` says."""
        return self._nearest(folder, self._maps, self._map_at)

    def package(self, folder: str) -> Package | None:
        """The package that ``folder`` belongs to."""
        return self._nearest(folder, self._packages, self._package_at)

    def _nearest(
        self, folder: str, known: dict[str, T | None], at: Callable[[str], T | None]
    ) -> T | None:
        if folder not in known:
            above = posixpath.dirname(folder)
            known[folder] = None  # of a folder that is its own parent
            known[folder] = at(folder) or self._nearest(above, known, at)
        return known[folder]

    def _map_at(self, folder: str) -> PathMap | None:
        path = next((f"{folder}/{name}" for name in _TSCONFIGS if self._is_there(folder, name)), "")
        options = self._options(path, folder) if path else None
        if options is None:
            return None
        if _has_names(options):
            return _path_map(options)
        # A project of projects has a file for each part.
        for one in _strings(options.get("references")):
            part = self._options(one, posixpath.dirname(one))
            if part is not None and _has_names(part):
                return _path_map(part)
        return _path_map(options)

    def _is_there(self, folder: str, name: str) -> bool:
        return self.is_file(f"{folder}/{name}")

    def _options(self, path: str, top: str, depth: int = 0) -> dict[str, Any] | None:
        """The options that count of a file and of those it extends, with absolute paths."""
        found = self._read(path)
        if found is None or depth > _MAX_DEPTH:
            return None
        folder = posixpath.dirname(path)
        options: dict[str, Any] = {}
        for name in _strings(found.get("extends")):
            for one in _endings(_joined(folder, name)) if name.startswith((".", "/")) else ():
                if self.is_file(one):
                    options |= self._options(one, top, depth + 1) or {}
                    break
        options.pop("references", None)
        own = found.get("compilerOptions")
        own = own if isinstance(own, dict) else {}
        if isinstance(own.get("baseUrl"), str):
            options["baseUrl"] = _joined(folder, own["baseUrl"].replace("${configDir}", top))
        if isinstance(own.get("paths"), dict):
            # Without a base they begin where the file with them stands.
            options["paths"], options["paths of"] = own["paths"], folder
        options |= {name: own[name] for name in _ENDING_OPTIONS if name in own}
        options["top"] = top
        if depth == 0:
            options["references"] = list(self._references(found, folder))
        return options

    def _references(self, found: Mapping[str, Any], folder: str) -> Iterator[str]:
        listed = found.get("references")
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict) and isinstance(one.get("path"), str):
                path = _joined(folder, one["path"])
                yield path if path.endswith(".json") else f"{path}/tsconfig.json"

    def _package_at(self, folder: str) -> Package | None:
        found = self._read(f"{folder}/package.json")
        if found is None:
            return None
        name = found.get("name")
        name = name if isinstance(name, str) and name else None
        exports = found.get("exports")
        spread = exports if isinstance(exports, dict) else {".": exports}
        if not all(key.startswith(".") for key in spread):
            spread = {".": spread}
        imports = found.get("imports")
        imports = imports if isinstance(imports, dict) else {}
        own = {key: value for key, value in imports.items() if key.startswith("#")}
        full = {f"{name}{key[1:]}": value for key, value in spread.items()}
        listed = found.get("workspaces")
        listed = listed.get("packages") if isinstance(listed, dict) else listed
        return Package(
            folder,
            name,
            tuple(_whole(own, folder)),
            None if exports is None or name is None else tuple(_whole(full, folder)),
            tuple(_strings(listed)),
        )

    def _read(self, path: str) -> dict[str, Any] | None:
        if not self.is_file(path):
            return None
        source = self._moves.source(path) if self._is_after else path
        try:
            text = Path(source).read_text("utf-8-sig")
            read = json.loads(_COMMAS.sub(r"\1", _COMMENTS.sub(r"\1", text)))
        except (OSError, ValueError, RecursionError):
            return None
        return read if isinstance(read, dict) else None


def _path_map(options: Mapping[str, Any]) -> PathMap:
    base = options.get("baseUrl")
    folder = str(base or options.get("paths of"))
    aliases = []
    for key, values in (options.get("paths") or {}).items():
        targets = [
            _joined(folder, one.replace("${configDir}", options["top"]))
            for one in _strings(values)
            if one.count("*") <= 1
        ]
        if key.count("*") <= 1 and targets:
            aliases.append(Alias(key, tuple(targets)))
    return PathMap(tuple(aliases), base, _ending(options))


def _has_names(options: Mapping[str, Any]) -> bool:
    return "paths" in options or "baseUrl" in options


def _ending(options: Mapping[str, Any]) -> str:
    if options.get("allowImportingTsExtensions") is True:
        return ".ts"
    named = str(options.get("moduleResolution", options.get("module", "")))
    return ".js" if re.match(r"node(?!10$|$)", named.lower()) else ""


def _whole(entries: Mapping[str, Any], folder: str) -> Iterator[Alias]:
    """Entries of ``imports`` or ``exports``, whatever the conditions of their targets."""
    for key, value in entries.items():
        targets = [_joined(folder, one) for one in _leaves(value) if one.startswith("./")]
        if targets and key.count("*") <= 1:
            yield Alias(key, tuple(dict.fromkeys(targets)), is_whole=True)


def _leaves(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)) and depth < _MAX_DEPTH:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _leaves(one, depth + 1)


def _strings(value: object) -> Iterator[str]:
    listed = [value] if isinstance(value, str) else value
    yield from (one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()


def _joined(folder: str, path: str) -> str:
    # ``os`` knows a path with a drive.
    return posixpath.normpath(path if os.path.isabs(path) else posixpath.join(folder, path))


def _endings(path: str) -> tuple[str, ...]:
    return (path, f"{path}.json", f"{path}/tsconfig.json")


def _starred(pattern: str, text: str) -> str | None:
    head, star, tail = pattern.partition("*")
    if not star:
        return "" if text == pattern else None
    is_longer = len(text) >= len(head) + len(tail)
    is_like = is_longer and text.startswith(head) and text.endswith(tail)
    return text[len(head) : len(text) - len(tail)] if is_like else None
