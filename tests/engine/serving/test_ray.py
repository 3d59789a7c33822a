"""Two replicas on a Ray cluster of this machine, one of them killed under load.

A stage of ``.ci/run``; by hand with ``MIDFILL_RAY=1``: Ray takes 240 MB on the disk and a
gigabyte of memory for itself.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Iterator

import pytest

if not os.environ.get("MIDFILL_RAY"):
    pytest.skip("MIDFILL_RAY=1 starts a Ray cluster", allow_module_level=True)
pytest.importorskip("ray", reason="pip install 'midfill[ray]'")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Ray's, when it is imported
    from engine.serving.ray_backend import RayBackend, RayOptions

from engine.serving.load import Server, body_of, load
from engine.serving.options import ServingOptions
from ray_replicas import replicas
from serving import Serving, serving_backend

pytestmark = pytest.mark.filterwarnings("ignore")
BODIES = [
    body_of(f"alpha = load({number}, 2)\nprint(alpha)\nalpha =", "\n", f"{number}.py")
    for number in range(12)
]


@pytest.fixture(scope="module")
def served() -> Iterator[Serving]:
    backend = RayBackend("scripted", RayOptions(min_replicas=2, max_replicas=2, num_cpus=0.2))
    with serving_backend(ServingOptions(), backend) as one:
        yield one


def test_what_begins_alike_goes_to_one_replica(served: Serving) -> None:
    answers = [served.post("/v1/completions", BODIES[0]).json() for _ in range(4)]
    assert {answer["choices"][0]["text"] for answer in answers} == {" load(0, 2)"}
    cached = [answer["usage"]["prompt_tokens_details"]["cached_tokens"] for answer in answers]
    assert cached[0] == 0
    assert all(cached[1:])


def test_a_replica_that_dies_under_load_loses_nothing(served: Serving) -> None:
    before = replicas()
    assert len(before) == 2
    victim = min(before)
    killed = threading.Timer(1.0, os.kill, (victim, 9))
    killed.start()
    began = time.monotonic()
    num_asked = 0
    while time.monotonic() - began < 6.0:
        result = load(Server(served.url), BODIES, num_streams=6, num_rounds=6)
        assert (result.num_lost, result.num_wrong) == (0, 0)
        assert result.num_distinct == len(BODIES)
        num_asked += len(result.ms)
    killed.join()
    print(f"{num_asked} requests answered while process {victim} was killed")
    assert victim not in replicas()


def test_steps_come_from_the_replica(served: Serving) -> None:
    content = "alpha = load(1, 2)\nprint(alpha)\nalpha =<|cursor|>\n"
    body = {"messages": [{"role": "user", "content": content}], "stream": True, "diffusing": True}
    text = served.post("/v1/chat/completions", {**body, "midfill": {"min_confidence": 0.0}}).text
    assert '"diffusing": true' in text
    assert text.endswith("data: [DONE]\n\n")
