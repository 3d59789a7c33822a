"""From a prompt and a suffix to a request, and from an outcome to the text that is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.proposal import Outcome, Proposal, Refusal, TokenConfidence
from engine.request import Effort, OpenDocument, Request
from engine.serving.errors import ServingError
from engine.spans import ByteOffset


@dataclass(frozen=True, slots=True)
class Hints:
    """What a client may say beyond its protocol, in the member ``midfill``.

    ``path`` and ``language`` choose the grammar; without either the text is plain.
    """

    path: str | None = None
    language: str | None = None
    budget_ms: float | None = None
    effort: Effort = Effort.MEDIUM
    min_confidence: float | None = None
    single_line: bool | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a text ends: after ``max_tokens`` tokens, or before one of ``stops``."""

    max_tokens: int
    stops: tuple[str, ...] = ()

    @property
    def is_single_line(self) -> bool:
        """Whether the client wants nothing behind the end of the line."""
        return "\n" in self.stops


@dataclass(frozen=True, slots=True)
class Filled:
    """One text for the client; ``reason`` says why it is empty."""

    text: str
    num_tokens: int
    finish_reason: str
    confidence: float = 0.0
    reason: str | None = None
    detail: str = ""


def request_of(
    prefix: str,
    suffix: str,
    hints: Hints,
    limits: Limits,
    default_budget_ms: float,
    num_candidates: int = 1,
    seed: int = 0,
    others: Sequence[OpenDocument] = (),
) -> Request:
    """The request to fill between ``prefix`` and ``suffix``; ServingError for half characters."""
    try:
        cursor = ByteOffset(len(prefix.encode()))
        suffix.encode()
    except UnicodeEncodeError as error:
        raise ServingError(422, "the text holds half a character: send it whole") from error
    return Request(
        text=prefix + suffix,
        cursor=cursor,
        language=hints.language,
        path=hints.path,
        budget_ms=hints.budget_ms or default_budget_ms,
        effort=hints.effort,
        seed=seed,
        candidates=num_candidates,
        single_line=True if limits.is_single_line else hints.single_line,
        open_documents=tuple(others),
        min_confidence=hints.min_confidence,
    )


def filled(outcome: Outcome, limits: Limits, num_wanted: int = 1) -> list[Filled]:
    """One to ``num_wanted`` texts, the best first."""
    if isinstance(outcome, Refusal):
        return [Filled("", 0, "stop", 0.0, outcome.reason.value, outcome.detail)]
    proposals = (outcome, *outcome.alternatives)[:num_wanted]
    return [_cut(one, limits) for one in proposals]


def _cut(proposal: Proposal, limits: Limits) -> Filled:
    text, tokens = proposal.text, proposal.tokens
    at = min((found for stop in limits.stops if (found := text.find(stop)) >= 0), default=-1)
    if at >= 0:
        text = text[:at]
    num_tokens = _num_tokens(tokens, len(text.encode()))
    finish_reason = "stop"
    if num_tokens > limits.max_tokens:
        num_bytes = sum(token.length for token in tokens[: limits.max_tokens])
        text = text.encode()[:num_bytes].decode(errors="ignore")
        num_tokens, finish_reason = limits.max_tokens, "length"
    return Filled(text, num_tokens, finish_reason, proposal.confidence)


def _num_tokens(tokens: Sequence[TokenConfidence], num_bytes: int) -> int:
    """How many tokens the first ``num_bytes`` come from."""
    end = 0
    for number, token in enumerate(tokens):
        if end >= num_bytes:
            return number
        end += token.length
    return len(tokens)
