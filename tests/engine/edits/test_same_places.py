"""The same lines, expressions and words elsewhere: what became of them becomes of those, too."""

from __future__ import annotations

import pytest

from engine.edits.applied import applied
from engine.edits.next_edit import analysed
from typed_edits import typed


def followed(marked: str, path: str = "a.py") -> str:
    """The text after what analysis proposes behind the marked edit."""
    request = typed(marked, path)
    return applied(request.text.encode(), analysed(request)).decode()


@pytest.mark.parametrize(
    ("marked", "wanted", "path"),
    [
        pytest.param(
            "/** See\n * User⟦ ⟧, ⟦⟧Permissions</a>\n */\n/**\n *      User Permissions</a>\n */\n",
            "User, Permissions</a>",
            "A.java",
            id="a comment, with other white space",
        ),
        pytest.param(
            "total = sum(⟦values⟧all_of(values)⟦⟧)\nif x:\n    total = sum(values)\n",
            "total = sum(all_of(values))",
            "a.py",
            id="a statement at another depth",
        ),
        pytest.param(
            "  public ⟦static ⟧⟦⟧enum Action {\n  }\n  public static enum Item {\n  }\n",
            "  public enum",
            "A.java",
            id="a keyword, at another name",
        ),
        pytest.param(
            "⟦run(one, two);⟧// by hand\n// run(one, two);⟦⟧\nx();\n  run(one, two);\n",
            "// by hand",
            "a.js",
            id="one line became two",
        ),
    ],
)
def test_the_same_line_follows(marked: str, wanted: str, path: str) -> None:
    assert followed(marked, path).count(wanted) == 2


def test_new_lines_are_as_deep_as_the_old_one() -> None:
    text = followed("⟦run(a, bcd, efg)⟧# once\n# run(a, bcd, efg)⟦⟧\nif x:\n    run(a, bcd, efg)\n")
    assert text.endswith("if x:\n    # once\n    # run(a, bcd, efg)\n")


def test_lines_on_both_sides_of_the_edit_are_no_block() -> None:
    marked = (
        "first(a, bcd)\n"
        "⟦first(a, bcd)\nsecond(b, cde)⟧first(a, bcd); second(b, cde)⟦⟧\n"
        "second(b, cde)\n"
    )
    assert followed(marked) == "first(a, bcd)\nfirst(a, bcd); second(b, cde)\nsecond(b, cde)\n"


@pytest.mark.parametrize(
    "marked",
    [
        pytest.param("return ⟦None⟧0⟦⟧\nif x:\n    return None\n", id="says too little"),
        pytest.param(
            "value = one(two)[⟦0⟧1⟦⟧]\nvalue = one(three)[0]\n", id="another name, no keyword"
        ),
        pytest.param(
            "import a.b.c.⟦D⟧E⟦⟧;\nclass X { int x = E.x; }\nimport a.b.c.D;\n", id="an import"
        ),
        pytest.param(
            "⟦index = old[applied]⟧raise ValueError(1)\nx = y⟦⟧\nif x:\n    index = old[applied]\n",
            id="other lines in its place",
        ),
    ],
)
def test_other_lines_do_not_follow(marked: str) -> None:
    path = "A.java" if "import" in marked else "a.py"
    assert analysed(typed(marked, path)) == ()


def test_the_same_expression_in_the_same_part_follows() -> None:
    text = followed(
        "class A { void f() { g(⟦(1L << 31)⟧1L << 31⟦⟧, x);\n"
        "g(y, (1L << 31)); h = (1L << 31) + 1; } }\n",
        "A.java",
    )
    assert "g(y, 1L << 31)" in text and "h = (1L << 31) + 1" in text


@pytest.mark.parametrize(
    ("marked", "wanted"),
    [
        ('open("⟦OldInput⟧NewInput⟦⟧.txt")\nx = "/OldInput/a"\n', '"/NewInput/a"'),
        ('open("⟦OldThingsLeft⟧NewLeft⟦⟧.txt")\nx = "OldThingsRight"\n', '"NewRight"'),
        ('url = "/⟦2014-11-06⟧2015-04-17⟦⟧"\n# as of 2014-11-06\n', "# as of 2015-04-17"),
    ],
)
def test_the_same_word_in_strings_and_comments_follows(marked: str, wanted: str) -> None:
    assert wanted in followed(marked)


@pytest.mark.parametrize(
    "marked",
    [
        pytest.param('x = "⟦something⟧anything⟦⟧"\ny = "something"\n', id="a plain word"),
        pytest.param('x = "⟦OldInput⟧NewInput⟦⟧"\nOldInput = 1\n', id="a name in code"),
        pytest.param('x = "⟦Python C3⟧C3 MRO⟦⟧"\n# Python C3\n', id="prose"),
        pytest.param('x = "⟦OldInput⟧NewInput⟦⟧"\ny = "OldInputs"\n', id="within a longer word"),
    ],
)
def test_other_words_do_not_follow(marked: str) -> None:
    assert analysed(typed(marked)) == ()


def test_the_nearest_places_are_taken_of_many() -> None:
    line = "total = sum(values)\n"
    marked = line * 3 + "total = sum(⟦values⟧all_of(values)⟦⟧)\n" + line * 9
    request = typed(marked)
    found = analysed(request)
    assert len(found) == 8 and found[0].start == request.text.index("values")
