"""What every test can rely on: the repository's root, no user environment, nothing downloaded."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine is says nothing about whether the code is right.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Set before anything imports a library that reads them at import.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
# What the person's own servers count stays theirs.
os.environ["MIDFILL_STATE_DIR"] = str(Path(tempfile.gettempdir()) / f"midfill-tests-{os.getpid()}")
os.environ["MIDFILL_CACHE_DIR"] = tempfile.mkdtemp(prefix="midfill-cache-")
# What the person who runs the tests prefers must not change the result.
for name in ("FORCE_COLOR", "NO_COLOR"):
    os.environ.pop(name, None)


def pytest_unconfigure() -> None:
    shutil.rmtree(os.environ["MIDFILL_CACHE_DIR"], ignore_errors=True)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def fixtures(repository: Path) -> Path:
    """The folder of source files that stand for a user's."""
    return repository / "tests" / "fixtures"
