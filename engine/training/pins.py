"""The published packages a corpus is built from, each pinned by version and SHA-256.

``pins.json`` is a list of objects with the fields of ``Pin`` (``select``, ``max_bytes`` and
``release`` may be left out). The packages named in ``HELD_OUT`` are kept for measuring and never
give training data.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from engine.errors import TrainingError

PINS_FILE = Path(__file__).with_name("pins.json")
HELD_OUT = frozenset(
    """httpx marshmallow alembic parso mkdocs nox loguru falcon wtforms networkx koa ramda
    @tanstack/query-core yjs click werkzeug attrs starlette tornado python-docx fabric sqlparse
    express immer @trpc/server mocha""".split()
)
# Debian's names of what the scores of C, C++, Go, Java and Rust were measured on (docs/log.md): no
# split of its own yet, and out of all of them.
MEASURED = frozenset(
    """commons-csv curl fmtlib golang-github-fatih-color golang-github-google-go-cmp
    golang-github-gorilla-mux golang-github-urfave-cli-v2 golang-github-yuin-goldmark
    golang-golang-x-net golang-golang-x-tools golang-google-grpc golang-logrus googletest
    guava-libraries http-parser jackson-core jansson joptsimple jq jsoup leveldb libjsoncpp
    libpng1.6 libzip picocli re2 rust-clap rust-goblin rust-h2 rust-image rust-nom rust-num-bigint
    rust-petgraph rust-rayon rust-tokio snappy tinyxml2 yaml-cpp zlib""".split()
)
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Names reach the command line of a package client: no option, no path, no second argument.
_NAME = re.compile(r"(@[a-z0-9][\w.-]*/)?[A-Za-z0-9][\w.+-]*")
_VERSION = re.compile(r"[A-Za-z0-9][\w.+~-]*")
_RELEASE = re.compile(r"[a-z]+")
# What Debian puts before the name of a library, so that a held-out one is known there too.
_LANGUAGE_PREFIX = re.compile(r"^(python3?|node)-")


class Registry(str, Enum):
    """Where a package is published, so which client downloads it."""

    PYPI = "pypi"
    NPM = "npm"
    DEBIAN = "debian"
    CPYTHON = "cpython"
    """The standard library of the running interpreter; there is nothing to download."""


class Split(str, Enum):
    """What a package's files are for; a package belongs to one split as a whole."""

    TEST = "test"
    VALID = "valid"
    TRAIN = "train"


@dataclass(frozen=True, slots=True)
class Pin:
    """One package.

    ``file`` is the name of the archive (empty for CPYTHON), ``licence`` an SPDX expression or the
    registry's words, used where the archive names none. ``select`` is a regular expression that a
    path inside the package must match; ``max_bytes`` lowers the limit a package may give.
    ``release`` is the one of Debian's whose sources name the archive.
    """

    registry: Registry
    name: str
    version: str
    file: str
    sha256: str
    licence: str
    split: Split
    select: str = ""
    max_bytes: int | None = None
    release: str = "bookworm"

    @property
    def key(self) -> str:
        """A file name of its own for this pin."""
        return f"{self.registry.value}-{self.name.replace('/', '-')}-{self.version}"


def load_pins(path: Path = PINS_FILE) -> tuple[Pin, ...]:
    """The pins of a file.

    Raises TrainingError, naming the entry, for a missing file, bad JSON, a missing or unusable
    field, a package pinned twice, or a held-out package that is pinned for training.
    """
    try:
        entries = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise TrainingError(f"{path}: cannot be read ({error.strerror})") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: no JSON ({error})") from error
    if not isinstance(entries, list):
        raise TrainingError(f"{path}: a list of packages is wanted")
    pins = tuple(_pin(entry, f"{path}: entry {at}") for at, entry in enumerate(entries, start=1))
    for key, num_entries in Counter(pin.key for pin in pins).items():
        if num_entries > 1:
            raise TrainingError(f"{path}: {key} is pinned twice; remove one")
    return pins


def _pin(entry: Any, place: str) -> Pin:
    if not isinstance(entry, dict):
        raise TrainingError(f"{place}: an object is wanted")
    try:
        pin = Pin(
            registry=Registry(entry["registry"]),
            name=str(entry["name"]),
            version=str(entry["version"]),
            file=str(entry["file"]),
            sha256=str(entry["sha256"]),
            licence=str(entry["licence"]),
            split=Split(entry["split"]),
            select=str(entry.get("select", "")),
            max_bytes=entry.get("max_bytes"),
            release=str(entry.get("release", "bookworm")),
        )
        re.compile(pin.select)
    except KeyError as error:
        raise TrainingError(f"{place}: the field {error} is missing") from error
    except (ValueError, re.error) as error:
        raise TrainingError(f"{place}: {error}") from error
    _check(pin, f"{place} ({pin.name})")
    return pin


def _check(pin: Pin, place: str) -> None:
    if not _NAME.fullmatch(pin.name) or not _VERSION.fullmatch(pin.version):
        raise TrainingError(f"{place}: {pin.name!r} {pin.version!r} is no name and version")
    if pin.max_bytes is not None and (not isinstance(pin.max_bytes, int) or pin.max_bytes < 1):
        raise TrainingError(f"{place}: max_bytes must be a positive number of bytes")
    if pin.registry is not Registry.CPYTHON:
        if not _SHA256.fullmatch(pin.sha256):
            raise TrainingError(f"{place}: sha256 must be 64 lower-case hexadecimal digits")
        if not pin.file or Path(pin.file).name != pin.file:
            raise TrainingError(f"{place}: file must be a bare file name, not {pin.file!r}")
    if not _RELEASE.fullmatch(pin.release):
        raise TrainingError(f"{place}: release must be the name of a release, not {pin.release!r}")
    if pin.split is Split.TRAIN and _is_held_out(pin):
        raise TrainingError(f"{place}: is held out for measuring; its split cannot be train")


def _is_held_out(pin: Pin) -> bool:
    name = pin.name.lower()
    if pin.registry is not Registry.DEBIAN:
        return name in HELD_OUT
    plain = {held.removeprefix("@").replace("/", "-") for held in HELD_OUT | MEASURED}
    plain |= {_LANGUAGE_PREFIX.sub("", held) for held in plain}
    return not plain.isdisjoint({name, _LANGUAGE_PREFIX.sub("", name)})
