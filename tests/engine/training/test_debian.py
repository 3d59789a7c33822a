from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from engine.errors import TrainingError
from engine.training.debian import KEYRING, MIRROR, RELEASE, private_options


def test_without_debians_key_the_mend_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"missing\.gpg is missing: install debian-archive"):
        private_options(tmp_path, tmp_path / "missing.gpg")


@pytest.mark.skipif(
    shutil.which("apt-get") is None or not KEYRING.is_file(), reason="not a Debian machine"
)
def test_apt_looks_at_the_one_private_line_alone(tmp_path: Path) -> None:
    options = private_options(tmp_path / "a folder")
    command = ["apt-get", *options, "--print-uris", "update"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    uris = [line.split()[0].strip("'") for line in ran.stdout.splitlines() if line.startswith("'")]
    release = f"{MIRROR}/dists/{RELEASE}/"
    assert uris[0] == release + "InRelease"
    assert all(uri.startswith(release) and "binary" not in uri for uri in uris)


@pytest.mark.skipif(
    shutil.which("apt-config") is None or not KEYRING.is_file(), reason="not a Debian machine"
)
def test_nothing_of_the_machine_is_used_or_changed(tmp_path: Path) -> None:
    options = private_options(tmp_path / "apt")
    shell = ["LISTS", "Dir::State::Lists/d", "CACHE", "Dir::Cache/d"]
    command = ["apt-config", *options, "shell", *shell]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    places = [line.partition("=")[2].strip("'") for line in ran.stdout.splitlines()]
    assert places == [f"{tmp_path / 'apt' / 'lists'}/", f"{tmp_path / 'apt' / 'cache'}/"]
