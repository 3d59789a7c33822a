"""``textDocument/didShowCompletion`` and ``textDocument/didShowInlineEdit``."""

from __future__ import annotations

import logging
from typing import Any

from lsp_server.item_ids import item_id_of
from lsp_server.session import Session

METHOD = "textDocument/didShowCompletion"
INLINE_EDIT_METHOD = "textDocument/didShowInlineEdit"

logger = logging.getLogger(__name__)


def did_show_completion(session: Session, params: Any) -> None:
    """Note that the user sees an item."""
    item_id = item_id_of(params)
    if not session.ledger.show(item_id):
        logger.info("%s was shown, but is not known (any more)", item_id)
