"""What is learnt from, what is kept to measure on, and when it is too little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("zstandard", reason="pip install 'midfill[train]' to test the recipe")

from engine.errors import BadInput
from engine.tokenizer import BPETokenizer
from engine.training.corpus import SourceFile
from engine.training.own_files import MIN_TOKENS, OwnFiles, split_files

ROOT = Path(__file__).parents[3]
TOKENIZER = BPETokenizer(ROOT / "engine" / "weights" / "tokenizer.json")
FILES = [
    SourceFile("engine", "", "", path.name, "python", path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "engine").glob("*.py"))
]


def split(files: list[SourceFile] = FILES) -> OwnFiles:
    return split_files(files, TOKENIZER)


def paths(files: tuple[SourceFile, ...]) -> set[str]:
    return {file.path for file in files}


def test_no_file_is_in_both_parts_and_the_held_out_part_is_a_share() -> None:
    own = split()
    assert not paths(own.training) & paths(own.held_out)
    sizes = [sum(len(file.text) for file in part) for part in (own.training, own.held_out)]
    assert 0.1 < sizes[1] / sum(sizes) < 0.2
    assert own.num_tokens > MIN_TOKENS


def test_the_same_files_are_held_out_whatever_their_order() -> None:
    assert paths(split().held_out) == paths(split(FILES[::-1]).held_out)


def test_a_copy_of_a_held_out_file_is_not_learnt_from() -> None:
    held_out = split().held_out[0]
    copies = [replace(held_out, path=f"copy_{number}.py") for number in range(3)]
    own = split([*FILES, *copies])
    texts = {file.text for file in own.held_out}
    assert not texts & {file.text for file in own.training}


def test_what_nobody_wrote_is_left_out() -> None:
    file = FILES[0]
    names = ("vendor/six.py", "thing_pb2.py", "lib.min.js")
    own = split([*FILES, *(replace(file, path=name, text=file.text * 2) for name in names)])
    assert not set(names) & (paths(own.training) | paths(own.held_out))


def test_code_under_any_licence_is_ones_own() -> None:
    text = "# GNU General Public License, version 3\n" + "\n".join(
        f"def copyleft_{number}(value):\n    return value + {number}" for number in range(40)
    )
    own = split([*FILES, SourceFile("engine", "", "", "gpl.py", "python", text)])
    assert "gpl.py" in paths(own.training) | paths(own.held_out)


def test_too_little_is_refused_with_what_there_is_and_what_it_takes() -> None:
    message = r"too little code .*: [\d,]+ tokens \([\d,]+ lines of \d files.*it takes 20,000"
    with pytest.raises(BadInput, match=message):
        split(FILES[:6])
    with pytest.raises(BadInput, match=r"too little code .*: 0 tokens"):
        split([])
