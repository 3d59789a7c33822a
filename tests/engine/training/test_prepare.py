"""From a corpus file to example files (needs torch, which the base is saved with)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")
pytest.importorskip("tqdm", reason="pip install 'midfill[train]' to test the recipe")

from engine.errors import TrainingError
from engine.training.corpus import SourceFile, write_corpus
from engine.training.drawing import MAX_CHARACTERS, SHARES, DrawConfig, Drawer
from engine.training.examples import Examples
from engine.training.prepare import prepare_examples

ROOT = Path(__file__).parents[3]
TOKENIZER = ROOT / "engine" / "weights" / "tokenizer.json"
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


def read(path: Path) -> list[list[int]]:
    examples = Examples(path)
    return [examples[row].main.tolist() for row in range(len(examples))]


def test_rows_are_the_same_on_any_number_of_cores_and_not_too_long(tmp_path: Path) -> None:
    source = corpus(tmp_path, *SOURCES)
    config = DrawConfig(40, seed=3, max_context=400, num_workers=1)
    for name, num_workers in (("one.npz", 1), ("two.npz", 2)):
        changed = replace(config, num_workers=num_workers)
        assert prepare_examples(source, TOKENIZER, tmp_path / name, changed) == 40
    rows = read(tmp_path / "one.npz")
    assert rows == read(tmp_path / "two.npz")
    assert max(map(len, rows)) <= 400 and len(set(map(tuple, rows))) > 30


def test_files_are_drawn_by_family_and_by_length() -> None:
    def file(language: str, size: int) -> SourceFile:
        return SourceFile("p", "1", "MIT", f"{size}", language, "x" * size)

    long = file("python", 10 * MAX_CHARACTERS)
    short, script = file("python", MAX_CHARACTERS // 3), file("tsx", 10)
    drawer = Drawer([short, script, long, file("go", 10), file("go", 0)])
    random = np.random.default_rng(0)
    drawn = [drawer.draw(random) for _ in range(2000)]
    shares = {name: sum(one.lang == name for one in drawn) / 2000 for name in ("tsx", "go")}
    assert shares == pytest.approx({"tsx": SHARES["script"], "go": SHARES["other"]}, abs=0.04)
    of_python = [one for one in drawn if one.lang == "python"]
    assert of_python.count(long) / len(of_python) == pytest.approx(0.75, abs=0.05)


def test_held_out_files_may_be_of_one_family() -> None:
    only = SourceFile("p", "1", "MIT", "x.go", "go", "package x")
    assert Drawer([only], needs_families=False).draw(np.random.default_rng(0)) is only
    with pytest.raises(TrainingError, match="no files"):
        Drawer([], needs_families=False)


def test_a_corpus_without_a_family_is_refused(tmp_path: Path) -> None:
    source = corpus(tmp_path, "python", "go")
    with pytest.raises(TrainingError, match=r"corpus.jsonl.zst: no files of script"):
        prepare_examples(source, TOKENIZER, tmp_path / "x.npz", DrawConfig(4))
