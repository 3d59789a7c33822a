"""Stock layers of ``transformers`` with a checkpoint's tensors; no code of the checkpoint runs."""

# R rows, N tokens, P cached tokens, H hidden size, V vocabulary

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from safetensors.torch import load_file
from transformers import CONFIG_MAPPING, AutoConfig, AutoModelForCausalLM, DynamicCache
from transformers.utils import logging as transformers_logging

from engine.canvas import Ids
from engine.denoisers.families.checkpoint import Checkpoint, parts_of
from engine.denoisers.few_bits import FULL, KEY, bits_of, quantise
from engine.denoisers.passes import Answer, Pass, padded
from engine.denoisers.protocol import Logits
from engine.denoisers.replays import Replays, Tensors
from engine.errors import DamagedWeights, MidfillError, UnknownModel

# Keys and values per layer, each (1, K, P, head_width).
Cache = tuple[tuple[torch.Tensor, torch.Tensor], ...]
MAX_ROWS = 32
# Fewer rows take other paths through the matrix product, with other rounding.
MIN_LOGIT_ROWS = 8
_CPU = torch.device("cpu")
_LOG = logging.getLogger("midfill.engine")
_NOT_OURS = (
    "model_type",
    "architectures",
    "auto_map",
    "torch_dtype",
    "dtype",
    "midfill_family",
    "midfill_bits",
)


class StockLayers:
    """One model on one device: bfloat16 on a GPU, float32 on a CPU; fewer bits if it says so.

    ``max_rows``: the most sequences that share a forward; less once the memory was too small for
    so many. ``notices``: what the user should know, newest last. Raises DamagedWeights when a
    tensor is missing or has another shape.
    """

    def __init__(self, checkpoint: Checkpoint, device: str | None = None) -> None:
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.dtype = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        self.max_rows, self.notices = MAX_ROWS, list[str]()
        config = _config(checkpoint)
        self.max_positions = int(config.get_text_config().max_position_embeddings)
        _compare(checkpoint, config)
        self._bits = bits_of(checkpoint.config, str(checkpoint.folder))
        if checkpoint.family.is_mixture:
            self._check_mixture(checkpoint)
        self._model = _load(checkpoint, config, self.dtype)
        quantise(self._model, self._bits, self.device)
        self._model.to(self.device).eval()
        # transformers 5.24 renamed the argument.
        known = inspect.signature(self._model.base_model.forward).parameters
        self._cache_name = "cache" if "cache" in known else "past_key_values"
        # How many tokens an expert gets is decided while it runs.
        is_recorded = self.device.type == "cuda" and not checkpoint.family.is_mixture
        self._replays = Replays(self._forward, self.device) if is_recorded else None

    def _check_mixture(self, checkpoint: Checkpoint) -> None:
        """A pass for each text on a CPU: whom an expert works for there shows in its rounding."""
        if self._bits != FULL:
            raise UnknownModel(
                f"{checkpoint.folder}: {KEY} is {self._bits}: the experts of a mixture are no "
                "linear layers and would stay as they are: leave it out"
            )
        if self.device.type == "cpu":
            self.max_rows = 1

    @property
    def place(self) -> str:
        """Device and precision; why there and not on a GPU."""
        kind = str(self.dtype).removeprefix("torch.")
        bits = "" if self._bits == FULL else f", weights of {self._bits} bits"
        if self.device.type == "cuda":
            return f"{torch.cuda.get_device_name(self.device)}, {kind}{bits}"
        reason = self.notices[-1] if self.notices else _why_no_gpu()
        return f"CPU, {kind}{bits} ({reason})"

    @torch.inference_mode()
    def run(self, passes: Sequence[Pass]) -> list[Answer]:
        """All of one bucket in one forward; in smaller ones, or on the CPU, if memory is short.

        Raises MidfillError when not even that helps.
        """
        parts = [passes[at : at + self.max_rows] for at in range(0, len(passes), self.max_rows)]
        if len(parts) > 1:
            return [answer for part in parts for answer in self.run(part)]
        try:
            return self._run(passes)
        except torch.OutOfMemoryError as error:
            if self.device == _CPU and len(passes) == 1:
                raise MidfillError(
                    f"no memory for {len(passes[0].ids)} tokens: show it less text"
                ) from error
        # Behind the handler: the error's traceback keeps what it had taken.
        self._make_room(len(passes))
        return self.run(passes)

    def _make_room(self, num_rows: int) -> None:
        """Fewer rows from now on; with one row left, the CPU."""
        self._replays = None
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        if num_rows > 1:
            self.max_rows = num_rows // 2
            self._tell(f"out of memory on {self.device}: at most {self.max_rows} texts at once")
            return
        self._tell(f"out of memory on {self.device}: going on with the CPU, which is slower")
        self.device, self.dtype = _CPU, torch.float32
        self._model.to(self.device, self.dtype)

    def _tell(self, notice: str) -> None:
        self.notices.append(notice)
        _LOG.warning(notice)

    def _run(self, passes: Sequence[Pass]) -> list[Answer]:
        ids, visible, positions = padded(passes, self._num_rows(len(passes)))
        arrays = [torch.from_numpy(array).to(self.device) for array in (ids, visible, positions)]
        fed = (*arrays, *self._stacked(passes, len(ids)))
        hidden, *parts = self._computed(passes, fed)
        logits = self._logits(hidden, passes)
        new = list(zip(parts[::2], parts[1::2], strict=True))
        return [
            Answer(rows, _appended(one, new, index) if one.keeps else ())
            for index, (one, rows) in enumerate(zip(passes, logits, strict=True))
        ]

    def _num_rows(self, num_passes: int) -> int:
        """Rows of the forward: powers of two where each number of rows costs a recording."""
        return num_passes if self.device.type == "cpu" else 1 << (num_passes - 1).bit_length()

    def _computed(self, passes: Sequence[Pass], fed: Tensors) -> Sequence[torch.Tensor]:
        """Last hidden states (R, N, H), and the new keys and values of each layer."""
        del passes
        return (self._replays or self._forward)(fed)

    def _forward(self, fed: Tensors) -> Tensors:
        ids, visible, positions, *cached = fed
        past = kept(cached)
        hidden = self._model.base_model(
            input_ids=ids,
            attention_mask=visible,
            position_ids=positions,
            use_cache=True,
            **{self._cache_name: past},
        ).last_hidden_state
        return hidden, *added(past, visible.shape[-1] - ids.shape[1])

    def _stacked(self, passes: Sequence[Pass], num_rows: int) -> list[torch.Tensor]:
        """The passes' keys and values (R, K, cached, head_width), padded, layer by layer."""
        num_cached = passes[0].bucket.num_cached
        if not num_cached:
            return []
        stacked = []
        for layer, pair in enumerate(passes[0].cache):
            for part, like in enumerate(pair):
                size = (num_rows, like.shape[1], num_cached, like.shape[3])
                whole = torch.zeros(size, dtype=self.dtype, device=self.device)
                for row, one in enumerate(passes):
                    whole[row, :, : one.num_cached] = one.cache[layer][part][0]
                stacked.append(whole)
        return stacked

    def _logits(self, hidden: torch.Tensor, passes: Sequence[Pass]) -> list[Logits]:
        """Logits (M, V) of the wanted rows of each pass, by one product for all of them."""
        sizes = [len(one.wanted) for one in passes]
        rows = np.repeat(np.arange(len(passes)), sizes)
        places = np.concatenate([one.wanted for one in passes])
        num_spare = -len(rows) % MIN_LOGIT_ROWS
        chosen = hidden[np.pad(rows, (0, num_spare)), np.pad(places, (0, num_spare))]
        logits = self._head(chosen)[: len(rows)].float().cpu().numpy()
        return np.split(logits, np.cumsum(sizes)[:-1])

    def _head(self, hidden: torch.Tensor) -> torch.Tensor:
        """Logits (M, V) of hidden states (M, H)."""
        logits: torch.Tensor = self._model.get_output_embeddings()(hidden)
        return logits


def kept(cached: Sequence[torch.Tensor]) -> Any:
    """Keys and values, layer by layer, as the stock layers take them."""
    past: Any = DynamicCache()
    for layer, start in enumerate(range(0, len(cached), 2)):
        past.update(cached[start], cached[start + 1], layer)
    return past


def added(past: Any, num_cached: int) -> list[torch.Tensor]:
    """Keys and values behind the first ``num_cached``, layer by layer."""
    return [part[:, :, num_cached:] for layer in past.layers for part in (layer.keys, layer.values)]


def _why_no_gpu() -> str:
    if torch.cuda.is_available():
        return "as it was asked for"
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is built for the CPU alone"
    return f"torch {torch.__version__} finds no GPU: is its driver installed?"


def _appended(one: Pass, new: Sequence[tuple[torch.Tensor, torch.Tensor]], row: int) -> Cache:
    """The pass's cache with the keys and values of its own tokens behind it."""
    num_tokens = len(one.ids)
    own = [tuple(part[row : row + 1, :, :num_tokens] for part in pair) for pair in new]
    if not one.cache:
        return tuple((keys.clone(), values.clone()) for keys, values in own)
    return tuple(
        (
            torch.cat([old_keys.to(keys), keys], dim=2),
            torch.cat([old_values.to(values), values], dim=2),
        )
        for (old_keys, old_values), (keys, values) in zip(one.cache, own, strict=True)
    )


def cropped(cache: Cache, num_tokens: int) -> Cache:
    """The first ``num_tokens`` of a cache."""
    return tuple((keys[:, :, :num_tokens], values[:, :, :num_tokens]) for keys, values in cache)


def _config(checkpoint: Checkpoint) -> Any:
    stock, record = checkpoint.family.stock, checkpoint.layer_config
    if stock not in CONFIG_MAPPING:
        raise UnknownModel(
            f"{checkpoint.folder}: {checkpoint.family.title} needs a newer transformers than "
            f"{transformers.__version__}: pip install -U transformers"
        )
    kept = {name: value for name, value in record.items() if name not in _NOT_OURS}
    try:
        return AutoConfig.for_model(stock, **kept)
    except (TypeError, ValueError, KeyError, StrictDataclassError) as error:
        said = " ".join(str(error).split())
        raise DamagedWeights(
            f"{checkpoint.folder}: config.json does not fit {stock} layers ({said}): "
            "fetch the model again"
        ) from error


def check_tensors(checkpoint: Checkpoint) -> None:
    """Raise DamagedWeights for a tensor that is missing or has another shape; none is read."""
    _compare(checkpoint, _config(checkpoint))


def _compare(checkpoint: Checkpoint, config: Any) -> None:
    """Every tensor the layers need is there in its shape, before one is read."""
    expected = _empty(config).state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in expected.items()}
    for name, shape in _published(shapes, checkpoint):
        is_tied = name == "lm_head.weight" and config.tie_word_embeddings
        if is_tied or name.startswith(checkpoint.family.unused):
            continue
        found = checkpoint.published(name)
        if found is None:
            raise DamagedWeights(
                f"{checkpoint.folder}: tensor {name} is missing from the weights: fetch them again,"
                f" or the model is not of the family {checkpoint.family.name}"
            )
        if found.shape != shape:
            raise DamagedWeights(
                f"{found.file}: tensor {name} is {found.shape}, config.json says "
                f"{shape}: fetch the model again"
            )


def _published(
    shapes: Mapping[str, tuple[int, ...]], checkpoint: Checkpoint
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The same tensors as a checkpoint holds them: of each expert its own, where it has no whole.

    The layers keep (E, 2 I, H) and (E, H, I) for E experts of I inner and H outer units.
    """
    for name, shape in shapes.items():
        stem, _, last = name.rpartition(".")
        is_fused = stem.endswith(".experts") and len(shape) == 3
        if not is_fused or checkpoint.published(name) is not None:
            yield name, shape
            continue
        for number in range(shape[0]):
            if last == "gate_up_proj":
                half = (shape[1] // 2, shape[2])
                yield f"{stem}.{number}.gate_proj.weight", half
                yield f"{stem}.{number}.up_proj.weight", half
            else:
                yield f"{stem}.{number}.{last}.weight", shape[1:]


def _load(checkpoint: Checkpoint, config: Any, dtype: torch.dtype) -> Any:
    family = checkpoint.family
    tensors: dict[str, torch.Tensor] = {
        part.name: tensor[part.start : part.end] if part.end is not None else tensor
        for file in checkpoint.files
        for name, tensor in load_file(file).items()
        for part in parts_of(name, family, checkpoint.config)
    }
    empty = _empty(config)
    for name in empty.state_dict():
        twin = next((each for each in checkpoint.twins(name) if each in tensors), None)
        if name not in tensors and twin is not None:
            tensors[name] = tensors[twin]
    bars: Any = transformers_logging
    was_shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        model = type(empty).from_pretrained(None, config=config, state_dict=tensors, dtype=dtype)
    finally:
        if was_shown:
            bars.enable_progress_bar()
    return model


def _empty(config: Any) -> Any:
    build: Any = AutoModelForCausalLM.from_config
    if config.model_type == "diffusion_gemma":
        build = transformers.DiffusionGemmaForBlockDiffusion
    with torch.device("meta"):
        return build(config)


def visible_from(rank: Ids, start: int) -> Ids:
    """Which tokens (columns, all N) each token from ``start`` on sees (N - start, N) bool."""
    return np.less_equal(rank[None, :], rank[start:, None])
