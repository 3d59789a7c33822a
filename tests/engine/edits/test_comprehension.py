from __future__ import annotations

import pytest

from engine.edits.comprehension import comprehension
from marked_refactoring import after, selected


def converted(marked: str) -> str | None:
    tree, selection = selected(marked)
    edit = comprehension(tree, selection.start)
    return None if edit is None else after(tree, [edit])


@pytest.mark.parametrize(
    ("marked", "made"),
    [
        ("a = []\nfor x «»in b:\n    a.append(x + 1)\n", "a = [x + 1 for x in b]\n"),
        (
            "a = []\n«»for x in b:\n    if x:\n        a.append(f(x))\nprint(a)\n",
            "a = [f(x) for x in b if x]\nprint(a)\n",
        ),
    ],
)
def test_a_loop_that_only_appends(marked: str, made: str) -> None:
    assert converted(marked) == made


@pytest.mark.parametrize(
    "marked",
    [
        "a = []\n«»for x in b:\n    a.append(len(a))\n",  # reads what it makes
        "a = []\n«»for x in b:\n    a.append(x)\n    print(x)\n",
        "a = []\n«»for x in b:\n    a.append(x)\nelse:\n    c()\n",
        "a = []\n«»for x in b:\n    if x:\n        a.append(x)\n    else:\n        c()\n",
        "a = [1]\n«»for x in b:\n    a.append(x)\n",
        "a = []\nc = 1\n«»for x in b:\n    a.append(x)\n",
        "a = []\n«»for x in b:\n    a.append(x)  # why\n",
        "async def f():\n    a = []\n    «»async for x in b:\n        a.append(x)\n",
        "async def f():\n    a = []\n    «»for x in b:\n        a.append(await x)\n",
        "a = []\n«»for x in b:\n    a.append(" + 40 * "x + " + "1)\n",
        "«»x = 1\n",
    ],
)
def test_a_loop_that_does_more_stays(marked: str) -> None:
    assert converted(marked) is None
