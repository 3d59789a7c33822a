from __future__ import annotations

import math

import pytest

from engine.memory.nearness import FOLDER_SHARE, likeness, nearest


def test_files_of_the_same_ending_come_first_then_the_nearest_folders() -> None:
    others = ["a/b/c.py", "a/x.js", "a/b/z.py", "x/y/z.py", "a/d/e.py", "a/w.py"]
    assert nearest("a/b/c.py", others, {}) == [
        "a/b/z.py",
        "a/w.py",
        "a/d/e.py",
        "x/y/z.py",
        "a/x.js",
    ]


def test_ties_are_in_the_order_of_their_names() -> None:
    assert nearest("m.py", ["b.py", "a.py"], {}) == ["a.py", "b.py"]


def test_files_with_the_same_words_come_before_those_that_are_near() -> None:
    others = ["a/near.py", "far/off/alike.py", "a/other.pyi"]
    alike = {"a/near.py": 1.0, "far/off/alike.py": 2.0, "a/other.pyi": 9.0}
    assert nearest("a/m.py", others, alike) == ["a/other.pyi", "far/off/alike.py", "a/near.py"]


def test_each_folder_on_the_way_makes_a_file_less_like() -> None:
    others = ["a/near.py", "far/off/alike.py"]
    three_steps = FOLDER_SHARE**3
    for more, first in ((1.01, "far/off/alike.py"), (0.99, "a/near.py")):
        alike = {"a/near.py": 1.0, "far/off/alike.py": more / three_steps}
        assert nearest("a/m.py", others, alike)[0] == first


def test_rare_names_count_more_and_names_of_all_files_nothing() -> None:
    mentions = {
        "a": frozenset({"self", "common", "rare"}),
        "b": frozenset({"self", "common"}),
        "c": frozenset({"self", "other"}),
        "d": frozenset({"self"}),
    }
    names = frozenset({"self", "common", "rare", "absent"})
    found = likeness(names, mentions, {"a": 1, "b": 4, "c": 1, "d": 0})
    common, rare = math.log(2) ** 2, math.log(4) ** 2
    assert found == pytest.approx({"a": common + rare, "b": common / 2, "c": 0.0, "d": 0.0})


def test_nothing_is_like_a_file_without_names() -> None:
    assert likeness(frozenset(), {"a": frozenset({"x"})}, {"a": 1}) == {"a": 0.0}
    assert likeness(frozenset({"x"}), {}, {}) == {}
