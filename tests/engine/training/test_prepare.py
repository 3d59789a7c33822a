"""From a corpus file to example files (needs torch, which the base is saved with)."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")
pytest.importorskip("tqdm", reason="pip install 'midfill[train]' to test the recipe")

from engine.errors import TrainingError
from engine.tokenizer import BPETokenizer
from engine.training.corpus import SourceFile, write_corpus
from engine.training.examples import Examples
from engine.training.prepare import PrepareConfig, prepare_examples

ROOT = Path(__file__).parents[3]
TOKENIZER = BPETokenizer(ROOT / "engine" / "weights" / "tokenizer.json")
SOURCES = {
    "python": "engine/spans.py",
    "typescript": "tests/fixtures/events.ts",
    "go": "tests/fixtures/cache.go",
}


def corpus(folder: Path, *languages: str) -> Path:
    files = []
    for language in languages:
        path = ROOT / SOURCES[language]
        text = path.read_text(encoding="utf-8")
        files.append(SourceFile("p", "1", "MIT", path.name, language, text))
    write_corpus(folder / "corpus.jsonl.zst", files)
    return folder / "corpus.jsonl.zst"


def test_the_same_seed_cuts_the_same_rows(tmp_path: Path) -> None:
    source = corpus(tmp_path, *SOURCES)
    for name in ("first.npz", "second.npz"):
        assert prepare_examples(source, TOKENIZER, tmp_path / name, PrepareConfig(24, seed=3)) == 24
    first, second = (Examples(tmp_path / name) for name in ("first.npz", "second.npz"))
    assert len(first) == 24
    assert all((first[row].main == second[row].main).all() for row in range(24))


def test_a_corpus_without_a_family_is_refused(tmp_path: Path) -> None:
    source = corpus(tmp_path, "python", "go")
    with pytest.raises(TrainingError, match="no files of script"):
        prepare_examples(source, TOKENIZER, tmp_path / "x.npz", PrepareConfig(4))
