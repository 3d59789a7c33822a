"""What a user names as a remote backend. Plain values only: they cross a process boundary.

Written in one line: a kind or a preset, the address, then ``name=value`` options.

    mercury
    llama.cpp http://127.0.0.1:8080
    openai https://gpu.example/v1 model=qwen-coder prompt=qwen key=env:GPU_KEY timeout_ms=800
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from engine.errors import BadInput


class Kind(str, Enum):
    """Which wire format a server speaks."""

    OPENAI = "openai"
    """``/v1/completions``, with ``suffix`` or a prompt in the model's own infilling format."""
    MIDFILL = "midfill"
    """The same, and what ``midfill serve`` adds to it."""
    MISTRAL = "mistral"
    INCEPTION = "inception"
    """``/v1/fim/completions`` of either."""
    INCEPTION_EDIT = "inception-edit"
    """``/v1/edit/completions``: a region is written anew."""
    LLAMA_CPP = "llama.cpp"
    """``/infill``."""


class Role(str, Enum):
    """What the server is asked for."""

    PROPOSE = "propose"
    """A text, which is taken when it comes in time and is surer than the local one."""
    SCORE = "score"
    """How likely the local model's candidates are; the likeliest is shown."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A server that may be asked, and how.

    ``key`` says where the key is, never what it is: ``env:NAME`` or ``keyring:NAME``.
    ``timeout_ms``: from the request on, retries included; then the local proposal is taken.
    ``context_bytes``: text around the cursor that is sent. ``prompt`` names the model's infilling
    format for servers without ``suffix``. ``trust``: the confidence of a text that comes without
    probabilities. ``logprobs``: whether they are asked for.
    """

    kind: Kind
    url: str
    model: str | None = None
    key: str | None = None
    role: Role = Role.PROPOSE
    timeout_ms: float = 1500.0
    context_bytes: int = 16_000
    max_tokens: int = 256
    prompt: str | None = None
    trust: float = 0.5
    logprobs: bool = True

    @property
    def host(self) -> str:
        """Where text goes, for messages."""
        return urlsplit(self.url).netloc


PRESETS: Mapping[str, Backend] = {
    "mercury": Backend(
        Kind.INCEPTION,
        "https://api.inceptionlabs.ai/v1",
        "mercury-edit-2",
        "env:INCEPTION_API_KEY",
    ),
    "mercury-edit": Backend(
        Kind.INCEPTION_EDIT,
        "https://api.inceptionlabs.ai/v1",
        "mercury-edit-2",
        "env:INCEPTION_API_KEY",
    ),
    "codestral": Backend(
        Kind.MISTRAL, "https://api.mistral.ai/v1", "codestral-latest", "env:MISTRAL_API_KEY"
    ),
}
_SCORING = (Kind.OPENAI, Kind.LLAMA_CPP)
PROMPTS = (
    "qwen",
    "starcoder",
    "deepseek",
    "codellama",
    "codestral",
    "seed-coder",
    "llada2",
    "diffusion-gemma",
    "prefix",
)
_KINDS = {kind.value: kind for kind in Kind}
_KEY = re.compile(r"(env|keyring):[\w.@-]+")
# What people copy out of another client's settings; the kind says which of them is meant.
_ENDPOINTS = ("/infill", "/fim/completions", "/edit/completions", "/completions")
_EXAMPLE = "as in 'llama.cpp http://127.0.0.1:8080'"


def parse_backend(text: str) -> Backend:
    """Read one line. Raises BadInput that names the wrong word and what is right."""
    words = text.split()
    if not words:
        raise BadInput(f"the backend is empty: name one, {_EXAMPLE}, or leave it out")
    name, *rest = words
    if name not in PRESETS and name not in _KINDS:
        raise BadInput(f"no backend of the kind {name}: {_nearest(name, [*PRESETS, *_KINDS])}")
    url = rest.pop(0) if rest and "=" not in rest[0].partition("/")[0] else None
    if name in PRESETS:
        backend = PRESETS[name] if url is None else replace(PRESETS[name], url=_url(url))
    elif url is None:
        raise BadInput(f"the backend {name} has no address: write it behind the kind, {_EXAMPLE}")
    else:
        backend = Backend(_KINDS[name], _url(url))
    for word in rest:
        backend = _with_option(backend, word)
    _check_together(backend)
    return backend


def _url(text: str) -> str:
    """An address without a key in it, encrypted unless it stays in this house."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BadInput(f"{text} is no address ({error}): write https://HOST") from error
    if parts.scheme not in ("http", "https") or not host:
        raise BadInput(f"{text} is no address: it begins with https:// or http://")
    if parts.username or parts.password or parts.query:
        raise BadInput(
            f"the address of {host} holds a name, a key or a query: leave it out; a key is given "
            "as key=env:NAME"
        )
    if parts.scheme == "http" and not _is_near(host):
        raise BadInput(
            f"http://{host} would send code unencrypted: write https://, or use a tunnel"
        )
    base = text.rstrip("/")
    for endpoint in _ENDPOINTS:
        base = base.removesuffix(endpoint)
    return base


def _is_near(host: str) -> bool:
    """Whether a host is this machine or in its own network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_private


def _with_option(backend: Backend, word: str) -> Backend:
    name, is_given, value = word.partition("=")
    if not is_given or name not in _READERS:
        raise BadInput(f"the backend has no option {name}: {_nearest(name, list(_READERS))}")
    changes: dict[str, Any] = {name: _READERS[name](name, value)}
    return replace(backend, **changes)


def _key_place(_: str, value: str) -> str | None:
    if value and not _KEY.fullmatch(value):
        raise BadInput("key= names where the key is, not the key: env:NAME or keyring:NAME")
    return value or None


def _whole(name: str, value: str) -> int:
    return max(int(_number(name, value, 1_000_000.0)), 1)


def _check_together(backend: Backend) -> None:
    if backend.role is Role.SCORE and backend.kind not in _SCORING:
        raise BadInput(
            f"role=score needs the kind openai or llama.cpp: {backend.kind.value} gives no scores"
        )
    if backend.prompt is not None and backend.kind is not Kind.OPENAI:
        raise BadInput(f"prompt= is for the kind openai: {backend.kind.value} has its own")
    is_plain = backend.url.startswith("http://")
    host = urlsplit(backend.url).hostname or ""
    if backend.key is not None and is_plain and not (host == "localhost" or _is_loopback(host)):
        raise BadInput(f"http://{host} would send the key unencrypted: write https://")


def _is_loopback(host: str) -> bool:
    return _is_near(host) and host != "localhost" and ipaddress.ip_address(host).is_loopback


def _one_of(name: str, value: str, valid: list[str] | tuple[str, ...]) -> str:
    if value not in valid:
        raise BadInput(f"{name}={value}: {_nearest(value, valid)}")
    return value


def _number(name: str, value: str, most: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0.0 < number <= most:
        raise BadInput(f"{name}={value} is not a number above 0 and at most {most:g}")
    return number


def _nearest(word: str, valid: list[str] | tuple[str, ...]) -> str:
    found = difflib.get_close_matches(word, valid, n=1)
    return f"did you mean {found[0]}?" if found else f"there are {', '.join(valid)}"


_READERS: Mapping[str, Callable[[str, str], object]] = {
    "model": lambda _, value: value or None,
    "key": _key_place,
    "role": lambda name, value: Role(_one_of(name, value, [role.value for role in Role])),
    "timeout_ms": lambda name, value: _number(name, value, 120_000.0),
    "context_bytes": _whole,
    "max_tokens": _whole,
    "prompt": lambda name, value: _one_of(name, value, PROMPTS),
    "trust": lambda name, value: _number(name, value, 1.0),
    "logprobs": lambda name, value: _one_of(name, value, ("yes", "no")) == "yes",
}
