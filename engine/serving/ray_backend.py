"""Engines on a Ray cluster behind the same application: replicas, each with a model of its own.

The ring of Ray Serve's consistent hashing sends what begins alike to the same replica, where its
context is cached. To fill a hole changes nothing, so a request whose replica died is asked again.
Only replicas speak with this process: Ray's own HTTP proxies and dashboard stay off.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import MidfillError
from engine.proposal import Reason, Refusal
from engine.request import Request
from engine.serving.backend import LocalBackend, OnStep, Worked
from engine.serving.options import DEFAULT_CONTEXTS
from engine.step import Step

# Before Ray is imported: nothing is reported to its makers.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray
from ray import serve
from ray.exceptions import RayActorError
from ray.serve.config import AutoscalingConfig, RequestRouterConfig
from ray.serve.exceptions import DeploymentUnavailableError, ReplicaUnavailableError

APP, ENGINE = "midfill", "Engine"
_ROUTER = "ray.serve.experimental.consistent_hash_router.ConsistentHashRouter"
_NUM_TRIES = 8
_PAUSE_S = 0.25
_POLL_S = 0.05
# How much of a text tells it from others.
_NUM_TELLING = 256
_DIED = (RayActorError, DeploymentUnavailableError, ReplicaUnavailableError)


@dataclass(frozen=True, slots=True)
class RayOptions:
    """How many replicas, and what each takes.

    ``target_ongoing``: requests a replica at which their number is right: more ask for another one,
    fewer for one less, within ``min_replicas`` and ``max_replicas``, once that has lasted for
    ``more_after_s`` or ``fewer_after_s``.
    """

    min_replicas: int = 1
    max_replicas: int = 2
    num_cpus: float = 1.0
    num_gpus: float = 0.0
    target_ongoing: float = 2.0
    more_after_s: float = 30.0
    fewer_after_s: float = 600.0
    num_streams: int | None = None
    num_contexts: int = DEFAULT_CONTEXTS


class Replica:
    """One engine in a process of the cluster."""

    def __init__(self, model: str | None, num_streams: int | None, num_contexts: int) -> None:
        import engine

        self._backend = LocalBackend(engine.load(model), num_streams, num_contexts)

    def model(self) -> str:
        """The model's name."""
        return self._backend.model

    def place(self) -> str:
        """What it runs on, and why."""
        return self._backend.place

    def num_streams(self) -> int:
        """Requests under way at once."""
        return self._backend.num_streams

    async def infill(self, request: Request) -> Worked:
        """The outcome; ends soon when the caller has cancelled the call."""
        cancel = threading.Event()
        try:
            return await self._backend.infill(request, cancel)
        finally:
            cancel.set()

    async def steps(self, request: Request) -> AsyncIterator[Step | Worked]:
        """Every denoising step, then the outcome."""
        loop, cancel = asyncio.get_running_loop(), threading.Event()
        queue: asyncio.Queue[Step | None] = asyncio.Queue()

        def on_step(step: Step) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, step)

        answer = asyncio.ensure_future(self._backend.infill(request, cancel, on_step))
        answer.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (step := await queue.get()) is not None:
                yield step
            yield await answer
        finally:
            cancel.set()


class RayBackend:
    """Replicas of ``model`` on the cluster at ``RAY_ADDRESS``, or on one of this machine's own.

    A cluster that serves already is joined with the replicas it has. Raises MidfillError when the
    replicas do not start.
    """

    def __init__(self, model: str | None, options: RayOptions) -> None:
        self._started_ray = not ray.is_initialized()
        if self._started_ray:
            ray.init(namespace=APP, include_dashboard=False, log_to_driver=False)
        serve.start(proxy_location="Disabled")
        try:
            if APP not in serve.status().applications:
                _deploy(model, options)
            self._handle = serve.get_deployment_handle(ENGINE, APP)
            self._model: str = self._handle.model.remote().result()
            self._place: str = self._handle.place.remote().result()
            num_each = int(self._handle.num_streams.remote().result())
        except RuntimeError as error:
            raise MidfillError(f"Ray started no replica: {error}") from error
        self._num_streams = num_each * options.max_replicas

    @property
    def model(self) -> str:
        """The model's name."""
        return self._model

    @property
    def place(self) -> str:
        """What the first engine runs on, and why."""
        return self._place

    @property
    def num_streams(self) -> int:
        """Requests under way at once, when all replicas run."""
        return self._num_streams

    async def infill(
        self, request: Request, cancel: threading.Event, on_step: OnStep | None = None
    ) -> Worked:
        """The outcome; asked again when the replica died on it."""
        began = time.perf_counter()
        died: Exception | None = None
        for number in range(_NUM_TRIES):
            if number:
                await asyncio.sleep(number * _PAUSE_S)
            if cancel.is_set():
                return Worked(Refusal(Reason.CANCELLED, "cancelled while it waited"), 0.0)
            try:
                return await self._once(request, cancel, on_step)
            except _DIED as error:
                died = error
        detail = f"{_NUM_TRIES} engines were lost on this request, the last one: {died}"
        return Worked(Refusal(Reason.WORKER_LOST, detail[:300]), time.perf_counter() - began)

    def close(self) -> None:
        """Leave the cluster; one that was started for this goes with its replicas."""
        if self._started_ray:
            ray.shutdown()

    async def _once(
        self, request: Request, cancel: threading.Event, on_step: OnStep | None
    ) -> Worked:
        handle = self._handle.options(session_id=_affinity(request))
        work = (
            asyncio.ensure_future(_followed(handle, request, on_step))
            if on_step is not None
            else asyncio.ensure_future(_asked(handle, request))
        )
        while not work.done():
            await asyncio.wait([work], timeout=_POLL_S)
            if cancel.is_set() and not work.done():
                work.cancel()
                return Worked(Refusal(Reason.CANCELLED, "the client is gone"), 0.0)
        return work.result()


def _deploy(model: str | None, options: RayOptions) -> None:
    """Start the replicas and wait until they are ready. Raises RuntimeError."""
    scaling = AutoscalingConfig(
        min_replicas=options.min_replicas,
        max_replicas=options.max_replicas,
        initial_replicas=options.min_replicas,
        target_ongoing_requests=options.target_ongoing,
        upscale_delay_s=options.more_after_s,
        downscale_delay_s=options.fewer_after_s,
    )
    resources: dict[str, Any] = {"num_cpus": options.num_cpus, "num_gpus": options.num_gpus}
    deployment = serve.deployment(
        Replica,
        name=ENGINE,
        autoscaling_config=scaling,
        max_ongoing_requests=1000,
        ray_actor_options=resources,
        request_router_config=RequestRouterConfig(request_router_class=_ROUTER),
        health_check_period_s=2.0,
    )
    # A relative path means this process's folder, not the replica's.
    place = str(Path(model).resolve()) if model is not None and Path(model).exists() else model
    serve.run(
        deployment.bind(place, options.num_streams, options.num_contexts),
        name=APP,
        route_prefix=None,
    )


async def _asked(handle: Any, request: Request) -> Worked:
    worked: Worked = await handle.infill.remote(request)
    return worked


async def _followed(handle: Any, request: Request, on_step: OnStep) -> Worked:
    """The outcome, with every step on the way; after a death they start over, which replaces."""
    async for one in handle.options(stream=True).steps.remote(request):
        if isinstance(one, Worked):
            return one
        on_step(one)
    raise MidfillError("a replica ended its steps without an outcome")


def _affinity(request: Request) -> str:
    """Equal for requests that can use one another's context: by path and how the text begins."""
    telling = f"{request.path}\0{request.text[:_NUM_TELLING]}"
    return hashlib.sha256(telling.encode(errors="replace")).hexdigest()[:32]
