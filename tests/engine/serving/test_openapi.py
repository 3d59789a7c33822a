"""Our own OpenAPI document, as the fuzzer schemathesis reads it: no answer may break it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from serving import Serving

schemathesis = pytest.importorskip("schemathesis", reason="pip install schemathesis")

ENDPOINTS = {
    "/v1/completions",
    "/v1/fim/completions",
    "/v1/edit/completions",
    "/v1/chat/completions",
    "/v1/models",
    "/infill",
    "/health",
    "/ready",
    "/metrics",
}


def test_every_endpoint_is_described(served: Serving) -> None:
    assert set(served.get("/openapi.json").json()["paths"]) >= ENDPOINTS


def test_no_body_breaks_the_server(served: Serving) -> None:
    schema = schemathesis.openapi.from_url(f"{served.url}/openapi.json")
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=4,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            answer = case.call(base_url=served.url)
            assert answer.status_code < 500, answer.text

        ask()
