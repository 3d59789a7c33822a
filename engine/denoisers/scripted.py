"""A denoiser without weights: it writes what a script says, or continues what it has read before.

Ships with the engine, so that every path through it can be shown and tested without a model.
Deterministic; its answers depend on the canvas and the handle alone.
"""

# M wanted positions, V vocabulary

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.canvas import Canvas, HoleCanvas, Ids
from engine.denoisers.protocol import ContextHandle, Logits
from engine.errors import Cancelled
from engine.step import State
from engine.tokenizer import Tokenizer

MAX_CONTEXT_TOKENS = 8


@dataclass(frozen=True, slots=True)
class Script:
    """What to write into one hole: ``texts``, the first one that fits the canvas wins.

    A text stands behind the cursor (what is being healed is put before it) and ends with <eom>.
    ``p``: the winner's probability; each next one has half of the rest. ``p_at`` maps token
    positions to another probability, ``causal_p_at`` to that of the causal pass. ``is_ended``:
    False to repeat the last token instead of ending.
    """

    texts: tuple[str, ...]
    p: float = 0.97
    p_at: Mapping[int, float] = field(default_factory=dict)
    causal_p_at: Mapping[int, float] = field(default_factory=dict)
    is_ended: bool = True


@dataclass(frozen=True, slots=True)
class ScriptedHandle:
    """The context's tokens before the cursor's hole and what was reused of them."""

    ids: tuple[int, ...]
    num_reused: int

    @property
    def num_tokens(self) -> int:
        """Context tokens held."""
        return len(self.ids)


class ScriptedDenoiser:
    """Spells ``scripts``, one per hole in text order; the others continue like an n-gram model.

    A hole without a script repeats what followed the longest earlier occurrence of the up to eight
    tokens before it, up to the end of that line; with nothing to repeat it ends at once.
    """

    def __init__(self, tokenizer: Tokenizer, scripts: Sequence[Script] = ()) -> None:
        self.name = "scripted"
        self.tokenizer = tokenizer
        self.scripts = tuple(scripts)

    def prefill(
        self,
        canvas: Canvas,
        reuse: ContextHandle | None = None,
        cancel: threading.Event | None = None,
    ) -> ScriptedHandle:
        """Remember snippets, the text behind the cursor, then the text before it."""
        _raise_if(cancel)
        return ScriptedHandle(_context(canvas), self.num_known(canvas, reuse))

    def num_known(self, canvas: Canvas, reuse: ContextHandle | None) -> int:
        """The tokens that the context begins with as ``reuse`` does."""
        old = reuse.ids if isinstance(reuse, ScriptedHandle) else ()
        pairs = zip(_context(canvas), old, strict=False)
        return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))

    def predict(
        self,
        handle: ContextHandle,
        canvases: Sequence[Canvas],
        wanted: Sequence[Ids],
        causal: bool = False,
        cancel: threading.Event | None = None,
    ) -> list[Logits]:
        """Logits that make the scripted tokens most probable."""
        _raise_if(cancel)
        if not isinstance(handle, ScriptedHandle):
            raise TypeError(f"{type(handle).__name__} is not a handle of this denoiser")
        return [
            self._logits(handle, canvas, positions, causal)
            for canvas, positions in zip(canvases, wanted, strict=True)
        ]

    def extend(self, handle: ContextHandle, ids: Ids) -> ScriptedHandle:
        """The context with a finished block behind it."""
        if not isinstance(handle, ScriptedHandle):
            raise TypeError(f"{type(handle).__name__} is not a handle of this denoiser")
        return ScriptedHandle((*handle.ids, *ids.tolist()), handle.num_reused)

    def _logits(
        self, handle: ScriptedHandle, canvas: Canvas, positions: Ids, causal: bool
    ) -> Logits:
        answers = [self._texts(handle, canvas, number) for number in range(len(canvas.holes))]
        logits = np.empty((len(positions), self.tokenizer.vocab_size), np.float32)
        holes, places = canvas.locate(positions)
        for row, hole, place in zip(logits, holes, places, strict=True):
            script, texts = answers[hole]
            at = len(canvas.holes[hole].done) + int(place)
            seen = at if causal else None
            texts = sorted(texts, key=lambda ids: not self._agrees(ids, canvas.holes[hole], seen))
            weights = np.zeros(self.tokenizer.vocab_size)
            share = script.p_at.get(at, script.p)
            share = script.causal_p_at.get(at, share) if causal else share
            for ids in texts:
                weights[ids[at] if at < len(ids) else self._padding(script, ids)] += share
                share = (1.0 - weights.sum()) / 2
            row[:] = np.log(weights + (1.0 - weights.sum()) / self.tokenizer.vocab_size)
        return logits

    def _padding(self, script: Script, ids: Sequence[int]) -> int:
        return self.tokenizer.eom_id if script.is_ended or not ids else ids[-1]

    def _texts(
        self, handle: ScriptedHandle, canvas: Canvas, number: int
    ) -> tuple[Script, list[list[int]]]:
        """The script of a hole and its texts as ids."""
        hole = canvas.holes[number]
        forced = hole.forced.decode("utf-8", "replace")
        if number < len(self.scripts):
            script = self.scripts[number]
            texts = [self.tokenizer.encode(forced + text).tolist() for text in script.texts]
        else:
            script = Script(())
            texts = [self._repeat(handle, canvas, number)]
        return script, texts

    def _agrees(self, ids: list[int], hole: HoleCanvas, num_seen: int | None) -> bool:
        """Whether a text is what is committed, of the first ``num_seen`` positions or of all."""
        known = [*hole.done.tolist(), *hole.ids.tolist()]
        is_known = [True] * len(hole.done) + [state == State.COMMITTED for state in hole.states]
        padded = ids + [self.tokenizer.eom_id] * len(known)
        compared = list(zip(known, padded, is_known, strict=False))[:num_seen]
        return all(a == b for a, b, flag in compared if flag)

    def _repeat(self, handle: ScriptedHandle, canvas: Canvas, number: int) -> list[int]:
        is_cursor = number == canvas.cursor_hole
        before = list(handle.ids) if is_cursor else canvas.context[number].tolist()
        hole = canvas.holes[number]
        if is_cursor and len(hole.done):
            before = before[: len(before) - len(hole.done)]
        forced: list[int] = self.tokenizer.encode(hole.forced.decode("utf-8", "replace")).tolist()
        known = before + forced
        line: list[int] = []
        for token in self._following(known):
            if b"\n" in self.tokenizer.token_bytes(token):
                break
            line.append(token)
        return forced + line

    @staticmethod
    def _following(known: list[int]) -> list[int]:
        """What followed the longest, then latest, earlier occurrence of the end of ``known``."""
        for length in range(min(MAX_CONTEXT_TOKENS, len(known) - 1), 0, -1):
            tail = known[-length:]
            for start in range(len(known) - length - 1, -1, -1):
                if known[start : start + length] == tail:
                    return known[start + length :]
        return []


def _context(canvas: Canvas) -> tuple[int, ...]:
    """Snippets, the text behind the cursor, then the text before it."""
    behind = [piece.tolist() for piece in canvas.context[canvas.cursor_hole + 1 :]]
    before = [piece.tolist() for piece in canvas.context[: canvas.cursor_hole + 1]]
    return tuple(itertools.chain(canvas.snippets.tolist(), *behind, *before))


def _raise_if(cancel: threading.Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled("the request was cancelled")


class ByteTokenizer:
    """One id per byte and per given word, for tests and shows without a vocabulary file.

    Encoding takes the longest word at each place. Healing goes back to the start of the word
    before the cursor.
    """

    def __init__(self, words: Sequence[str] = ()) -> None:
        specials = 4
        self.mask_id, self.eom_id, self.file_sep_id = 0, 1, 2
        self.special_ids = frozenset(range(specials))
        pieces = [bytes([byte]) for byte in range(256)]
        pieces += [word.encode() for word in words if len(word.encode()) > 1]
        self._pieces = [b""] * specials + pieces
        self._ids = {piece: index + specials for index, piece in enumerate(pieces)}
        self._longest = max(map(len, pieces))
        self.vocab_size = len(self._pieces)

    def encode(self, text: str) -> Ids:
        """Ids (N,) of ``text``."""
        data, ids, at = text.encode(), [], 0
        while at < len(data):
            lengths = range(min(self._longest, len(data) - at), 0, -1)
            length = next(size for size in lengths if data[at : at + size] in self._ids)
            ids.append(self._ids[data[at : at + length]])
            at += length
        return np.array(ids, np.int64)

    def decode_bytes(self, ids: Ids) -> bytes:
        """The bytes of ``ids``."""
        return b"".join(self._pieces[token] for token in ids)

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes of one id; empty for special ids."""
        return self._pieces[token_id]

    def heal(self, before: str) -> tuple[Ids, bytes]:
        """The text up to the word before the cursor, and that word."""
        kept = len(before)
        while kept and (before[kept - 1].isalnum() or before[kept - 1] == "_"):
            kept -= 1
        return self.encode(before[:kept]), before[kept:].encode()
