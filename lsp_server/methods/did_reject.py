"""``midfill/didReject``: the user turned an item down."""

from __future__ import annotations

import logging
from typing import Any

from lsp_server.item_ids import item_id_of
from lsp_server.session import Session

METHOD = "midfill/didReject"

logger = logging.getLogger(__name__)


def did_reject(session: Session, params: Any) -> None:
    """Propose it there no more, unless the user asks by hand."""
    item_id = item_id_of(params)
    if not session.ledger.reject(item_id):
        logger.info("%s was rejected, but is not known (any more)", item_id)
