"""``textDocument/didPartiallyAcceptCompletion``: a word or a line of an item was taken."""

from __future__ import annotations

import logging
from typing import Any

from pygls.exceptions import JsonRpcInvalidParams

from lsp_server.item_ids import item_id_of
from lsp_server.session import Session

METHOD = "textDocument/didPartiallyAcceptCompletion"

logger = logging.getLogger(__name__)


def did_partially_accept_completion(session: Session, params: Any) -> None:
    """Note how much was taken so far. The rest comes from the cache when it is asked for."""
    item_id = item_id_of(params)
    length = getattr(params, "acceptedLength", None)
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise JsonRpcInvalidParams(f"{METHOD}: acceptedLength must be a whole number")
    if not session.ledger.accept_part(item_id, length):
        logger.info("%s was accepted in part, but is not known (any more)", item_id)
