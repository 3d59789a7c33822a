"""How the HTTP server runs. Plain values: reading them loads no web framework."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from engine.errors import BadInput

DEFAULT_PORT = 8012
# A server has more than the two or three files of one editor before it.
DEFAULT_CONTEXTS = 16


@dataclass(frozen=True, slots=True)
class ServingOptions:
    """Where to listen, who may ask, and how much.

    ``token``: what clients send as bearer token, None for none. ``max_body_bytes``: larger bodies
    are answered with 413. ``max_waiting``: requests in line; one more is answered with 429.
    ``num_streams``: requests under way at once, None for as many as the model gains from.
    ``num_contexts``: files whose encoded context is kept. ``budget_ms``: of a request that names
    none. Raises BadInput for an address that others could
    reach without a token.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    token: str | None = None
    max_body_bytes: int = 4 * 1024 * 1024
    max_waiting: int = 32
    num_streams: int | None = None
    num_contexts: int = DEFAULT_CONTEXTS
    max_tokens: int = 512
    budget_ms: float = 10_000.0

    def __post_init__(self) -> None:
        if not self.is_loopback and not self.token:
            raise BadInput(
                f"{self.host} can be reached by others: set MIDFILL_TOKEN to a secret that clients "
                "send as bearer token, or listen on 127.0.0.1"
            )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False
