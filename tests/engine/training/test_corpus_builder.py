from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("tqdm")

from engine.errors import TrainingError
from engine.training.corpus import SourceFile, read_corpus
from engine.training.corpus_builder import MAX_FAILURES, CorpusConfig, build_corpus
from engine.training.pins import Pin, Registry, Split
from engine.training.selection import SelectionConfig

QUIET = CorpusConfig(is_progress_shown=False)


def module(name: str, num_functions: int = 6) -> str:
    return "".join(
        f"def {name}_{at}(left, right):\n"
        f'    """Combine the two as {name} does in case {at}."""\n'
        f"    {name}_total = left * {at} + right\n"
        f"    return {name}_total\n\n\n"
        for at in range(num_functions)
    )


def wheel(files: dict[str, str], licence: str = "MIT") -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(
            "demo-1.0.dist-info/METADATA", f"Name: demo\nLicense-Expression: {licence}\n"
        )
        for path, text in files.items():
            archive.writestr(path, text)
    return sink.getvalue()


def tarball(files: dict[str, str]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return sink.getvalue()


def pinned(
    out_dir: Path,
    data: bytes,
    name: str = "demo",
    registry: Registry = Registry.PYPI,
    split: Split = Split.TRAIN,
) -> Pin:
    """A pin whose verified archive lies where a download would have put it."""
    file = f"{name}-1.0.tgz" if registry is Registry.NPM else f"{name}-1.0-py3-none-any.whl"
    (out_dir / "downloads").mkdir(parents=True, exist_ok=True)
    (out_dir / "downloads" / file).write_bytes(data)
    return Pin(registry, name, "1.0", file, hashlib.sha256(data).hexdigest(), "MIT", split)


def read(out_dir: Path, split: Split = Split.TRAIN) -> list[SourceFile]:
    return list(read_corpus(out_dir / f"corpus.{split.value}.jsonl.zst"))


def test_wheel_and_npm_package_become_source_files(tmp_path: Path) -> None:
    python = pinned(
        tmp_path, wheel({"demo/a.py": module("alpha"), "demo/vendor/b.py": module("b")})
    )
    manifest = json.dumps({"name": "tools", "license": "ISC"})
    script = "export function pick(list, key) {\n  return list.map((item) => item[key]);\n}\n" * 5
    npm = pinned(
        tmp_path,
        tarball({"package.json": manifest, "src/x.ts": script, "dist/x.js": script + "//1\n"}),
        "tools",
        Registry.NPM,
    )
    report = build_corpus([python, npm], tmp_path, QUIET)
    assert {(file.package, file.path, file.lang, file.licence) for file in read(tmp_path)} == {
        ("demo", "demo/a.py", "python", "MIT"),
        ("tools", "src/x.ts", "typescript", "ISC"),
    }
    assert report.num_files == {"test": 0, "valid": 0, "train": 2}
    assert report.dropped == {"vendored": 1, "generated": 1}
    assert json.loads((tmp_path / "corpus.report.json").read_text())["licences"] == {
        "demo 1.0": "MIT",
        "tools 1.0": "ISC",
    }


def test_nothing_is_kept_under_an_unlisted_licence(tmp_path: Path) -> None:
    pin = pinned(tmp_path, wheel({"demo/a.py": module("alpha")}, "GPL-3.0-only"))
    report = build_corpus([pin], tmp_path, QUIET)
    assert read(tmp_path) == []
    assert report.dropped == {"licence is not on the list": 1}


def test_held_out_files_win_over_their_near_copies(tmp_path: Path) -> None:
    text = module("alpha", 20)
    train = pinned(tmp_path, wheel({"demo/a.py": text.replace("case 3", "instance 3")}))
    valid = pinned(tmp_path, wheel({"kept/a.py": text}), "kept", split=Split.VALID)
    build_corpus([train, valid], tmp_path, QUIET)
    assert read(tmp_path) == []
    assert [file.path for file in read(tmp_path, Split.VALID)] == ["kept/a.py"]


def test_tests_are_at_most_a_fifth_and_packages_have_a_limit(tmp_path: Path) -> None:
    files = {f"demo/m{at}.py": module(f"name{at}") for at in range(12)}
    files |= {f"tests/test_m{at}.py": module(f"check{at}") for at in range(12)}
    pin = pinned(tmp_path, wheel(files))
    build_corpus([pin], tmp_path, QUIET)
    sizes = {file.path: len(file.text) for file in read(tmp_path)}
    tests = sum(size for path, size in sizes.items() if path.startswith("tests/"))
    assert 0 < tests <= sum(sizes.values()) / 5
    small = dataclasses.replace(QUIET, selection=SelectionConfig(max_package_bytes=4000))
    build_corpus([pin], tmp_path, small)
    assert 1000 < sum(len(file.text) for file in read(tmp_path)) <= 4000


def test_benchmark_problems_and_paths_stay_out(tmp_path: Path) -> None:
    files = {
        "demo/problem.py": module("alpha"),
        "demo/edited.py": module("beta"),
        "demo/clean.py": module("gamma"),
    }
    pin = pinned(tmp_path, wheel(files))
    benchmark = tmp_path / "set.jsonl"
    records = [
        {"prompt": module("alpha")[:200], "canonical_solution": module("alpha")[200:420]},
        {"path": "src/demo/edited.py", "before": "x", "after": "y"},
    ]
    benchmark.write_text("".join(json.dumps(record) + "\n" for record in records))
    build_corpus([pin], tmp_path, dataclasses.replace(QUIET, benchmarks=(benchmark,)))
    assert [file.path for file in read(tmp_path)] == ["demo/clean.py"]


def test_a_second_run_needs_no_archive_and_writes_the_same(tmp_path: Path) -> None:
    pin = pinned(tmp_path, wheel({f"demo/m{at}.py": module(f"name{at}") for at in range(9)}))
    build_corpus([pin], tmp_path, QUIET)
    first = (tmp_path / "corpus.train.jsonl.zst").read_bytes()
    (tmp_path / "downloads" / pin.file).unlink()
    build_corpus([pin], tmp_path, QUIET)
    assert (tmp_path / "corpus.train.jsonl.zst").read_bytes() == first
    reseeded = dataclasses.replace(QUIET, selection=SelectionConfig(seed=1))
    build_corpus([pin], tmp_path, reseeded)
    assert (tmp_path / "corpus.train.jsonl.zst").read_bytes() != first


@pytest.mark.parametrize("member", ["../../escape.py", "/etc/escape.py", "a\\..\\escape.py"])
def test_a_member_that_points_outside_stops_the_build(tmp_path: Path, member: str) -> None:
    pin = pinned(tmp_path / "out", wheel({member: module("alpha")}))
    with pytest.raises(TrainingError, match="points outside"):
        build_corpus([pin], tmp_path / "out", QUIET)
    assert not (tmp_path / "escape.py").exists()


def test_a_link_in_a_tar_file_is_not_followed(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        link = tarfile.TarInfo("package/src/secret.ts")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    build_corpus([pinned(tmp_path, sink.getvalue(), registry=Registry.NPM)], tmp_path, QUIET)
    assert read(tmp_path) == []


def test_damaged_archives_and_empty_selections_are_named(tmp_path: Path) -> None:
    damaged = pinned(tmp_path, wheel({"demo/a.py": module("alpha")})[:-60])
    with pytest.raises(TrainingError, match=r"demo-1\.0-py3-none-any\.whl: cannot be unpacked"):
        build_corpus([damaged], tmp_path, QUIET)
    with pytest.raises(TrainingError, match="no pinned package is left"):
        build_corpus([damaged], tmp_path, dataclasses.replace(QUIET, registries=frozenset()))
    with pytest.raises(TrainingError, match="line 1 is no JSON"):
        broken = tmp_path / "broken.jsonl"
        broken.write_text("{\n")
        build_corpus([damaged], tmp_path, dataclasses.replace(QUIET, benchmarks=(broken,)))


def test_what_cannot_be_had_is_named_together_and_the_others_are_kept(tmp_path: Path) -> None:
    damaged = wheel({"demo/a.py": module("alpha")})[:-60]
    pins = [pinned(tmp_path, damaged, "a"), pinned(tmp_path, damaged, "c")]
    good = pinned(tmp_path, wheel({"demo/b.py": module("beta")}), "b")
    with pytest.raises(TrainingError, match=r"(?s)a-1\.0-py3.*unpacked.*c-1\.0-py3.*unpacked"):
        build_corpus([*pins, good], tmp_path, QUIET)
    assert not (tmp_path / "corpus.train.jsonl.zst").exists()
    (tmp_path / "downloads" / good.file).unlink()
    build_corpus([good], tmp_path, QUIET)
    assert [file.package for file in read(tmp_path)] == ["b"]
    many = [pinned(tmp_path, damaged, f"x{number}") for number in range(MAX_FAILURES + 1)]
    with pytest.raises(TrainingError) as failed:
        build_corpus(many, tmp_path, QUIET)
    assert str(failed.value).count("cannot be unpacked") == MAX_FAILURES


def test_the_standard_library_needs_its_own_interpreter(tmp_path: Path) -> None:
    pin = Pin(Registry.CPYTHON, "cpython-stdlib", "2.7.0", "", "", "PSF-2.0", Split.TRAIN)
    with pytest.raises(TrainingError, match=r"run with Python 2\.7\.0"):
        build_corpus([pin], tmp_path, QUIET)
