"""What ``midfill serve`` understands of a Ray cluster."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def add_ray(serve: argparse.ArgumentParser, amount: Callable[[str], float]) -> None:
    """``--ray`` and what an engine on the cluster takes; ``amount`` reads a number above 0."""
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
