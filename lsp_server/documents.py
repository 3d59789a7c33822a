"""The open documents: mutable here, frozen for everybody else.

pygls keeps documents too, but splits their lines as Python does; its store is never read.
"""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from lsprotocol import types
from pygls.uris import to_fs_path

from engine.request import OpenDocument, RecentEdit
from engine.spans import ByteOffset, Span
from lsp_server.buffer import TextBuffer
from lsp_server.edit_history import Change, EditHistory, shifted
from lsp_server.positions import Encoding, span_of
from lsp_server.secret_mask import SecretMask, without_secrets


@dataclass(frozen=True, slots=True)
class DocumentSnapshot:
    """A document at one moment: what a worker may hold. Its secrets are hidden (same length).

    ``version`` is the client's number, ``revision`` ours, which grows with every change whatever
    the client counts.
    """

    uri: str
    path: str | None
    language: str
    version: int
    revision: int
    text: str
    recent_edits: tuple[RecentEdit, ...]


MAX_MARKS = 100
_MAX_PATH_BYTES, _MAX_NAME_BYTES = 4_000, 255
_CRLF = "\r\n"
_PATH = re.compile(r"[A-Za-z][\w+.-]*:(?://[^/?#]*)?([^?#]*)")
_SEPARATORS = r"[/\\]" if os.sep == "\\" else "/"
# A path on Windows, as URIs write it.
_DRIVE = re.compile(r"/[A-Za-z]:/")


class Mark:
    """A span of a document that moves with its text; empty when all of it was deleted."""

    __slots__ = ("span",)

    def __init__(self, span: Span) -> None:
        self.span = span


class Document:
    r"""One open document. Only the session's thread touches it.

    ``path`` is that of its file. ``source``: the path by which is judged whether a model may see
    it; that of the file or, in other schemes, the one that the URI names.

    Where all lines of the client's text end with ``\r\n``, the text here has ``\n`` instead:
    positions are the same, and what reads and writes lines knows one kind. ``to_client`` puts them
    back. A text of mixed line ends stays as it is.
    """

    def __init__(self, item: types.TextDocumentItem) -> None:
        """Open the document that the client sent."""
        self.uri = item.uri
        self.path = file_of(item.uri)
        self.source = Path(self.path) if self.path is not None else _named_file(item.uri)
        self.language = item.language_id
        self.version = item.version
        self.revision = 0
        self._is_crlf = _has_only_crlf(item.text)
        self.buffer = TextBuffer(encoded(self.from_client(item.text)))
        self._history = EditHistory()
        self._marks: deque[Mark] = deque(maxlen=MAX_MARKS)
        self._text: str | None = None
        self._mask = SecretMask()

    @property
    def num_bytes(self) -> int:
        """Size of the text as UTF-8."""
        return len(self.buffer)

    @property
    def text(self) -> str:
        """The text as it is now."""
        if self._text is None:
            self._text = self.buffer.content().decode()
        return self._text

    @property
    def masked_text(self) -> str:
        """The text as a model may see it: secrets hidden, every offset the same."""
        return self._mask.of(self.text)

    def to_client(self, text: str) -> str:
        """``text`` with the client's line ends."""
        return text.replace("\n", _CRLF) if self._is_crlf else text

    def from_client(self, text: str) -> str:
        """The inverse; half a line end at the end of ``text`` is none."""
        return text.replace(_CRLF, "\n").removesuffix("\r") if self._is_crlf else text

    def change(
        self,
        version: int,
        changes: Sequence[types.TextDocumentContentChangeEvent],
        encoding: Encoding,
    ) -> None:
        """Make the client's changes in order; each counts in the text that the one before left."""
        self.version = version
        self.revision += 1
        for event in changes:
            if isinstance(event, types.TextDocumentContentChangePartial):
                self._note_line_ends(event.text)
                new = encoded(self.from_client(event.text))
                self._replace(span_of(self.buffer, event.range, encoding), new)
            else:
                self._is_crlf = _has_only_crlf(event.text)
                new = encoded(self.from_client(event.text))
                self._replace(*_difference(self.buffer.content(), new))

    def _note_line_ends(self, new: str) -> None:
        """Keep the text with line ends of one kind, or as it is when ``new`` brings others."""
        if self._is_crlf == _has_only_crlf(new) or not ("\n" in new or "\r" in new):
            return
        if not self._is_crlf:
            self._is_crlf = self.buffer.num_lines == 1
            return
        self._is_crlf, old = False, self.buffer
        for mark in self._marks:
            ends = mark.span.start, mark.span.end
            mark.span = Span(*(ByteOffset(at + old.line_at(at)) for at in ends))
        self.buffer = TextBuffer(old.content().replace(b"\n", b"\r\n"))
        self._history = EditHistory(self.revision)
        self._text = None

    def _replace(self, span: Span, new: bytes) -> None:
        """Replace ``span`` and remember it."""
        if not span and not new:
            return
        change = Change(span, new.decode(), self.revision)
        self._history.record(self.buffer, change, time.monotonic())
        for mark in self._marks:
            mark.span = shifted(mark.span, change)
        self.buffer.replace(span, new)
        self._text = None

    def mark(self, span: Span) -> Mark:
        """Follow ``span`` through the changes to come; the oldest mark stops moving."""
        self._marks.append(Mark(span))
        return self._marks[-1]

    def changes_since(self, revision: int) -> tuple[Change, ...] | None:
        """Return all changes after ``revision``, or None when some are no longer known."""
        return self._history.changes_since(revision)

    def snapshot(self) -> DocumentSnapshot:
        """Take a frozen copy, without secrets."""
        return DocumentSnapshot(
            uri=self.uri,
            path=self.path,
            language=self.language,
            version=self.version,
            revision=self.revision,
            text=self.masked_text,
            recent_edits=self._recent_edits(),
        )

    def _recent_edits(self) -> tuple[RecentEdit, ...]:
        """List the recent edits that did not touch a secret, and hide those in what is gone."""
        masked = self.masked_text
        data = b"" if masked == self.text else masked.encode()
        return tuple(
            replace(edit, old_text=without_secrets(edit.old_text))
            for edit in self._history.recent(time.monotonic(), self.path)
            if not data or edit.span.of(data) == self.buffer.slice(edit.span.start, edit.span.end)
        )


class Documents:
    """All open documents by URI, however it is written, the one touched last at the end."""

    def __init__(self) -> None:
        self._open: dict[str, Document] = {}
        self._lost: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(self._open.values())

    def open(self, item: types.TextDocumentItem) -> Document:
        """Open a document; one that is open under this URI is replaced."""
        self.close(item.uri)
        self._open[_key(item.uri)] = document = Document(item)
        return document

    def lose(self, uri: str) -> bool:
        """Set a document aside whose text is no longer the client's; False when it is not open.

        Nobody gets it, as if it were not open, until ``regain``.
        """
        document = self._open.pop(_key(uri), None)
        if document is not None:
            self._lost[_key(uri)] = document
        return document is not None

    def is_lost(self, uri: str) -> bool:
        """Whether a document is open in the editor and its text is not known here."""
        return _key(uri) in self._lost

    def regain(self, uri: str) -> Document | None:
        """Take back what was lost, for a change that brings the whole text; None when none was."""
        document = self._lost.pop(_key(uri), None)
        if document is not None:
            self._open[_key(uri)] = document
        return document

    def touch(self, uri: str) -> Document | None:
        """Return the open document of ``uri`` and make it the one touched last."""
        document = self._open.pop(_key(uri), None)
        if document is not None:
            self._open[_key(uri)] = document
        return document

    def get(self, uri: str) -> Document | None:
        """Return the open document of ``uri``."""
        return self._open.get(_key(uri))

    def __getitem__(self, uri: str) -> Document:
        return self._open[_key(uri)]

    def close(self, uri: str) -> bool:
        """Forget a document; False when it was not open."""
        found = self._open.pop(_key(uri), None), self._lost.pop(_key(uri), None)
        return found != (None, None)

    def others(
        self,
        uri: str,
        max_documents: int,
        max_bytes: int,
        may_see: Callable[[Document], bool] = lambda _: True,
    ) -> tuple[OpenDocument, ...]:
        """Return the documents touched last, without ``uri`` and those over ``max_bytes``.

        ``may_see`` leaves out what no model may see.
        """
        own = self.get(uri)
        fitting = [
            document
            for document in reversed(self._open.values())
            if document is not own and document.num_bytes <= max_bytes and may_see(document)
        ]
        return tuple(
            OpenDocument(document.path or document.uri, document.language, document.masked_text)
            for document in fitting[:max_documents]
        )


@lru_cache(maxsize=4_096)
def _key(uri: str) -> str:
    """What a document is known by: clients quote paths in other ways than we do, and each other.

    VS Code writes ``file:///c%3A/a%28b%29.py``, Neovim ``file:///C:/a(b).py``.
    """
    path = file_of(uri)
    return uri if path is None else os.path.normcase(path)


def file_of(uri: str) -> str | None:
    """The path of a ``file:`` URI; None for other schemes, and for what is no URI."""
    try:
        path = to_fs_path(uri)
    except ValueError:
        return None
    return path if path is None or _is_possible(path) else None


def _named_file(uri: str) -> Path | None:
    """The path in a URI of another scheme: of a notebook's cell, of a file's older version.

    Whether or not a file is there, its name may say that no model may see the text.
    """
    found = _PATH.match(uri)
    path = "" if found is None else unquote(found[1])
    if _DRIVE.match(path):
        path = path[1].lower() + path[2:]  # as in the paths of files
    return Path("/", path) if path and "\0" not in path and _is_possible(path) else None


def _is_possible(path: str) -> bool:
    """Whether a system could hold a file of that path; of a longer one every question raises."""
    size = len(path.encode(errors="replace"))
    parts = (len(part.encode(errors="replace")) for part in re.split(_SEPARATORS, path))
    return size <= _MAX_PATH_BYTES and all(part <= _MAX_NAME_BYTES for part in parts)


def encoded(text: str) -> bytes:
    """Encode ``text``; half a surrogate pair, which JSON can carry, becomes U+FFFD.

    Both count as one unit of UTF-16, so the client's positions stay right.
    """
    if text.isascii():
        return text.encode()
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _difference(old: bytes, new: bytes) -> tuple[Span, bytes]:
    """Find the part of ``old`` that differs from ``new``, and what ``new`` has there."""
    shorter = min(len(old), len(new))
    head = _longest(shorter, lambda size: old[:size] == new[:size])
    while head and head < len(old) and _is_continuation(old[head]):
        head -= 1
    tail = _longest(shorter - head, lambda size: old[len(old) - size :] == new[len(new) - size :])
    while tail and _is_continuation(old[len(old) - tail]):
        tail -= 1
    return Span(ByteOffset(head), ByteOffset(len(old) - tail)), new[head : len(new) - tail]


def _longest(limit: int, is_equal: Callable[[int], bool]) -> int:
    """Find the largest size up to ``limit`` that ``is_equal`` (it holds for all below)."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if is_equal(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _has_only_crlf(text: str) -> bool:
    r"""Tell whether there are line ends, and all are ``\r\n``."""
    num_ends = text.count(_CRLF)
    return 0 < num_ends == text.count("\n") == text.count("\r")


def _is_continuation(byte: int) -> bool:
    """Tell whether ``byte`` stands inside of a UTF-8 character."""
    return byte & 0xC0 == 0x80
