"""An outcome as the one JSON object that ``midfill fill --json`` prints."""

from __future__ import annotations

from typing import Any

from engine.proposal import Outcome, Proposal
from lsp_server.trace import plan_json


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
        "plan": plan_json(outcome.plan) or {"holes": [], "reason": ""},
        "steps": outcome.steps,
        "forwards": outcome.forwards,
        "timings_ms": {stage: round(ms, 3) for stage, ms in outcome.timings_ms.items()},
        "model": outcome.model,
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
