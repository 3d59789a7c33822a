from __future__ import annotations

import pytest

pytest.importorskip("httpx2", reason="pip install 'midfill[remote]'")
