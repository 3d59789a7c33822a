"""``midfill bench serve``: a real server, several clients, every answer compared."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="pip install 'midfill[serve]'")

import engine
from engine.denoisers.scripted import ByteTokenizer, ScriptedDenoiser
from engine.errors import BadInput
from engine.serving.load import Server, body_of, load
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
