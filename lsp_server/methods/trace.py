"""``midfill/trace``: how the last requests were answered."""

from __future__ import annotations

from typing import Any

from pygls.exceptions import JsonRpcInvalidParams

from engine.step import Step
from lsp_server.report import report
from lsp_server.session import Session
from lsp_server.trace import TraceRecord

METHOD = "midfill/trace"


def trace(session: Session, params: Any) -> dict[str, Any]:
    """Answer with the record of ``params.id`` (a request's or an item's), or the newest one."""
    if isinstance(params, (list, str, int, float)):
        raise JsonRpcInvalidParams("midfill/trace: params must be an object, or left out")
    id_ = getattr(params, "id", None)
    if id_ is not None and not isinstance(id_, str):
        raise JsonRpcInvalidParams("midfill/trace: id must be a string")
    record = session.traces.find(id_)
    if record is None:
        which = "no request was answered yet" if id_ is None else f"{id_} is not known (any more)"
        raise JsonRpcInvalidParams(f"midfill/trace: {which}")
    return _record_json(record)


def _record_json(record: TraceRecord) -> dict[str, Any]:
    """Write a record as the answer to ``midfill/trace``; offsets are bytes of UTF-8."""
    body = report(record.outcome, record.uri)
    return {
        "id": record.id,
        "uri": record.uri,
        "origin": record.origin or record.id,
        "plan": body.pop("plan"),
        "steps": [_step_json(step) for step in record.steps],
        "timings_ms": body.pop("timings_ms"),
        "outcome": body,
    }


def _step_json(step: Step) -> dict[str, Any]:
    """Write a step; the outer lists run over holes, the inner ones over positions."""
    return {
        "ids": [list(ids) for ids in step.ids],
        "texts": [list(texts) for texts in step.texts],
        "states": [[state.name for state in states] for states in step.states],
        "p": [list(p) for p in step.p],
        "committed": [list(place) for place in step.committed],
        "remasked": [list(place) for place in step.remasked],
        "forwards": step.forwards,
        "elapsed_ms": step.elapsed_ms,
    }
