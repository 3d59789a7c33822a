"""The files in which a server keeps feedback, open for all its connections."""

from __future__ import annotations

from dataclasses import dataclass

from lsp_server import judged
from lsp_server.feedback_store import FILE_NAME, FeedbackStore
from lsp_server.folders import state_folder


@dataclass(frozen=True, slots=True)
class Stores:
    """``counts`` for ``midfill stats``, and texts that were ``judged``; each opens when needed."""

    counts: FeedbackStore
    judged: FeedbackStore

    @classmethod
    def of_user(cls) -> Stores:
        """Those in the user's state folder."""
        folder = state_folder()
        texts = FeedbackStore(folder / judged.FILE_NAME, judged.SCHEMA)
        return cls(FeedbackStore(folder / FILE_NAME), texts)

    def close(self) -> None:
        """Write what waits, then end."""
        self.counts.close()
        self.judged.close()
