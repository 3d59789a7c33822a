"""Better names for one thing: one slot shared by all its places, filled as one.

Plain values, and the job that crosses to the engine; ``naming`` does the work there.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.job import OnStep
from engine.proposal import Outcome
from engine.request import Request

if TYPE_CHECKING:
    from engine.infill import Infiller


@dataclass(frozen=True, slots=True)
class SuggestNames:
    """Propose names for what stands at the request's cursor.

    The outcome is a proposal of the name that is ``rank`` steps behind the best one, as an atomic
    rename within the file; the further names are its alternatives. A proposal's text is the name,
    its confidence the probability among all names that were looked at.
    """

    request: Request
    rank: int = 0

    def run(self, infiller: Infiller, cancel: threading.Event, on_step: OnStep) -> Outcome:
        """See ``naming.suggest_names``."""
        from engine.edits.naming import suggest_names

        del on_step  # names are chosen, not denoised step by step
        return suggest_names(infiller, self.request, self.rank, cancel)
