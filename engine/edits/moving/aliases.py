"""What imports mean that begin with a name: aliases, base folders, ``#names``, packages' names.

Only what certainly means a file of the workspace: as TypeScript and Node read it, by files that are
there. A package of the workspace is one that ``node_modules`` links to or ``workspaces`` lists.
"""

from __future__ import annotations

import contextlib
import functools
import glob
import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from engine.edits.modules import script_files
from engine.edits.moving.moves import Moves, is_below, slashed
from engine.edits.moving.project_files import Alias, Package, ProjectFiles

SOURCES = (".d.ts", ".ts", ".tsx", ".js", ".jsx")
"""Endings that bundlers add, and TypeScript."""
_LISTED = re.compile(r"""^\s*-\s*["']?([^"'#\n]+?)["']?\s*(?:#.*)?$""", re.M)


class AliasKind(Enum):
    """Where a name comes from."""

    PATHS = "paths"
    BASE = "baseUrl"
    IMPORTS = "imports"
    PACKAGE = "a package's name"


@dataclass(frozen=True, slots=True)
class Meaning:
    """The ``file`` that a name means; ``stem``: its path as the name has it, without an ending."""

    file: str
    stem: str
    kind: AliasKind
    alias: Alias


class Aliases:
    """What names mean before files move, or after (``is_after``)."""

    def __init__(self, moves: Moves, is_after: bool) -> None:
        self._moves, self._is_after = moves, is_after
        self._files = ProjectFiles(moves, is_after)
        self._known: dict[tuple[str, str], Meaning | None] = {}
        self._listed: dict[str, dict[str, str]] = {}

    @staticmethod
    @functools.lru_cache(maxsize=2)
    def of(moves: Moves, is_after: bool) -> Aliases:
        """Those of ``moves``, kept while they are asked about."""
        return Aliases(moves, is_after)

    def meaning(self, folder: str, text: str) -> Meaning | None:
        """What an import of ``text`` in ``folder`` means; None if that is no file or not sure."""
        key = folder, text
        if key not in self._known:
            found = (self._found(*tier, text) for tier in self._tiers(folder, text))
            self._known[key] = next((one for one in found if one is not None), None)
        return self._known[key]

    def written(self, folder: str, path: str, like: Meaning, is_same: bool) -> Iterator[str]:
        """How ``path`` may be imported in ``folder`` by who wrote ``like``, the likest first.

        ``is_same``: by names of the same kind, else by those of others.
        """
        tiers = list(self._own_tiers(folder))
        if like.kind is AliasKind.PACKAGE:
            package = self._files.package(posixpath.dirname(path))
            tiers = [] if package is None else [(AliasKind.PACKAGE, _names(package))]
        for kind, aliases in tiers:
            if is_same is (kind is like.kind):
                for alias in sorted(aliases, key=lambda one: one.key != like.alias.key):
                    yield from alias.written(path)

    def spoken(self, folder: str, like: Meaning) -> str:
        """The stem of ``like`` as other imports in ``folder`` have it.

        Without an ending, or a file, that its alias adds: where Node's do, with the project's own.
        """
        ending = next((one for one in SOURCES if like.stem.endswith(one)), None)
        paths = self._files.path_map(folder)
        if ending is None or like.alias.key.endswith(ending):
            return like.stem
        is_added = any(one.endswith(ending) for one in like.alias.targets)
        if not is_added or (like.alias.is_whole and paths is None):
            return like.stem
        bare = like.stem.removesuffix(ending)
        if paths is not None and paths.ending:
            return bare + (ending if paths.ending == ".ts" else ".js")
        return posixpath.dirname(bare) if bare.endswith("/index") else bare

    def hiding(self, folder: str) -> Iterator[str]:
        """How names begin in ``folder`` that mean what moves without saying what it is called."""
        for _, aliases in self._own_tiers(folder):
            for alias in aliases:
                for target in alias.targets:
                    fixed, star, _ = target.partition("*")
                    readings = [fixed.rstrip("/")] if star else list(self._readings(fixed, alias))
                    if any(self._moves.named(one) is not None for one in readings):
                        yield alias.key.partition("*")[0]

    def _tiers(self, folder: str, text: str) -> Iterator[tuple[AliasKind, Sequence[Alias]]]:
        for kind, aliases in self._own_tiers(folder):
            if kind is not AliasKind.IMPORTS or text.startswith("#"):
                yield kind, aliases
        if not text.startswith("#"):
            package = self._named(folder, text)
            if package is not None:
                yield AliasKind.PACKAGE, _names(package)

    def _own_tiers(self, folder: str) -> Iterator[tuple[AliasKind, Sequence[Alias]]]:
        paths = self._files.path_map(folder)
        if paths is not None:
            yield AliasKind.PATHS, paths.aliases
            if paths.base is not None:
                yield AliasKind.BASE, [Alias("*", (f"{paths.base}/*",))]
        package = self._files.package(folder)
        if package is not None:
            yield AliasKind.IMPORTS, package.imports

    def _found(self, kind: AliasKind, aliases: Sequence[Alias], text: str) -> Meaning | None:
        alias = max(
            (one for one in aliases if one.rest(text) is not None),
            key=lambda one: ("*" not in one.key, len(one.key.partition("*")[0])),
            default=None,
        )
        if alias is None:
            return None
        rest = alias.rest(text) or ""
        found: dict[str, Meaning] = {}
        for target in alias.targets:
            stem = posixpath.normpath(target.replace("*", rest, 1))
            file = next(
                (one for one in self._readings(stem, alias) if self._files.is_file(one)), ""
            )
            if file:
                found.setdefault(file, Meaning(file, stem, kind, alias))
        # Of several TypeScript takes the first; which one Node takes depends on its conditions.
        is_sure = len(found) == 1 or not alias.is_whole
        return next(iter(found.values()), None) if is_sure else None

    @staticmethod
    def _readings(stem: str, alias: Alias) -> Iterator[str]:
        """The files that a target may be; to one of Node's nothing is added."""
        for one in script_files(stem):
            if not alias.is_whole or not one.startswith((f"{stem}.", f"{stem}/")):
                yield one

    def _named(self, folder: str, text: str) -> Package | None:
        """The package of the workspace whose name ``text`` begins with."""
        parts = text.split("/")
        name = "/".join(parts[: 2 if text.startswith("@") else 1])
        own = self._files.package(folder)
        if own is not None and own.name == name and own.exports is not None:
            return own
        home = self._linked(folder, name)
        if home is None:
            return None
        there = self._moves.moved(home) if self._is_after else home
        package = self._files.package(there)
        return package if package is not None and package.name == name else None

    def _linked(self, folder: str, name: str) -> str | None:
        """The folder, as it is now, of a package that files in ``folder`` can import."""
        for above in _up(folder):
            path = f"{above}/node_modules/{name}"
            if os.path.isdir(path):
                real = slashed(os.path.realpath(path))
                roots = self._moves.roots
                is_own = not roots or any(is_below(real, root) for root in roots)
                return real if is_own and "/node_modules/" not in real else None
            home = self._workspaces(above).get(name)
            if home is not None:
                return home
        return None

    def _workspaces(self, folder: str) -> dict[str, str]:
        """The packages that ``folder`` lists as its workspaces: name to folder, as they are now."""
        if folder not in self._listed:
            now = self if not self._is_after else Aliases.of(self._moves, False)
            own = now._files.package(folder)
            patterns = [] if own is None or own.folder != folder else list(own.workspaces)
            with contextlib.suppress(OSError, UnicodeDecodeError):
                listed = Path(folder, "pnpm-workspace.yaml").read_text("utf-8")
                patterns += _LISTED.findall(listed)
            packages = map(now._files.package, _listed(folder, iter(patterns)))
            known = [one for one in packages if one is not None and one.name is not None]
            self._listed[folder] = {one.name or "": one.folder for one in known}
        return self._listed[folder]


def _names(package: Package) -> Sequence[Alias]:
    if package.exports is not None:
        return package.exports
    return () if package.name is None else (Alias(f"{package.name}/*", (f"{package.folder}/*",)),)


def _listed(folder: str, patterns: Iterator[str]) -> Iterator[str]:
    """The folders that workspace ``patterns`` mean; those in ``node_modules`` are others'."""
    for pattern in patterns:
        if not pattern.startswith(("!", "/")) and ".." not in pattern:
            shallow = pattern.rstrip("/").replace("**", "*")
            for found in sorted(glob.glob(f"{glob.escape(folder)}/{shallow}")):
                if "/node_modules/" not in slashed(found):
                    yield posixpath.normpath(slashed(found))


def _up(folder: str) -> Iterator[str]:
    while True:
        yield folder
        above = posixpath.dirname(folder)
        if above == folder:
            return
        folder = above
