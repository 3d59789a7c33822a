"""The user's texts as token ids, kept from request to request: a text is encoded once."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from engine.canvas import Canvas, Ids
from engine.holes import HoleKind, MaskPlan
from engine.lexicon import Lexicon
from engine.loose_ends.loose_ends import LooseEnds
from engine.memory.begun_word import BegunWord
from engine.memory.memory import MAX_FOLLOWING, Memory, Surroundings
from engine.memory.passage import Passage
from engine.request import OpenDocument, Request
from engine.spans import Span, span
from engine.syntax import SyntaxTree

MAX_OTHER_CHARACTERS = 300_000
MAX_OWN_BYTES = 64_000
_MAX_KEPT_CHARACTERS = 4_000_000
_NEXT_LINE_BYTES = 300
_WORD = re.compile(rb"[\w$]")


class Library:
    """Opens a ``Memory`` for a request. Deterministic: what is kept only saves time."""

    def __init__(self, lexicon: Lexicon) -> None:
        tokenizer = lexicon.tokenizer
        self._lexicon, self._tokenizer = lexicon, tokenizer
        self._pieces = tuple(map(tokenizer.token_bytes, range(tokenizer.vocab_size)))
        self._is_line_end = np.zeros(tokenizer.vocab_size, np.bool_)
        self._is_line_end[lexicon.line_ends] = True
        self._ids: OrderedDict[str, Ids] = OrderedDict()
        self._num_characters = 0
        self._others: tuple[tuple[str, ...], Passage] = ((), Passage.of((), self._is_line_end))

    def open(
        self, request: Request, plan: MaskPlan, window: Span, tree: SyntaxTree, canvas: Canvas
    ) -> Memory | None:
        """What the files of ``request`` know of its hole; None for several, or of several lines.

        ``window``: the part of the text that ``canvas`` holds.
        """
        if len(plan.holes) > 1 or not plan.holes[0].single_line:
            return None
        data = tree.data
        prefix, behind = canvas.context
        suffix = behind[canvas.rest_tokens :]
        above = self._encoded(_text(data[max(window.start - MAX_OWN_BYTES, 0) : window.start]))
        below = self._encoded(_text(data[window.end : window.end + MAX_OWN_BYTES]))
        before = np.concatenate([above, prefix])
        own = Passage.of([before, np.concatenate([suffix, below])], self._is_line_end)
        line_end = plan.rest.end
        next_line = _text(data[line_end : line_end + _NEXT_LINE_BYTES])
        around = Surroundings(
            before,
            self._tokenizer.encode(next_line)[:MAX_FOLLOWING],
            suffix,
            plan.rest.of(data).rstrip(),
        )
        eom_id = self._tokenizer.eom_id
        others = _documents(request)
        loose = LooseEnds.of(tree, plan, canvas, request.path, others, self._lexicon)
        begun = self._begun_word(tree, plan, canvas.holes[0].forced, others)
        return Memory(
            own,
            self.others(request),
            around,
            self._pieces,
            self._is_line_end,
            eom_id,
            loose,
            begun,
        )

    def _begun_word(
        self, tree: SyntaxTree, plan: MaskPlan, forced: bytes, others: Sequence[OpenDocument]
    ) -> BegunWord | None:
        """The word that was begun at the cursor, with those of the files but for its own line."""
        line = span(tree.line_at(plan.cursor).start, plan.rest.end)
        before = tree.data[line.start : plan.cursor]
        is_in_word = _WORD.match(plan.rest.of(tree.data)) is not None
        if is_in_word or not before.endswith(forced):
            return None
        files = (tree.data[: line.start], tree.data[line.end :])
        texts = (*map(_text, files), *(document.text for document in others))
        is_prose = tree.language.grammar is None or plan.holes[0].kind is HoleKind.COMMENT
        return BegunWord.of(before.removesuffix(forced), forced, texts, self._lexicon, is_prose)

    def others(self, request: Request) -> Passage:
        """Other files of ``request`` as one passage; the last one is kept."""
        texts = _texts(request)
        known, passage = self._others
        if texts != known:
            passage = Passage.of([self._encoded(text) for text in texts], self._is_line_end)
            self._others = texts, passage
        return passage

    def _encoded(self, text: str) -> Ids:
        ids = self._ids.get(text)
        if ids is None:
            ids = self._ids[text] = self._tokenizer.encode(text.replace("\r\n", "\n"))
            self._num_characters += len(text)
        self._ids.move_to_end(text)
        while self._num_characters > _MAX_KEPT_CHARACTERS and len(self._ids) > 1:
            forgotten, _ = self._ids.popitem(last=False)
            self._num_characters -= len(forgotten)
        return ids


def _texts(request: Request) -> tuple[str, ...]:
    return tuple(document.text for document in _documents(request))


def _documents(request: Request) -> tuple[OpenDocument, ...]:
    """Other files that fit, each once: the open ones, then those near the request's."""
    chosen: dict[str, OpenDocument] = {}
    left = MAX_OTHER_CHARACTERS
    for document in (*request.open_documents, *request.nearby):
        is_new = document.path not in chosen and document.path != request.path
        if is_new and len(document.text) <= left:
            chosen[document.path] = document
            left -= len(document.text)
    return tuple(chosen.values())


def _text(data: bytes) -> str:
    """Bytes of a file as the model reads them; a cut character is replaced."""
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
