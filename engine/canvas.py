"""The canvas: token ids in text order, and per hole position whether it is masked or committed.

Knows nothing of models or text. Context ids never change.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


class State(IntEnum):
    """State of one position."""

    CONTEXT = 0
    MASKED = 1
    COMMITTED = 2


@dataclass(slots=True)
class HoleCanvas:
    """One hole's positions. ids (L,) int64, states (L,) uint8 of MASKED or COMMITTED.

    ``forced``: bytes that the hole's text must begin with (token healing: the word being typed).
    """

    ids: Ids
    states: NDArray[np.uint8]
    forced: bytes = b""


@dataclass(slots=True)
class Canvas:
    """Context pieces and holes interleaved in text order: context[0], holes[0], context[1], …

    ``snippets`` stand before the file; the first ``rest_tokens`` ids of
    ``context[cursor_hole + 1]`` are the rest of the cursor's line.
    """

    snippets: Ids
    context: tuple[Ids, ...]
    holes: list[HoleCanvas]
    cursor_hole: int
    rest_tokens: int
