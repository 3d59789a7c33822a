"""llama.cpp's ``/infill``: the server puts prefix and suffix into its model's own format."""

from __future__ import annotations

from typing import Any

from engine.remote.backend import Backend
from engine.remote.formats.format import Record, stops, tokens_of
from engine.remote.question import Question, RemoteText


class LlamaCpp:
    """One slot's cache is kept from key to key."""

    endpoint = "infill"

    def body(self, backend: Backend, question: Question) -> dict[str, Any]:
        """Greedy, with pieces of other files."""
        return {
            "input_prefix": question.prefix,
            "input_suffix": question.suffix,
            "input_extra": [
                {"filename": extra.path, "text": extra.text} for extra in question.extras
            ],
            "prompt": "",
            "n_predict": backend.max_tokens,
            "temperature": 0,
            "stop": stops(question),
            "cache_prompt": True,
            "stream": True,
            "t_max_predict_ms": backend.timeout_ms,
            **({"n_probs": 1} if backend.logprobs else {}),
        }

    def read(self, record: Record) -> RemoteText:
        """Text and probabilities; the last event repeats all of those."""
        is_ended = bool(record.get("stop"))
        content = record["content"]
        if not isinstance(content, str):
            raise TypeError("content is no string")
        probabilities = record.get("completion_probabilities")
        tokens = () if not content else tokens_of({"content": probabilities})
        return RemoteText(content, tokens, is_ended=is_ended)

    def finished(self, question: Question, text: RemoteText) -> RemoteText:  # noqa: ARG002
        """The text as it is."""
        return text
