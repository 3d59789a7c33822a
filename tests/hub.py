"""A hub on loopback that speaks Hugging Face's API: a list with hashes, files with ranges."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from loopback import Exchange, Loopback, loopback

MODEL = "someone/tiny-diffusion"
REVISION = "c0ffee"


@dataclass
class HubServer:
    """``cut_after``: bytes after which the connection ends, once for each entry."""

    files: Mapping[str, bytes]
    cut_after: list[int]
    has_ranges: bool = True

    def behave(self, exchange: Exchange) -> None:
        if exchange.path.startswith(f"/api/models/{MODEL}"):
            siblings = [_sibling(name, data) for name, data in self.files.items()]
            exchange.answer({"id": MODEL, "sha": REVISION, "siblings": siblings})
            return
        found = re.fullmatch(f"/{MODEL}/resolve/{REVISION}/(.+)", exchange.path)
        if found is None or found[1] not in self.files:
            exchange.answer({"error": "Repository not found"}, 404)
            return
        self._send(exchange, self.files[found[1]])

    def _send(self, exchange: Exchange, data: bytes) -> None:
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", exchange.headers.get("range", ""))
        if asked and self.has_ranges:
            start = int(asked[1])
        rest = data[start:]
        status = 206 if asked and self.has_ranges else 200
        exchange.begin("application/octet-stream", status, Content_Length=str(len(rest)))
        if self.cut_after and len(rest) > self.cut_after[0]:
            rest = rest[: self.cut_after.pop(0)]
        exchange.handler.wfile.write(rest)


def _sibling(name: str, data: bytes) -> dict[str, object]:
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    entry: dict[str, object] = {"rfilename": name, "size": len(data), "blobId": blob}
    if name.endswith(".safetensors"):
        entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    return entry


def tiny_files(model_type: str = "dream") -> dict[str, bytes]:
    """What a hub has of a model, and what nobody should fetch."""
    return {
        "config.json": json.dumps({"model_type": model_type}).encode(),
        "model.safetensors": bytes(range(256)) * 400,
        "tokenizer.json": b"{}",
        "merges.txt": b"#version: 0.2\n",
        "modeling_dream.py": b"raise SystemExit",
        "pytorch_model.bin": b"pickle",
        "README.md": b"# Tiny",
        "onnx/model.safetensors": b"x",
        "../escape.json": b"{}",
    }


@contextmanager
def hub_serving(
    files: Mapping[str, bytes], *cut_after: int, has_ranges: bool = True
) -> Iterator[Loopback]:
    """Serve until the block ends."""
    server = HubServer(files, list(cut_after), has_ranges)
    behave: Callable[[Exchange], None] = server.behave
    with loopback(behave) as here:
        yield here
