"""What is offered while the settings want it, where the client lets a server change its mind."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from lsp_server.session import Session

logger = logging.getLogger(__name__)

_TRIGGERS = (".", "(", "=", " ", ",")


@dataclass(frozen=True, slots=True)
class _Offered:
    """A method that can be registered while the connection lives.

    ``capability`` is the client's, ``member`` ours in the answer to ``initialize``.
    """

    method: str
    capability: str
    member: str
    options: Any


_INLINE = _Offered(
    types.TEXT_DOCUMENT_INLINE_COMPLETION,
    "text_document.inline_completion.dynamic_registration",
    "inline_completion_provider",
    types.InlineCompletionRegistrationOptions(),
)
_PLAIN = _Offered(
    types.TEXT_DOCUMENT_COMPLETION,
    "text_document.completion.dynamic_registration",
    "completion_provider",
    types.CompletionRegistrationOptions(trigger_characters=_TRIGGERS),
)
_RENAME = _Offered(
    types.TEXT_DOCUMENT_RENAME,
    "text_document.rename.dynamic_registration",
    "rename_provider",
    types.RenameRegistrationOptions(prepare_provider=True),
)


def completion_options() -> types.CompletionOptions:
    """Return what is said of plain completion where it is offered from the start."""
    return types.CompletionOptions(trigger_characters=_TRIGGERS)


class Registrations:
    """What is registered now."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._active: set[str] = set()

    def withheld(self) -> frozenset[str]:
        """Name the members to leave out of the answer to ``initialize``.

        What can be registered later is: offering it twice would have it asked twice.
        """
        all_offered = (_INLINE, _PLAIN, _RENAME)
        withheld = {one.member for one in all_offered if self._session.can(one.capability)}
        if not self._session.settings.completion_items:
            withheld.add(_PLAIN.member)
        if not self._session.settings.rename:
            withheld.add(_RENAME.member)
        return frozenset(withheld)

    async def update(self) -> None:
        """Register and take back what the settings want, where the client can be told."""
        settings = self._session.settings
        wanted = ((_INLINE, True), (_PLAIN, settings.completion_items), (_RENAME, settings.rename))
        for offered, is_wanted in wanted:
            if self._session.can(offered.capability):
                await self._set(offered, is_wanted)

    async def _set(self, offered: _Offered, is_wanted: bool) -> None:
        if is_wanted == (offered.method in self._active):
            return
        id_ = f"midfill.{offered.member}"
        server = self._session.server
        self._active.symmetric_difference_update({offered.method})
        try:
            if is_wanted:
                registration = types.Registration(id_, offered.method, offered.options)
                await server.client_register_capability_async(
                    types.RegistrationParams([registration])
                )
            else:
                taken_back = types.Unregistration(id_, offered.method)
                await server.client_unregister_capability_async(
                    types.UnregistrationParams([taken_back])
                )
        except JsonRpcException as error:
            logger.warning("the client did not change %s: %s", offered.method, error.message)
