"""Which item a client's notification is about."""

from __future__ import annotations

from typing import Any

from pygls.exceptions import JsonRpcInvalidParams


def item_id_of(params: Any) -> str:
    """Return the id in ``params.item``, by ``midfill.id`` or by its command, or in ``params.id``.

    ``params`` are those of a method that lsprotocol does not know: an object with the members that
    the client sent. Raises JsonRpcInvalidParams when there is no id.
    """
    item = getattr(params, "item", None)
    command = getattr(item, "command", None)
    arguments = getattr(command, "arguments", None)
    named = (
        getattr(params, "id", None),
        getattr(getattr(item, "midfill", None), "id", None),
        arguments[0] if isinstance(arguments, list) and arguments else None,
    )
    for id_ in named:
        if isinstance(id_, str):
            return id_
    raise JsonRpcInvalidParams("no id: send the whole item, as it was received")
