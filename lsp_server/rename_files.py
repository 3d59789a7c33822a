"""The files that a rename looks at: open documents as they are, others as they are on disk."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pygls.uris import from_fs_path

from engine.edits.project_names import SourceText
from engine.errors import BadInput
from engine.languages import language_of
from engine.spans import Span, span
from lsp_server.buffer import TextBuffer
from lsp_server.documents import Document, Documents
from lsp_server.magics import without_magics
from lsp_server.notebooks import Notebooks

MAX_FILES = 500
_SEARCH_S = 10.0
MAX_FILE_BYTES = 2_000_000
# What may hand on the names of its folder without naming them.
_PACKAGES = ("__init__.py", "index.ts", "index.tsx", "index.js", "mod.rs", "lib.rs")
_C = frozenset(("c", "cpp"))
_SCRIPTS = frozenset(("javascript", "javascriptreact", "typescript", "typescriptreact"))


@dataclass(frozen=True, slots=True)
class RenameFile:
    """One file at one moment. ``version`` None when it is not open, ``stamp`` None when it is.

    ``trouble`` says why it may not be changed, if it may not. A notebook is one file of its
    ``cells``, each with the byte offset at which it begins.
    """

    source: SourceText
    uri: str
    buffer: TextBuffer
    version: int | None = None
    revision: int | None = None
    stamp: tuple[int, int] | None = None
    trouble: str | None = None
    cells: tuple[tuple[int, RenameFile], ...] = ()

    def start_of(self, uri: str) -> int:
        """Where the document ``uri`` begins in the file."""
        return next((start for start, cell in self.cells if cell.uri == uri), 0)

    def placed(self, place: Span) -> tuple[RenameFile, Span]:
        """What the client knows ``place`` by: the document, and the place in it."""
        for start, cell in reversed(self.cells):
            if start <= place.start:
                return cell, span(place.start - start, place.end - start)
        return self, place

    def is_current(self, documents: Documents) -> bool:
        """Whether the file is still what it was."""
        if self.cells:
            return all(cell.is_current(documents) for _, cell in self.cells)
        document = documents.get(self.uri)
        if self.stamp is None:
            return document is not None and document.revision == self.revision
        is_on_disk = document is None and not documents.is_lost(self.uri)
        return is_on_disk and _stamp(Path(self.source.path)) == self.stamp


def opened(document: Document) -> RenameFile:
    """An open document as it is now."""
    source = SourceText(document.path or document.uri, document.text, document.language)
    return RenameFile(
        source,
        document.uri,
        TextBuffer(document.buffer.content()),
        document.version,
        document.revision,
        trouble=None if document.path is None else _trouble(Path(document.path)),
    )


def opened_whole(document: Document, documents: Documents, notebooks: Notebooks) -> RenameFile:
    """The same, with the other cells of its notebook if it is one."""
    cells = notebooks.cells_with(document, documents)
    if document not in cells:
        return opened(document)
    starts, text = [], ""
    for cell in cells:
        starts.append(len(text.encode()))
        text += without_magics(cell.text) + "\n"
    return replace(
        opened(cells[0]),
        source=SourceText(cells[0].uri, text, document.language),
        buffer=TextBuffer(text.encode()),
        cells=tuple(zip(starts, map(opened, cells), strict=True)),
    )


def read(path: Path) -> RenameFile | None:
    """A file on disk as editors show it, without its byte order mark.

    None when it cannot be renamed in: ``why_unread`` says why.
    """
    stamp, uri = _stamp(path), from_fs_path(str(path))
    if stamp is None or uri is None or stamp[1] > MAX_FILE_BYTES:
        return None
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    source, buffer = SourceText(str(path), text), TextBuffer(text.encode())
    return RenameFile(source, uri, buffer, stamp=stamp, trouble=_trouble(path))


def holds(path: Path, name: str) -> bool:
    """Whether the text of a file on disk holds ``name``."""
    file = read(path)
    return file is not None and name in file.source.text


def why_unread(path: Path, name: str) -> str | None:
    """Why a file that holds ``name``, or may hold it, cannot be read; None where it does not."""
    if path.is_dir():
        return "it cannot be listed"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if b"\0" in data or not _word(name).search(data):
        return None
    if len(data) > MAX_FILE_BYTES:
        return f"it is larger than {MAX_FILE_BYTES // 10**6} MB"
    return "it is not UTF-8"


def opened_with(
    document: Document, name: str, documents: Documents, notebooks: Notebooks
) -> list[RenameFile]:
    """``document``, then the open documents of its language that hold ``name``."""
    family = _family(document.language)
    others = [one for one in documents if _family(one.language) == family and name in one.text]
    wholes = [opened_whole(one, documents, notebooks) for one in (document, *others)]
    return list({whole.source.path: whole for whole in wholes}.values())


def read_beside(files: Sequence[RenameFile], paths: Iterable[Path]) -> list[RenameFile]:
    """Read those of ``paths`` that belong to the language of ``files`` and are not among them.

    The files that make a package of their folder come along, because they may hand a name on.
    Raises BadInput for more than MAX_FILES.
    """
    wanted = [path for path in _with_packages(paths) if is_beside(files, path)]
    if len(wanted) > MAX_FILES:
        raise BadInput(f"the name stands in more than {MAX_FILES} files")
    found = [read(path) for path in wanted]
    return [file for file in found if file is not None]


def search(
    files: Sequence[RenameFile], paths: Sequence[Path], name: str
) -> tuple[list[Path], bool]:
    """Those of ``paths`` beside ``files`` that hold ``name``; whether all were read in time.

    Some 30,000 files a second where the system has them in memory. Ends where too many hold it.
    """
    deadline = time.monotonic() + _SEARCH_S
    found: list[Path] = []
    for path in paths:
        if len(found) > MAX_FILES or time.monotonic() > deadline:
            return found, len(found) > MAX_FILES
        if is_beside(files, path) and _may_hold(path, name):
            found.append(path)
    return found, True


def _may_hold(path: Path, name: str) -> bool:
    """Whether a file holds the word; one that cannot be read may."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    # The plain search first: it is ten times as fast, and most files do not have it.
    return name.encode() in data and _word(name).search(data) is not None


def _word(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"(?<!\w)%s(?!\w)" % re.escape(name.encode()))


def unread_beside(files: Sequence[RenameFile], name: str, paths: Iterable[Path]) -> dict[str, str]:
    """What else of ``paths`` holds ``name``, or may hold it, and why it cannot be read."""
    reasons = {
        str(path): why_unread(path, name)
        for path in paths
        if is_beside(files, path) or path.is_dir()
    }
    return {path: why for path, why in reasons.items() if why is not None}


def is_beside(files: Sequence[RenameFile], path: Path) -> bool:
    """Whether a file of the language of ``files`` is none of them."""
    first = files[0].source
    family = _family(language_of(first.path, first.language).id)
    is_known = any(path == Path(file.source.path) for file in files)
    return not is_known and _family(language_of(str(path)).id) == family


def _with_packages(paths: Iterable[Path]) -> list[Path]:
    listed = list(paths)
    packages = [path.parent / name for path in listed for name in _PACKAGES]
    return list(dict.fromkeys([*listed, *(path for path in packages if path.is_file())]))


def _family(language: str) -> str:
    """Languages whose files import or include each other."""
    if language in _C:
        return "c"
    return "script" if language in _SCRIPTS else language


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _trouble(path: Path) -> str | None:
    if path.exists() and not os.access(path, os.W_OK):
        return "it is read-only"
    return None
