from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import TrainingError
from engine.training.debian import KEYRING, MIRROR, private_options
from engine.training.fetch import fetch
from engine.training.pins import Pin, Registry, Split


def test_without_debians_key_the_mend_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"missing\.gpg is missing: install debian-archive"):
        private_options(tmp_path, "bookworm", tmp_path / "missing.gpg")


@pytest.mark.skipif(
    shutil.which("apt-get") is None or not KEYRING.is_file(), reason="not a Debian machine"
)
def test_apt_looks_at_the_one_private_line_alone(tmp_path: Path) -> None:
    options = private_options(tmp_path / "a folder", "trixie")
    command = ["apt-get", *options, "--print-uris", "update"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    uris = [line.split()[0].strip("'") for line in ran.stdout.splitlines() if line.startswith("'")]
    release = f"{MIRROR}/dists/trixie/"
    assert uris[0] == release + "InRelease"
    assert all(uri.startswith(release) and "binary" not in uri for uri in uris)


@pytest.mark.skipif(
    shutil.which("apt-config") is None or not KEYRING.is_file(), reason="not a Debian machine"
)
def test_nothing_of_the_machine_is_used_or_changed(tmp_path: Path) -> None:
    options = private_options(tmp_path / "apt", "bookworm")
    shell = ["LISTS", "Dir::State::Lists/d", "CACHE", "Dir::Cache/d"]
    command = ["apt-config", *options, "shell", *shell]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    places = [line.partition("=")[2].strip("'") for line in ran.stdout.splitlines()]
    assert places == [f"{tmp_path / 'apt' / 'lists'}/", f"{tmp_path / 'apt' / 'cache'}/"]


# Plays apt-get: "update" makes the release's lists, "source" brings the tarball that they name,
# and every call is written down.
_APT_GET = """#!{python}
import pathlib, sys
state = next(word for word in sys.argv if word.startswith("Dir::State::Lists="))
lists = pathlib.Path(state.partition("=")[2])
with open({calls!r}, "a") as calls:
    print(lists.parent.name, "update" if "update" in sys.argv else sys.argv[-1], file=calls)
if "update" in sys.argv:
    (lists / "mirror_Sources").write_text("new")
elif (lists / "mirror_Sources").read_text() == "new":
    pathlib.Path(sys.argv[-1] + "_1.0.orig.tar.gz").write_bytes(b"tarball")
else:
    sys.exit("E: Failed to fetch")
"""


@pytest.mark.skipif(sys.platform == "win32" or not KEYRING.is_file(), reason="not a Debian machine")
def test_lists_of_a_release_are_asked_for_once_and_again_where_they_are_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, tools, downloads = tmp_path / "calls", tmp_path / "tools", tmp_path / "downloads"
    tools.mkdir()
    client = tools / "apt-get"
    client.write_text(_APT_GET.format(python=sys.executable, calls=str(calls)))
    client.chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    digest = hashlib.sha256(b"tarball").hexdigest()

    def asked(name: str, release: str) -> list[str]:
        calls.write_text("")
        file = f"{name}_1.0.orig.tar.gz"
        pin = Pin(Registry.DEBIAN, name, "1.0", file, digest, "MIT", Split.TRAIN, release=release)
        assert fetch(pin, downloads).read_bytes() == b"tarball"
        return calls.read_text().splitlines()

    assert asked("first", "trixie") == ["apt-trixie update", "apt-trixie first"]
    assert asked("second", "trixie") == ["apt-trixie second"]
    assert asked("third", "bookworm") == ["apt-bookworm update", "apt-bookworm third"]
    (downloads / "apt-trixie" / "lists" / "mirror_Sources").write_text("old")
    again = ["apt-trixie fourth", "apt-trixie update", "apt-trixie fourth"]
    assert asked("fourth", "trixie") == again
