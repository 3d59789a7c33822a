"""A notebook as the page sends it: plain values, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

INVOKED, AUTOMATIC = 1, 2


class BadNotebook(ValueError):
    """The body of a request is not what this extension's page sends."""


@dataclass(frozen=True)
class CellState:
    """One cell; ``kind`` is ``code`` or ``markup``."""

    id: str
    kind: str
    text: str


@dataclass(frozen=True)
class NotebookState:
    """All cells in order, which one is typed in, and where (UTF-16 units, as LSP counts)."""

    path: str
    language: str
    cells: tuple[CellState, ...]
    active: int
    line: int
    character: int
    trigger_kind: int

    @staticmethod
    def read(body: Any) -> NotebookState:
        """Check a body. Raises BadNotebook naming what is wrong."""
        if not isinstance(body, dict):
            raise BadNotebook("the body must be an object")
        cells = body.get("cells")
        if not isinstance(cells, list) or not cells:
            raise BadNotebook("cells must be a list with at least one cell")
        position = body.get("position")
        if not isinstance(position, dict):
            raise BadNotebook("position must be an object")
        state = NotebookState(
            _string(body, "path"),
            _string(body, "language"),
            tuple(_cell(cell) for cell in cells),
            _number(body, "active"),
            _number(position, "line"),
            _number(position, "character"),
            _number(body, "triggerKind"),
        )
        if state.active >= len(cells):
            raise BadNotebook(f"active is {state.active}, there are {len(cells)} cells")
        if state.trigger_kind not in (INVOKED, AUTOMATIC):
            raise BadNotebook("triggerKind must be 1 or 2")
        return state


def _cell(cell: Any) -> CellState:
    if not isinstance(cell, dict):
        raise BadNotebook("a cell must be an object")
    kind = _string(cell, "kind")
    if kind not in ("code", "markup"):
        raise BadNotebook("a cell's kind must be code or markup")
    return CellState(_string(cell, "id"), kind, _string(cell, "text"))


def _string(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise BadNotebook(f"{name} must be a string")
    return value


def _number(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadNotebook(f"{name} must be a whole number, 0 or above")
    return value
