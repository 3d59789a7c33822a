"""Notebooks: which cells belong together, and in what order they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lsprotocol import types

from engine.proposal import (
    Edit,
    EditKind,
    EditSet,
    Outcome,
    Proposal,
    Reason,
    TokenConfidence,
)
from engine.request import Request
from engine.spans import ByteOffset, Span, span
from lsp_server.documents import Document, Documents, file_of
from lsp_server.magics import without_magics


@dataclass(frozen=True, slots=True)
class CellContext:
    """The text of the other cells, in front of a cell and behind it, as if all were one file."""

    path: str | None
    front: str
    behind: str
    num_bytes: int
    uris: frozenset[str]

    @property
    def shift(self) -> int:
        """Where the cell begins, in bytes."""
        return len(self.front.encode())

    def put_in(self, request: Request) -> Request:
        """Return ``request`` for the whole notebook."""
        shift = self.shift
        recent = tuple(
            replace(edit, span=span(edit.span.start + shift, edit.span.end + shift))
            for edit in request.recent_edits
        )
        return replace(
            request,
            text=self.front + without_magics(request.text) + self.behind,
            cursor=ByteOffset(request.cursor + shift),
            path=self.path,
            recent_edits=recent,
            open_documents=tuple(
                one for one in request.open_documents if one.path not in self.uris
            ),
        )

    def taken_out(self, proposal: Proposal) -> Outcome:
        """Return ``proposal`` for the cell alone, or a refusal when it reaches into another one."""
        candidates = [self._part(proposal), *proposal.alternatives]
        inside = [one for one in map(self._in_cell, candidates) if one is not None]
        if not inside:
            return proposal.refused(Reason.DISABLED, "the change reaches into another cell")
        return replace(inside[0], alternatives=tuple(inside[1:]))

    def _part(self, proposal: Proposal) -> Proposal:
        """Of places that are offered one by one (drafts of analysis), those in the cell."""
        pairs = list(zip(proposal.plan.holes, proposal.edits, strict=False))
        inside = [(hole, edit) for hole, edit in pairs if self._is_inside(edit)]
        is_split = proposal.kind is EditKind.SEQUENCE and proposal.steps == 0
        if not is_split or not inside or len(inside) == len(proposal.edits):
            return proposal
        holes, edits = zip(*inside, strict=True)
        first, confidence = edits[0], proposal.confidence
        tokens = (TokenConfidence(len(first.new_text.encode()), confidence),)
        plan = replace(proposal.plan, holes=holes, cursor_hole=0, cursor=first.span.start)
        return replace(
            proposal,
            text=first.new_text,
            tokens=tokens if first.new_text else (),
            edit_set=EditSet(edits, EditKind.SEQUENCE if len(edits) > 1 else EditKind.ATOMIC),
            plan=replace(plan, rest=span(first.end, first.end)),
        )

    def _is_inside(self, edit: Edit) -> bool:
        """Whether an edit stays in the cell; one of another file does not concern it."""
        shift = self.shift
        return edit.path is not None or (shift <= edit.start and edit.end <= shift + self.num_bytes)

    def _in_cell(self, proposal: Proposal) -> Proposal | None:
        if not all(map(self._is_inside, proposal.edits)):
            return None
        shift = self.shift
        edits = tuple(
            replace(edit, span=self._cut(edit.span)) if edit.path is None else edit
            for edit in proposal.edits
        )
        plan = proposal.plan
        moved = replace(
            plan,
            cursor=ByteOffset(plan.cursor - shift),
            holes=tuple(replace(one, span=self._cut(one.span)) for one in plan.holes),
            rest=self._cut(plan.rest),
        )
        edit_set = EditSet(edits, proposal.kind)
        return replace(proposal, edit_set=edit_set, plan=moved, alternatives=())

    def _cut(self, place: Span) -> Span:
        """Return ``place`` as it stands in the cell; what lies outside goes to its edge."""
        shift = self.shift
        start, end = (min(max(at - shift, 0), self.num_bytes) for at in (place.start, place.end))
        return span(start, end)


@dataclass(frozen=True, slots=True)
class _Notebook:
    path: str | None
    cells: tuple[types.NotebookCell, ...]


class Notebooks:
    """The open notebooks. Their cells are documents like others."""

    def __init__(self) -> None:
        self._by_uri: dict[str, _Notebook] = {}

    def open(self, notebook: types.NotebookDocument) -> None:
        """Note a notebook's cells."""
        self._by_uri[notebook.uri] = _Notebook(file_of(notebook.uri), tuple(notebook.cells))

    def change(self, uri: str, change: types.NotebookCellArrayChange) -> None:
        """Replace some cells; a notebook that is not open is left alone."""
        notebook = self._by_uri.get(uri)
        if notebook is None:
            return
        cells = list(notebook.cells)
        cells[change.start : change.start + change.delete_count] = change.cells or []
        self._by_uri[uri] = replace(notebook, cells=tuple(cells))

    def close(self, uri: str) -> None:
        """Forget a notebook."""
        self._by_uri.pop(uri, None)

    def cells_of(self, uri: str) -> tuple[str, ...]:
        """The documents of a notebook's cells; none when it is not open."""
        notebook = self._by_uri.get(uri)
        return () if notebook is None else tuple(cell.document for cell in notebook.cells)

    def context_of(self, document: Document, documents: Documents) -> CellContext | None:
        """Return what stands around ``document`` if it is a cell: code in its own language."""
        notebook = self._of(document.uri)
        if notebook is None:
            return None
        uris = [cell.document for cell in notebook.cells]
        at = uris.index(document.uri)
        front = _code(notebook.cells[:at], documents, document.language)
        behind = _code(notebook.cells[at + 1 :], documents, document.language)
        return CellContext(
            notebook.path,
            "".join(without_magics(one.masked_text) + "\n" for one in front),
            "".join("\n" + without_magics(one.masked_text) for one in behind),
            document.num_bytes,
            frozenset(uris),
        )

    def cells_with(self, document: Document, documents: Documents) -> list[Document]:
        """All code cells in the language of ``document`` if it is one of them, in their order."""
        notebook = self._of(document.uri)
        return [] if notebook is None else _code(notebook.cells, documents, document.language)

    def _of(self, uri: str) -> _Notebook | None:
        """The notebook that has the cell ``uri``."""
        return next(
            (
                notebook
                for notebook in self._by_uri.values()
                if any(cell.document == uri for cell in notebook.cells)
            ),
            None,
        )


def _code(
    cells: Sequence[types.NotebookCell], documents: Documents, language: str
) -> list[Document]:
    """The code cells in ``language``."""
    code = [cell.document for cell in cells if cell.kind is types.NotebookCellKind.Code]
    found = [documents.get(uri) for uri in code]
    return [one for one in found if one is not None and one.language == language]
