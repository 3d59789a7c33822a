"""``workspace/willRenameFiles``: the imports that name what moves, as one versioned edit.

The editor waits for the answer before it moves anything, so it is given in seconds; whatever goes
wrong is told, and nothing but the files moves. It is an edit even then: Emacs's lsp-mode takes null
for an order not to move them.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from lsprotocol import types
from pygls.uris import to_fs_path

from engine.edits.moving.files import MovePlan
from engine.edits.moving.moves import Move, Moves, is_below, slashed
from engine.edits.moving.project_files import CONFIGS
from engine.errors import BadInput
from lsp_server.file_edits import asks, refreshed, tell_left, trouble, written
from lsp_server.moved_texts import (
    MovedTexts,
    open_files,
    paths_to_read,
    read_texts,
    without_links,
)
from lsp_server.rename_files import RenameFile
from lsp_server.rename_process import planned_moves
from lsp_server.session import Session
from lsp_server.trust import distrust

# Editors wait some five seconds. The index looks for changed files while the plan is made.
_PATIENCE_S = 4.0
_INDEX_PATIENCE_S = 2.5
_SLOW = "Looking for changed files takes too long: those that came just now may import what moves"
_NOTE = types.ChangeAnnotation(
    "Strings that may name it", True, "dotted names of what moves, in strings"
)
_CUT = "The workspace holds more files than are indexed: others may import what moves, too"
_SUBJECT = "they may import what moves"


async def will_rename_files(
    session: Session, params: types.RenameFilesParams
) -> types.WorkspaceEdit:
    """Mend the imports of files that are about to move; no edits where there is nothing to mend."""
    if not session.settings.update_imports or not session.settings.enabled:
        return written(session, {}, [])
    is_over = Event()
    try:
        return await asyncio.wait_for(_mended(session, params.files, is_over), _PATIENCE_S)
    except asyncio.TimeoutError:
        _tell(session, f"that takes longer than {_PATIENCE_S:g} s here")
    except BadInput as error:
        _tell(session, str(error))
    finally:
        is_over.set()
    return written(session, {}, [])


def _tell(session: Session, why: str) -> None:
    message = f"Imports of what moves stay as they are: {why}"
    session.show(types.MessageType.Warning, message)


def _path(uri: str) -> str | None:
    """The path of a ``file:`` URI, without the detours that it may make."""
    try:
        path = to_fs_path(uri)
    except ValueError:
        return None
    return None if path is None else os.path.normpath(path)


async def _moves(session: Session, asked: Sequence[types.FileRename]) -> Moves | None:
    """What is asked of the workspace; None for nothing of it.

    Other messages are let through between two files: thousands may come at once.
    """
    roots = [path for uri in session.folders.uris if (path := _path(uri)) is not None]
    found = list[Move]()
    for one in asked:
        await asyncio.sleep(0)
        move = _move(session, one, roots)
        found += [] if move is None else [move]
    return Moves(found, roots) if found else None


def _move(session: Session, asked: types.FileRename, roots: Sequence[str]) -> Move | None:
    """What is asked, if it is a file or folder of the workspace that may be looked at."""
    old, new = _path(asked.old_uri), _path(asked.new_uri)
    if old is None or new is None or not os.path.exists(old):
        return None
    if os.path.basename(old) in CONFIGS:  # what its names mean afterwards another file may say
        return None
    old, new = without_links(old, roots), without_links(new, roots)
    is_inside = any(is_below(slashed(old), slashed(root)) for root in roots)
    if not is_inside or slashed(old) == slashed(new):
        return None
    is_hidden = session.workspace.ignore_reason(Path(old), os.path.isdir(old)) is not None
    return None if is_hidden or distrust(session.settings, old) is not None else Move(old, new)


async def _mended(
    session: Session, asked: Sequence[types.FileRename], is_over: Event
) -> types.WorkspaceEdit:
    """Plan with what the index knows while it looks for more; what it finds is planned again."""
    moves = await _moves(session, asked)
    if moves is None:
        return written(session, {}, [])
    index = session.background_index
    looking = asyncio.ensure_future(refreshed(session, _INDEX_PATIENCE_S))
    try:
        if session.workspace.roots and index.num_runs == 0:
            await looking
            if index.num_runs == 0:
                raise BadInput("the workspace is still being indexed")
        paths = await _paths(session, moves)
        texts, plan = await _planned(session, moves, paths, is_over)
        if not await looking:
            session.show(types.MessageType.Warning, _SLOW)
        again = await _paths(session, moves)
        if set(again) != set(paths):
            texts, plan = await _planned(session, moves, again, is_over)
    finally:
        looking.cancel()
    if session.workspace.is_cut:
        session.show(types.MessageType.Warning, _CUT)
    return _answer(session, plan, texts)


async def _paths(session: Session, moves: Moves) -> list[Path]:
    """What must be looked at on disk, with what is ignored: who names what moves is told."""
    paths = await paths_to_read(session, moves)
    opened = {one.path for one in session.documents}
    left_out = [path for path in session.workspace.left_out() if str(path) not in opened]
    return list(dict.fromkeys([*paths, *left_out]))


async def _planned(
    session: Session, moves: Moves, paths: list[Path], is_over: Event
) -> tuple[MovedTexts, MovePlan]:
    opened = open_files(session, moves)
    texts = await asyncio.to_thread(read_texts, moves, opened, paths, is_over)
    return texts, await planned_moves([file.source for file in texts.files], moves)


def _answer(session: Session, plan: MovePlan, texts: MovedTexts) -> types.WorkspaceEdit:
    by_path = {file.source.path: file for file in texts.files}
    asked = plan.asked if asks(session) else ()
    paths = dict.fromkeys(one.path or "" for one in (*plan.edits, *asked))
    touched = {path: by_path[path] for path in paths}
    for path, file in touched.items():
        if not file.is_current(session.documents):
            raise BadInput(f"{path} has changed meanwhile")
    left = {path: why for path, file in touched.items() if (why := _trouble(session, file))}
    hard = {
        path: why
        for path, why in _not_written(session, plan).items()
        if path not in left and _trouble(session, by_path[path]) is None
    }
    tell_left(session, left | hard | texts.unread, _SUBJECT)
    edits, possible = (
        [one for one in found if one.path not in left] for found in (plan.edits, asked)
    )
    return written(session, touched, edits, possible, _NOTE)


def _not_written(session: Session, plan: MovePlan) -> dict[str, str]:
    """What the plan leaves as it is, by path."""
    strings = Counter(one.path or "" for one in (() if asks(session) else plan.asked))
    found = {path: f"{num} of its strings may name it" for path, num in strings.items()}
    for path, num in plan.left:
        hard = f"{num} of its imports cannot be written for the new place"
        found[path] = f"{hard}; {found[path]}" if path in found else hard
    return found


def _trouble(session: Session, file: RenameFile) -> str | None:
    return trouble(session, file) or distrust(session.settings, file.source.path)
