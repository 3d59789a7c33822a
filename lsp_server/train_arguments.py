"""What ``midfill train`` understands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

_DESCRIPTION = (
    "Run the whole recipe: corpus, examples, training, export, measuring. With --on PATH train on "
    "your own code instead, from the model that ships: nothing leaves this machine, ignored files "
    "and secrets are not read, and what was gained is measured on files that were held out. A run "
    "that was stopped goes on where it was."
)


def add_train(
    commands: Any, count: Callable[[str], int], amount: Callable[[str], float]
) -> argparse.ArgumentParser:
    """``midfill train``. ``count`` and ``amount`` read whole and other numbers above 0."""
    train: argparse.ArgumentParser = commands.add_parser(
        "train",
        help="train on your own code, or make the default model anew (midfill[train])",
        description=_DESCRIPTION,
    )
    train.add_argument("--out", type=Path, required=True, metavar="DIR", help="all files go there")
    train.add_argument(
        "--minutes", type=amount, metavar="N", help="end training then (--on: 20, else no limit)"
    )
    train.add_argument(
        "--steps", type=count, metavar="N", help="steps to train (default: each example once)"
    )
    train.add_argument(
        "--from", dest="start", metavar="DIR", help="a model to go on from (--on: name or folder)"
    )
    train.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same run")
    _add_own(train, count)
    _add_recipe(train, count)
    return train


def _add_own(train: argparse.ArgumentParser, count: Callable[[str], int]) -> None:
    own = train.add_argument_group("your own code")
    what = own.add_mutually_exclusive_group()
    what.add_argument("--on", type=Path, metavar="PATH", help="the folder to learn from")
    what.add_argument(
        "--on-feedback",
        action="store_true",
        help="learn from what you accepted and rejected (the setting midfill.keepJudgedTexts)",
    )
    own.add_argument(
        "--full",
        action="store_true",
        help="train all weights instead of adapters: slower, three times the disk; for a GPU",
    )
    own.add_argument(
        "--holes", type=count, default=150, metavar="N", help="holes to measure on (default 150)"
    )


def _add_recipe(train: argparse.ArgumentParser, count: Callable[[str], int]) -> None:
    recipe = train.add_argument_group("the whole recipe")
    recipe.add_argument(
        "--corpus", type=Path, metavar="DIR", help="a corpus that is built (default: build it)"
    )
    recipe.add_argument(
        "--only-corpus", action="store_true", help="build the corpus in --out, and stop there"
    )
    recipe.add_argument(
        "--registries",
        nargs="+",
        metavar="NAME",
        help="build from the packages of these alone: pypi npm debian cpython (default: all)",
    )
    recipe.add_argument(
        "--benchmarks",
        nargs="+",
        default=[],
        type=Path,
        metavar="FILE",
        help="files of public sets whose text must not be trained on",
    )
    recipe.add_argument(
        "--examples", type=count, default=140_000, metavar="N", help="contexts to cut (140000)"
    )
    recipe.add_argument(
        "--autoregressive",
        action="store_true",
        help="leave the denoising loss out: the twin that the model is compared with",
    )
