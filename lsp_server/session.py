"""Everything one connection knows: what the client can do, its settings, its documents.

Owned by the event loop's thread. Handlers in ``methods`` read and change it; engines never see
it, they get frozen requests.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.uris import to_fs_path

from engine.context import ContextLimits, Source
from engine.proposal import Outcome, Reason, Refusal
from engine.remote.backend import Backend
from engine.request import Excerpt, Request
from engine.spans import ByteOffset
from engine.step import Step
from engine.syntax import ParseCache
from lsp_server.documents import Document, Documents, DocumentSnapshot
from lsp_server.feedback import Feedback
from lsp_server.judged import Judgements
from lsp_server.language_server import MidfillServer
from lsp_server.late_methods import import_all
from lsp_server.ledger import Ledger
from lsp_server.messages import LoadFailed, Loading
from lsp_server.mode import MAX_LINE_BYTES, Mode
from lsp_server.notebooks import Notebooks
from lsp_server.offers import Offers
from lsp_server.pace import Pace
from lsp_server.positions import Encoding
from lsp_server.progress import LoadProgress
from lsp_server.project_settings import ProjectSettings
from lsp_server.proposal_cache import ProposalCache
from lsp_server.read_ahead import IdleReader
from lsp_server.reasons import REASONS
from lsp_server.registrations import Registrations
from lsp_server.rejections import Rejections
from lsp_server.schedule import Schedule
from lsp_server.settings import SettingProblem, Settings, with_values
from lsp_server.status import StatusKind, StatusReporter
from lsp_server.stores import Stores
from lsp_server.survival import Survival
from lsp_server.trace import TraceRecord, TraceRing
from lsp_server.trust import distrust
from lsp_server.worker import Lost, Worker, WorkerEvent
from lsp_server.workspace.background import BackgroundIndex
from lsp_server.workspace.nearby import NearbyFiles
from lsp_server.workspace.related import related_definitions
from lsp_server.workspace.workspace import Workspace
from lsp_server.workspace_folders import WorkspaceFolders

logger = logging.getLogger(__name__)

MAX_OTHER_DOCUMENTS = 4
MAX_OTHER_BYTES = 100_000

# How a refusal shows in a status line; the others are the normal course of things.
_KINDS: Mapping[Reason, StatusKind] = {
    Reason.NO_MODEL: StatusKind.ERROR,
    Reason.BACKEND_FAILED: StatusKind.WARNING,
    Reason.WORKER_LOST: StatusKind.WARNING,
    Reason.DISABLED: StatusKind.INACTIVE,
    Reason.IGNORED_FILE: StatusKind.INACTIVE,
    Reason.TOO_LARGE: StatusKind.INACTIVE,
    Reason.UNTRUSTED: StatusKind.INACTIVE,
}


class Session:
    """One client's session, from ``initialize`` to the end of the connection."""

    def __init__(
        self,
        server: MidfillServer,
        worker: Worker,
        model: str | None,
        stores: Stores | None = None,
    ) -> None:
        """Prepare; ``model`` is the one to use when the settings name none."""
        self.server, self.worker = server, worker
        self.capabilities = types.ClientCapabilities()
        self.encoding = Encoding.UTF16
        self.initial_settings = self.settings = Settings()
        self._told_problems: set[SettingProblem] = set()
        self.folders = WorkspaceFolders()
        self.project_settings = ProjectSettings(self._tell_problem)
        self.documents = Documents()
        self.workspace = Workspace(self.documents)
        self.background_index = BackgroundIndex(
            server, self.workspace, lambda: self.can("window.work_done_progress")
        )
        self.nearby = NearbyFiles(self.workspace, self.spawn)
        self.pace = Pace()
        self.schedule = Schedule(worker, self.documents, self.pace.is_worth_finishing)
        self.traces, self.trees = TraceRing(), ParseCache()
        self.offers = Offers()
        self.notebooks = Notebooks()
        self.proposals = ProposalCache()
        self.rejections = Rejections()
        self.registrations = Registrations(self)
        self.feedback = Feedback(stores.counts if stores else None)
        self.judgements = Judgements(stores.judged if stores else None)
        self.survival = Survival(self.feedback, self.rejections, self.documents)
        self.reader = IdleReader(worker, self.documents, self._to_read)
        self.ledger = Ledger(self.feedback, self.judgements, self.rejections, self.survival.watch)
        self.status = StatusReporter(server.protocol.notify)
        self._model = model
        self._progress = LoadProgress(server)
        self._request_ids = itertools.count(1)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._unsubscribe: Callable[[], None] = lambda: None
        self._has_told_loss = self._has_begun_rest = False

    def can(self, capability: str) -> bool:
        """Tell whether the client declared ``capability``, given by its path in snake case."""
        return bool(get_capability(self.capabilities, capability, False))

    def apply_settings(self, values: object, base: Settings) -> Settings:
        """Set ``values`` over ``base``, tell the user what is wrong with them, use the rest."""
        before, self.settings = self.settings, self.read_settings(values, base)
        if before.backend != self.settings.backend:
            self.proposals.clear()
        self.feedback.is_on = self.settings.feedback
        # What a server wrote is not the model's own to learn from.
        self.judgements.is_on = self.settings.keep_judged_texts and not self.settings.backend
        return self.settings

    def read_settings(self, values: object, base: Settings) -> Settings:
        """Return ``base`` with the valid ones of ``values``, and tell the user of the others."""
        settings, problems = with_values(base, values)
        for problem in problems:
            self._tell_problem(problem)
        return settings

    def settings_for(self, document: Document) -> Settings:
        """Return the settings that hold for ``document``: its folder's, language's, project's."""
        own = self.folders.settings_for(document.uri) or self.settings
        if distrust(own, document.path) is not None:
            return own.for_language(document.language)
        return self.project_settings.over(own, document.path, document.language)

    def start_engine(self) -> None:
        """Start the engine with the settings' model, and show how it goes."""
        loop = asyncio.get_running_loop()
        # Who shows the status sees it there.
        if self.can("window.work_done_progress") and not self.status.is_wanted:
            self.spawn(self._progress.run())
        self.worker.use_model(self.settings.model or self._model)
        self._unsubscribe = self.worker.subscribe(
            lambda event: _soon(loop, self._handle_event, event)
        )
        self.worker.start()

    def set_index_roots(self) -> None:
        """Index the folders that the client has open by now, once the engine is there."""
        paths = [path for uri in self.folders.uris if (path := to_fs_path(uri)) is not None]
        is_wanted = self.settings.workspace_index
        self.workspace.set_roots(
            Path(path)
            for path in paths
            if is_wanted and distrust(self.settings, path) is None and Path(path).is_dir()
        )
        self.background_index.note_change()

    def use_settings_model(self) -> None:
        """Change the engine's model to the settings' one, if it differs."""
        self.worker.use_model(self.settings.model or self._model)

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Run something beside the messages, until the session ends."""
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """End what runs beside the messages."""
        self._unsubscribe()
        self.reader.close()
        self.survival.close()
        self.workspace.close()
        for task in self._tasks:
            task.cancel()

    def refusal_for(self, document: Document) -> Refusal | None:
        """Why nothing is proposed in ``document`` at all, or None."""
        settings = self.settings_for(document)
        if not settings.enabled:
            return Refusal(Reason.DISABLED, "midfill.enabled is false")
        if document.language in settings.disabled_languages:
            detail = f"midfill.disabledLanguages holds {document.language}"
            return Refusal(Reason.DISABLED, detail)
        if document.num_bytes > settings.max_document_bytes:
            limit = settings.max_document_bytes
            detail = f"{document.num_bytes} bytes; midfill.maxDocumentBytes is {limit}"
            return Refusal(Reason.TOO_LARGE, detail)
        return self._privacy_refusal(document, settings)

    def unasked_refusal(self, document: Document, cursor: ByteOffset) -> Refusal | None:
        """Why nothing is proposed at ``cursor`` unless the user asks for it by hand, or None."""
        if self.settings_for(document).mode is Mode.OFF:
            return Refusal(Reason.DISABLED, "midfill.mode is off: ask by hand")
        line = document.buffer.line_at(cursor)
        num_bytes = document.buffer.line_end(line) - document.buffer.line_start(line)
        if num_bytes <= MAX_LINE_BYTES:
            return None
        detail = f"a line of {num_bytes} bytes, over {MAX_LINE_BYTES}: ask by hand"
        return Refusal(Reason.TOO_LARGE, detail)

    def _privacy_refusal(self, document: Document, settings: Settings) -> Refusal | None:
        """Refuse a file that is not trusted, or that no model may see."""
        source = document.source
        is_file = document.path is not None or (source is not None and source.exists())
        detail = distrust(settings, str(source) if is_file else None)
        if detail is not None:
            return Refusal(Reason.UNTRUSTED, detail)
        if source is not None:
            detail = self.workspace.ignore_reason(source)
        return None if detail is None else Refusal(Reason.IGNORED_FILE, detail)

    def request(
        self,
        snapshot: DocumentSnapshot,
        cursor: ByteOffset,
        num_candidates: int = 1,
        has_context: bool = True,
    ) -> Request:
        """Build what is asked of the engine about ``snapshot``: the only place that does.

        Every job takes its texts from here, from a snapshot or from ``documents.others``: there
        the secrets are hidden and ignored files left out. Without ``has_context`` what other files
        say is left out: enough to look for what is known of a text.
        """
        document = self.documents.get(snapshot.uri)
        settings = self.settings if document is None else self.settings_for(document)
        backend = settings.backend if settings.remote else None
        self._announce(backend)
        return Request(
            text=snapshot.text,
            cursor=cursor,
            language=snapshot.language,
            path=snapshot.path,
            budget_ms=settings.budget_ms,
            effort=settings.effort,
            seed=settings.seed,
            backend=backend,
            candidates=num_candidates,
            recent_edits=snapshot.recent_edits,
            definitions=self._related(snapshot, cursor) if has_context else (),
            nearby=self.nearby.of(Path(snapshot.path)) if has_context and snapshot.path else (),
            open_documents=self.documents.others(
                snapshot.uri,
                MAX_OTHER_DOCUMENTS if has_context else 0,
                MAX_OTHER_BYTES,
                lambda other: self._privacy_refusal(other, settings) is None,
            ),
        )

    def _to_read(self, document: Document, cursor: ByteOffset) -> Request | None:
        """What the engine may read before anything is asked at ``cursor``; None: nothing."""
        refusal = self.refusal_for(document) or self.unasked_refusal(document, cursor)
        if not self.settings_for(document).read_ahead or refusal is not None:
            return None
        request = replace(self.request(document.snapshot(), cursor), budget_ms=None)
        cell = self.notebooks.context_of(document, self.documents)
        return request if cell is None else cell.put_in(request)

    def _announce(self, backend: Backend | None) -> None:
        """Show that code leaves the machine: always in the status, once as a message."""
        self.status.notice = "" if backend is None else f"code is sent to {backend.host}"
        if backend is not None:
            message = (
                f"Midfill sends the code around the cursor to {backend.host}, because "
                "midfill.backend says so. Ignored files and likely secrets are never sent."
            )
            self._tell_problem(SettingProblem(message))

    def _related(self, snapshot: DocumentSnapshot, cursor: ByteOffset) -> tuple[Excerpt, ...]:
        is_shown = Source.DEFINITIONS in ContextLimits().sources
        if not is_shown or snapshot.path is None or not self.workspace.roots:
            return ()
        return related_definitions(self.workspace, Path(snapshot.path), snapshot.text, cursor)

    def new_request_id(self) -> str:
        """Name the next request; its completion items are called ``<id>.<number>``."""
        return f"r{next(self._request_ids)}"

    def record(
        self,
        id_: str,
        uri: str,
        outcome: Outcome,
        steps: tuple[Step, ...] = (),
        origin: str | None = None,
    ) -> None:
        """Keep how a request ended, and show why when nothing comes of it.

        ``origin`` is the request that the engine answered, when it was an earlier one.
        """
        self.traces.add(TraceRecord(id_, uri, outcome, steps, origin or id_))
        if isinstance(outcome, Refusal):
            message = f"{outcome.reason.value}: {outcome.detail}".removesuffix(": ")
            logger.info("request %s: %s", id_, message)
            document = self.documents.get(uri)
            if document is not None:
                self.feedback.silence(document.language, outcome.reason)
            kind = _KINDS.get(outcome.reason, StatusKind.NORMAL)
            said = f"{message} ({REASONS[outcome.reason]})"
            self.status.report(kind, "; ".join(each for each in (said, outcome.remote) if each))
        else:
            self.status.report(StatusKind.NORMAL, outcome.remote)

    def show(self, kind: types.MessageType, message: str) -> None:
        """Show a message to the user."""
        self.server.window_show_message(types.ShowMessageParams(kind, message))

    def _tell_problem(self, problem: SettingProblem) -> None:
        """Tell the user once, however many folders and requests meet the problem."""
        if problem not in self._told_problems:
            self._told_problems.add(problem)
            self.show(types.MessageType.Warning, problem.message)

    def _handle_event(self, event: WorkerEvent) -> None:
        """Show what happens to the engine: progress, status, and one message when it is bad."""
        self._progress.add(event)
        if isinstance(event, Loading):
            self.proposals.clear()
            self.status.report(StatusKind.NORMAL, event.detail, is_busy=True)
        elif isinstance(event, LoadFailed):
            self.status.report(StatusKind.ERROR, event.detail)
            self.show(types.MessageType.Error, f"Midfill has no model: {event.detail}")
        elif isinstance(event, Lost):
            self._handle_loss(event)
        else:
            self._has_told_loss = False
            self.status.report(StatusKind.NORMAL)
            self.reader.start()
        if not isinstance(event, Loading):
            self._begin_the_rest()

    def _begin_the_rest(self) -> None:
        """Do what the first proposal does not need, now that the engine has what it needs."""
        if not self._has_begun_rest:
            self._has_begun_rest = True
            self.spawn(asyncio.to_thread(import_all))
            self.spawn(self.background_index.run())

    def _handle_loss(self, loss: Lost) -> None:
        if loss.retry_s is None:
            self.status.report(StatusKind.ERROR, loss.detail)
            message = f"Midfill is off: {loss.detail}, again and again. The server's log says more."
            self.show(types.MessageType.Error, message)
            return
        self.status.report(StatusKind.WARNING, loss.detail)
        if not self._has_told_loss:
            self._has_told_loss = True
            message = f"Midfill: {loss.detail}; it is being restarted."
            self.show(types.MessageType.Warning, message)


def _soon(loop: asyncio.AbstractEventLoop, handle: Any, event: WorkerEvent) -> None:
    """Call ``handle(event)`` on the loop, unless it is gone: the engine may end after it."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(handle, event)
