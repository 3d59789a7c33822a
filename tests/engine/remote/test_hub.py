"""Files from a hub: only what is loaded, resumed where it broke off, never with another hash."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import BadInput, DamagedWeights, RemoteFailed
from engine.remote.hub import Hub, HubModel
from hub import MODEL, REVISION, hub_serving, tiny_files
from loopback import Exchange, loopback

FILES = tiny_files()
WEIGHTS = "model.safetensors"
KEPT = {"config.json", WEIGHTS, "tokenizer.json", "merges.txt"}


def fetch(hub: Hub, model: HubModel, folder: Path, name: str = WEIGHTS) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    [file] = [file for file in model.files if file.name == name]
    hub.fetch(model, file, folder, lambda _, had, total: told.append((had, total)))
    return told


def test_what_is_loaded_is_fetched_and_nothing_else(tmp_path: Path) -> None:
    with hub_serving(FILES) as server:
        hub = Hub(server.url, "token-1")
        model = hub.model(MODEL)
        assert {file.name for file in model.files} == KEPT and model.revision == REVISION
        assert model.num_bytes == sum(len(FILES[name]) for name in KEPT)
        for file in model.files:
            hub.fetch(model, file, tmp_path, lambda *_: None)
        hub.close()
        assert server.asked[0].headers["authorization"] == "Bearer token-1"
    assert {path.name for path in tmp_path.iterdir()} == KEPT
    assert all((tmp_path / name).read_bytes() == FILES[name] for name in KEPT)


def test_a_download_that_breaks_off_goes_on(tmp_path: Path) -> None:
    with hub_serving(FILES, 30_000, 40_000) as server:
        hub = Hub(server.url)
        told = fetch(hub, hub.model(MODEL), tmp_path)
        hub.close()
        ranges = [each.headers.get("range") for each in server.asked[1:]]
    assert ranges == ["bytes=0-", "bytes=30000-", "bytes=70000-"]
    assert told[-1] == (102_400, 102_400)
    assert (tmp_path / WEIGHTS).read_bytes() == FILES[WEIGHTS]


def test_another_run_goes_on_too(tmp_path: Path) -> None:
    (tmp_path / f"{WEIGHTS}.part").write_bytes(FILES[WEIGHTS][:50_000])
    with hub_serving(FILES) as server:
        hub = Hub(server.url)
        fetch(hub, hub.model(MODEL), tmp_path)
        assert server.asked[-1].headers["range"] == "bytes=50000-"
        fetch(hub, hub.model(MODEL), tmp_path)  # whole already: nothing is asked for
        assert server.asked[-1].path.startswith("/api/")
        hub.close()
    assert (tmp_path / WEIGHTS).read_bytes() == FILES[WEIGHTS]


def test_a_hub_without_ranges_starts_over(tmp_path: Path) -> None:
    (tmp_path / f"{WEIGHTS}.part").write_bytes(b"z" * 50_000)
    with hub_serving(FILES, has_ranges=False) as server:
        hub = Hub(server.url)
        fetch(hub, hub.model(MODEL), tmp_path)
        hub.close()
    assert (tmp_path / WEIGHTS).read_bytes() == FILES[WEIGHTS]


@pytest.mark.parametrize("name", [WEIGHTS, "tokenizer.json"])
def test_what_has_another_hash_is_deleted(tmp_path: Path, name: str) -> None:
    with hub_serving(FILES) as server:
        hub = Hub(server.url)
        model = hub.model(MODEL)
        wrong = bytearray(FILES[name])
        wrong[0] ^= 1
        (tmp_path / f"{name}.part").write_bytes(wrong[: len(wrong) // 2 or 1])
        with pytest.raises(DamagedWeights, match=f"{name}.*hash differs"):
            fetch(hub, model, tmp_path, name)
        assert list(tmp_path.iterdir()) == []
        fetch(hub, model, tmp_path, name)
        hub.close()
    assert (tmp_path / name).read_bytes() == FILES[name]


def test_a_hub_that_brings_nothing_more_is_told_with_what_came(tmp_path: Path) -> None:
    with hub_serving(FILES, 10_000, 0) as server:
        hub = Hub(server.url)
        with pytest.raises(RemoteFailed, match="10,000 of 102,400 bytes: the same command goes on"):
            fetch(hub, hub.model(MODEL), tmp_path)
        hub.close()
    assert (tmp_path / f"{WEIGHTS}.part").stat().st_size == 10_000


@pytest.mark.parametrize(
    ("status", "said"), [(401, "HF_TOKEN"), (403, "terms"), (404, "no such model"), (500, "later")]
)
def test_a_refusal_says_what_to_do(status: int, said: str) -> None:
    with loopback(lambda exchange: exchange.answer({}, status)) as server:
        hub = Hub(server.url)
        with pytest.raises(RemoteFailed, match=said):
            hub.model(MODEL)
        hub.close()


@pytest.mark.parametrize("body", ["<html>", "[]", '{"siblings": 5, "sha": "x"}'])
def test_what_is_no_hub_is_told(body: str) -> None:
    with loopback(lambda exchange: exchange.answer(body)) as server:
        hub = Hub(server.url)
        with pytest.raises(RemoteFailed, match=server.url):
            hub.model(MODEL)
        hub.close()


def test_pickled_weights_are_refused_before_anything_is_fetched() -> None:
    files = {name: data for name, data in FILES.items() if name != WEIGHTS}
    with hub_serving(files) as server:
        hub = Hub(server.url)
        with pytest.raises(BadInput, match="safetensors"):
            hub.model(MODEL)
        hub.close()
        assert len(server.asked) == 1


def test_the_token_goes_to_the_hub_alone(tmp_path: Path) -> None:
    def elsewhere(exchange: Exchange) -> None:
        exchange.begin("application/octet-stream", Content_Length=str(len(FILES[WEIGHTS])))
        exchange.handler.wfile.write(FILES[WEIGHTS])

    with loopback(elsewhere) as store, hub_serving(FILES) as real:

        def sending_on(exchange: Exchange) -> None:
            if "/resolve/" in exchange.path:
                there = store.url.replace("127.0.0.1", "localhost")
                exchange.answer("", 302, Location=f"{there}/blob")
            else:
                exchange.answer(listing)

        import httpx2

        listing = httpx2.get(f"{real.url}/api/models/{MODEL}?blobs=true").json()
        with loopback(sending_on) as server:
            hub = Hub(server.url, "token-1")
            fetch(hub, hub.model(MODEL), tmp_path)
            hub.close()
            assert server.asked[-1].headers["authorization"] == "Bearer token-1"
        assert store.asked[0].headers.get("authorization") is None


def test_offline_is_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(BadInput, match="HF_HUB_OFFLINE"):
        Hub.of_environment()
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.example")
    with pytest.raises(BadInput, match="HF_ENDPOINT"):
        Hub.of_environment()
