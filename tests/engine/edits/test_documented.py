"""A function's documentation follows when one of its parameters is renamed by hand."""

from __future__ import annotations

import pytest

from engine.edits.applied import applied
from engine.edits.next_edit import analysed
from typed_edits import typed


@pytest.mark.parametrize(
    ("path", "marked", "wanted"),
    [
        (
            "a.py",
            'def f(⟦count⟧total⟦⟧):\n    """It.\n\n    :param int count: A count.\n    """\n',
            "    :param int total: A count.\n",
        ),
        (
            "a.py",
            'def f(⟦count⟧total⟦⟧):\n    """It.\n\n    Args:\n        count: One.\n    """\n',
            "        total: One.\n",
        ),
        (
            "a.py",
            'def f(⟦count⟧total⟦⟧):\n    """It.\n\n    count : int\n        `count`.\n    """\n',
            "    total : int\n        `total`.\n",
        ),
        (
            "a.ts",
            "/**\n * @param {number} count the count\n */\nexport function f(⟦count⟧total⟦⟧) {}\n",
            "@param {number} total the count",
        ),
        (
            "A.java",
            "class A {\n/** {@code count}\n * @param count the count */\n"
            "int f(int ⟦count⟧total⟦⟧) { return count; } }\n",
            "{@code total}\n * @param total the count",
        ),
        (
            "a.cpp",
            "/**\n * @param[in] count it\n */\ntemplate <class T>\n"
            "T f(T ⟦count⟧total⟦⟧) { return count; }\n",
            " * @param[in] total it",
        ),
        (
            "a.rs",
            "/// `count`\n#[inline]\nfn f(⟦count⟧total⟦⟧: u8) -> u8 { count }\n",
            "/// `total`",
        ),
    ],
)
def test_entries_of_a_renamed_parameter_follow(path: str, marked: str, wanted: str) -> None:
    request = typed(marked, path)
    assert wanted in applied(request.text.encode(), analysed(request)).decode()


def test_prose_and_other_functions_stay() -> None:
    request = typed(
        'def f(⟦count⟧total⟦⟧):\n    """Give a\n    count of things.\n    """\n    return count\n'
        'def g(count):\n    """:param count: it"""\n'
    )
    text = applied(request.text.encode(), analysed(request)).decode()
    assert "    count of things." in text and ":param count:" in text and "return total" in text
