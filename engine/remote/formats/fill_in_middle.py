"""``/v1/fim/completions``, as Mistral and Inception have it."""

from __future__ import annotations

from typing import Any

from engine.remote.backend import Backend
from engine.remote.formats.format import Record, choice_of, is_ended, stops, text_of
from engine.remote.question import Question, RemoteText


class Inception:
    """Takes no temperature; gives no probabilities."""

    endpoint = "fim/completions"

    def body(self, backend: Backend, question: Question) -> dict[str, Any]:
        """Prompt and suffix."""
        asked: dict[str, Any] = {
            "model": backend.model,
            "prompt": question.prefix,
            "suffix": question.suffix,
            "max_tokens": backend.max_tokens,
            "stream": True,
        }
        if stops(question):
            asked["stop"] = stops(question)
        return asked

    def read(self, record: Record) -> RemoteText:
        """The first choice's text; Mistral answers in a chat's shape."""
        choice = choice_of(record)
        return RemoteText(text_of(choice), is_ended=is_ended(choice))

    def finished(self, question: Question, text: RemoteText) -> RemoteText:  # noqa: ARG002
        """The text as it is."""
        return text


class Mistral(Inception):
    """Takes a temperature."""

    def body(self, backend: Backend, question: Question) -> dict[str, Any]:
        """Greedy."""
        return {**super().body(backend, question), "temperature": 0}
