"""What ``midfill eval`` understands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add_eval(commands: Any, count: Callable[[str], int]) -> argparse.ArgumentParser:
    """``midfill eval``, without its model. ``count`` reads whole numbers above 0."""
    evaluation: argparse.ArgumentParser = commands.add_parser(
        "eval",
        help="measure the model on holes with known contents",
        description="Fill holes with known contents, print the scores beside those of fillers "
        "without a model on the same holes.",
    )
    evaluation.add_argument(
        "corpus",
        nargs="?",
        type=Path,
        metavar="CORPUS",
        help="a folder of source files, or a .jsonl.zst file of them, to cut holes from; "
        "the word edits measures renames and next edits instead, repo PATH your own repository, "
        "keys PATH the keys that proposals save whoever types such files",
    )
    evaluation.add_argument(
        "path", nargs="?", type=Path, metavar="PATH", help="behind repo and keys"
    )
    evaluation.add_argument(
        "--tests", metavar="CMD", help="repo: run this command in a copy with each answer"
    )
    evaluation.add_argument(
        "--data", type=Path, metavar="DIR", help="a folder of HumanEval-Infilling files, or edits"
    )
    evaluation.add_argument(
        "--synthetic", type=Path, metavar="CORPUS", help="edits: cut cases from these sources too"
    )
    _add_cut(evaluation, count)
    evaluation.add_argument(
        "--problems", type=count, metavar="N", help="problems of --data (default: all)"
    )
    evaluation.add_argument(
        "--floors-only", action="store_true", help="measure the fillers without a model alone"
    )
    _add_shown(evaluation)
    return evaluation


def _add_shown(evaluation: argparse.ArgumentParser) -> None:
    """What an evaluation shows and where it goes."""
    evaluation.add_argument(
        "--plans",
        action="store_true",
        help="plan alone, at --holes places: is text of the user ever inside a mask? (1: it is)",
    )
    evaluation.add_argument(
        "--calibrate",
        action="store_true",
        help="fit the model's confidence on the holes, half of them as typed, print it as its "
        "manifest holds it",
    )
    evaluation.add_argument("--output", type=Path, metavar="FILE", help="write every answer there")
    evaluation.add_argument(
        "--decoding", metavar="HOW", help="masked, verified or drafted (default: the model's own)"
    )
    evaluation.add_argument(
        "--memory",
        action=argparse.BooleanOptionalAction,
        help="look in the whole file and in other files of its package (default: the model's own)",
    )
    evaluation.add_argument(
        "--policy", type=_number, nargs="+", default=[], metavar="NAME=X",
        help="other numbers of the sampler (engine/effort.py), as in draft_tokens=16",
    )  # fmt: skip
    evaluation.add_argument(
        "--answers", type=Path, metavar="FILE",
        help="keep the model's answers there: a run that was stopped goes on",
    )  # fmt: skip
    evaluation.add_argument(
        "--plots", type=Path, metavar="DIR", help="write reliability and show-or-not curve as PNG"
    )
    evaluation.add_argument(
        "--min-confidence", type=float, metavar="P",
        help="show what is at least as sure (default: the model's threshold)",
    )  # fmt: skip


def _add_cut(evaluation: argparse.ArgumentParser, count: Callable[[str], int]) -> None:
    evaluation.add_argument(
        "--holes",
        type=count,
        default=300,
        metavar="N",
        help="holes to cut, or stretches to type (default 300)",
    )
    evaluation.add_argument(
        "--kinds",
        nargs="+",
        metavar="KIND",
        help="what is cut out: whole_line rest_of_line expression arguments statement block body "
        "comment joint names (default: the first two)",
    )
    evaluation.add_argument(
        "--context-tokens",
        type=count,
        metavar="N",
        help="text around a hole (default: the whole file)",
    )
    evaluation.add_argument(
        "--as-typed",
        action="store_true",
        help="leave out what follows in the hole's function or class, as when it is being written",
    )


def _number(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=X, as in safe_p=0.5") from error
