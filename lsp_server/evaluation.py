"""``midfill eval``: measure the model. What a measurement needs is imported with it."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, TextIO

from engine.errors import BadInput
from lsp_server.parser import named

if TYPE_CHECKING:
    from engine.evaluation.infilling import Evaluation, EvaluationConfig

EXIT_FAILURE = 1
_NOT_OF_KEYS = "as_typed calibrate context_tokens data kinds plans plots problems tests".split()
# Words that stand where a corpus may: what is measured instead of its holes.
_EDITS, _KEYS, _REPOSITORY = "edits", "keys", "repo"


def evaluate(arguments: argparse.Namespace, out: TextIO) -> int:
    """Run it; the exit code. Raises BadInput for settings that contradict each other."""
    if arguments.output is not None and not arguments.output.absolute().parent.is_dir():
        # Said before hours of measuring, not behind them.
        raise BadInput(f"{arguments.output}: there is no such folder to write to: make it first")
    word = str(arguments.corpus)
    if word == _EDITS:
        return _edits(arguments, out)
    if arguments.path is not None and word not in (_KEYS, _REPOSITORY):
        raise BadInput(f"{arguments.path}: one source of holes at a time (or repo PATH)")
    if arguments.path is None and word in (_KEYS, _REPOSITORY):
        what = "the repository's folder" if word == _REPOSITORY else "a folder, or a corpus file,"
        raise BadInput(f"eval {word}: name {what} behind it")
    try:
        import engine.evaluation.report  # noqa: F401 - what it needs is said before the measuring
    except ModuleNotFoundError as error:
        raise BadInput(
            f"{error.name} is not installed: run pip install {error.name} first"
        ) from error
    if word == _KEYS:
        return _keys(arguments, out)
    if arguments.plans:
        return _plans(arguments, out)
    if arguments.calibrate:
        return _calibration(arguments, out)
    return _holes(arguments, out)


def _holes(arguments: argparse.Namespace, out: TextIO) -> int:
    from engine.evaluation.report import format_report, write_json

    evaluation = _evaluation(arguments)
    if arguments.output is not None:
        write_json(evaluation, arguments.output)
    if arguments.plots is not None:
        from engine.evaluation.plots import write_plots

        write_plots(evaluation, arguments.plots)
    out.write(format_report(evaluation))
    return 0


def _keys(arguments: argparse.Namespace, out: TextIO) -> int:
    for name in _NOT_OF_KEYS:
        if getattr(arguments, name):
            raise BadInput(
                f"eval keys: --{name.replace('_', '-')} says nothing there: leave it out"
            )
    from engine.evaluation.keys_report import format_keys, write_keys
    from engine.evaluation.keystrokes import run_keys

    typed = run_keys(_config(arguments))
    if arguments.output is not None:
        write_keys(typed, arguments.output)
    out.write(format_keys(typed))
    return 0


def _plans(arguments: argparse.Namespace, out: TextIO) -> int:
    from engine.evaluation.holes import read_sources
    from engine.evaluation.plan_safety import format_safety, measure_plans

    if arguments.corpus is None:
        raise BadInput("--plans needs a corpus: name a folder of source files")
    safety = measure_plans(read_sources(arguments.corpus), arguments.holes, arguments.seed)
    out.write(format_safety(safety))
    return EXIT_FAILURE if safety.offenders else 0


def _calibration(arguments: argparse.Namespace, out: TextIO) -> int:
    from engine.evaluation.calibration_report import (
        calibrate_model,
        format_calibration,
        write_calibration,
    )

    report = calibrate_model(_config(arguments))
    if arguments.output is not None:
        write_calibration(report, arguments.output)
    out.write(format_calibration(report))
    return 0


def _evaluation(arguments: argparse.Namespace) -> Evaluation:
    """What is measured of a corpus, public problems or the user's repository."""
    from engine.evaluation.infilling import run
    from engine.evaluation.repository import run_repository

    config = _config(arguments)
    if str(arguments.corpus) != _REPOSITORY:
        return run(config)
    return run_repository(arguments.path, arguments.tests, config)


def _config(arguments: argparse.Namespace) -> EvaluationConfig:
    from engine.effort import Decoding
    from engine.evaluation.fillers import Floor
    from engine.evaluation.holes import SINGLE_LINE, CutKind
    from engine.evaluation.infilling import EvaluationConfig

    decodings = named(Decoding, [arguments.decoding] if arguments.decoding else (), "--decoding")
    word = str(arguments.corpus)
    corpus = {_REPOSITORY: None, _KEYS: arguments.path}.get(word, arguments.corpus)
    return EvaluationConfig(
        corpus=corpus,
        data=arguments.data,
        model=arguments.model,
        has_model=not arguments.floors_only,
        floors=tuple(Floor) if arguments.tests is None else (Floor.EMPTY,),
        num_holes=arguments.holes,
        kinds=named(CutKind, arguments.kinds, "--kinds") or SINGLE_LINE,
        context_tokens=arguments.context_tokens,
        is_as_typed=arguments.as_typed,
        num_problems=arguments.problems,
        effort=arguments.effort,
        budget_ms=arguments.budget_ms,
        min_confidence=arguments.min_confidence,
        decoding=next(iter(decodings), None),
        has_memory=arguments.memory,
        policy=tuple(arguments.policy),
        answers=arguments.answers,
        seed=arguments.seed,
        is_progress_shown=sys.stderr.isatty(),
    )


def _edits(arguments: argparse.Namespace, out: TextIO) -> int:
    from engine.evaluation.edits import EditsConfig, format_edits, run_edits, write_edits

    config = EditsConfig(
        data=arguments.data,
        corpus=arguments.synthetic,
        model=arguments.model,
        has_model=not arguments.floors_only,
        num_cases=arguments.holes,
        seed=arguments.seed,
    )
    numbers = run_edits(config)
    if arguments.output is not None:
        write_edits(numbers, arguments.output)
    out.write(format_edits(numbers))
    return 0
