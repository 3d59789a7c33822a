"""A model's files from a hub that speaks Hugging Face's API: listed, fetched, resumed, checked.

Nothing here runs unless the user asked for this model to be downloaded.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import quote

import httpx2

from engine.errors import BadInput, DamagedWeights, RemoteFailed

DEFAULT_HUB = "https://huggingface.co"
_KEPT = (".safetensors", ".json")
_KEPT_NAMES = ("merges.txt",)
_CHUNK_BYTES = 1 << 20
_SILENCE_S = 30.0
_NUM_TRIES = 4
_PART = ".part"

# Called with the file's name, the bytes it has and will have.
Progress = Callable[[str, int, int], None]


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file. The hub gives the ``sha256`` of large ones, of the others git's hash."""

    name: str
    num_bytes: int
    sha256: str | None
    git_sha1: str | None

    def digest(self) -> _Digest:
        """A digest over the content that ends in ``expected``."""
        if self.sha256 is not None:
            return hashlib.sha256()
        digest = hashlib.sha1(usedforsecurity=False)
        digest.update(b"blob %d\0" % self.num_bytes)
        return digest

    @property
    def expected(self) -> str:
        """The hash that the hub gives."""
        return self.sha256 or self.git_sha1 or ""


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model's files as they are at ``revision``, a commit."""

    id: str
    revision: str
    files: tuple[HubFile, ...]

    @property
    def num_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.num_bytes for file in self.files)


class Hub:
    """One hub. A token goes to its own host alone, not to where it sends us for large files."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._url = url
        headers = {"User-Agent": "midfill"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx2.Client(headers=headers, timeout=_SILENCE_S, follow_redirects=True)

    @staticmethod
    def of_environment() -> Hub:
        """The hub that ``HF_ENDPOINT`` names, with the token in ``HF_TOKEN``.

        Raises BadInput when ``HF_HUB_OFFLINE`` forbids it.
        """
        if os.environ.get("HF_HUB_OFFLINE", "0").lower() not in ("", "0", "false", "no"):
            raise BadInput("HF_HUB_OFFLINE is set: unset it to download, or name a folder")
        url = os.environ.get("HF_ENDPOINT") or DEFAULT_HUB
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise BadInput(f"HF_ENDPOINT={url}: it begins with https://")
        return Hub(url.rstrip("/"), os.environ.get("HF_TOKEN"))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def model(self, model_id: str) -> HubModel:
        """What there is of a model. Raises RemoteFailed, BadInput when it has no safetensors."""
        record = self._json(f"{self._url}/api/models/{quote(model_id)}?blobs=true", model_id)
        try:
            files = tuple(_files(record["siblings"]))
            revision = str(record["sha"])
        except (KeyError, TypeError, ValueError) as error:
            raise self._failed(f"its answer about {model_id} is no list of files") from error
        if not any(file.name.endswith(".safetensors") for file in files):
            raise BadInput(f"{model_id} has no *.safetensors: other weights could run code")
        return HubModel(model_id, revision, files)

    def fetch(self, model: HubModel, file: HubFile, folder: Path, progress: Progress) -> None:
        """Put one file into ``folder``, going on where an earlier try stopped.

        Raises RemoteFailed (what came is kept), DamagedWeights when the hash is another one.
        """
        target = folder / file.name
        if target.is_file() and target.stat().st_size == file.num_bytes:
            if _hash_of(target, file) == file.expected:
                return
        part = target.with_name(target.name + _PART)
        url = f"{self._url}/{quote(model.id)}/resolve/{model.revision}/{quote(file.name)}"
        for number in range(_NUM_TRIES):
            had = part.stat().st_size if part.exists() else 0
            try:
                self._append(url, file, part, progress)
                break
            except httpx2.HTTPError as error:
                came = part.stat().st_size if part.exists() else 0
                if number == _NUM_TRIES - 1 or came <= had:
                    raise self._failed(
                        f"{file.name}: {type(error).__name__} after {came:,} of "
                        f"{file.num_bytes:,} bytes: the same command goes on from there"
                    ) from error
        if _hash_of(part, file) != file.expected:
            part.unlink()
            raise DamagedWeights(
                f"{file.name}: what came is not what {self._url} says it is (its hash differs): "
                "it was deleted, fetch it again"
            )
        part.replace(target)

    def _append(self, url: str, file: HubFile, part: Path, progress: Progress) -> None:
        """What is missing of a file; a hub that ignores the range sends it from the start."""
        had = part.stat().st_size if part.exists() else 0
        if had > file.num_bytes:
            part.unlink()
            had = 0
        if had == file.num_bytes and part.exists():
            return
        headers = {"Range": f"bytes={had}-", "Accept-Encoding": "identity"}
        with self._http.stream("GET", url, headers=headers) as response:
            self._check(response, file.name)
            is_rest = response.status_code == 206
            with part.open("ab" if is_rest else "wb") as out:
                had = had if is_rest else 0
                for chunk in response.iter_bytes():
                    had += len(chunk)
                    if had > file.num_bytes:
                        raise self._failed(f"{file.name}: more than {file.num_bytes:,} bytes came")
                    out.write(chunk)
                    progress(file.name, had, file.num_bytes)
        if had < file.num_bytes:
            raise httpx2.RemoteProtocolError("the connection ended early")

    def _json(self, url: str, what: str) -> Any:
        try:
            response = self._http.get(url)
        except httpx2.HTTPError as error:
            raise self._failed(f"cannot be reached ({error}): check the network") from error
        self._check(response, what)
        try:
            return json.loads(response.content)
        except ValueError as error:
            raise self._failed("answered with no JSON: check HF_ENDPOINT") from error

    def _check(self, response: httpx2.Response, what: str) -> None:
        """Raise RemoteFailed for an error status."""
        status = response.status_code
        if response.is_success:
            return
        mend = {
            401: "no such model, or one that needs HF_TOKEN",
            403: "HF_TOKEN may not read it: accept its terms on its page",
            404: "there is no such model or file",
            429: "too many requests: wait a while",
        }.get(status, "try again later")
        raise self._failed(f"{what}: status {status}: {mend}")

    def _failed(self, detail: str) -> RemoteFailed:
        return RemoteFailed(f"{self._url}: {detail}")


def _files(siblings: Sequence[Mapping[str, Any]]) -> Iterator[HubFile]:
    """The files of a model's top folder that a loader reads. Raises KeyError or ValueError."""
    for entry in siblings:
        name = str(entry["rfilename"])
        if "/" in name or "\\" in name or PurePosixPath(name).name != name:
            continue
        if not (name.endswith(_KEPT) or name in _KEPT_NAMES):
            continue
        large = entry.get("lfs") or {}
        file = HubFile(name, int(entry["size"]), large.get("sha256"), entry.get("blobId"))
        if not file.expected:
            raise ValueError(f"{name} has no hash")
        yield file


def _hash_of(path: Path, file: HubFile) -> str:
    digest = file.digest()
    with path.open("rb") as data:
        while chunk := data.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
