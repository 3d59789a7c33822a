"""Any family of diffusion models on PyTorch, with stock layers and the family's mask.

What a family keeps while denoising (a causal context) is cached; the rest is encoded at each step.
"""

# M wanted positions, N positions of all holes, T cached tokens

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from engine.canvas import Canvas, Ids
from engine.denoisers import lengths
from engine.denoisers.context_cache import common_prefix
from engine.denoisers.families.checkpoint import Checkpoint
from engine.denoisers.families.family import Arrangement, Family, LengthControl
from engine.denoisers.gemma_layers import GemmaLayers
from engine.denoisers.hub_tokenizer import HubTokenizer
from engine.denoisers.key_values import Cache
from engine.denoisers.noise import noised
from engine.denoisers.passes import Pass, PassQueue
from engine.denoisers.protocol import ContextHandle, Logits
from engine.denoisers.sequence import InPlace, Prompted, SequenceLayout, SuffixFirstSequence
from engine.denoisers.sequence import Sequence as Tokens
from engine.denoisers.stock_layers import StockLayers, best_device, dtype_on, visible_from
from engine.denoisers.stock_model import read_stock_model
from engine.errors import BadInput
from engine.reading.layout import ContextTokens, SuffixFirst
from engine.step import State
from engine.tokenizer import Tokenizer

_NONE: Ids = np.empty(0, np.int64)
_CERTAIN = np.float32(30.0)
# Blocks are written in order: until the first open one is full, later ones are mere guesses.
_LATER = np.float32(0.25)


@dataclass(frozen=True, slots=True)
class TorchHandle:
    """A context's tokens (T,), their keys and values, and the lengths that holes were given.

    ``lengths`` maps hole and number of finished tokens to the size of the block and its length.
    """

    tokens: ContextTokens
    cache: Cache | None
    num_reused: int
    lengths: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    @property
    def num_tokens(self) -> int:
        """Context tokens held."""
        return len(self.tokens.ids)


class TorchDenoiser:
    """Predicts with the layers of a model that belongs to one of the families.

    ``end_ids``: all that end a text, the tokenizer's ``eom_id`` among them. Calls of several
    threads share passes through the model (``passes``).
    """

    def __init__(
        self,
        name: str,
        family: Family,
        tokenizer: Tokenizer,
        layout: SequenceLayout,
        layers: StockLayers,
        end_ids: tuple[int, ...] = (),
    ) -> None:
        self.name, self.family, self.tokenizer, self.layout = name, family, tokenizer, layout
        self.layers, self._end_ids = layers, list(end_ids)
        self._is_canvas = family.arrangement is Arrangement.CANVAS
        self._line_break = tokenizer.encode("\n")
        self.passes = PassQueue(layers.run, layers.max_rows)

    @staticmethod
    def of(checkpoint: Checkpoint, device: str | None = None) -> TorchDenoiser:
        """A denoiser for what others published; on the GPU, if there is one, for None.

        Raises UnknownModel or DamagedWeights when something about its files is wrong.
        """
        tokenizer = HubTokenizer(checkpoint)
        layout = _layout(checkpoint, tokenizer)
        place = best_device() if device is None else torch.device(device)
        is_canvas = checkpoint.family.arrangement is Arrangement.CANVAS
        model = read_stock_model(checkpoint, dtype_on(place))
        layers = (GemmaLayers if is_canvas else StockLayers)(model, place)
        return TorchDenoiser(
            checkpoint.name, checkpoint.family, tokenizer, layout, layers, tokenizer.end_ids
        )

    @property
    def is_joint(self) -> bool:
        """Whether several holes fit one canvas: a prompt has one."""
        return not isinstance(self.layout, Prompted)

    @property
    def num_streams(self) -> int:
        """Requests at once beyond which nothing more is gained."""
        return self.layers.max_rows

    @property
    def place(self) -> str:
        """Device and precision; why there and not on something faster."""
        return self.layers.place

    def prefill(
        self,
        canvas: Canvas,
        reuse: ContextHandle | None = None,
        cancel: threading.Event | None = None,
    ) -> TorchHandle:
        """Encode what stays of the canvas's context, keeping what ``reuse`` has in common."""
        tokens = self.layout.stable(canvas, self._line_break)
        return self._encode(tokens, reuse, cancel)

    def num_known(self, canvas: Canvas, reuse: ContextHandle | None) -> int:
        """How many tokens of the canvas's context ``prefill`` would not encode."""
        if reuse is None:
            return 0
        tokens = self.layout.stable(canvas, self._line_break)
        return common_prefix(_own(reuse).tokens.ids, tokens.ids)

    def extend(self, handle: ContextHandle, ids: Ids) -> TorchHandle:
        """Append committed ids of the cursor's hole to the context (block extension)."""
        own = _own(handle)
        if isinstance(self.layout, InPlace):
            return own
        return self._encode(own.tokens.extended(ids), own, None)

    def predict(
        self,
        handle: ContextHandle,
        canvases: Sequence[Canvas],
        wanted: Sequence[Ids],
        causal: bool = False,
        cancel: threading.Event | None = None,
    ) -> list[Logits]:
        """Logits (M, V) for the wanted positions of each canvas, a pass for each.

        A family without a causal mask answers ``causal`` by hiding each position and those behind
        it: one row of a batch for each.
        """
        own, asked = _own(handle), zip(canvases, wanted, strict=True)
        if self.family.arrangement is Arrangement.SUFFIX_FIRST:
            passes = [self._pass(own, *each, causal) for each in asked if len(each[1])]
            answers = iter(self.passes.ask(passes, cancel))
            none = np.empty((0, self.tokenizer.vocab_size), np.float32)
            return [self._ended(next(answers).logits) if len(each) else none for each in wanted]
        return [self._answer(own, *each, causal, cancel) for each in asked]

    def _pass(self, handle: TorchHandle, canvas: Canvas, wanted: Ids, causal: bool) -> Pass:
        """What a canvas behind a causal context is asked: what no wanted row sees is left out."""
        whole = self._sequence(canvas, causal)
        rows = whole.places[wanted] - int(self.family.is_shifted)
        end = int(rows.max()) + 1 if causal else len(whole.ids)
        self._check_length(end)
        start = min(common_prefix(handle.tokens.ids, whole.ids), int(rows.min()))
        visible = visible_from(whole.rank[:end], start)
        return Pass(whole.ids[start:end], visible, rows - start, handle.cache)

    def _answer(
        self,
        handle: TorchHandle,
        canvas: Canvas,
        wanted: Ids,
        causal: bool,
        cancel: threading.Event | None,
    ) -> Logits:
        """Logits of one canvas; behind a hole's length an end is certain."""
        answer = np.zeros((len(wanted), self.tokenizer.vocab_size), np.float32)
        if not len(wanted):
            return answer
        sizes = self._sizes(handle, canvas, cancel)
        shown = lengths.cut(canvas, sizes)
        holes, places = canvas.locate(wanted)
        is_shown = places < np.array(sizes)[holes]
        answer[~is_shown, self.tokenizer.eom_id] = _CERTAIN
        if is_shown.any():
            positions = np.array(shown.starts)[holes[is_shown]] + places[is_shown]
            predict = self._scored if causal else self._predicted
            answer[is_shown] = predict(handle, shown, positions, cancel)
        return answer

    def _predicted(
        self, handle: TorchHandle, canvas: Canvas, wanted: Ids, cancel: threading.Event | None
    ) -> Logits:
        tokens = self._sequence(canvas, False)
        [logits] = self._forward(handle, [tokens], [tokens.places[wanted]], cancel)
        if isinstance(self.layout, Prompted) and len(canvas.masked()):
            first_open = tokens.rank[tokens.places[canvas.masked()]].min()
            logits[tokens.rank[tokens.places[wanted]] > first_open] *= _LATER
        return logits

    def _scored(
        self, handle: TorchHandle, canvas: Canvas, wanted: Ids, cancel: threading.Event | None
    ) -> Logits:
        """Each wanted position by those before it, in text order of the holes."""
        plain = self._sequence(canvas, False)
        rows = []
        for first in wanted.tolist():
            ids = plain.ids.copy()
            ids[plain.places[first:]] = self.tokenizer.mask_id
            rows.append(Tokens(ids, plain.rank, plain.places, plain.num_stable))
        places = [plain.places[[first]] for first in wanted.tolist()]
        return np.concatenate(self._forward(handle, rows, places, cancel))

    def _sequence(self, canvas: Canvas, is_causal: bool) -> Tokens:
        return self.layout.sequence(canvas, self._line_break, is_causal)

    def _sizes(
        self, handle: TorchHandle, canvas: Canvas, cancel: threading.Event | None
    ) -> list[int]:
        """How many positions of each hole the model is shown: those before its end."""
        sizes = [len(hole) for hole in canvas.holes]
        if self.family.length is not LengthControl.CONFIDENCE:
            return sizes
        for number, hole in enumerate(canvas.holes):
            ends = np.flatnonzero((hole.states == State.COMMITTED) & (hole.ids == self._eom))
            if len(ends):
                sizes[number] = int(ends[0])
        for number, hole in enumerate(canvas.holes):
            known = lengths.num_known(canvas, number, self._eom)
            if sizes[number] < len(hole) or known == len(hole):
                continue
            sizes[number] = self._length(handle, canvas, number, sizes, known, cancel)
        return sizes

    @property
    def _eom(self) -> int:
        return self.tokenizer.eom_id

    def _length(
        self,
        handle: TorchHandle,
        canvas: Canvas,
        number: int,
        sizes: list[int],
        known: int,
        cancel: threading.Event | None,
    ) -> int:
        """The length of a hole's block: decided at its first step, again when it has grown."""
        hole = canvas.holes[number]
        key, num_positions = (number, len(hole.done)), len(hole)
        size, length = handle.lengths.get(key, (0, 0))
        if size == 0 or (length == size and num_positions > size):
            confidences = {}
            for tried in lengths.candidates(num_positions, max(known, length, 1)):
                trial = lengths.cut(canvas, [*sizes[:number], tried, *sizes[number + 1 :]])
                masked = np.flatnonzero(trial.holes[number].is_masked) + trial.starts[number]
                if len(masked):
                    logits = self._predicted(handle, trial, masked, cancel)
                    confidences[tried] = self._mean_best(logits)
            length = lengths.surest(confidences)
            handle.lengths[key] = (num_positions, length)
        return min(max(length, known), num_positions)

    def _mean_best(self, logits: Logits) -> float:
        top = logits.max(axis=1, keepdims=True)
        return float((1.0 / np.exp(logits - top).sum(axis=1)).mean())

    def _encode(
        self, tokens: ContextTokens, reuse: ContextHandle | None, cancel: threading.Event | None
    ) -> TorchHandle:
        self._check_length(len(tokens.ids))
        old = None if reuse is None else _own(reuse)
        num_kept = 0 if old is None else self._whole(common_prefix(old.tokens.ids, tokens.ids))
        cache = None if old is None else old.cache
        num_whole = self._whole(len(tokens.ids))
        rank = np.arange(num_whole) // self.layout.block_size
        chunk = max(self._whole(self.layers.chunk_tokens), self.layout.block_size)
        for start in range(num_kept, num_whole, chunk):
            end = min(start + chunk, num_whole)
            visible = visible_from(rank[:end], start)
            part = Pass(tokens.ids[start:end], visible, _NONE, cache, keeps=True)
            [answer] = self.passes.ask([part], cancel)
            cache = answer.cache
        return TorchHandle(tokens, cache, num_kept)

    def _forward(
        self,
        handle: TorchHandle,
        rows: Sequence[Tokens],
        wanted: Sequence[Ids],
        cancel: threading.Event | None,
    ) -> list[Logits]:
        """Logits for the tokens at ``wanted`` of sequences of one length."""
        self._check_length(len(rows[0].ids))
        if self._is_canvas:
            handle, rows = self._on_noise(handle, rows, cancel)
        shifted = [np.maximum(places - int(self.family.is_shifted), 0) for places in wanted]
        start = self._whole(
            min(
                common_prefix(handle.tokens.ids, rows[0].ids),
                min(int(places.min()) for places in shifted),
            )
        )
        visible = visible_from(rows[0].rank, start)
        passes = [
            Pass(each.ids[start:], visible, places - start, handle.cache)
            for each, places in zip(rows, shifted, strict=True)
        ]
        return [self._ended(answer.logits) for answer in self.passes.ask(passes, cancel)]

    def _on_noise(
        self, handle: TorchHandle, rows: Sequence[Tokens], cancel: threading.Event | None
    ) -> tuple[TorchHandle, list[Tokens]]:
        """Noise for masks; all of the context encoded, as the open half cannot read any."""
        num_context = rows[0].num_stable
        if common_prefix(handle.tokens.ids, rows[0].ids) < num_context:
            context = ContextTokens(rows[0].ids[:num_context], num_context)
            handle = self._encode(context, handle, cancel)
        mask_id, size = self.tokenizer.mask_id, self.tokenizer.vocab_size
        return handle, [replace(each, ids=noised(each.ids, mask_id, size)) for each in rows]

    def _ended(self, logits: Logits) -> Logits:
        """Logits (M, V) where whatever ends a text counts as the end."""
        if len(self._end_ids) > 1:
            logits[:, self._eom] = np.logaddexp.reduce(logits[:, self._end_ids], axis=1)
        return logits

    def _whole(self, num_tokens: int) -> int:
        """Tokens of whole blocks: only these have keys that stay."""
        return num_tokens // self.layout.block_size * self.layout.block_size

    def _check_length(self, num_tokens: int) -> None:
        limit = self.layers.max_positions
        if num_tokens > limit:
            raise BadInput(f"{num_tokens} tokens are over the model's {limit}: show it less text")


def _layout(checkpoint: Checkpoint, tokenizer: HubTokenizer) -> SequenceLayout:
    ids = checkpoint.vocabulary.ids
    first = tuple(ids[name] for name in checkpoint.family.first_tokens if name in ids)
    if checkpoint.family.arrangement is Arrangement.SUFFIX_FIRST:
        holes = tuple(ids[f"<hole_{number}>"] for number in range(2, 9))
        names = ("<suf>", "<pre>", "<rest>", "<mid>")
        suf, pre, rest, mid = (ids[name] for name in names)
        return SuffixFirstSequence(SuffixFirst(suf, pre, rest, mid, holes))
    if checkpoint.family.arrangement in (Arrangement.PROMPTED, Arrangement.CANVAS):
        return _prompted(checkpoint, tokenizer, first)
    return InPlace(tokenizer.file_sep_id, first)


def _prompted(
    checkpoint: Checkpoint, tokenizer: HubTokenizer, first: tuple[int, ...]
) -> SequenceLayout:
    prompt, ids = checkpoint.family.prompt, checkpoint.vocabulary.ids

    def spelled(pieces: tuple[str, ...]) -> Ids:
        each = [[ids[piece]] if piece in ids else tokenizer.encode(piece) for piece in pieces]
        return np.concatenate([_NONE, *(np.array(part, np.int64) for part in each)])

    has_separator = tokenizer.file_sep_id != tokenizer.eom_id
    return Prompted(
        np.array([tokenizer.file_sep_id]) if has_separator else tokenizer.encode("\n"),
        spelled(prompt.before_prefix),
        spelled(prompt.before_suffix),
        spelled(prompt.before_middle),
        prompt.is_suffix_first,
        int(checkpoint.config.get("block_size") or checkpoint.family.block_size),
        first,
        checkpoint.family.arrangement is Arrangement.CANVAS,
    )


def _own(handle: ContextHandle) -> TorchHandle:
    if not isinstance(handle, TorchHandle):
        raise TypeError(f"a handle of another denoiser: {type(handle).__name__}")
    return handle
