from __future__ import annotations

from engine.evaluation.holes import CutConfig, cut_holes
from engine.evaluation.nearby import with_nearby
from engine.training.corpus import SourceFile


def source(package: str, path: str) -> SourceFile:
    text = f"def name(value):\n    return other_{len(path)}(value)\n"
    return SourceFile(package, "1", "MIT", path, "python", text)


def test_a_hole_gets_the_files_of_its_package_without_its_own() -> None:
    files = [source("one", "a/b.py"), source("one", "a/c.py"), source("one", "d.py")]
    files.append(source("two", "a/b.py"))
    holes = with_nearby(cut_holes(files, CutConfig(8)), files, 1_000)
    paths = {hole.id.split(":")[0]: [near.path for near in hole.nearby] for hole in holes}
    assert paths == {
        "one/a/b.py": ["a/c.py", "d.py"],
        "one/a/c.py": ["a/b.py", "d.py"],
        "one/d.py": ["a/b.py", "a/c.py"],
        "two/a/b.py": [],
    }


def test_files_that_do_not_fit_are_left_out() -> None:
    files = [source("one", "a.py"), source("one", "b.py"), source("one", "c.py")]
    [hole, *_] = with_nearby(cut_holes(files, CutConfig(1)), files, len(files[0].text) + 1)
    assert len(hole.nearby) == 1
