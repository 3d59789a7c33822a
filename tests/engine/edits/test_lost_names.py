"""Uses that an edit left behind when it declared something under another name."""

from __future__ import annotations

import pytest

from engine.edits.lost_names import LostName, lost_names
from engine.edits.names_of import name_table
from engine.edits.user_change import last_change
from engine.languages import language_of
from engine.syntax import parse
from typed_edits import typed


def lost(marked: str, path: str) -> list[LostName]:
    request = typed(marked, path)
    data = request.text.encode()
    change = last_change(request, data)
    assert change is not None
    language = language_of(path)
    before, now = (
        name_table(parse(change.undone(data), language)),
        name_table(parse(data, language)),
    )
    assert before is not None and now is not None
    return lost_names(before, now, change)


@pytest.mark.parametrize(
    ("marked", "path", "found"),
    [
        (
            "⟦import a.Utils;⟧import b.c.TokenUtils;⟦⟧\n"
            "class A { int f() { return Utils.size() + Utils.SIZE; } }\n",
            "A.java",
            [("Utils", "TokenUtils", 2)],
        ),
        (
            "⟦import { before, after } from 'm'⟧import { beforeEach, afterEach } from 'm'⟦⟧\n"
            "before(1)\nafter(2)\n",
            "a.ts",
            [("before", "beforeEach", 1), ("after", "afterEach", 1)],
        ),
        (
            "def f(items):\n    ⟦count = 0⟧total: float = 0.0⟦⟧\n    return count + 1\n",
            "a.py",
            [("count", "total", 1)],
        ),
        (
            "class A:\n    ⟦def load(self):⟧async def read(self, path):⟦⟧\n        return 1\n"
            "    def g(self):\n        return self.load()\n",
            "a.py",
            [("load", "read", 1)],
        ),
        ("⟦import os⟧import Shell⟦⟧\nx = os.name\n", "a.py", [("os", None, 1)]),
        ("⟦x = 1\ny = 2⟧def f(): ...⟦⟧\nprint(x, y)\n", "a.py", [("x", None, 1), ("y", None, 1)]),
        ("⟦x = 1⟧y = 1⟦⟧\nx = 2\nprint(x)\n", "a.py", []),
        ("x = ⟦f(y)⟧g(z)⟦⟧\nprint(x)\n", "a.py", []),
    ],
)
def test_what_is_lost_and_what_came_for_it(
    marked: str, path: str, found: list[tuple[str, str | None, int]]
) -> None:
    got = [(one.name, one.new_name, len(one.sites)) for one in lost(marked, path)]
    assert got == found


def test_the_uses_follow_behind_other_text() -> None:
    (one,) = lost("# é\n⟦n = 1⟧number = 1⟦⟧\nprint({'n': n})\n", "a.py")
    assert [edit.new_text for edit in one.edits] == ["number"]
    assert one.edits[0].start == len("# é\nnumber = 1\nprint({'n': ".encode())
