"""Who may ask, how much, and what is said to the others."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

import engine
from engine.denoisers.scripted import ByteTokenizer, ScriptedDenoiser
from engine.errors import BadInput
from engine.infill import Infiller
from engine.job import OnStep
from engine.proposal import Outcome
from engine.request import Request
from engine.serving.options import ServingOptions
from serving import Serving, serving

BODY = {"prompt": "alpha = load(1, 2)\nalpha =", "suffix": "\n"}


class Gate(Infiller):
    """An engine that answers when it is let, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(ScriptedDenoiser(ByteTokenizer()))
        self.opened, self.entered = threading.Event(), threading.Semaphore(0)
        self.cancels: list[threading.Event] = []

    def infill(
        self,
        request: Request,
        cancel: threading.Event | None = None,
        on_step: OnStep | None = None,
    ) -> Outcome:
        assert cancel is not None
        self.cancels.append(cancel)
        self.entered.release()
        while not self.opened.wait(0.01) and not cancel.is_set():
            pass
        return super().infill(request, cancel, on_step)


def test_a_wrong_member_is_named(served: Serving) -> None:
    for body, named in (
        ({}, "prompt"),
        ({**BODY, "n": 0}, "n"),
        ({**BODY, "midfill": {"budgetms": 5}}, "midfill.budgetms"),
        ({**BODY, "prompt": 5}, "prompt"),
    ):
        answer = served.post("/v1/completions", body)
        assert answer.status_code == 422
        assert answer.json()["error"]["message"].startswith(named)


def test_what_is_no_json_is_refused(served: Serving) -> None:
    answer = httpx.post(f"{served.url}/infill", content=b"{half", timeout=30)
    assert answer.status_code == 422
    assert "load" not in answer.text


def test_half_a_character_is_refused(served: Serving) -> None:
    content = b'{"prompt": "x\\ud800", "suffix": ""}'
    answer = httpx.post(
        f"{served.url}/v1/completions",
        content=content,
        headers={"content-type": "application/json"},
        timeout=30,
    )
    assert answer.status_code == 422


def test_a_large_body_is_refused_before_it_is_read(served: Serving) -> None:
    answer = served.post("/v1/completions", {"prompt": "x" * 200_000})
    assert answer.status_code == 413
    assert "100000 bytes" in answer.json()["error"]["message"]


def test_a_large_body_in_pieces_is_refused_too(served: Serving) -> None:
    pieces = (b'{"prompt": "' if number == 0 else b"x" * 10_000 for number in range(30))
    answer = httpx.post(f"{served.url}/v1/completions", content=pieces, timeout=30)
    assert answer.status_code == 413


def test_a_page_on_the_web_cannot_ask(served: Serving) -> None:
    assert served.get("/v1/models", host="evil.example").status_code == 403
    assert "access-control-allow-origin" not in served.get("/v1/models").headers


def test_only_who_has_the_token_may_ask() -> None:
    options = ServingOptions(token="secret")
    with serving(options, engine.load("scripted")) as one:
        assert one.get("/v1/models").status_code == 401
        assert one.get("/metrics").status_code == 401
        assert one.get("/v1/models", authorization="Bearer wrong").status_code == 401
        assert one.get("/v1/models", authorization="Bearer secret").status_code == 200
        assert one.get("/health").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_others_are_not_let_in_without_a_token(host: str) -> None:
    with pytest.raises(BadInput, match="MIDFILL_TOKEN"):
        ServingOptions(host)
    assert not ServingOptions(host, token="secret").is_loopback


def test_a_full_line_says_when_to_come_again() -> None:
    gate = Gate()
    with serving(ServingOptions(max_waiting=2), gate) as one, ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(one.post, "/v1/completions", BODY) for _ in range(2)]
        gate.entered.acquire(timeout=30)
        for _ in range(500):
            if b"midfill_waiting 2.0" in one.get("/metrics").content:
                break
        answer = one.post("/v1/completions", BODY)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        stream = one.post("/v1/completions", {**BODY, "stream": True})
        assert stream.status_code == 429
        gate.opened.set()
        assert [each.result().status_code for each in waiting] == [200, 200]


def test_a_client_that_hangs_up_is_cancelled() -> None:
    gate = Gate()
    with serving(ServingOptions(), gate) as one:
        port = int(one.url.rpartition(":")[2])
        body = b'{"prompt": "x", "suffix": ""}'
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(
                b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            )
            assert gate.entered.acquire(timeout=30)
        assert gate.cancels[0].wait(30)
        gate.opened.set()
        assert one.post("/v1/completions", BODY).status_code == 200


def test_the_contexts_of_several_developers_are_kept(served: Serving) -> None:
    bodies = [
        {**BODY, "prompt": f"alpha = load({number}, 2)\n" * 40, "midfill": {"path": f"{number}.py"}}
        for number in range(6)
    ]
    for _ in range(2):
        answers = [served.post("/v1/completions", body).json() for body in bodies]
    cached = [answer["usage"]["prompt_tokens_details"]["cached_tokens"] for answer in answers]
    assert all(cached)


def test_many_at_once_are_answered_each_with_its_own() -> None:
    with (
        serving(ServingOptions(max_waiting=64), engine.load("scripted")) as one,
        ThreadPoolExecutor(16) as pool,
    ):
        bodies = [
            {
                "prompt": f"alpha = load({number}, 2)\nprint(alpha)\nalpha =",
                "suffix": "\n",
                "midfill": {"min_confidence": 0.0},
            }
            for number in range(24)
        ]
        answers = list(pool.map(lambda body: one.post("/v1/completions", body).json(), bodies))
    texts = [answer["choices"][0]["text"] for answer in answers]
    assert texts == [f" load({number}, 2)" for number in range(24)]


def test_a_wrong_path_is_refused_in_the_same_shape(served: Serving) -> None:
    answer = served.get("/v2/models")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 404)


def test_counters_count(served: Serving) -> None:
    served.post("/v1/completions", BODY)
    text = served.get("/metrics").text
    assert "midfill_outcomes_total{outcome=" in text
    assert "midfill_seconds_bucket" in text
