from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard

from engine.errors import TrainingError
from engine.training.corpus import SourceFile, read_corpus, write_corpus


def source_file(path: str = "pkg/a.py", text: str = "x = 1\n") -> SourceFile:
    return SourceFile("pkg", "1.0", "MIT", path, "python", text)


def test_round_trip_keeps_every_character(tmp_path: Path) -> None:
    files = [
        source_file("pkg/é.py", "s = '\u2028\x0c\x85 \U0001f600'\r\nt = 2\r"),
        source_file("pkg/b.py", "\n\n"),
    ]
    target = tmp_path / "c.jsonl.zst"
    assert write_corpus(target, files) == 2
    assert list(read_corpus(target)) == files
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.jsonl.zst"]


def test_reading_is_lazy_and_takes_several_frames(tmp_path: Path) -> None:
    target = tmp_path / "c.jsonl.zst"
    write_corpus(target, [source_file("a.py")])
    first = target.read_bytes()
    write_corpus(target, [source_file("b.py")])
    target.write_bytes(first + target.read_bytes())
    stream = read_corpus(target)
    assert next(stream).path == "a.py"
    assert next(stream).path == "b.py"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{broken", "line 2 is no JSON"),
        ("[1]", "line 2 is no JSON object"),
        ('{"package": "p"}', 'line 2 has no text field "version"'),
        ('{"package": 3}', 'line 2 has no text field "package"'),
    ],
)
def test_bad_line_is_named_with_its_number(tmp_path: Path, line: str, message: str) -> None:
    target = tmp_path / "bad.jsonl.zst"
    good = json.dumps(
        {"package": "p", "version": "1", "licence": "MIT", "path": "a", "lang": "c", "text": ""}
    )
    target.write_bytes(zstandard.compress(f"{good}\n{line}\n".encode()))
    with pytest.raises(TrainingError, match=message) as caught:
        list(read_corpus(target))
    assert "bad.jsonl.zst" in str(caught.value)


def test_missing_damaged_and_foreign_files_are_training_errors(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be read"):
        list(read_corpus(tmp_path / "none.jsonl.zst"))
    foreign = tmp_path / "plain.jsonl.zst"
    foreign.write_bytes(b"this is not zstd")
    with pytest.raises(TrainingError, match="zstd"):
        list(read_corpus(foreign))
    latin = tmp_path / "latin.jsonl.zst"
    latin.write_bytes(zstandard.compress(b'{"package": "\xe9"}\n'))
    with pytest.raises(TrainingError, match="UTF-8"):
        list(read_corpus(latin))


def test_a_truncated_file_is_noticed(tmp_path: Path) -> None:
    target = tmp_path / "c.jsonl.zst"
    write_corpus(target, [source_file(text=str(list(range(5000)))) for _ in range(3)])
    target.write_bytes(target.read_bytes()[:-40])
    with pytest.raises(TrainingError):
        list(read_corpus(target))


def test_writing_into_a_missing_folder_is_a_training_error(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be written"):
        write_corpus(tmp_path / "no" / "c.jsonl.zst", [source_file()])
