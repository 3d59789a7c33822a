"""What sets a family of diffusion language models apart. Values only, no tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

Config = Mapping[str, Any]
# The end of a tensor's name, without weight or bias, to the ends of what it holds and their rows.
Split = Mapping[str, Sequence[tuple[str, int]]]


class Arrangement(str, Enum):
    """How a canvas becomes a sequence, and who sees whom."""

    IN_PLACE = "in place"
    """Text order, everything sees everything; all of it is encoded again at each step."""
    SUFFIX_FIRST = "suffix first"
    """``engine.reading.layout``: a causal, cached context and canvases that see all of it."""
    PROMPTED = "prompted"
    """The model's own infilling prompt, then the middle block by block."""
    CANVAS = "canvas"
    """Such a prompt, causal; then the middle, which sees all of it: noise instead of masks."""


class LengthControl(str, Enum):
    """How a hole ends."""

    TOKEN = "token"
    """The model writes an end; what lies behind it is dropped."""
    CONFIDENCE = "first-step confidence"
    """The length whose first step is surest, of a few: no training needed (``lengths``)."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What stands before prefix, suffix and middle: names of tokens, else plain text."""

    before_prefix: tuple[str, ...]
    before_suffix: tuple[str, ...]
    before_middle: tuple[str, ...] = ()
    is_suffix_first: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """A family by its configuration, its tokens and its mask.

    ``stock``: the layers it is made of. ``is_shifted``: the token at a position is predicted by the
    row before it. ``mask_tokens``, ``end_tokens``, ``first_tokens``: the first that the vocabulary
    has is taken; ``first_tokens`` open a text, any of ``end_tokens`` ends a hole. When PROMPTED:
    ``block_size``, positions that see one another, and ``prompt``. ``split``: rows of tensors that
    hold several of the stock layers' one below the other, by the end of their names. ``twins``:
    other names of a tensor, of which one is published. ``unused``: beginnings of what no text
    needs. ``is_mixture``: of experts, so that a row's rounding depends on the others of its pass.
    ``sampler``: what its makers sample with. ``source``: where the facts are from.
    """

    name: str
    title: str
    stock: str
    arrangement: Arrangement
    is_shifted: bool
    length: LengthControl
    mask_tokens: tuple[str, ...]
    end_tokens: tuple[str, ...]
    source: str
    first_tokens: tuple[str, ...] = ()
    needed_tokens: tuple[str, ...] = ()
    block_size: int = 1
    prompt: Prompt = Prompt((), ())
    layer_config: Callable[[Config], dict[str, Any]] | None = None
    rename: Callable[[str], str] | None = None
    split: Callable[[Config], Split] | None = None
    twins: Callable[[str], Sequence[str]] | None = None
    unused: tuple[str, ...] = ()
    is_mixture: bool = False
    sampler: str = ""
