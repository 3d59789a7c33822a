"""The files that must be looked at when others move: those moved, and those that may name them."""

from __future__ import annotations

import asyncio
import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from engine.edits.moving.aliases import Aliases
from engine.edits.moving.files import LANGUAGES, names_moved
from engine.edits.moving.moves import INITS, Moves, is_below, slashed
from engine.edits.moving.scripts import IMPORTED
from engine.languages import language_of
from lsp_server.documents import Document
from lsp_server.rename_files import MAX_FILE_BYTES, RenameFile, opened_whole, read, why_unread
from lsp_server.session import Session

_WORD = re.compile(r"[^\W\d]\w*")
# What stands for its whole folder: who imports the folder does not name the file.
_OF_FOLDER = frozenset((*INITS, *(f"index.{ending}" for ending in "js jsx mjs cjs ts tsx".split())))
_FAMILIES = (frozenset(("python",)), frozenset(("c", "cpp")))


@dataclass(frozen=True, slots=True)
class MovedTexts:
    """What was read, and what could not be, with the reason."""

    files: tuple[RenameFile, ...]
    unread: dict[str, str]


def without_links(path: str, roots: Sequence[str]) -> str:
    """The path of a file below one of ``roots`` that leads through no linked folder, if it has one.

    A link that is named itself stays: it is what moves.
    """
    folder, name = os.path.split(path)
    real = os.path.realpath(folder)
    for root in roots:
        real_root = os.path.realpath(root)
        if is_below(slashed(real), slashed(real_root)):
            return os.path.normpath(os.path.join(root, os.path.relpath(real, real_root), name))
    return path


def open_files(session: Session, moves: Moves) -> list[RenameFile]:
    """The open documents that may have to change, as they are now.

    Those that are off, too large or hidden from models are left alone.
    """
    found: dict[str, RenameFile] = {}
    for document in session.documents:
        path = _path_of(session, document)
        if path is None or document.language not in LANGUAGES:
            continue
        if not names_moved(moves, path, document.text, document.language):
            continue
        whole = opened_whole(document, session.documents, session.notebooks)
        source = replace(whole.source, path=path)
        if session.refusal_for(document) is None:
            found[path] = replace(whole, source=source)
    return list(found.values())


def _path_of(session: Session, document: Document) -> str | None:
    """Where the imports of a document are looked up from; None for what is no file or cell."""
    if document.path is not None:
        return document.path
    is_cell = document in session.notebooks.cells_with(document, session.documents)
    return str(document.source) if is_cell and document.source is not None else None


async def paths_to_read(session: Session, moves: Moves) -> list[Path]:
    """Files on disk that move, or may name what moves, as far as the index knows.

    Other messages are let through between two moves: the index answers this thread alone.
    """
    workspace = session.workspace
    known = {Path(one.path) for one in session.documents if one.path is not None}
    listed = workspace.files()
    found = {path for path in listed if _is_moved(moves, path)}
    kinds = {language_of(str(path)).id for path in found}
    for move in moves.moves:
        await asyncio.sleep(0)
        # What a folder holds besides is what scripts import, too.
        is_imported = os.path.isdir(move.old) or posixpath.splitext(move.old)[1] in IMPORTED
        kinds.add("javascript" if is_imported else language_of(move.old).id)
        found |= {Path(move.old)} if os.path.isfile(move.old) else set()
        found |= set(_mentioning(session, move.old, listed))
        found |= set(_packages(move.old, moves))
    if not kinds.isdisjoint(LANGUAGES - _FAMILIES[0] - _FAMILIES[1]):
        found |= await _by_alias(session, moves, listed)
    wanted = [path for path in found - known if _is_akin(path, kinds)]
    return sorted(wanted)


def _is_moved(moves: Moves, path: Path) -> bool:
    return moves.moved(slashed(str(path))) != slashed(str(path))


def _is_akin(path: Path, kinds: set[str]) -> bool:
    """Whether a file's language imports from one of ``kinds``."""
    own = language_of(str(path)).id
    if own not in LANGUAGES:
        return False
    family = next((one for one in _FAMILIES if own in one), LANGUAGES - _FAMILIES[0] - _FAMILIES[1])
    return not kinds.isdisjoint(family)


def _mentioning(session: Session, old: str, listed: Sequence[Path]) -> Iterable[Path]:
    """Files that hold every word of the name by which ``old`` is imported."""
    folder, name = posixpath.split(old)
    if name in _OF_FOLDER:
        yield from (path for path in listed if is_below(slashed(str(path)), folder))
        name = posixpath.basename(folder)
    stem = name if os.path.isdir(old) else posixpath.splitext(name)[0].removesuffix(".d")
    yield from _holding(session, stem, listed)


async def _by_alias(session: Session, moves: Moves, listed: Sequence[Path]) -> set[Path]:
    """Files that hold a name for what moves which does not say what it is called."""
    folders = {posixpath.dirname(slashed(str(path))) for path in listed}

    def hiding() -> set[str]:
        aliases = Aliases.of(moves, False)
        return {name for folder in folders for name in aliases.hiding(folder)}

    names = await asyncio.to_thread(hiding)
    return {path for name in names for path in _holding(session, name, listed)}


def _holding(session: Session, name: str, listed: Sequence[Path]) -> Iterator[Path]:
    """Files that hold every word of ``name``."""
    words = _WORD.findall(name)
    if not words:
        yield from listed
        return
    holding = [set(session.workspace.files_mentioning(word, limit=len(listed))) for word in words]
    yield from set.intersection(*holding)


def _packages(old: str, moves: Moves) -> Iterator[Path]:
    """What Python's packages around a moved file say themselves of its name."""
    folder = posixpath.dirname(old)
    while moves.is_package(folder) and posixpath.dirname(folder) != folder:
        yield from (Path(folder, name) for name in INITS if moves.is_file(f"{folder}/{name}"))
        folder = posixpath.dirname(folder)


def read_texts(
    moves: Moves, opened: Sequence[RenameFile], paths: Iterable[Path], is_over: Event
) -> MovedTexts:
    """Read those of ``paths`` that may have to change. Stops when nobody waits any more."""
    files, unread = list(opened), dict[str, str]()
    packages = {path for move in moves.moves for path in _packages(move.old, moves)}
    for path in paths:
        if is_over.is_set():
            break
        text = _text(path)
        if text is None:
            reason = _why(moves, path)
            unread |= {} if reason is None else {str(path): reason}
        elif path in packages or names_moved(moves, str(path), text):
            file = read(path)
            files += [] if file is None else [file]
    return MovedTexts(tuple(files), unread)


def _text(path: Path) -> str | None:
    try:
        data = path.read_bytes()
        return None if len(data) > MAX_FILE_BYTES else data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def _why(moves: Moves, path: Path) -> str | None:
    """Why a file that may name what moves cannot be read."""
    if path.is_dir():
        return "it cannot be listed"
    for move in moves.moves:
        for word in _WORD.findall(posixpath.splitext(posixpath.basename(move.old))[0]):
            reason = why_unread(path, word)
            if reason is not None:
                return reason
    return None
