"""What every test can rely on: the repository's root, no user environment, nothing downloaded.

A run of the whole suite is shared by two workers, each pinned to a core of its own: the runtimes
take their number of threads from that, and two pools of two threads on two cores would spend their
time waiting for each other. What is named runs in the one process, where a debugger works.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine is says nothing about whether the code is right.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples for every commit: a failure is the change's, not chance's. Others are drawn by
# `--hypothesis-profile=untimed`.
settings.register_profile("settled", settings.get_profile("untimed"), derandomize=True)
settings.load_profile("settled")

# Set before anything imports a library that reads them at import.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
# What the person's own servers count stays theirs.
os.environ["MIDFILL_STATE_DIR"] = str(Path(tempfile.gettempdir()) / f"midfill-tests-{os.getpid()}")
os.environ["MIDFILL_CACHE_DIR"] = tempfile.mkdtemp(prefix="midfill-cache-")
# What the person who runs the tests prefers must not change the result.
for name in ("FORCE_COLOR", "NO_COLOR"):
    os.environ.pop(name, None)
# Nor must the machine's GPU.
os.environ["MIDFILL_DEVICE"] = "cpu"


def pytest_unconfigure() -> None:
    shutil.rmtree(os.environ["MIDFILL_CACHE_DIR"], ignore_errors=True)


NUM_WORKERS = 2


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """What ``-n auto`` of pyproject.toml means: starting workers pays for the whole suite alone."""
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return NUM_WORKERS if is_whole and not config.option.keyword else 0


def pytest_configure() -> None:
    """Pin a worker and whatever it starts to its core, where the system can."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is not None and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[int(worker.removeprefix("gw")) % len(cores)]})


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def fixtures(repository: Path) -> Path:
    """The folder of source files that stand for a user's."""
    return repository / "tests" / "fixtures"
