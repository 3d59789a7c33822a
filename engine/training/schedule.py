"""When a training run ends, and what changes on the way there. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from engine.training.packing import PackingConfig
from engine.training.progress import Counts

FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Length of a run, its optimiser, and shares of the run at which something sets in.

    The run ends after ``num_steps`` or ``minutes`` of training, whichever is first; examples start
    again while there is time left, and are seen once when both are None. Corruption grows over
    ``warmth_steps``. The learning rate warms up over ``warmup_steps``, stays, and falls in a line
    to nothing over the last ``decay_share``. From ``rounding_share`` on the layers are rounded to
    four bits.
    """

    num_steps: int | None = None
    minutes: float | None = None
    batch_packs: int = 16
    learning_rate: float = 7e-4
    weight_decay: float = 0.1
    warmup_steps: int = 60
    warmth_steps: int = 150
    decay_share: float = 0.7
    rounding_share: float = 0.4
    clip_norm: float = 1.0
    checkpoint_minutes: float = 10.0
    packing: PackingConfig = field(default_factory=PackingConfig)

    def further(self) -> Schedule:
        """The same for a run that starts from a trained model.

        It knows corrupted canvases, and its layers lie on the grid of their four bits: rounding
        that sets in late would tear them off it first (docs/log.md).
        """
        return replace(
            self,
            learning_rate=4e-4,
            warmup_steps=100,
            warmth_steps=0,
            decay_share=1.0,
            rounding_share=0.0,
        )

    def progress(self, counts: Counts) -> float:
        """The share of the run that is done, in steps or in time; 0 for a run without an end."""
        by_time = counts.seconds / (60 * (self.minutes or FOREVER))
        return max(by_time, counts.steps / (self.num_steps or FOREVER))

    def rate(self, counts: Counts) -> float:
        """The learning rate of the next step."""
        warm = min(1.0, (counts.steps + 1) / max(self.warmup_steps, 1))
        left = (1.0 - self.progress(counts)) / max(self.decay_share, 1e-9)
        return self.learning_rate * warm * max(0.0, min(1.0, left))

    def is_rounded(self, counts: Counts) -> bool:
        """Whether the next step's layers are rounded to four bits."""
        return self.progress(counts) >= self.rounding_share
