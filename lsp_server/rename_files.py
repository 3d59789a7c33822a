"""The files that a rename looks at: open documents as they are, others as they are on disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pygls.uris import from_fs_path

from engine.edits.project_names import SourceText
from engine.errors import BadInput
from engine.languages import language_of
from lsp_server.buffer import TextBuffer
from lsp_server.documents import Document, Documents

MAX_FILES = 500
MAX_FILE_BYTES = 2_000_000
_SCRIPTS = frozenset(("javascript", "javascriptreact", "typescript", "typescriptreact"))


@dataclass(frozen=True, slots=True)
class RenameFile:
    """One file at one moment. ``version`` None when it is not open, ``stamp`` None when it is.

    ``trouble`` says why it may not be changed, if it may not.
    """

    source: SourceText
    uri: str
    buffer: TextBuffer
    version: int | None = None
    revision: int | None = None
    stamp: tuple[int, int] | None = None
    trouble: str | None = None

    def is_current(self, documents: Documents) -> bool:
        """Whether the file is still what it was."""
        document = documents.get(self.uri)
        if self.stamp is None:
            return document is not None and document.revision == self.revision
        return document is None and _stamp(Path(self.source.path)) == self.stamp


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


def read(path: Path) -> RenameFile | None:
    """A file on disk; None when it is gone, too large or no text, so that it holds no name."""
    stamp, uri = _stamp(path), from_fs_path(str(path))
    if stamp is None or uri is None or stamp[1] > MAX_FILE_BYTES:
        return None
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return None
    source, buffer = SourceText(str(path), text), TextBuffer(text.encode())
    return RenameFile(source, uri, buffer, stamp=stamp, trouble=_trouble(path))


def holds(path: Path, name: str) -> bool:
    """Whether the text of a file on disk holds ``name``."""
    file = read(path)
    return file is not None and name in file.source.text


def opened_with(document: Document, name: str, documents: Documents) -> list[RenameFile]:
    """``document``, then the open documents of its language that hold ``name``."""
    family = _family(document.language)
    others = [
        one
        for one in documents
        if one is not document and _family(one.language) == family and name in one.text
    ]
    return [opened(document), *(opened(one) for one in others)]


def read_beside(files: Sequence[RenameFile], paths: Iterable[Path]) -> list[RenameFile]:
    """Read those of ``paths`` that belong to the language of ``files`` and are not among them.

    The files that make a package of their folder come along, because they may hand a name on.
    Raises BadInput for more than MAX_FILES.
    """
    first = files[0].source
    family = _family(language_of(first.path, first.language).id)
    known = {Path(file.source.path) for file in files}
    wanted = [
        path
        for path in _with_packages(paths)
        if path not in known and _family(language_of(str(path)).id) == family
    ]
    if len(wanted) > MAX_FILES:
        raise BadInput(f"the name stands in more than {MAX_FILES} files")
    found = [read(path) for path in wanted]
    return [file for file in found if file is not None]


def _with_packages(paths: Iterable[Path]) -> list[Path]:
    listed = list(paths)
    packages = [
        path.parent / name
        for path in listed
        for name in ("__init__.py", "index.ts", "index.tsx", "index.js")
    ]
    return list(dict.fromkeys([*listed, *(path for path in packages if path.is_file())]))


def _family(language: str) -> str:
    """Languages whose files import each other."""
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
