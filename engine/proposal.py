"""What a request ends in: a Proposal that may be shown, or a Refusal with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from engine.mask_plan import MaskPlan
from engine.spans import Span


class Reason(str, Enum):
    """Why nothing is shown."""

    EMPTY = "EMPTY"
    TOO_SHORT = "TOO_SHORT"
    LOW_CONFIDENCE = "LOW_CONFIDENCE"
    DOES_NOT_PARSE = "DOES_NOT_PARSE"
    REPEATS_SUFFIX = "REPEATS_SUFFIX"
    REVERTS_USER = "REVERTS_USER"
    REJECTED_BEFORE = "REJECTED_BEFORE"
    DEADLINE = "DEADLINE"
    CANCELLED = "CANCELLED"
    SUPERSEDED = "SUPERSEDED"
    STALE = "STALE"
    IGNORED_FILE = "IGNORED_FILE"
    DISABLED = "DISABLED"
    UNTRUSTED = "UNTRUSTED"
    NO_MODEL = "NO_MODEL"
    BACKEND_FAILED = "BACKEND_FAILED"
    WORKER_LOST = "WORKER_LOST"
    TOO_LARGE = "TOO_LARGE"


class EditKind(str, Enum):
    """How several edits relate: pick one, apply in turn, or all or nothing."""

    ALTERNATIVES = "alternatives"
    SEQUENCE = "sequence"
    ATOMIC = "atomic"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes of ``span`` in the file at ``path`` (None: the request's text) by ``new_text``."""

    span: Span
    new_text: str
    path: str | None = None

    @property
    def start(self) -> int:
        """First byte replaced."""
        return self.span.start

    @property
    def end(self) -> int:
        """First byte after the replaced ones."""
        return self.span.end


@dataclass(frozen=True, slots=True)
class EditSet:
    """One or many edits in text order that do not overlap, and how they relate."""

    edits: tuple[Edit, ...]
    kind: EditKind = EditKind.ATOMIC


@dataclass(frozen=True, slots=True)
class TokenConfidence:
    """``length`` bytes of the proposal's text that came from one token, and its probability."""

    length: int
    p: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """A checked edit.

    ``text`` is what the cursor's hole becomes, from the cursor on (what the user typed of a
    healed word is not repeated). ``confidence`` is calibrated to the probability that the whole
    text is kept. ``forwards`` counts passes through the model, ``steps`` denoising steps.
    """

    text: str
    edit_set: EditSet
    plan: MaskPlan
    tokens: tuple[TokenConfidence, ...]
    confidence: float
    steps: int
    forwards: int
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    model: str = ""
    alternatives: tuple[Proposal, ...] = ()

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits of the edit set, in text order."""
        return self.edit_set.edits

    @property
    def kind(self) -> EditKind:
        """How the edits relate."""
        return self.edit_set.kind


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing is shown, and why; ``detail`` is one line for a person."""

    reason: Reason
    detail: str = ""
    plan: MaskPlan | None = None
    steps: int = 0
    forwards: int = 0
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    model: str = ""


Outcome = Proposal | Refusal
