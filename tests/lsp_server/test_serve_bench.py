"""``midfill bench serve``: a real server, several clients, every answer compared."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="pip install 'midfill[serve]'")

import engine
from engine.denoisers.scripted import ByteTokenizer, ScriptedDenoiser
from engine.errors import BadInput, MidfillError
from engine.serving.load import Server, body_of, free_port, load
from engine.serving.options import ServingOptions
from lsp_server.serve_bench import ServeBenchConfig, serve_bench
from serving import serving


def test_every_client_gets_its_own_answer(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    places = (repository / "tests/fixtures/places.txt").read_text(encoding="utf-8").split()[:4]
    config = ServeBenchConfig(places, num_streams=3, num_rounds=3, model="scripted")
    out = io.StringIO()
    assert serve_bench(config, is_json=True, out=out) == 0
    report = json.loads(out.getvalue())
    assert (report["num_requests"], report["num_streams"]) == (12, 3)
    assert (report["num_lost"], report["num_wrong"]) == (0, 0)
    assert report["alone_ms"]["num"] == 4
    assert report["ms"]["num"] == 12
    assert report["requests_per_s"] > 0


def test_what_is_lost_is_counted() -> None:
    bodies = [body_of(f"alpha = load({number})\nalpha =", "\n", "a.py") for number in range(4)]
    options = ServingOptions(max_waiting=1)
    with serving(options, engine.load("scripted")) as one:
        result = load(Server(one.url), bodies, num_streams=8, num_rounds=10)
    assert result.num_distinct == 4
    assert result.num_lost > 0
    assert result.num_lost + len(result.ms) == 40
    assert result.num_wrong == 0


class Placed(ScriptedDenoiser):
    place = "GPU of a test, bfloat16"


def test_a_server_says_what_it_runs_on() -> None:
    infiller = engine.Infiller(Placed(ByteTokenizer()))
    with serving(ServingOptions(), infiller) as one:
        assert Server(one.url).ready() == (infiller.denoiser.name, "GPU of a test, bfloat16")
    with serving(ServingOptions(), engine.load("scripted")) as one:
        assert Server(one.url).ready()[1] == ""


def test_only_this_machine_is_put_under_load() -> None:
    for url in ("http://example.org:80", "https://127.0.0.1:1", "127.0.0.1:1"):
        with pytest.raises(BadInput, match="not http on this machine"):
            Server(url)
    config = ServeBenchConfig(["a.py:1:1"], 1, 1)
    with pytest.raises(BadInput, match=r"a\.py"):
        serve_bench(replace(config, url="http://127.0.0.1:9"), is_json=False, out=io.StringIO())


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a program that accepts connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def bench_at(url: str, repository: Path) -> float:
    """Run the command against ``url``; the seconds until it refused."""
    place = str(repository / "tests/fixtures/debounce.js") + ":11:20"
    began = time.monotonic()
    with pytest.raises(BadInput) as raised:
        serve_bench(ServeBenchConfig([place], 1, 1, url=url), is_json=False, out=io.StringIO())
    assert url in str(raised.value)
    return time.monotonic() - began


def test_an_address_where_nothing_answers_is_told_within_seconds(
    repository: Path, silent: str
) -> None:
    assert bench_at(f"http://127.0.0.1:{free_port()}", repository) < 20
    assert bench_at(silent, repository) < 20


def test_another_programs_answer_is_no_server(repository: Path) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        assert bench_at(f"http://127.0.0.1:{other.server_port}", repository) < 20
        other.shutdown()


def test_a_port_that_is_none_is_named() -> None:
    with pytest.raises(BadInput, match="99999"):
        Server("http://127.0.0.1:99999")


def test_a_server_that_ended_is_not_waited_for() -> None:
    with pytest.raises(MidfillError, match="ended before it was ready"):
        Server(f"http://127.0.0.1:{free_port()}").ready(lambda: False)
