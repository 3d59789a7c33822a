from __future__ import annotations

from engine.nearness import nearest


def test_files_of_the_same_ending_come_first_then_the_nearest_folders() -> None:
    others = ["a/b/c.py", "a/x.js", "a/b/z.py", "x/y/z.py", "a/d/e.py", "a/w.py"]
    assert nearest("a/b/c.py", others) == [
        "a/b/z.py",
        "a/w.py",
        "a/d/e.py",
        "x/y/z.py",
        "a/x.js",
    ]


def test_ties_are_in_the_order_of_their_names() -> None:
    assert nearest("m.py", ["b.py", "a.py"]) == ["a.py", "b.py"]
