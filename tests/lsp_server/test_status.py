"""Status notifications: only for those who asked, only when something changed."""

from __future__ import annotations

from typing import Any

from lsp_server.status import StatusKind, StatusReporter


def test_nothing_is_sent_unasked() -> None:
    sent: list[Any] = []
    StatusReporter(lambda *message: sent.append(message)).report(StatusKind.ERROR, "x")
    assert sent == []


def test_a_status_is_sent_once() -> None:
    sent: list[Any] = []
    reporter = StatusReporter(lambda *message: sent.append(message))
    reporter.is_wanted = True
    reporter.report(StatusKind.NORMAL, "loading", is_busy=True)
    reporter.report(StatusKind.NORMAL, "loading", is_busy=True)
    reporter.report(StatusKind.NORMAL)
    assert sent == [
        ("didChangeStatus", {"busy": True, "message": "loading", "kind": "Normal"}),
        ("didChangeStatus", {"busy": False, "message": "", "kind": "Normal"}),
    ]
