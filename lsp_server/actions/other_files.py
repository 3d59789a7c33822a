"""The other files that an action's analysis has to know: read when asked for, and written to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.edits.project_names import SourceText
from engine.errors import BadInput
from lsp_server.documents import Document
from lsp_server.file_edits import trouble
from lsp_server.rename_files import MAX_FILES, RenameFile, opened_with, read_beside
from lsp_server.session import Session


class OtherFiles:
    """The files beside ``document`` of its language, open ones as they are in the editor."""

    def __init__(self, session: Session, document: Document) -> None:
        self._session = session
        self._document = document
        self.files: dict[str, RenameFile] = {}
        """Those that were read, by path."""

    def holding(self, names: Sequence[str]) -> tuple[SourceText, ...]:
        """The texts that hold one of ``names``; those in a hurry get what the index knows.

        Raises BadInput where the workspace is not known yet, or a name stands in too many files.
        """
        session, document = self._session, self._document
        workspace = session.workspace
        if workspace.roots and session.background_index.num_runs == 0:
            raise BadInput("the workspace is still being indexed: try again in a moment")
        for name in names:
            first, *others = opened_with(document, name, session.documents, session.notebooks)
            mentioning = workspace.files_mentioning(name, limit=MAX_FILES + 1)
            opened = {Path(one.path) for one in session.documents if one.path is not None}
            closed = read_beside([first], [path for path in mentioning if path not in opened])
            for file in (*others, *closed):
                self.files.setdefault(file.source.path, file)
        return tuple(file.source for file in self.files.values())

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
