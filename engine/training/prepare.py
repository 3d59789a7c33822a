"""From a corpus and the base package to the files that the training loop reads.

Files of examples hold the cut rows, ``base.pt`` the dequantised base with its special rows set.
"""

from __future__ import annotations

from pathlib import Path

import torch
from tqdm import tqdm

from engine.errors import TrainingError
from engine.tokenizer import BPETokenizer
from engine.training.base import load_base
from engine.training.checkpoint import SPECIAL_IDS
from engine.training.corpus import read_corpus
from engine.training.drawing import DrawConfig, Drawer, drawn_rows
from engine.training.examples import write_examples


def prepare_examples(corpus: Path, tokenizer: Path, out: Path, config: DrawConfig) -> int:
    """Cut rows out of ``corpus`` into ``out``; the number written.

    Raises TrainingError for a corpus without files of a family of languages.
    """
    files = tqdm(read_corpus(corpus), desc="reading the corpus", unit=" files")
    try:
        drawer = Drawer(files, config.needs_families)
    except TrainingError as error:
        raise TrainingError(f"{corpus}: {error}") from error
    rows = drawn_rows(drawer, tokenizer, config)
    part = out.with_suffix(".part.npz")
    num_rows = write_examples(part, tqdm(rows, "cutting", config.num_rows, unit=" rows"))
    part.replace(out)
    return num_rows


def prepare_base(tokenizer: BPETokenizer, out: Path) -> None:
    """Write the base with ``<mask>`` at the mean embedding and ``<eom>`` at ``<|endoftext|>``."""
    base = load_base()
    table = base["model.embed_tokens.weight"]
    table[tokenizer.mask_id] = table.mean(dim=0)
    table[tokenizer.eom_id] = table[0]
    base[SPECIAL_IDS] = torch.tensor([tokenizer.mask_id, tokenizer.eom_id])
    torch.save(base, out)
