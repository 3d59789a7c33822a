"""``midfill train``: the whole recipe, its first stage alone, or the user's own code."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from engine.errors import BadInput
from lsp_server.parser import named

DEFAULT_MINUTES = 20.0


def train(arguments: argparse.Namespace, output: TextIO) -> int:
    """Run what the arguments ask for; the exit code. Raises BadInput where a package is missing."""
    if arguments.on is not None:
        run = _train_on
    elif arguments.on_feedback:
        run = _train_on_feedback
    else:
        run = _build_corpus if arguments.only_corpus else _run_recipe
    try:
        return run(arguments, output)
    except ModuleNotFoundError as error:
        raise BadInput(
            f"{error.name} is not installed: run pip install 'midfill[train]' first"
        ) from error


def _train_on(arguments: argparse.Namespace, output: TextIO) -> int:
    """Exit code 0 whether or not anything was gained: the report says it."""
    from engine.training.gain import format_gain
    from engine.training.own_code import OwnCodeConfig, train_on
    from lsp_server.own_code import own_code

    config = OwnCodeConfig(
        arguments.out,
        str(arguments.on.resolve()),
        arguments.minutes or DEFAULT_MINUTES,
        arguments.steps,
        arguments.start,
        arguments.full,
        num_holes=arguments.holes,
        seed=arguments.seed,
    )
    gain = train_on(own_code(arguments.on), config)
    output.write(format_gain(gain) + _where(arguments.out))
    return 0


def _train_on_feedback(arguments: argparse.Namespace, output: TextIO) -> int:
    from engine.training.judged_texts import JudgedText
    from engine.training.own_feedback import FeedbackConfig, format_learnt, train_on_feedback
    from engine.training.preferences import PreferenceConfig
    from lsp_server.folders import state_folder
    from lsp_server.judged import FILE_NAME, read_judged

    preferences = PreferenceConfig(arguments.minutes or DEFAULT_MINUTES, seed=arguments.seed)
    config = FeedbackConfig(arguments.out, arguments.start, preferences)
    texts = [
        JudgedText(one.path, one.before, one.text, one.after, one.is_accepted)
        for one in read_judged(state_folder() / FILE_NAME)
    ]
    output.write(format_learnt(train_on_feedback(texts, config)) + _where(arguments.out))
    return 0


def _where(out: Path) -> str:
    folder = out / "model"
    return f"the model is in {folder}: midfill lsp --model {folder}\n"


def _build_corpus(arguments: argparse.Namespace, output: TextIO) -> int:
    """The recipe's first stage alone; it needs neither torch nor the base model."""
    from engine.training.corpus_builder import CorpusConfig, build_corpus
    from engine.training.pins import Registry, load_pins

    registries = named(Registry, arguments.registries, "--registries") or tuple(Registry)
    config = CorpusConfig(registries=frozenset(registries), benchmarks=tuple(arguments.benchmarks))
    report = build_corpus(load_pins(), arguments.out, config)
    for split, num_files in report.num_files.items():
        output.write(f"{split:5}  {num_files:6,} files  {report.num_bytes[split]:12,} bytes\n")
    output.write(f"the corpus is in {arguments.out}\n")
    return 0


def _run_recipe(arguments: argparse.Namespace, output: TextIO) -> int:
    from engine.training.pins import Registry
    from engine.training.recipe import RecipeConfig, run_recipe

    registries = named(Registry, arguments.registries, "--registries") or tuple(Registry)
    config = RecipeConfig(
        arguments.out,
        arguments.corpus,
        frozenset(registries),
        tuple(arguments.benchmarks),
        num_examples=arguments.examples,
        num_steps=arguments.steps,
        minutes=arguments.minutes,
        start=None if arguments.start is None else Path(arguments.start),
        seed=arguments.seed,
        is_autoregressive=arguments.autoregressive,
    )
    output.write(f"the model is in {run_recipe(config)}\n")
    return 0
