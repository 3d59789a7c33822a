"""From a corpus and the base package to the files that the training loop reads.

``examples.npz`` holds the cut rows, ``base.pt`` the dequantised base with its special rows set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from tqdm import tqdm

from engine.errors import TrainingError
from engine.tokenizer import BPETokenizer
from engine.training.base import load_base
from engine.training.corpus import SourceFile, read_corpus
from engine.training.cutting import Cutter, CuttingConfig
from engine.training.examples import ExampleRow, write_examples
from engine.training.train import SPECIAL_IDS

FAMILIES = MappingProxyType(
    {"python": "python", "javascript": "script", "typescript": "script", "tsx": "script"}
)
# Shares of the rows; languages without an entry share the last one.
SHARES = MappingProxyType({"python": 0.55, "script": 0.25, "other": 0.20})


@dataclass(frozen=True, slots=True)
class PrepareConfig:
    """How many rows, from which seed."""

    num_rows: int
    seed: int = 0
    cutting: CuttingConfig = field(default_factory=CuttingConfig)


def prepare_examples(
    corpus: Path, tokenizer: BPETokenizer, out: Path, config: PrepareConfig
) -> int:
    """Cut ``num_rows`` rows, languages by ``SHARES``; the number written."""
    families: dict[str, list[SourceFile]] = {name: [] for name in SHARES}
    for source in tqdm(read_corpus(corpus), desc="reading the corpus", unit=" files"):
        families[FAMILIES.get(source.lang, "other")].append(source)
    missing = [name for name, files in families.items() if not files]
    if missing:
        raise TrainingError(f"{corpus}: no files of {', '.join(missing)}: build the corpus again")
    return write_examples(out, _rows(families, Cutter(tokenizer, config.cutting), config))


def _rows(
    families: Mapping[str, list[SourceFile]], cutter: Cutter, config: PrepareConfig
) -> Iterator[ExampleRow]:
    random = np.random.default_rng(config.seed)
    names, shares = list(SHARES), list(SHARES.values())
    with tqdm(total=config.num_rows, desc="cutting", unit=" rows") as bar:
        while bar.n < config.num_rows:
            files = families[names[int(random.choice(len(names), p=shares))]]
            row = cutter.cut(files[int(random.integers(len(files)))], random)
            if row is not None:
                bar.update()
                yield row


def prepare_base(tokenizer: BPETokenizer, out: Path) -> None:
    """Write the base with ``<mask>`` at the mean embedding and ``<eom>`` at ``<|endoftext|>``."""
    base = load_base()
    table = base["model.embed_tokens.weight"]
    table[tokenizer.mask_id] = table.mean(dim=0)
    table[tokenizer.eom_id] = table[0]
    base[SPECIAL_IDS] = torch.tensor([tokenizer.mask_id, tokenizer.eom_id])
    torch.save(base, out)
