"""The other files that an action's analysis has to know: read when asked for, and written to."""

from __future__ import annotations

from pathlib import Path

from engine.edits.parameter_home import NeededFiles, Reach
from engine.edits.project_names import SourceText
from engine.errors import BadInput
from lsp_server.documents import Document
from lsp_server.file_edits import trouble
from lsp_server.rename_files import (
    MAX_FILES,
    RenameFile,
    is_beside,
    opened_whole,
    opened_with,
    read_beside,
)
from lsp_server.session import Session

_MAX_DEFINING = 50
# Of all folders, of which one is meant.
_MAX_IN_FOLDER = 100_000


class OtherFiles:
    """The files beside ``document`` of its language, open ones as they are in the editor."""

    def __init__(self, session: Session, document: Document) -> None:
        self._session = session
        self._document = document
        self.files: dict[str, RenameFile] = {}
        """Those that were read, by path."""

    def read(self, needed: NeededFiles) -> tuple[SourceText, ...]:
        """The texts of what is needed.

        Raises BadInput where the workspace is not known yet, or the name stands in too many files.
        """
        session, document = self._session, self._document
        workspace = session.workspace
        if workspace.roots and session.background_index.num_runs == 0:
            raise BadInput("the workspace is still being indexed: try again in a moment")
        name, defined = needed.name, needed.defined
        first, *others = opened_with(document, name, session.documents, session.notebooks)
        paths = [] if needed.reach is Reach.FILE else self._holding(needed)
        paths += [one.path for one in workspace.definitions(*defined, limit=_MAX_DEFINING)]
        opened = {Path(one.path): one for one in session.documents if one.path is not None}
        closed = [path for path in dict.fromkeys(paths) if path not in opened]
        for file in (*others, *read_beside([first], closed)):
            self.files.setdefault(file.source.path, file)
        for one in opened.values():
            if one is not document and any(each in one.text for each in defined):
                file = opened_whole(one, session.documents, session.notebooks)
                if is_beside([first], Path(file.source.path)):
                    self.files.setdefault(file.source.path, file)
        return tuple(file.source for file in self.files.values())

    def _holding(self, needed: NeededFiles) -> list[Path]:
        """The files that hold the name, as the index knows them."""
        is_folder = needed.reach is Reach.FOLDER and self._document.path is not None
        limit = _MAX_IN_FOLDER if is_folder else MAX_FILES + 1
        paths = self._session.workspace.files_mentioning(needed.name, limit=limit)
        folder = Path(self._document.path or "").parent
        return [path for path in paths if not is_folder or path.parent == folder]

    def writable(self, path: str) -> RenameFile:
        """The file that an edit changes. Raises BadInput where that cannot be done."""
        file = self.files.get(path)
        if file is None:
            raise BadInput(f"{path} is not known: open it and ask again")
        why = trouble(self._session, file)
        if why is not None:
            raise BadInput(f"{path} would have to change, and cannot: {why}")
        if not file.is_current(self._session.documents):
            raise BadInput(f"{path} has changed meanwhile: ask again")
        return file
