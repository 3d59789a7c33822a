"""What ``midfill serve`` understands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

_DESCRIPTION = (
    "Serve other programs over HTTP, in the protocols of OpenAI, Inception and llama.cpp. "
    "MIDFILL_TOKEN holds the bearer token that clients must send, if any."
)


def add_serve(
    commands: Any,
    address: Callable[[str], tuple[str, int]],
    count: Callable[[str], int],
    amount: Callable[[str], float],
) -> argparse.ArgumentParser:
    """``midfill serve``. ``count`` and ``amount`` read whole and other numbers above 0."""
    serve: argparse.ArgumentParser = commands.add_parser(
        "serve",
        help="serve other programs over HTTP (midfill[serve])",
        description=_DESCRIPTION,
    )
    serve.add_argument(
        "--listen",
        type=address,
        default=("127.0.0.1", 8012),
        metavar="HOST:PORT",
        help="where (default 127.0.0.1:8012); other machines only with MIDFILL_TOKEN",
    )
    serve.add_argument(
        "--max-waiting",
        type=count,
        default=32,
        metavar="N",
        help="requests in line, one more is told to come again (default 32)",
    )
    serve.add_argument(
        "--streams",
        type=count,
        metavar="N",
        help="requests at once (default: as many as the model gains from)",
    )
    serve.add_argument(
        "--contexts",
        type=count,
        default=16,
        metavar="N",
        help="files kept encoded, some 50 MB each (default 16): one a developer, if there is room",
    )
    _add_ray(serve, amount)
    return serve


def _add_ray(serve: argparse.ArgumentParser, amount: Callable[[str], float]) -> None:
    """``--ray`` and what an engine on the cluster takes."""
    serve.add_argument(
        "--ray",
        action="store_true",
        help="engines on a Ray cluster (midfill[ray]): the one at RAY_ADDRESS, else a new one here",
    )
    serve.add_argument(
        "--replicas",
        type=_replicas,
        default=(1, 2),
        metavar="MIN-MAX",
        help="ray: how many engines, by the requests under way (default 1-2)",
    )
    serve.add_argument(
        "--replica-cpus", type=amount, default=1.0, metavar="N", help="ray: cores an engine takes"
    )
    serve.add_argument(
        "--replica-gpus",
        type=amount,
        default=0.0,
        metavar="N",
        help="ray: GPUs an engine takes, 0.5 for two on one (default none)",
    )


def _replicas(text: str) -> tuple[int, int]:
    least, _, most = text.partition("-")
    most = most or least
    if not (least.isdecimal() and most.isdecimal()) or not 1 <= int(least) <= int(most):
        raise argparse.ArgumentTypeError(f"'{text}' is not MIN-MAX, as in 1-4")
    return int(least), int(most)
