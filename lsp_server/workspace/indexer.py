"""Brings an index up to date with the files: in a process of its own, which ends with the work.

A parse holds the interpreter, and typing must not wait for it. The process says one JSON object
a line on stdout, ends when its stdin does, and owns nothing: it may be killed at any moment.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from engine.languages import PLAIN_TEXT, language_of
from engine.syntax import parse
from engine.tags import definitions_in, mentions_in
from lsp_server.logs import start_logging
from lsp_server.secret_mask import without_secrets
from lsp_server.workspace.ignore import SKIPPED_FOLDERS, IgnoreRules
from lsp_server.workspace.index import FileEntry, FileState, Index

logger = logging.getLogger(__name__)

MAX_LEFT_OUT = 200
_BATCH = 32
_NICENESS = 10


@dataclass(frozen=True, slots=True)
class IndexLimits:
    """How much is indexed at most; folders near the root come first.

    ``max_listed``: files whose paths are known; those that are not indexed are searched as text.
    """

    max_files: int = 5000
    max_file_bytes: int = 2_000_000
    """As large as what is renamed in: a name in a file that is not indexed would be missed."""
    max_bytes: int = 60_000_000
    max_listed: int = 50_000
    max_entries: int = 200_000
    """Files and folders looked at, whatever they are."""


@dataclass(frozen=True, slots=True)
class Progress:
    """``num_done`` of the files that differ were read."""

    num_done: int
    num_changed: int


@dataclass(frozen=True, slots=True)
class Found:
    """A source file in the tree; ``path`` is relative to the root, with slashes."""

    path: str
    size: int
    mtime_ns: int


def update(index: Index, limits: IndexLimits | None = None) -> Iterator[Progress]:
    """Read what changed under the index's root, step by step; the last step is complete."""
    limits = limits or IndexLimits()
    known = index.states()
    listing = source_files(index.root, limits)
    found = {one.path: one for one in listing.files}
    index.note_rest(listing.left_out, listing.is_cut, listing.rest)
    index.remove(path for path in known if path not in found)
    changed = [
        one
        for one in found.values()
        if one.path not in known
        or (known[one.path].size, known[one.path].mtime_ns) != (one.size, one.mtime_ns)
    ]
    yield Progress(0, len(changed))
    for start in range(0, len(changed), _BATCH):
        batch = changed[start : start + _BATCH]
        entries = [entry for one in batch if (entry := _entry(index.root, one, limits, listing))]
        is_new = {entry.path: _is_new(entry, known.get(entry.path)) for entry in entries}
        index.put(entry for entry in entries if is_new[entry.path])
        index.touch(entry for entry in entries if not is_new[entry.path])
        yield Progress(start + len(batch), len(changed))
    index.note_rest(listing.left_out, listing.is_cut, listing.rest)


def _is_new(entry: FileEntry, state: FileState | None) -> bool:
    return state is None or state.digest != entry.state.digest


@dataclass(slots=True)
class Listing:
    """What a walk finds: source files, and some paths of what is left out.

    That are source files that no model may see, those too large, and what cannot be read.
    ``rest``: source files that are not indexed, since the limits are reached. ``is_cut``: there are
    others of which not even the path is known.
    """

    files: list[Found] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    is_cut: bool = False

    num_bytes: int = 0

    def take(self, found: Found, limits: IndexLimits) -> None:
        """List a file: to be indexed, or as one of the rest."""
        self.num_bytes += found.size
        num_files = len(self.files)
        if not self.rest and num_files < limits.max_files and self.num_bytes <= limits.max_bytes:
            self.files.append(found)
        elif num_files + len(self.rest) < limits.max_listed:
            self.rest.append(found.path)
        else:
            self.is_cut = True

    def leave_out(self, path: str) -> None:
        """Note what is left out, as long as it is not too much."""
        self.left_out += [path] * (len(self.left_out) < MAX_LEFT_OUT)


def source_files(root: Path, limits: IndexLimits) -> Listing:
    """List the files worth indexing, folder by folder from the root: the nearest come first."""
    rules = IgnoreRules.around(root)
    listing = Listing()
    num_entries = 0
    folders = [root]
    while folders:
        below: list[Path] = []
        for entry in (entry for folder in folders for entry in _entries(folder, root, listing)):
            num_entries += 1
            if num_entries > limits.max_entries:
                listing.is_cut = True
                return listing
            if _is_wanted_folder(entry, rules):
                below.append(Path(entry.path))
            found = _found(entry, root) if _is_source(entry) else None
            if found is None:
                pass
            elif found.size > limits.max_file_bytes or not _may_be_seen(entry, rules):
                listing.leave_out(found.path)
            else:
                listing.take(found, limits)
            if listing.is_cut:
                return listing
        folders = below
    return listing


def _is_wanted_folder(entry: os.DirEntry[str], rules: IgnoreRules) -> bool:
    is_folder = entry.is_dir(follow_symlinks=False) and entry.name not in SKIPPED_FOLDERS
    return is_folder and rules.reason_within(Path(entry.path), True) is None


def _is_source(entry: os.DirEntry[str]) -> bool:
    is_folder = entry.is_dir(follow_symlinks=False)
    return not is_folder and language_of(entry.name) is not PLAIN_TEXT


def _may_be_seen(entry: os.DirEntry[str], rules: IgnoreRules) -> bool:
    return rules.reason_within(Path(entry.path), False) is None


def _entries(folder: Path, root: Path, listing: Listing) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(filter(_has_name, entries), key=lambda entry: entry.name)
    except OSError as error:
        logger.info("%s is left out: %s", folder, error.strerror)
        listing.leave_out(folder.relative_to(root).as_posix())
        return []


def _has_name(entry: os.DirEntry[str]) -> bool:
    """Whether the name is text; what is not can be written in no URI and no database."""
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        logger.info("%r is left out: its name is not UTF-8", entry.path)
        return False
    return True


def _found(entry: os.DirEntry[str], root: Path) -> Found | None:
    """Describe a regular file; None for links and what is gone by now."""
    try:
        if not entry.is_file(follow_symlinks=False):
            return None
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        logger.info("%s is left out: %s", entry.path, error.strerror)
        return None
    return Found(Path(entry.path).relative_to(root).as_posix(), status.st_size, status.st_mtime_ns)


def _entry(root: Path, found: Found, limits: IndexLimits, listing: Listing) -> FileEntry | None:
    """Read a file of source text; None for what is gone, too large by now, or no text.

    Of one that is not UTF-8 the names are known, so that a rename can tell that it stays as it is.
    """
    try:
        with (root / found.path).open("rb") as stream:
            data = stream.read(limits.max_file_bytes + 1)
    except OSError as error:
        logger.info("%s is left out: %s", found.path, type(error).__name__)
        listing.leave_out(found.path)
        return None
    if len(data) > limits.max_file_bytes or b"\0" in data:
        return None
    text = without_secrets(data.decode(errors="replace")).encode()
    language = language_of(found.path)
    tags = definitions_in(parse(text, language))
    digest = hashlib.blake2b(data, digest_size=16).digest()
    return FileEntry(
        found.path,
        language.id,
        FileState(found.size, found.mtime_ns, digest),
        tuple((tag.name, tag.kind, tag.span, tag.signature) for tag in tags),
        mentions_in(text),
    )


def main() -> None:
    """Update the index that the first argument names, and say how it goes."""
    options = json.loads(sys.argv[1])
    log_file = options["log_file"]
    start_logging(options["log_level"], Path(log_file) if log_file else None, is_child=True)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    with Index(Path(options["root"]), Path(options["database"])) as index:
        for progress in update(index):
            sys.stdout.write(json.dumps(asdict(progress)) + "\n")
            sys.stdout.flush()
    os._exit(0)  # the thread holds stdin's lock, at which the interpreter would wait


def _end_with_stdin() -> None:
    """End at once when the server closes the pipe or is gone."""
    while os.read(0, 1024):
        continue
    os._exit(0)
