"""The names of several files, and which imports of one mean what of another."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from engine.edits.modules import module_path, submodule_path
from engine.edits.moving.aliases import Aliases
from engine.edits.moving.moves import Moves, slashed
from engine.edits.names_of import name_table
from engine.edits.symbols import NameTable, Origin, ScopeKind, Symbol
from engine.languages import Language, language_of
from engine.syntax import parse

_MAX_HOPS = 8
_SCRIPTS = frozenset("javascript javascriptreact typescript typescriptreact".split())
_CPP = re.compile(
    r"^[ \t]*(?:class\s+\w|namespace\s+[\w{]|template\s*<|public\s*:|private\s*:|using\s+\w)",
    re.MULTILINE,
)
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text; ``language`` an LSP id, guessed from the path when None."""

    path: str
    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What a file gives to others under a name."""

    path: str
    name: str


class ProjectNames:
    """Name tables of files, made when they are asked for."""

    def __init__(self, files: Sequence[SourceText]) -> None:
        self._files = {file.path: file for file in files}
        self._tables: dict[str, NameTable | None] = {}
        self._targets: dict[tuple[str, Origin], Exported | None] = {}
        self._aliases = Aliases(Moves(()), is_after=False)
        self._by_slashed = {slashed(path): path for path in self._files}

    @property
    def paths(self) -> list[str]:
        """All files, in the order given."""
        return list(self._files)

    def language(self, path: str) -> Language:
        """The language of a file; editors and endings take C++'s headers for C's."""
        file = self._files[path]
        found = language_of(path, file.language)
        is_cpp = found.id == "c" and path.endswith(".h") and _CPP.search(file.text)
        return language_of(None, "cpp") if is_cpp else found

    def table(self, path: str) -> NameTable | None:
        """The names of a file; None for a language whose scopes are not known."""
        if path not in self._tables:
            data = self._files[path].text.encode()
            self._tables[path] = name_table(parse(data, self.language(path)))
        return self._tables[path]

    def tables(self) -> Iterator[tuple[str, NameTable]]:
        """All files whose names are known."""
        for path in self.paths:
            table = self.table(path)
            if table is not None:
                yield path, table

    def home(self, path: str, symbol: Symbol) -> tuple[str, Symbol]:
        """Where the thing that ``symbol`` stands for is declared, as far as the files tell.

        An import under the name that its module gives is followed; one with an alias is not.
        """
        for _ in range(_MAX_HOPS):
            found = None
            if symbol.origin is not None and symbol.origin.name == symbol.name:
                found = self._exported(self._target(path, symbol.origin))
            elif symbol.scope.kind is ScopeKind.CLASS:
                found = self._overridden(path, symbol)
            if found is None:
                break
            path, symbol = found
        return path, symbol

    def _target(self, importer: str, origin: Origin) -> Exported | None:
        """The file and name that an import means."""
        if (importer, origin) not in self._targets:
            self._targets[importer, origin] = self._looked_up(importer, origin)
        return self._targets[importer, origin]

    def _looked_up(self, importer: str, origin: Origin) -> Exported | None:
        path = self._module(importer, origin) if origin.module or origin.level else importer
        return None if path is None or origin.name is None else Exported(path, origin.name)

    def _module(self, importer: str, origin: Origin) -> str | None:
        """The file of the module that ``origin`` names, also by an alias of the project."""
        language = self.language(importer).id
        if language not in _SCRIPTS or origin.module.startswith("."):
            return module_path(origin, importer, self._files, language)
        folder = posixpath.dirname(slashed(importer))
        found = self._aliases.meaning(folder, origin.module.partition("?")[0])
        return None if found is None else self._by_slashed.get(found.file)

    def _exported(self, exported: Exported | None) -> tuple[str, Symbol] | None:
        """The file's own symbol of that name."""
        table = None if exported is None else self.table(exported.path)
        if exported is None or table is None:
            return None
        origin = table.exported.get(exported.name)
        name = exported.name if origin is None or origin.module else origin.name
        symbol = table.file_scope.get(name or "") or table.file_scope.get(f"type:{name}")
        return None if symbol is None else (exported.path, symbol)

    def _overridden(self, path: str, symbol: Symbol) -> tuple[str, Symbol] | None:
        """The member of a class in another file that this one overrides."""
        table = self.table(path)
        for origin, override in [] if table is None else table.overrides:
            if override.root is symbol.root:
                found = self._exported(self._target(path, origin))
                base = found[1].body if found is not None else None
                member = None if base is None else base.get(symbol.name)
                if found is not None and member is not None:
                    return found[0], member
        return None

    def exports(self, path: str, symbol: Symbol) -> list[Exported]:
        """Every file and name under which others can import the symbol under its own name."""
        if symbol.scope.parent is not None:
            return []
        given_on: dict[Exported | None, list[Exported]] = {}
        for other, table in self.tables():
            for origin in _given_on(table, symbol.name):
                target = self._target(other, origin)
                given_on.setdefault(target, []).append(Exported(other, symbol.name))
        found = [Exported(path, symbol.name)]
        known = set(found)
        for one in found:
            again = [each for each in given_on.get(one, ()) if each not in known]
            found += again
            known.update(again)
        return found

    def means(self, importer: str, origin: Origin | None, exported: Collection[Exported]) -> bool:
        """Whether an import means one of what files give under a name."""
        return origin is not None and self._target(importer, origin) in exported

    def is_module(self, importer: str, origin: Origin, paths: Collection[str]) -> bool:
        """Whether ``origin`` means a module that one of ``paths`` holds."""
        language = self.language(importer).id
        if origin.name is None:
            return self._module(importer, origin) in paths
        return submodule_path(origin, importer, self._files, language) in paths


def _given_on(table: NameTable, name: str) -> Iterator[Origin]:
    """Where a file has ``name`` from that others can import from it."""
    for symbol in table.file_scope.symbols.get(name, ()):
        if symbol.origin is not None and symbol.origin.name == name:
            yield symbol.origin
    origin = table.exported.get(name)
    if origin is not None and origin.module and origin.name == name:
        yield origin
