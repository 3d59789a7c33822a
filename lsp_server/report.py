"""An outcome as one JSON object: what ``midfill fill --json`` prints and the trace keeps."""

from __future__ import annotations

from typing import Any

from engine.holes import MaskPlan
from engine.proposal import Outcome, Proposal


def report(outcome: Outcome, path: str) -> dict[str, Any]:
    """Plain values of ``outcome``; edits without a path of their own are edits of ``path``.

    The members are the same for a proposal and a refusal, so that a reader needs no case split.
    """
    is_proposal = isinstance(outcome, Proposal)
    return {
        "outcome": "proposal" if is_proposal else "refusal",
        "reason": None if isinstance(outcome, Proposal) else outcome.reason.value,
        "detail": "" if isinstance(outcome, Proposal) else outcome.detail,
        **_content(outcome, path),
        "plan": _plan(outcome.plan),
        "steps": outcome.steps,
        "forwards": outcome.forwards,
        "timings_ms": {stage: round(ms, 3) for stage, ms in outcome.timings_ms.items()},
        "model": outcome.model,
        "remote": outcome.remote,
        "alternatives": (
            [_content(other, path) for other in outcome.alternatives]
            if isinstance(outcome, Proposal)
            else []
        ),
    }


def _content(outcome: Outcome, path: str) -> dict[str, Any]:
    """What would be shown."""
    if not isinstance(outcome, Proposal):
        return {"text": "", "token_confidence": [], "edits": [], "kind": None, "confidence": 0.0}
    return {
        "text": outcome.text,
        "token_confidence": [
            {"bytes": token.length, "p": round(token.p, 6)} for token in outcome.tokens
        ],
        "edits": [
            {
                "path": edit.path if edit.path is not None else path,
                "start_byte": edit.start,
                "end_byte": edit.end,
                "new_text": edit.new_text,
            }
            for edit in outcome.edits
        ],
        "kind": outcome.kind.value,
        "confidence": round(outcome.confidence, 6),
    }


def _plan(plan: MaskPlan | None) -> dict[str, Any]:
    """Where the holes are and why, in bytes; empty when the request ended before it was planned."""
    if plan is None:
        return {"holes": [], "reason": ""}
    return {
        "holes": [
            {
                "start_byte": hole.span.start,
                "end_byte": hole.span.end,
                "kind": hole.kind.value,
                "single_line": hole.single_line,
                "num_tokens": hole.num_tokens,
                "reason": hole.reason,
            }
            for hole in plan.holes
        ],
        "cursor_hole": plan.cursor_hole,
        "rest": {"start_byte": plan.rest.start, "end_byte": plan.rest.end},
        "reason": plan.reason,
    }
