"""A server's autoregressive model judges the local model's candidates.

With ``echo`` and ``logprobs`` a server tells the log probability of every token of a prompt (vLLM,
SGLang, llama-cpp-python). llama.cpp's own does not, but writes what a grammar allows and says how
likely it found each token: a grammar that allows one text makes it score that text. The lines
behind the hole are part of it: how well they follow says more than the candidate's own likelihood.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import RemoteFailed
from engine.proposal import Proposal
from engine.remote.backend import Backend, Kind
from engine.remote.formats.format import tokens_of
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
    wholes = [text + behind for text in texts]
    is_written = backend.kind is Kind.LLAMA_CPP
    endpoint = "completion" if is_written else "completions"
    bodies = (
        [_written_body(question.prefix, whole) for whole in wholes]
        if is_written
        else [_echoed_body(backend, question.prefix, wholes)]
    )
    answers = [desk.post(backend, endpoint, body, timeout_s) for body in bodies]
    records = _waited(backend, answers, timeout_s)
    try:
        if is_written:
            return [_log_p_written(*each) for each in zip(records, wholes, strict=True)]
        choices = sorted(records[0]["choices"], key=lambda choice: int(choice["index"]))
        return [
            _log_p_echoed(choice, question.prefix, whole)
            for choice, whole in zip(choices, wholes, strict=True)
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise RemoteFailed(
            f"{backend.host}: gives no log probabilities of a given text ({error}): role=score "
            "needs the kind openai with echo and logprobs (vLLM), or llama.cpp"
        ) from error


def _waited(backend: Backend, answers: Sequence[Future[Any]], timeout_s: float) -> list[Any]:
    """All answers, or none: who waits no longer hangs up on the rest. Raises RemoteFailed."""
    try:
        return [answer.result(timeout_s) for answer in answers]
    except FutureTimeoutError as error:
        raise RemoteFailed(f"{backend.host}: no scores in time") from error
    finally:
        for answer in answers:
            answer.cancel()


def _echoed_body(backend: Backend, prefix: str, wholes: Sequence[str]) -> dict[str, Any]:
    return {
        **({"model": backend.model} if backend.model else {}),
        "prompt": [prefix + whole for whole in wholes],
        "max_tokens": 1,
        "temperature": 0,
        "echo": True,
        "logprobs": 1,
    }


def _log_p_echoed(choice: Mapping[str, Any], prefix: str, whole: str) -> float:
    """The sum over the tokens that begin behind ``prefix``, up to the end of ``whole``."""
    if not str(choice["text"]).startswith(prefix + whole):
        raise ValueError("the prompt does not come back")
    logprobs = choice["logprobs"]
    start, end = len(prefix), len(prefix) + len(whole)
    return sum(
        float(log_p)
        for log_p, offset in zip(logprobs["token_logprobs"], logprobs["text_offset"], strict=True)
        if log_p is not None and start <= offset < end
    )


def _written_body(prefix: str, whole: str) -> dict[str, Any]:
    """Greedy under a grammar that allows ``whole`` alone; a token holds a byte at least."""
    return {
        "prompt": prefix,
        "grammar": f'root ::= "{"".join(map(_in_grammar, whole))}"',
        "n_predict": len(whole.encode()) + 1,
        "temperature": 0,
        "n_probs": 1,
        "cache_prompt": True,
    }


def _in_grammar(character: str) -> str:
    """A character inside a quoted string of llama.cpp's grammars."""
    if character in '"\\':
        return f"\\{character}"
    return f"\\x{ord(character):02X}" if ord(character) < 0x20 else character


def _log_p_written(record: Mapping[str, Any], whole: str) -> float:
    """The sum over the tokens of ``whole``; the end behind them is no part of it."""
    if record["content"] != whole:
        raise ValueError("it wrote another text")
    tokens = tokens_of({"content": record["completion_probabilities"]}) if whole else ()
    return sum(token.log_p for token in tokens if token.data)
