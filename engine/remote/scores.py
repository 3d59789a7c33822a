"""A server's autoregressive model judges the local model's candidates.

With ``echo`` and ``logprobs`` a server tells the log probability of every token of a prompt (vLLM,
SGLang, llama-cpp-python). The lines behind the hole are part of it: how well they follow says
more than the candidate's own likelihood.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import RemoteFailed
from engine.proposal import Proposal
from engine.remote.backend import Backend
from engine.remote.question import Question, question_of
from engine.task import Task

if TYPE_CHECKING:
    from engine.remote.desk import Desk

_LEAST = 1e-9
_LINES_BEHIND = 2


def best_scored(
    desk: Desk, backend: Backend, task: Task, local: Proposal, timeout_s: float
) -> Proposal:
    """The candidate that server and local model together find likeliest; the rest behind it.

    Raises RemoteFailed.
    """
    candidates = [replace(each, alternatives=()) for each in (local, *local.alternatives)]
    question = question_of(task.request, task.tree, task.plan, backend.context_bytes)
    texts = [candidate.text for candidate in candidates]
    scores = log_ps(desk, backend, question, texts, timeout_s)
    ranked = sorted(
        range(len(candidates)),
        key=lambda at: -(scores[at] + math.log(max(candidates[at].confidence, _LEAST))),
    )
    best, *others = (candidates[at] for at in ranked)
    said = "agrees" if ranked[0] == 0 else "prefers another candidate"
    return replace(best, alternatives=tuple(others), remote=f"{backend.host}: {said}")


def log_ps(
    desk: Desk, backend: Backend, question: Question, texts: Sequence[str], timeout_s: float
) -> list[float]:
    """Log probability of each text with what follows it. Raises RemoteFailed."""
    behind = "".join(question.suffix.splitlines(keepends=True)[:_LINES_BEHIND])
    body = {
        **({"model": backend.model} if backend.model else {}),
        "prompt": [question.prefix + text + behind for text in texts],
        "max_tokens": 1,
        "temperature": 0,
        "echo": True,
        "logprobs": 1,
    }
    answer = desk.post(backend, "completions", body, timeout_s)
    try:
        record = answer.result(timeout_s)
    except FutureTimeoutError as error:
        answer.cancel()
        raise RemoteFailed(f"{backend.host}: no scores in time") from error
    try:
        choices = sorted(record["choices"], key=lambda choice: int(choice["index"]))
        return [
            _log_p(choice, question.prefix, text + behind)
            for choice, text in zip(choices, texts, strict=True)
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise RemoteFailed(
            f"{backend.host}: gives no log probabilities of a prompt ({error}): role=score needs "
            "a server with echo and logprobs, such as vLLM"
        ) from error


def _log_p(choice: Mapping[str, Any], prefix: str, text: str) -> float:
    """The sum over the tokens that begin behind ``prefix``, up to the end of ``text``."""
    if not str(choice["text"]).startswith(prefix + text):
        raise ValueError("the prompt does not come back")
    logprobs = choice["logprobs"]
    start, end = len(prefix), len(prefix) + len(text)
    return sum(
        float(log_p)
        for log_p, offset in zip(logprobs["token_logprobs"], logprobs["text_offset"], strict=True)
        if log_p is not None and start <= offset < end
    )
