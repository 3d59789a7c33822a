"""The local model and a server together: the better text is taken, and never one unchecked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.effort import Decoding
from engine.infill import Infiller
from engine.languages import language_of
from engine.mask_plan import plan_masks
from engine.proposal import Outcome, Proposal, Reason, Refusal
from engine.remote.backend import Kind, parse_backend
from engine.remote.breaker import NUM_FAILURES, Breaker
from engine.remote.question import question_of
from engine.request import OpenDocument, Request
from engine.serving.options import ServingOptions
from engine.spans import ByteOffset
from engine.syntax import ParseCache
from loopback import Exchange, Loopback, loopback
from serving import serving

SOURCE = "alpha = load(0)\nbeta = 2\nalpha = \nprint(alpha)\n"
CURSOR = ByteOffset(SOURCE.index("alpha = \n") + len("alpha = "))
PATIENCE_S = 20.0
MakeInfiller = Callable[..., Infiller]


def request(server: Loopback, options: str = "timeout_ms=10000", kind: str = "openai") -> Request:
    backend = parse_backend(f"{kind} {server.url} {options}")
    return Request(SOURCE, CURSOR, path="/home/me/a.py", backend=backend)


def writes(text: str, **choice: object) -> object:
    def behave(exchange: Exchange) -> None:
        exchange.answer({"choices": [{"text": text, "finish_reason": "stop", **choice}]})

    return behave


def filled(outcome: Outcome) -> str:
    assert isinstance(outcome, Proposal)
    text = SOURCE.encode()
    for edit in reversed(outcome.edits):
        text = text[: edit.start] + edit.new_text.encode() + text[edit.end :]
    return text.decode()


def test_the_servers_text_is_taken_and_the_local_one_stays_a_choice(infiller: MakeInfiller) -> None:
    with loopback(writes("remote(2)")) as server:
        outcome = infiller().infill(replace(request(server), candidates=2))
    assert filled(outcome) == SOURCE.replace("alpha = \n", "alpha = remote(2)\n")
    assert isinstance(outcome, Proposal)
    assert [each.text for each in outcome.alternatives] == ["local(1)"]
    assert outcome.confidence == pytest.approx(0.5, abs=0.13)  # ``remote`` is no known name
    assert "openai at 127.0.0.1" in outcome.model and "taken" in outcome.remote


@pytest.mark.parametrize("space", ["", " "])
def test_the_servers_probabilities_are_its_confidence(infiller: MakeInfiller, space: str) -> None:
    tokens = {"tokens": [f"{space}load", "(2)"], "token_logprobs": [-0.1, -0.3]}
    with loopback(writes(f"{space}load(2)", logprobs=tokens)) as server:
        outcome = infiller().infill(request(server, "prompt=qwen timeout_ms=10000"))
    assert isinstance(outcome, Proposal)
    assert outcome.confidence == pytest.approx(2.718281828**-0.4, abs=0.01)
    assert [token.length for token in outcome.tokens] == [4, 3]


@pytest.mark.parametrize("text", [")))", "load(", "", "load(2)\nprint(alpha)", "'"])
def test_a_text_that_the_checks_refuse_or_mend_changes_nothing_else(
    infiller: MakeInfiller, text: str
) -> None:
    with loopback(writes(text)) as server:
        outcome = infiller().infill(request(server))
    compile(filled(outcome), "a.py", "exec")
    assert filled(outcome).startswith("alpha = load(0)\nbeta = 2\nalpha = ")
    assert filled(outcome).endswith("\nprint(alpha)\n")


def test_a_refused_text_leaves_the_local_one_and_says_so(infiller: MakeInfiller) -> None:
    with loopback(writes(")))")) as server:
        outcome = infiller().infill(request(server))
    assert isinstance(outcome, Proposal) and outcome.text == "local(1)"
    assert outcome.model == "scripted" and "its text was refused" in outcome.remote


def test_a_text_that_is_too_unsure_leaves_the_local_one(infiller: MakeInfiller) -> None:
    with loopback(writes("remote(2)")) as server:
        asked = replace(request(server, "trust=0.1"), min_confidence=0.25)
        outcome = infiller(p=0.97).infill(asked)
    assert isinstance(outcome, Proposal) and outcome.text == "local(1)"
    assert "LOW_CONFIDENCE" in outcome.remote


def test_the_server_helps_out_when_the_local_model_keeps_silent(infiller: MakeInfiller) -> None:
    with loopback(writes("load(2)")) as server:
        asked = replace(request(server), min_confidence=0.4)
        assert isinstance(infiller(p=0.3).infill(replace(asked, backend=None)), Refusal)
        outcome = infiller(p=0.3).infill(asked)
    assert isinstance(outcome, Proposal) and outcome.text == "load(2)"


def test_the_local_text_is_kept_where_it_is_surer(infiller: MakeInfiller) -> None:
    with loopback(writes("remote(2)")) as server:
        outcome = infiller(p=0.99).infill(replace(request(server), candidates=2))
    assert isinstance(outcome, Proposal) and outcome.text == "local(1)"
    assert [each.text for each in outcome.alternatives] == ["remote(2)"]
    assert "surer" in outcome.remote


def test_the_same_text_is_shown_once(infiller: MakeInfiller) -> None:
    with loopback(writes("local(1)")) as server:
        outcome = infiller().infill(replace(request(server), candidates=2))
    assert isinstance(outcome, Proposal) and outcome.text == "local(1)"
    assert outcome.alternatives == () and "the local one, too" in outcome.remote


def test_a_late_server_is_not_waited_for_and_hung_up_on(infiller: MakeInfiller) -> None:
    with loopback(Exchange.hang) as server:
        outcome = infiller().infill(request(server, "timeout_ms=100"))
        assert server.asked[0].hung_up.wait(PATIENCE_S)
    assert isinstance(outcome, Proposal) and outcome.text == "local(1)"
    assert outcome.remote.endswith("not in time")


def test_a_requests_budget_ends_the_waiting(infiller: MakeInfiller) -> None:
    with loopback(Exchange.hang) as server:
        asked = replace(request(server, "timeout_ms=60000"), budget_ms=300.0)
        outcome = infiller().infill(asked)
    assert isinstance(outcome, Proposal) and outcome.text == "local(1)"


def test_a_server_that_keeps_failing_is_left_alone(infiller: MakeInfiller) -> None:
    with loopback(lambda exchange: exchange.answer({}, 404)) as server:
        local = infiller()
        said = [local.infill(request(server)).remote for _ in range(NUM_FAILURES + 2)]
        assert len(server.asked) == NUM_FAILURES
    assert "status 404" in said[0] and "failed lately" in said[-1]


def test_a_missing_key_is_told_and_nothing_is_sent(
    infiller: MakeInfiller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with loopback(writes("x")) as server:
        outcome = infiller().infill(request(server, "key=env:NO_SUCH_KEY"))
        assert server.asked == []
    assert isinstance(outcome, Proposal) and "has no NO_SUCH_KEY" in outcome.remote


def test_cancelling_hangs_up(infiller: MakeInfiller) -> None:
    cancel = threading.Event()
    with loopback(Exchange.hang) as server, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(infiller().infill, request(server, "timeout_ms=60000"), cancel)
        while not server.asked:
            time.sleep(0.01)
        cancel.set()
        assert server.asked[0].hung_up.wait(PATIENCE_S)
        outcome = answer.result(PATIENCE_S)
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.CANCELLED


def test_nothing_is_sent_without_a_backend_or_for_given_spans(infiller: MakeInfiller) -> None:
    with loopback(writes("x")) as server:
        local, asked = infiller(), request(server)
        local.infill(replace(asked, backend=None))
        tree = ParseCache().parse(None, SOURCE.encode(), language_of("a.py", None))
        hole = plan_masks(tree, CURSOR, asked).holes[0].span
        local.fill_spans(asked, [hole])
        assert server.asked == []


def test_what_is_sent_is_cut_and_names_no_folder() -> None:
    long = "x = 1\n" * 2000 + SOURCE + "y = 2\n" * 2000
    cursor = ByteOffset(long.index("alpha = \n") + len("alpha = "))
    other = OpenDocument("/home/me/b.py", "python", "def other(): ...\n" * 1000)
    asked = Request(long, cursor, path="/home/me/a.py", open_documents=(other,))
    tree = ParseCache().parse(None, long.encode(), language_of("a.py", None))
    question = question_of(asked, tree, plan_masks(tree, cursor, asked), 2000)
    assert len(question.prefix) + len(question.suffix) <= 2000
    assert question.prefix.startswith("x = 1\n") and question.prefix.endswith("\nalpha = ")
    assert question.suffix.endswith("y = 2\n")
    assert (question.path, question.extras[0].path) == ("a.py", "b.py")
    assert len(question.extras[0].text) <= 4000


# A server that scores: the local candidates come in its order.


def scores(favourite: str) -> object:
    def behave(exchange: Exchange) -> None:
        choices = []
        for index, prompt in enumerate(exchange.body["prompt"]):
            log_p = -0.1 if favourite in prompt else -20.0
            logprobs = {
                "tokens": [prompt[:-2], prompt[-2:], "next"],
                "token_logprobs": [None, log_p, -5.0],
                "text_offset": [0, len(prompt) - 2, len(prompt)],
            }
            choices.append({"index": index, "text": prompt + "next", "logprobs": logprobs})
        exchange.answer({"choices": choices[::-1]})

    return behave


@pytest.mark.parametrize(
    ("favourite", "said"), [("load(1)", "agrees"), ("load(2)", "prefers another")]
)
def test_a_server_chooses_among_the_local_candidates(
    infiller: MakeInfiller, favourite: str, said: str
) -> None:
    with loopback(scores(f"alpha = {favourite}\nprint")) as server:
        local = infiller("load(1)", "load(2)", p=0.6, decoding=Decoding.VERIFIED)
        outcome = local.infill(request(server, "role=score timeout_ms=10000"))
        assert [exchange.body["echo"] for exchange in server.asked] == [True]
    assert isinstance(outcome, Proposal)
    assert outcome.text == favourite and said in outcome.remote


def test_llama_cpp_judges_by_writing_what_a_grammar_allows(infiller: MakeInfiller) -> None:
    def behave(exchange: Exchange) -> None:
        grammar = exchange.body["grammar"]
        text = grammar.removeprefix('root ::= "')[:-1].replace("\\x0A", "\n")
        log_p = -0.1 if "load(2)" in text else -20.0
        tokens = [
            {"token": text, "bytes": list(text.encode()), "logprob": log_p},
            {"token": "", "bytes": [], "logprob": -50.0},
        ]
        exchange.answer({"content": text, "completion_probabilities": tokens})

    with loopback(behave) as server:
        local = infiller("load(1)", "load(2)", p=0.6, decoding=Decoding.VERIFIED)
        outcome = local.infill(request(server, "role=score timeout_ms=10000", "llama.cpp"))
        assert {exchange.path for exchange in server.asked} == {"/completion"}
    assert isinstance(outcome, Proposal) and outcome.text == "load(2)"


def test_a_server_without_scores_leaves_the_local_order(infiller: MakeInfiller) -> None:
    with loopback(writes("x")) as server:
        local = infiller("load(1)", "load(2)", p=0.6, decoding=Decoding.VERIFIED)
        outcome = local.infill(request(server, "role=score timeout_ms=10000"))
    assert isinstance(outcome, Proposal) and outcome.text == "load(1)"
    assert "no log probabilities of a given text" in outcome.remote


def test_the_pause_doubles_and_ends_with_a_success() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(NUM_FAILURES - 1):
        breaker.note_failure()
    assert not breaker.pause_s
    breaker.note_failure()
    first = breaker.pause_s
    now[0] += first
    assert not breaker.pause_s
    breaker.note_failure()
    assert breaker.pause_s == 2 * first
    breaker.note_success()
    assert not breaker.pause_s
    breaker.note_failure(at_least_s=7.0)
    assert breaker.pause_s == 7.0


# Real servers: our own, which speaks every protocol that we ask in.


def test_our_own_server_answers_in_every_protocol(infiller: MakeInfiller) -> None:
    distant = Infiller(ScriptedDenoiser(ByteTokenizer(), [Script(("load(4711)",))]))
    local = infiller()
    with serving(ServingOptions(), distant) as server:
        for kind in Kind:
            outcome = local.infill(request(Loopback(server.url), kind=kind.value))
            assert isinstance(outcome, Proposal), outcome
            assert outcome.text == "load(4711)", (kind, outcome.remote)


def test_our_own_servers_silence_is_no_text(infiller: MakeInfiller) -> None:
    distant = Infiller(ScriptedDenoiser(ByteTokenizer(), [Script((")))",))]))
    with serving(ServingOptions(), distant) as server:
        outcome = infiller().infill(request(Loopback(server.url), kind="midfill"))
    assert isinstance(outcome, Proposal) and outcome.text == "local(1)"
    assert "EMPTY" in outcome.remote
