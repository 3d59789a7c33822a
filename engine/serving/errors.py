"""What a client is told when a request cannot be served: one sentence and an HTTP status."""

from __future__ import annotations


class ServingError(Exception):
    """A request that is answered with ``status`` and a sentence; ``retry_s`` for Retry-After."""

    def __init__(
        self, status: int, message: str, kind: str = "invalid_request_error", retry_s: int = 0
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.retry_s = status, kind, retry_s

    def body(self) -> dict[str, dict[str, str | int]]:
        """The JSON body, in the shape of OpenAI's errors."""
        return {"error": {"message": str(self), "type": self.kind, "code": self.status}}


class TooManyRequests(ServingError):
    """The line is full."""

    def __init__(self, num_waiting: int, retry_s: int) -> None:
        super().__init__(
            429, f"{num_waiting} requests are waiting already: ask again", "overloaded", retry_s
        )


class ClientGone(Exception):
    """The client hung up: nobody reads the answer."""
