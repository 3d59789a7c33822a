"""The tagged prompt of edit models: what surrounds the region, the region, the cursor in it.

Read leniently: clients differ in nesting, order and white space (Zed, Continue, VS Code's own
prompts use the same tag names).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.request import OpenDocument
from engine.serving.errors import ServingError

CURSOR = "<|cursor|>"
_PATH = re.compile(r"^current_file_path:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_SNIPPET_PATH = re.compile(r"^code_snippet_file_path:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"\A\s*```[^\n]*\n(.*?)\n?```\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class EditPrompt:
    """The region is ``left`` and ``right`` of the cursor, ``before`` and ``after`` surround it.

    ``path`` is the file's, ``snippets`` are pieces of others.
    """

    before: str
    left: str
    right: str
    after: str
    path: str | None
    snippets: tuple[OpenDocument, ...]


def read_edit_prompt(text: str) -> EditPrompt:
    """The parts of a prompt. ServingError 422 when it has no region to edit."""
    region = _tagged(text, "code_to_edit")
    if region is None:
        raise ServingError(
            422, "the message has no <|code_to_edit|> … <|/code_to_edit|>: mark what may change"
        )
    file = _tagged(text, "current_file_content") or ""
    path = _PATH.search(text)
    before, _, rest = file.partition("<|code_to_edit|>")
    after = rest.partition("<|/code_to_edit|>")[2]
    left, mark, right = _unfenced(region).partition(CURSOR)
    if not mark:
        left, right = left.rstrip("\n"), "\n" if left.endswith("\n") else ""
    return EditPrompt(
        _without(_PATH, before).lstrip("\n"),
        left,
        right,
        after,
        path[1] if path else None,
        tuple(_snippets(text)),
    )


def _tagged(text: str, tag: str) -> str | None:
    """What stands between a tag and its end, without the line breaks next to them."""
    start = text.find(f"<|{tag}|>")
    if start < 0:
        return None
    start += len(tag) + 4
    end = text.find(f"<|/{tag}|>", start)
    inner = text[start:] if end < 0 else text[start:end]
    return inner.removeprefix("\r").removeprefix("\n")


def _unfenced(text: str) -> str:
    fenced = _FENCE.match(text)
    return fenced[1] if fenced else text


def _without(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub("", text, count=1)


def _snippets(text: str) -> list[OpenDocument]:
    found = []
    for piece in text.split("<|recently_viewed_code_snippet|>")[1:]:
        body = piece.partition("<|/recently_viewed_code_snippet|>")[0]
        path = _SNIPPET_PATH.search(body)
        content = _without(_SNIPPET_PATH, body).strip("\n")
        if content:
            found.append(OpenDocument(path[1] if path else "snippet", None, content + "\n"))
    return found
