"""What Python's dotted names mean before files move, and how the same is written afterwards.

A module is named by its path without an ending, its ``stem``; a package by its folder.
"""

from __future__ import annotations

import keyword
import posixpath
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.edits.moving.moves import INITS, Moves, is_below

_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_SOURCE_FOLDERS = ("src", "lib", "python")


@dataclass(frozen=True, slots=True)
class Module:
    """A module that a file imports: ``root`` is where its dotted name begins."""

    stem: str
    file: str
    """Its file; of a package without ``__init__`` the folder."""
    root: str


class ModuleNames:
    """How the file ``path`` names modules, now and where it will be."""

    def __init__(self, moves: Moves, path: str) -> None:
        self._moves = moves
        self.folder = posixpath.dirname(path)
        self.new_folder = posixpath.dirname(moves.moved(path))
        self._tiers = self._roots()

    # Now

    def absolute(self, dotted: str) -> Module | None:
        """The module that ``import dotted`` certainly means, None if it is not in the workspace."""
        first, *rest = dotted.split(".")
        if first in sys.stdlib_module_names:
            return None
        for tier in self._tiers:
            found: dict[str, Module] = {}
            for root in tier:
                top = f"{root}/{first}"
                module = self.at("/".join((top, *rest)), root)
                if module is not None:
                    found.setdefault(module.file, module)
                elif not found and self._is_whole(top):
                    return None  # the package is this one, and does not have it
            if found:
                return next(iter(found.values())) if len(found) == 1 else None
        return None

    def relative(self, level: int, dotted: str) -> Module:
        """The module that so many dots and ``dotted`` mean, there or not: a build may make it."""
        folder = self._above(self.folder, level)
        stem = "/".join((folder, *dotted.split("."))) if dotted else folder
        root = self._root_above(folder, self._moves.is_package)
        return self.at(stem, root) or Module(stem, f"{stem}.py", root)

    def at(self, stem: str, root: str) -> Module | None:
        """The module with this stem, if there is one."""
        for path in (*(f"{stem}/{name}" for name in INITS), f"{stem}.py", f"{stem}.pyi"):
            if self._moves.is_file(path):
                return Module(stem, path, root)
        return Module(stem, stem, root) if self._moves.is_folder(stem) else None

    def _is_whole(self, stem: str) -> bool:
        """Whether a module stands there that no other folder of the path adds anything to."""
        return self._moves.is_package(stem) or self._moves.is_file(f"{stem}.py")

    def _roots(self) -> tuple[tuple[str, ...], ...]:
        """Where absolute names may begin: in the file's own project, then in the workspace."""
        near, far = list[str](), list[str]()
        top, tier, folder = self._moves.root_of(self.folder), near, self.folder
        while True:
            if not self._moves.is_package(folder) or folder == top:
                below = [f"{folder}/{name}" for name in _SOURCE_FOLDERS]
                tier += [folder, *(one for one in below if self._is_root(one))]
            has_project = any(self._moves.is_file(f"{folder}/{name}") for name in _PROJECT_FILES)
            tier = far if has_project else tier
            if top is None or folder == top or posixpath.dirname(folder) == folder:
                break
            folder = posixpath.dirname(folder)
        for move in self._moves.moves:
            root = self._root_above(posixpath.dirname(move.old), self._moves.is_package)
            if root != posixpath.dirname(move.old) or self._moves.is_package(move.old):
                far.append(root)
        return tuple(dict.fromkeys(near)), tuple(dict.fromkeys(far))

    def _is_root(self, folder: str) -> bool:
        return self._moves.is_folder(folder) and not self._moves.is_package(folder)

    @staticmethod
    def _above(folder: str, level: int) -> str:
        for _ in range(level - 1):
            folder = posixpath.dirname(folder)
        return folder

    @staticmethod
    def _root_above(folder: str, is_package: Callable[[str], bool]) -> str:
        while is_package(folder) and posixpath.dirname(folder) != folder:
            folder = posixpath.dirname(folder)
        return folder

    # Afterwards

    def new_stem(self, module: Module) -> str | None:
        """The stem that the module will have; None if it will be none."""
        path = self._moves.moved(module.file)
        if module.file == module.stem:
            return path
        head, name = posixpath.split(path)
        if name in INITS:
            return head
        stem, ending = posixpath.splitext(path)
        return stem if ending in (".py", ".pyi") else None

    def written(self, stem: str, root: str, level: int) -> str | None:
        """The dotted name of ``stem`` in the file where it will be; None if none is sure.

        Relative for who wrote ``level`` dots, as long as both are in one package. Empty for a
        folder where absolute names begin.
        """
        found = self._relative(stem, level) if level else None
        if found is not None or not self._moves.is_inside(stem):
            return found
        is_root = stem == root or stem in self._all_roots()
        if is_root and not self._moves.will_be_package(stem):
            return ""
        parts = stem[len(self._new_root(stem, root)) :].strip("/").split("/")
        return ".".join(parts) if is_dotted(parts) else None

    def _relative(self, stem: str, level: int) -> str | None:
        top = self._root_above(self.new_folder, self._moves.will_be_package)
        base = self._above(self.folder, level)
        if not self._moves.is_package(base):  # it is one all the same: dots lead there
            top = min(top, posixpath.dirname(self._moves.moved(base)), key=len)
        common = posixpath.commonpath((self.new_folder, stem))
        if common == top or not is_below(common, top):
            return None
        num_dots = 1 + (self.new_folder.count("/") - common.count("/"))
        parts = stem[len(common) :].strip("/")
        if parts and not is_dotted(parts.split("/")):
            return None
        return "." * num_dots + parts.replace("/", ".")

    def loses(self, module: Module) -> bool:
        """Whether the file goes, and its old folder was where the name of ``module`` began."""
        is_own = module.root == self.folder and self._moves.root_of(self.folder) != self.folder
        return is_own and self._moves.moved(module.root) != self.new_folder != self.folder

    def _new_root(self, stem: str, root: str) -> str:
        """Where the absolute name of ``stem`` will begin: where it does now, if it may."""
        own = self._root_above(posixpath.dirname(stem), self._moves.will_be_package)
        root = self._moves.moved(root)
        if is_below(stem, root) and stem != root:
            first = stem[len(root) :].strip("/").split("/")[0]
            is_plain = self._moves.will_be_package(f"{root}/{first}") or own == root
            is_source = posixpath.basename(own) in _SOURCE_FOLDERS and own in self._all_roots()
            return own if is_source and not is_plain else root
        if own != posixpath.dirname(stem):
            return own
        around = [one for one in self._all_roots() if is_below(stem, one) and stem != one]
        return max(around, key=len, default=own)

    def _all_roots(self) -> Iterator[str]:
        for tier in self._tiers:
            yield from tier


def is_dotted(parts: Sequence[str]) -> bool:
    """Whether Python can import what is called so."""
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
