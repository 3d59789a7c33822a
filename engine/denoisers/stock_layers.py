"""Stock layers of ``transformers`` on one device: forwards of many sequences, memory permitting."""

# R rows, N tokens, C cached tokens, H hidden size, V vocabulary

from __future__ import annotations

import inspect
import logging
from collections.abc import Sequence
from contextlib import nullcontext

import numpy as np
import torch

from engine.canvas import Ids
from engine.denoisers.few_bits import FULL, quantise
from engine.denoisers.grouped_attention import grouped
from engine.denoisers.key_values import EMPTY, WASTE, KeyValues, SlotCache
from engine.denoisers.passes import TOKEN_BUCKETS, Answer, Pass, padded
from engine.denoisers.protocol import Logits
from engine.denoisers.replays import Replays, Tensors
from engine.denoisers.stock_model import StockModel
from engine.errors import MidfillError

MAX_ROWS = {"cpu": 32, "cuda": 64}
# Fewer rows take other paths through the matrix product, with other rounding.
MIN_LOGIT_ROWS = 8
# A GPU is not busy with fewer; between two pieces a request can be cancelled. Not measured.
CHUNK_TOKENS = {"cpu": 64, "cuda": 512}
_CPU = torch.device("cpu")
_LOG = logging.getLogger("midfill.engine")


def best_device() -> torch.device:
    """The GPU, if torch finds one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def dtype_on(device: torch.device) -> torch.dtype:
    """Precision of weights and activations: half as wide where products are then faster."""
    return torch.bfloat16 if device.type == "cuda" else torch.float32


class StockLayers:
    """One model on one device, in the precision it comes in; fewer bits if it says so.

    ``max_rows``: the most sequences that share a forward; less once the memory was too small for
    so many. ``notices``: what the user should know, newest last.
    """

    def __init__(self, model: StockModel, device: torch.device) -> None:
        self.device, self.dtype = device, model.layers.dtype
        self.max_rows, self.notices = MAX_ROWS.get(device.type, 1), list[str]()
        self.max_positions = model.max_positions
        if model.is_mixture and device.type == "cpu":
            # Whom an expert works for shows in its rounding.
            self.max_rows = 1
        self._model, self._bits = model.layers, model.bits
        quantise(self._model, self._bits, self.device)
        self._model.to(self.device).eval()
        # transformers 5.24 renamed the argument.
        known = inspect.signature(self._model.base_model.forward).parameters
        self._cache_name = "cache" if "cache" in known else "past_key_values"
        self._key_values = KeyValues()
        # How many tokens an expert gets is decided while it runs.
        is_recorded = self.device.type == "cuda" and not model.is_mixture
        self._replays = Replays(self._forward, self.device) if is_recorded else None

    @property
    def chunk_tokens(self) -> int:
        """Tokens of a context that are encoded at once."""
        return CHUNK_TOKENS.get(self.device.type, TOKEN_BUCKETS[-1])

    @property
    def num_held(self) -> int:
        """Tokens whose keys and values are kept for somebody."""
        return self._key_values.num_held

    @property
    def place(self) -> str:
        """Device and precision; why there and not on a GPU."""
        kind = str(self.dtype).removeprefix("torch.")
        bits = "" if self._bits == FULL else f", weights of {self._bits} bits"
        if self.device.type == "cuda":
            limits = f" ({self.notices[-1]})" if self.notices else ""
            return f"{torch.cuda.get_device_name(self.device)}, {kind}{bits}{limits}"
        reason = self.notices[-1] if self.notices else _why_no_gpu()
        return f"CPU, {kind}{bits} ({reason})"

    @torch.inference_mode()
    def run(self, passes: Sequence[Pass]) -> list[Answer]:
        """All of one bucket in one forward; in smaller ones, or on the CPU, if memory is short.

        Raises MidfillError when not even that helps.
        """
        with torch.cuda.device(self.device) if self.device.type == "cuda" else nullcontext():
            return self._fitting(passes)

    def _fitting(self, passes: Sequence[Pass]) -> list[Answer]:
        """As many in a forward as there is memory for."""
        parts = [passes[at : at + self.max_rows] for at in range(0, len(passes), self.max_rows)]
        if len(parts) > 1:
            return [answer for part in parts for answer in self._fitting(part)]
        try:
            return self._run(passes)
        except torch.OutOfMemoryError as error:
            if self.device == _CPU and len(passes) == 1:
                raise MidfillError(
                    f"no memory for {len(passes[0].ids)} tokens: show it less text"
                ) from error
        # Behind the handler: the error's traceback keeps what it had taken.
        self._make_room(len(passes))
        return self._fitting(passes)

    def _make_room(self, num_rows: int) -> None:
        """Fewer rows from now on; with one row left, the CPU."""
        if self._replays is not None:
            self._replays.clear()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        if num_rows > 1:
            self.max_rows = num_rows // 2
            self._tell(f"out of memory on {self.device}: at most {self.max_rows} texts at once")
            return
        self._tell(f"out of memory on {self.device}: going on with the CPU, which is slower")
        self.device, self.dtype, self._replays = _CPU, torch.float32, None
        self._model.to(self.device, self.dtype)
        self._key_values.move(self.device, self.dtype)

    def _tell(self, notice: str) -> None:
        self.notices.append(notice)
        _LOG.warning(notice)

    def _run(self, passes: Sequence[Pass]) -> list[Answer]:
        own = self._own_slots(passes)
        num_rows = self._num_rows(len(passes))
        arrays = [*padded(passes, num_rows), _seen(passes, num_rows)]
        if any(one.keeps for one in passes):
            arrays.append(_filled(passes, own, num_rows))
        hidden = self._computed(passes, tuple(map(torch.from_numpy, arrays)))
        logits = self._logits(hidden, passes)
        return [self._answer(*each) for each in zip(passes, logits, own, strict=True)]

    def _answer(self, one: Pass, logits: Logits, own: Ids) -> Answer:
        if not one.keeps:
            return Answer(logits)
        slots = own if one.cache is None else np.concatenate([one.seen, own])
        return Answer(logits, self._key_values.hold(slots))

    def _own_slots(self, passes: Sequence[Pass]) -> list[Ids]:
        """Where each pass's tokens are kept: nowhere for those that are not."""
        sizes = [len(one.ids) if one.keeps else 0 for one in passes]
        num_slots = self._key_values.num_slots
        slots = self._key_values.take(sum(sizes))
        if self._replays is not None and num_slots != self._key_values.num_slots:
            self._replays.clear()
        return np.split(slots, np.cumsum(sizes)[:-1])

    def _num_rows(self, num_passes: int) -> int:
        """Rows of the forward: powers of two where each number of rows costs a recording."""
        return num_passes if self.device.type == "cpu" else 1 << (num_passes - 1).bit_length()

    def _computed(self, passes: Sequence[Pass], fed: Tensors) -> torch.Tensor:
        """Last hidden states (R, N, H); a long piece of context has more to do than to start."""
        if self._replays is not None and passes[0].bucket.num_tokens <= TOKEN_BUCKETS[-1]:
            try:
                return self._replays(fed)[0]
            except torch.OutOfMemoryError:
                raise
            except RuntimeError as error:
                said = " ".join(str(error).split())[:200]
                self._tell(f"passes are not recorded, which is slower: {said}")
                self._replays = None
        return self._forward(tuple(part.to(self.device) for part in fed))[0]

    def _forward(self, fed: Tensors) -> Tensors:
        ids, visible, positions, seen, *filled = fed
        cache = SlotCache(self._key_values, seen, filled[0] if filled else None)
        hidden = self._model.base_model(
            input_ids=ids,
            attention_mask=grouped(visible, self._model.config),
            position_ids=positions,
            use_cache=True,
            **{self._cache_name: cache},
        ).last_hidden_state
        return (hidden,)

    def _logits(self, hidden: torch.Tensor, passes: Sequence[Pass]) -> list[Logits]:
        """Logits (M, V) of the wanted rows of each pass, by one product for all of them."""
        sizes = [len(one.wanted) for one in passes]
        rows = np.repeat(np.arange(len(passes)), sizes)
        places = np.concatenate([one.wanted for one in passes])
        num_spare = -len(rows) % MIN_LOGIT_ROWS
        chosen = hidden[np.pad(rows, (0, num_spare)), np.pad(places, (0, num_spare))]
        logits = _on_cpu(self._head(chosen)[: len(rows)].float())
        return np.split(logits, np.cumsum(sizes)[:-1])

    def _head(self, hidden: torch.Tensor) -> torch.Tensor:
        """Logits (M, V) of hidden states (M, H)."""
        logits: torch.Tensor = self._model.get_output_embeddings()(hidden)
        return logits


def _seen(passes: Sequence[Pass], num_rows: int) -> Ids:
    """Slots (C, R) of what each row has behind it."""
    slots = np.full((passes[0].bucket.num_cached, num_rows), EMPTY, np.int64)
    for row, one in enumerate(passes):
        slots[: one.num_cached, row] = one.seen
    return slots


def _filled(passes: Sequence[Pass], own: Sequence[Ids], num_rows: int) -> Ids:
    """Slots (R, N) that each token's keys and values go to."""
    slots = np.full((num_rows, passes[0].bucket.num_tokens), WASTE, np.int64)
    for row, each in enumerate(own):
        slots[row, : len(each)] = each
    return slots


def _on_cpu(logits: torch.Tensor) -> Logits:
    """An array of its own; on the way from a GPU in memory that it can write to by itself."""
    if logits.device.type != "cuda":
        return logits.numpy()
    pinned = torch.empty(logits.shape, dtype=logits.dtype, pin_memory=True)
    return pinned.copy_(logits).numpy()


def _why_no_gpu() -> str:
    if torch.cuda.is_available():
        return "as it was asked for"
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is built for the CPU alone"
    return f"torch {torch.__version__} finds no GPU: is its driver installed?"


def visible_from(rank: Ids, start: int) -> Ids:
    """Which tokens (columns, all N) each token from ``start`` on sees (N - start, N) bool."""
    return np.less_equal(rank[None, :], rank[start:, None])
