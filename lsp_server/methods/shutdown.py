"""``shutdown``."""

from __future__ import annotations

from typing import Any

from lsp_server.session import Session


def shutdown(session: Session, *_params: Any) -> None:
    """End what runs beside the messages; pygls ends the requests under way."""
    session.close()
