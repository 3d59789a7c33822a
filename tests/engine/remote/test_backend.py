from __future__ import annotations

import pytest

from engine.errors import BadInput
from engine.remote.backend import Kind, Role, parse_backend


def test_a_preset_needs_no_address() -> None:
    backend = parse_backend("mercury")
    assert backend.kind is Kind.INCEPTION
    assert backend.host == "api.inceptionlabs.ai"
    assert backend.key == "env:INCEPTION_API_KEY"


def test_an_address_and_options() -> None:
    backend = parse_backend(
        "openai https://gpu.example/v1 model=coder prompt=qwen key=keyring:gpu timeout_ms=800"
        " role=score context_bytes=9000 max_tokens=64 trust=0.3 logprobs=no"
    )
    assert (backend.kind, backend.url) == (Kind.OPENAI, "https://gpu.example/v1")
    assert (backend.model, backend.prompt, backend.key) == ("coder", "qwen", "keyring:gpu")
    assert (backend.role, backend.timeout_ms, backend.trust) == (Role.SCORE, 800, 0.3)
    assert (backend.context_bytes, backend.max_tokens) == (9000, 64)
    assert not backend.logprobs


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/infill", "http://127.0.0.1:8080/", "http://127.0.0.1:8080"]
)
def test_an_endpoint_behind_the_address_is_taken_off(url: str) -> None:
    assert parse_backend(f"llama.cpp {url}").url == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "name one"),
        ("mercuri", "did you mean mercury"),
        ("openai", "has no address"),
        ("openai model=x", "has no address"),
        ("openai ftp://x", "begins with https"),
        ("openai https://x:99999999", "is no address"),
        ("openai http://gpu.example/v1", "unencrypted"),
        ("openai http://10.0.0.5:8000 key=env:K", "unencrypted"),
        ("openai https://user:pass@gpu.example", "holds a name, a key or a query"),
        ("mercury key=sk-1234567890", "names where the key is"),
        ("mercury timeout=5", "did you mean timeout_ms"),
        ("mercury timeout_ms=soon", "not a number above 0"),
        ("mercury trust=2", "at most 1"),
        ("openai http://localhost prompt=qwenn", "did you mean qwen"),
        ("mercury role=score", "needs the kind openai or llama.cpp"),
        ("llama.cpp http://localhost prompt=qwen", "has its own"),
    ],
)
def test_a_wrong_word_is_named_with_its_mend(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        parse_backend(text)
    assert "sk-1234567890" not in str(caught.value) and "pass" not in str(caught.value)


def test_a_key_may_go_to_this_machine_in_the_open() -> None:
    assert parse_backend("openai http://127.0.0.1:8000 key=env:K").key == "env:K"
    assert parse_backend("openai http://localhost:8000 key=env:K").key == "env:K"
