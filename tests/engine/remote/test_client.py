"""Whatever a server does, one error names it and says what to do; the key is in none of them."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable

import pytest
import trustme

from engine.errors import RemoteFailed
from engine.remote.backend import parse_backend
from engine.remote.client import Client
from engine.remote.key import Key
from engine.remote.question import Question, RemoteText
from loopback import Exchange, Loopback, loopback

KEY = "sk-very-secret-4711"
QUESTION = Question("a = ", "\n", "a.py", "python", True)
LINES = Question("a = ", "\n", "a.py", "python", False)
PATIENCE_S = 20.0
Behave = Callable[[Exchange], None]


def piece(text: str, finish_reason: str | None = None) -> dict[str, object]:
    return {"choices": [{"index": 0, "text": text, "finish_reason": finish_reason}]}


def ask(server: Loopback, question: Question = QUESTION, options: str = "") -> RemoteText:
    async def asking() -> RemoteText:
        backend = parse_backend(f"openai {server.url} {options}")
        client = Client(backend, Key(KEY), draw=lambda: 0.0)
        try:
            return await asyncio.wait_for(client.ask(question), PATIENCE_S)
        finally:
            await client.close()

    return asyncio.run(asking())


def failure(behave: Behave, num_asked: int = 1, options: str = "") -> RemoteFailed:
    with loopback(behave) as server:
        with pytest.raises(RemoteFailed) as caught:
            ask(server, options=options)
        assert len(server.asked) == num_asked
        assert str(caught.value).startswith(server.url.removeprefix("http://") + ": ")
    assert KEY not in str(caught.value) and "\n" not in str(caught.value)
    return caught.value


def test_a_stream_is_joined_and_the_key_is_sent() -> None:
    def behave(exchange: Exchange) -> None:
        exchange.begin()
        for text in ("load", "(1", ")"):
            exchange.event(piece(text))
        exchange.event("[DONE]")

    with loopback(behave) as server:
        assert ask(server, LINES).text == "load(1)"
        [exchange] = server.asked
        assert exchange.path == "/v1/completions"
        assert exchange.headers["authorization"] == f"Bearer {KEY}"
        assert exchange.body["prompt"] == "a = "


def test_who_does_not_stream_is_read_too() -> None:
    with loopback(lambda exchange: exchange.answer(piece("load(1)", "stop"))) as server:
        assert ask(server) == RemoteText("load(1)", is_ended=True)


def test_one_line_is_enough_and_the_rest_is_hung_up_on() -> None:
    def behave(exchange: Exchange) -> None:
        exchange.begin()
        exchange.event(piece("load(1)\nb"))
        exchange.hang()

    with loopback(behave) as server:
        assert ask(server).text == "load(1)\nb"
        assert server.asked[0].hung_up.wait(PATIENCE_S)


def test_half_a_stream_is_no_answer() -> None:
    def behave(exchange: Exchange) -> None:
        exchange.begin()
        exchange.event(piece("load("))

    assert "stream ended in the middle" in str(failure(behave, 3))


def test_half_an_event_is_no_answer() -> None:
    def behave(exchange: Exchange) -> None:
        exchange.begin()
        exchange.handler.wfile.write(b'data: {"choices": [{"te')

    assert "stream ended in the middle" in str(failure(behave, 3))


def test_half_a_body_is_no_answer() -> None:
    def behave(exchange: Exchange) -> None:
        exchange.begin("application/json", **{"Content-Length": "500"})
        exchange.handler.wfile.write(b'{"choices": ')

    assert "hung up in the middle" in str(failure(behave, 3))


def test_a_web_page_is_no_answer() -> None:
    error = failure(lambda exchange: exchange.answer("<html>Sign in</html>", kind="text/html"))
    assert "web page" in str(error) and "URL" in str(error)


def test_an_error_in_the_stream_is_told() -> None:
    def behave(exchange: Exchange) -> None:
        exchange.begin()
        exchange.event({"error": {"message": "out of memory"}})

    assert "said: out of memory" in str(failure(behave, 3))


@pytest.mark.parametrize(
    ("body", "said"),
    [("{half", "no JSON"), ("[]", "JSON is not what openai"), ('{"choices": 5}', "check the back")],
)
def test_other_json_is_no_answer(body: str, said: str) -> None:
    assert said in str(failure(lambda exchange: exchange.answer(body)))


@pytest.mark.parametrize(
    ("status", "mend"),
    [(401, "key="), (403, "account"), (404, "URL and model="), (413, "context_bytes="), (422, "")],
)
def test_a_refusal_says_what_to_mend_and_is_not_repeated(status: int, mend: str) -> None:
    def behave(exchange: Exchange) -> None:
        said = f"no: {exchange.headers['authorization']}"
        exchange.answer({"error": {"message": said}}, status)

    error = failure(behave)
    assert f"status {status}" in str(error) and mend in str(error)
    assert "***" in str(error)


def test_what_may_pass_is_tried_again() -> None:
    statuses = iter([500, 503, 200])

    def behave(exchange: Exchange) -> None:
        status = next(statuses)
        exchange.answer(piece("load(1)", "stop") if status == 200 else {"error": "x"}, status)

    with loopback(behave) as server:
        assert ask(server).text == "load(1)"
        assert len(server.asked) == 3


def test_too_many_requests_are_not_repeated_before_the_server_wants_them() -> None:
    error = failure(lambda exchange: exchange.answer({}, 429, Retry_After="7"))
    assert error.retry_after_s == 7.0 and error.is_passing


def test_a_redirect_is_not_followed() -> None:
    with loopback(lambda exchange: exchange.answer(piece("x"))) as other:
        error = failure(lambda exchange: exchange.answer({}, 307, Location=other.url))
        assert other.asked == []
    assert "another address" in str(error)


def test_nobody_there_is_told() -> None:
    with loopback(lambda exchange: exchange.answer({})) as server:
        pass
    with pytest.raises(RemoteFailed, match="cannot be reached"):
        ask(server)


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with loopback(lambda exchange: exchange.answer(piece("x", "stop")), context) as server:
        with pytest.raises(RemoteFailed, match="certificate is not trusted"):
            ask(server)
        assert server.asked == []


def test_a_cancelled_question_hangs_up() -> None:
    async def cancelling(server: Loopback) -> None:
        client = Client(parse_backend(f"openai {server.url}"), None)
        asking = asyncio.ensure_future(client.ask(QUESTION))
        while not server.asked:
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        # The client's pool is still open: it was the connection that ended.
        assert await asyncio.to_thread(server.asked[0].hung_up.wait, PATIENCE_S)
        await client.close()

    with loopback(Exchange.hang) as server:
        asyncio.run(cancelling(server))


def test_no_log_holds_the_key_or_the_code(caplog: pytest.LogCaptureFixture) -> None:
    question = Question("private_code = ", "\n", "a.py", "python", True)
    caplog.set_level(logging.DEBUG)
    with loopback(lambda exchange: exchange.answer({"error": KEY}, 401)) as server:
        with pytest.raises(RemoteFailed):
            ask(server, question)
    loud = [record for record in caplog.records if record.levelno > logging.DEBUG]
    assert KEY not in caplog.text
    assert "private_code" not in "".join(record.getMessage() for record in loud)
