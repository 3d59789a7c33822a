"""Memory stays flat while somebody types; tests/measure/soak.py does so for hours."""

from __future__ import annotations

import sys

import pytest

from measure.soak import soak


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads memory from /proc")
async def test_memory_stays_flat_while_typing() -> None:
    looks = await soak(1200, 4)
    for warm, last in zip(looks[1], looks[-1], strict=True):
        # What a page allocator keeps back; a leak of a snapshot a key would be ten times that.
        assert last - warm < 10.0, looks
