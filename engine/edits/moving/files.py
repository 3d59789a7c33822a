"""What must be written anew when files are renamed or moved: imports and includes that name them.

Python's imports with their uses and names in strings, imports of JavaScript and TypeScript, C's
includes from the own folder. Only what certainly means a file of the workspace as it stands; text
alone decides, no likelihood. Of strings that nothing imports by the user is asked.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.edits.moving.imports import Imported, ImportReader, ImportWriter, Statement
from engine.edits.moving.modules import Module, ModuleNames
from engine.edits.moving.moves import INITS, Moves, is_below, slashed
from engine.edits.moving.scripts import MovedScript, include_places, script_places
from engine.edits.moving.strings import MovedStrings, may_name, moved_strings
from engine.edits.moving.uses import MovedUses
from engine.edits.names_of import name_table, uncollected
from engine.edits.project_names import SourceText
from engine.edits.symbols import NameTable
from engine.languages import language_of
from engine.proposal import Edit
from engine.syntax import SyntaxTree, parse

_SCRIPTS = frozenset("javascript javascriptreact typescript typescriptreact".split())
_C = frozenset(("c", "cpp"))
LANGUAGES = frozenset(("python", *_SCRIPTS, *_C))
_IMPORT = re.compile(r"\bimport\b")
_DOTS = re.compile(r"\bfrom\s*(\.+)")
# Import statements and more, whatever they stand in.
_STATEMENT = re.compile(
    r"\bfrom\s[\s.\w\\]*?\bimport\s*\([^)]*\)|\b(?:from|import)\b(?:[^\n\\]|\\\r?\n|\\)*"
)


@dataclass(frozen=True, slots=True)
class MovePlan:
    """Edits with their files' paths; ``left``: files with what cannot be written, and how much.

    ``asked``: edits of strings that may mean what moves, of which the user decides.
    """

    edits: tuple[Edit, ...]
    left: tuple[tuple[str, int], ...] = ()
    asked: tuple[Edit, ...] = ()


def names_moved(moves: Moves, path: str, text: str, language: str | None = None) -> bool:
    """Whether a file may have to change: quick, and true for some that need not."""
    kind = language_of(path, language).id
    here, data = slashed(path), text.encode("utf-8", "replace")
    if kind in _SCRIPTS:
        script = MovedScript(moves, here)
        return any(script.may_change(found) for _, found in script_places(data))
    if kind in _C:
        script = MovedScript(moves, here)
        return any(script.path_may_change(found) for _, found in include_places(data))
    if kind != "python":
        return False
    is_importing = _IMPORT.search(text) is not None
    is_named = is_importing and (_leaves(moves, here, text) or _names_module(moves, text))
    return is_named or may_name(_module_words(moves), text)


def _leaves(moves: Moves, path: str, text: str) -> bool:
    """Whether a file moves, and imports relatively what does not go with it."""
    named = moves.named(path)
    if named is None or named == path:
        return named is not None
    num_folders = path[len(named) :].count("/")
    dots = max((len(one) for one in _DOTS.findall(text)), default=0)
    return dots > num_folders or moves.is_package(named) != moves.will_be_package(
        moves.moved(named)
    )


def _names_module(moves: Moves, text: str) -> bool:
    """Whether an import, or a member of what is imported, is called as one of the moved modules."""
    words = _module_pattern(moves)
    if words.search(text) is None:
        return False
    imports = "\n".join(match[0] for match in _STATEMENT.finditer(text))
    if words.search(imports) is not None:
        return True
    owners = re.finditer(rf"(\w+)\s*\.\s*(?:{words.pattern})", text)
    return not {match[1] for match in owners}.isdisjoint(re.findall(r"\w+", imports))


@functools.lru_cache(maxsize=1)
def _module_pattern(moves: Moves) -> re.Pattern[str]:
    """What a file must hold to name one of the modules that move."""
    has_inits = any(posixpath.basename(one.old) in INITS for one in moves.moves)
    is_own = r"|\bfrom\s+\.+\s+import" if has_inits else ""
    return re.compile(rf"\b(?:{_module_words(moves)})\b{is_own}")


@functools.lru_cache(maxsize=1)
def _module_words(moves: Moves) -> str:
    """The names of the modules that move, as a pattern."""
    words = {_stem(one.old) for one in moves.moves}
    inits = [one.old for one in moves.moves if posixpath.basename(one.old) in INITS]
    words |= {posixpath.basename(posixpath.dirname(path)) for path in inits}
    return "|".join(map(re.escape, sorted(words)))


def plan_moves(files: Sequence[SourceText], moves: Moves) -> MovePlan:
    """Mend what names the moved files in ``files``, theirs included; by file, in text order.

    A file that another one replaces stays as it is.
    """
    edits, asked, left = list[Edit](), list[Edit](), list[tuple[str, int]]()
    python = _PythonFiles(moves, [one for one in files if _language(one) == "python"])
    for file in files:
        if moves.is_replaced(slashed(file.path)):
            continue
        found, num_left, strings = list[Edit](), 0, MovedStrings()
        if _language(file) == "python":
            with uncollected():
                found, num_left = python.edits(file)
            strings = python.strings(file, found)
        elif _language(file) in LANGUAGES:
            found, num_left = _path_edits(moves, file)
        edits += _placed(file, [*found, *strings.sure])
        asked += _placed(file, strings.asked)
        num_left += strings.left
        left += [(file.path, num_left)] if num_left else []
    return MovePlan(tuple(edits), tuple(left), tuple(asked))


def _placed(file: SourceText, edits: Sequence[Edit]) -> list[Edit]:
    return [replace(one, path=file.path) for one in sorted(edits, key=lambda one: one.span)]


def _language(file: SourceText) -> str:
    return language_of(file.path, file.language).id


def _path_edits(moves: Moves, file: SourceText) -> tuple[list[Edit], int]:
    script = MovedScript(moves, slashed(file.path))
    tree = parse(file.text.encode(), language_of(file.path, file.language))
    is_script = _language(file) in _SCRIPTS
    edits = script.script_edits(tree) if is_script else script.include_edits(tree)
    return list(edits), script.left


class _PythonFiles:
    """All Python files of a plan: what one gives on to others is asked of all."""

    def __init__(self, moves: Moves, files: Sequence[SourceText]) -> None:
        self._moves = moves
        self._files = {slashed(file.path): file for file in files}
        self._names = {path: ModuleNames(moves, path) for path in self._files}
        self._trees: dict[str, SyntaxTree] = {}
        self._tables: dict[str, NameTable | None] = {}
        self._statements: dict[str, list[Statement]] = {}
        self._given: set[tuple[str, str]] | None = None

    def edits(self, file: SourceText) -> tuple[list[Edit], int]:
        """What becomes of one file, and how much of it cannot be written."""
        path = slashed(file.path)
        names, statements = self._names[path], self._imports(path)
        uses: MovedUses | None = None

        def all_uses() -> MovedUses | None:
            nonlocal uses
            table = self._table(path)
            if uses is None and table is not None:
                uses = MovedUses(names, table, statements, self._is_shadowed)
            return uses

        def may_rename(one: Imported, name: str) -> bool:
            found = all_uses()
            is_given = posixpath.basename(path) in INITS or (path, one.bound) in self._all_given()
            return found is not None and not is_given and found.can_follow(one, name)

        writer = ImportWriter(names, self._tree(path).data, may_rename)
        rewritten = writer.rewritten(statements)
        is_used = bool(rewritten.renamed or rewritten.dotted) or self._has_members(path)
        found = all_uses() if is_used else None
        if found is None:
            return rewritten.edits, rewritten.left
        more = found.edits(rewritten)
        return [*rewritten.edits, *more], rewritten.left + found.left

    def strings(self, file: SourceText, written: Sequence[Edit]) -> MovedStrings:
        """What becomes of its strings, but for those that are ``written`` as code."""
        path = slashed(file.path)
        if not may_name(_module_words(self._moves), file.text):
            return MovedStrings()
        found = moved_strings(self._names[path], self._tree(path))
        for edits in (found.sure, found.asked):
            edits[:] = [
                one
                for one in edits
                if all(one.end <= other.start or other.end <= one.start for other in written)
            ]
        return found

    def _has_members(self, path: str) -> bool:
        """Whether a package is imported that a moved module may be used as a member of."""
        text = self._files[path].text
        return any(
            is_below(move.old, one.module.stem) and _is_member(one.bound, _stem(move.old), text)
            for statement in self._imports(path)
            for one in statement.names
            if one.module is not None
            for move in self._moves.moves
        )

    def _imports(self, path: str) -> list[Statement]:
        if path not in self._statements:
            reader = ImportReader(self._names[path], self._tree(path), self._is_shadowed)
            self._statements[path] = reader.statements()
        return self._statements[path]

    def _tree(self, path: str) -> SyntaxTree:
        if path not in self._trees:
            language = language_of(None, "python")
            self._trees[path] = parse(self._files[path].text.encode(), language)
        return self._trees[path]

    def _table(self, path: str) -> NameTable | None:
        if path not in self._tables:
            self._tables[path] = name_table(self._tree(path))
        return self._tables[path]

    def _all_given(self) -> set[tuple[str, str]]:
        """What files import from others under a name: by file and name."""
        if self._given is None:
            self._given = {
                (statement.home.file, one.path)
                for path in self._files
                for statement in self._imports(path)
                for one in statement.names
                if statement.home is not None and one.module is None
            }
        return self._given

    def _is_shadowed(self, home: Module, name: str) -> bool:
        """Whether a package's own code gives another thing under the name of its module."""
        file = self._files.get(home.file)
        if file is None or not re.search(rf"\b{re.escape(name)}\b", file.text):
            return False
        table = self._table(home.file)
        for symbol in () if table is None else table.file_scope.symbols.get(name, ()):
            origin = symbol.origin
            if origin is None or origin.name != name:
                return True
            where = self._names[home.file]
            source = (
                where.relative(origin.level, origin.module)
                if origin.level
                else where.absolute(origin.module)
            )
            if source is None or source.stem != home.stem:
                return True
        return False


def _is_member(name: str, member: str, text: str) -> bool:
    """Whether ``name.x.member`` stands in the text."""
    chain = rf"\b{re.escape(name)}\s*\.(?:\s*\w+\s*\.)*?\s*{re.escape(member)}\b"
    return member in text and re.search(chain, text) is not None


def _stem(path: str) -> str:
    name = posixpath.basename(path)
    return posixpath.splitext(name)[0] if name.endswith((".py", ".pyi")) else name
