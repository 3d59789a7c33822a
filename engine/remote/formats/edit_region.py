"""``/v1/edit/completions``: the lines around the cursor are sent with tags and come back whole.

A proposal may change its hole alone, so of an answer that also changes other lines nothing is
taken.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from engine.remote.backend import Backend
from engine.remote.formats.format import Record, choice_of, is_ended, text_of
from engine.remote.question import Question, RemoteText

_LINES_BEHIND = 5
_FENCE = re.compile(r"\A\s*```[^\n]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_TAG = re.compile(r"<\|/?(?:code_to_edit|cursor)\|>\n?")


class EditRegion:
    """One user message; no stream."""

    endpoint = "edit/completions"

    def body(self, backend: Backend, question: Question) -> dict[str, Any]:
        """The tagged prompt, in the order in which other clients write it."""
        left, right = _region(question)
        before = question.prefix[: len(question.prefix) - len(left)]
        after = question.suffix[len(right) :]
        snippets = "".join(
            "<|recently_viewed_code_snippet|>\n"
            f"code_snippet_file_path: {extra.path}\n{extra.text}\n"
            "<|/recently_viewed_code_snippet|>\n"
            for extra in question.extras
        )
        content = (
            f"<|recently_viewed_code_snippets|>\n{snippets}<|/recently_viewed_code_snippets|>\n\n"
            f"<|current_file_content|>\ncurrent_file_path: {question.path}\n"
            f"{before}<|code_to_edit|>\n{left}<|cursor|>{right}\n<|/code_to_edit|>\n{after}"
            "<|/current_file_content|>\n\n"
            "<|edit_diff_history|>\n<|/edit_diff_history|>"
        )
        return {
            "model": backend.model,
            "messages": [{"role": "user", "content": content}],
            "max_tokens": backend.max_tokens,
            "temperature": 0,
        }

    def read(self, record: Record) -> RemoteText:
        """The region, written anew."""
        choice = choice_of(record)
        return RemoteText(text_of(choice), is_ended=is_ended(choice))

    def finished(self, question: Question, text: RemoteText) -> RemoteText:
        """What stands between the unchanged beginning and end of the region."""
        left, right = _region(question)
        answer = text.text.replace("\r\n", "\n")
        fenced = _FENCE.match(answer)
        answer = _TAG.sub("", fenced[1] if fenced else answer).lstrip("\n")
        if answer.strip() in ("", "None"):
            return replace(text, text="")
        # White space around the region is not worth a refusal.
        typed, tail = left.lstrip(), right.rstrip()
        start = answer.find(typed)
        rest = answer[start + len(typed) :].rstrip()
        if start < 0 or answer[:start].strip() or not rest.endswith(tail):
            raise ValueError("it changes text outside of the hole")
        written = rest[: len(rest) - len(tail)]
        return replace(text, text=written if typed else written.removeprefix(left))


def _region(question: Question) -> tuple[str, str]:
    """The cursor's line up to it; the rest of the line and the next ones, each whole."""
    left = question.prefix[question.prefix.rfind("\n") + 1 :]
    lines = question.suffix.split("\n")[: _LINES_BEHIND + 1]
    return left, "\n".join(lines)
