"""What each refusal means, in words for the person in front of the editor."""

from __future__ import annotations

from engine.proposal import Reason

# What a refusal means and what a person can do about it.
REASONS = {
    Reason.EMPTY: "the model proposes nothing here: what stands there is already complete",
    Reason.TOO_SHORT: "what the model proposes is too short to be worth showing",
    Reason.LOW_CONFIDENCE: "the proposal is probably wrong",
    Reason.DOES_NOT_PARSE: "the file would parse worse with every proposal than without",
    Reason.REPEATS_SUFFIX: "the proposal only repeats a line that stands there already",
    Reason.REVERTS_USER: "the proposal would undo what was typed a moment ago",
    Reason.REJECTED_BEFORE: "the same proposal was turned down here before",
    Reason.DEADLINE: "the time was over before anything could be shown; give it a larger budget",
    Reason.CANCELLED: "the request was cancelled",
    Reason.SUPERSEDED: "a newer request took this one's place",
    Reason.STALE: "the text changed under the request",
    Reason.IGNORED_FILE: "the file is ignored by configuration",
    Reason.DISABLED: "proposals are switched off for this kind of file",
    Reason.UNTRUSTED: "the workspace is not trusted",
    Reason.NO_MODEL: "there is no usable model; run midfill doctor",
    Reason.BACKEND_FAILED: "the model's runtime failed; run midfill doctor",
    Reason.WORKER_LOST: "the engine's process ended; run midfill doctor",
    Reason.TOO_LARGE: "the file, or this line of it, is over the size limit",
}
