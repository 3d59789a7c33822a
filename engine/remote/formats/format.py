"""The interface of a wire format, and what several of them share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from engine.remote.backend import Backend
from engine.remote.question import Question, RemoteText, RemoteToken

Record = Mapping[str, Any]


class Format(Protocol):
    """Knows JSON, nothing of connections.

    The reading methods raise KeyError, IndexError, TypeError or ValueError for records of another
    shape; the client makes an error for people of them.
    """

    endpoint: str

    def body(self, backend: Backend, question: Question) -> dict[str, Any]:
        """What is sent."""
        ...

    def read(self, record: Record) -> RemoteText:
        """A whole answer, or the piece that one event of a stream brings."""
        ...

    def finished(self, question: Question, text: RemoteText) -> RemoteText:
        """What the answer puts into the hole. Raises ValueError when it does something else."""
        ...


def stops(question: Question) -> list[str]:
    """Where the text ends at the latest."""
    return ["\n"] if question.single_line else []


def choice_of(record: Record) -> Record:
    """The first choice of an answer in OpenAI's shape; an empty one where none is meant."""
    choices = record["choices"]
    if not isinstance(choices, list):
        raise TypeError("choices is no list")
    first: Record = choices[0] if choices else {}
    return first


def text_of(choice: Record) -> str:
    """A choice's text, of a completion, of a chat's message or of a piece of one."""
    for holder in (choice, choice.get("message"), choice.get("delta")):
        if isinstance(holder, Mapping):
            for name in ("text", "content"):
                if isinstance(holder.get(name), str):
                    return str(holder[name])
    return ""


def is_ended(choice: Record) -> bool:
    """Whether the server says that the text ended by itself."""
    return choice.get("finish_reason") is not None


def tokens_of(logprobs: object) -> tuple[RemoteToken, ...]:
    """Log probabilities in either shape that is around: two lists, or a list of records."""
    if not isinstance(logprobs, Mapping):
        return ()
    if isinstance(logprobs.get("content"), list):
        return tuple(_token(each) for each in logprobs["content"])
    tokens, log_ps = logprobs.get("tokens"), logprobs.get("token_logprobs")
    if not isinstance(tokens, list) or not isinstance(log_ps, list):
        return ()
    pairs = zip(tokens, log_ps, strict=True)
    return tuple(RemoteToken(str(token).encode(), float(log_p)) for token, log_p in pairs)


def _token(record: Record) -> RemoteToken:
    data = record.get("bytes")
    spelled = bytes(data) if isinstance(data, list) else str(record["token"]).encode()
    return RemoteToken(spelled, float(record["logprob"]))
