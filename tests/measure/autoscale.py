"""How many engines a Ray cluster of this machine has, while clients come and go. Run by hand.

    python tests/measure/autoscale.py --clients 8 --busy-s 90 --idle-s 90

Prints the time of each change, and what is answered a second before and after it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.proposal import Proposal
from engine.request import Request
from engine.serving.ray_backend import RayBackend, RayOptions
from engine.spans import ByteOffset
from ray_replicas import replicas

TEXT = "alpha = load({}, 2)\nprint(alpha)\nalpha =\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--busy-s", type=float, default=90.0)
    parser.add_argument("--idle-s", type=float, default=90.0)
    parser.add_argument("--most", type=int, default=4)
    parser.add_argument("--model", default="scripted")
    arguments = parser.parse_args()
    options = RayOptions(
        min_replicas=1, max_replicas=arguments.most, num_cpus=0.1, fewer_after_s=30.0
    )
    began = time.monotonic()
    backend = RayBackend(arguments.model, options)
    print(f"started in {time.monotonic() - began:.0f} s: {len(replicas())} engine")
    asyncio.run(watched(backend, arguments.clients, arguments.busy_s, arguments.idle_s))
    backend.close()


async def watched(backend: RayBackend, num_clients: int, busy_s: float, idle_s: float) -> None:
    """Clients without pause for a while, then none; every change of the number is printed."""
    answered, lost = 0, 0
    began = time.monotonic()
    is_busy = True

    async def client(number: int) -> None:
        nonlocal answered, lost
        while is_busy:
            text = TEXT.format(f"{number}{answered}")
            cursor = ByteOffset(text.index("=\n") + 1)
            request = Request(text, cursor, path=f"{number}.py", min_confidence=0.0)
            worked = await backend.infill(request, threading.Event())
            answered += isinstance(worked.outcome, Proposal)
            lost += not isinstance(worked.outcome, Proposal)

    clients = [asyncio.ensure_future(client(number)) for number in range(num_clients)]
    before, since, counted = len(replicas()), began, 0
    while time.monotonic() - began < busy_s + idle_s:
        await asyncio.sleep(1.0)
        is_busy = time.monotonic() - began < busy_s
        now = len(replicas())
        if now != before or (is_busy and time.monotonic() - since > 15.0):
            took_s = time.monotonic() - since
            rate = (answered - counted) / took_s
            print(
                f"{time.monotonic() - began:5.0f} s  {now} engines, "
                f"{num_clients if is_busy else 0} clients, {rate:.0f} answers a second since "
                f"{took_s:.0f} s, {lost} lost",
                flush=True,
            )
            before, since, counted = now, time.monotonic(), answered
    for each in clients:
        await each


if __name__ == "__main__":
    main()
