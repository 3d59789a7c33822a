"""One server for the tests that only ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi", reason="pip install 'midfill[serve]'")

import engine
from engine.serving.options import ServingOptions
from serving import Serving, serving


@pytest.fixture(scope="module")
def served() -> Iterator[Serving]:
    """One server for the tests that only ask."""
    with serving(ServingOptions(max_body_bytes=100_000), engine.load("scripted")) as one:
        yield one
