"""midfill/trace."""

from __future__ import annotations

from typing import Any

URI = "file:///project/a.py"


async def test_a_request_can_be_followed(client: Any) -> None:
    await client.initialize()
    client.open(URI, "é")
    await client.complete(URI, 0, 1)
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    newest = (await client.request("midfill/trace", None))["result"]
    assert newest == (await client.request("midfill/trace", {"id": "r1.0"}))["result"]
    assert newest["id"] == "r1"
    assert newest["plan"]["holes"][0]["start_byte"] == 2
    assert newest["plan"]["holes"][0]["reason"] == "asked for"
    (step,) = newest["steps"]
    assert (step["ids"], step["texts"], step["states"]) == ([[5]], [["done"]], [["COMMITTED"]])
    assert newest["timings_ms"] == {"total": 1.5}
    assert newest["outcome"]["outcome"] == "proposal"
    assert newest["outcome"]["text"] == "done()"


async def test_an_id_that_is_not_known_is_told(client: Any) -> None:
    await client.initialize()
    nothing = await client.request("midfill/trace", {})
    assert nothing["error"]["message"] == "midfill/trace: no request was answered yet"
    unknown = await client.request("midfill/trace", {"id": "r9"})
    assert unknown["error"]["message"] == "midfill/trace: r9 is not known (any more)"
    for wrong in ({"id": 9}, [], ["r1"], [{"id": "r1"}]):
        assert (await client.request("midfill/trace", wrong))["error"]["code"] == -32602


async def test_a_refusal_is_traced(client: Any) -> None:
    await client.initialize(options={"enabled": False})
    client.open(URI, "x")
    id_ = (await client.complete(URI, 0, 0))["result"]["midfill"]["id"]
    record = (await client.request("midfill/trace", {"id": id_}))["result"]
    assert record["outcome"]["reason"] == "DISABLED"
    assert record["outcome"]["detail"] == "midfill.enabled is false"
