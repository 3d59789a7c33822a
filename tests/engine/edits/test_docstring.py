from __future__ import annotations

import pytest

from engine.edits.docstring import docstring_edit
from engine.edits.template import HOLE
from marked_refactoring import after, selected

GOOGLE = 'def other(x):\n    """Other.\n\n    Args:\n        x: It.\n    """\n\n\n'
SPHINX = 'def other(x):\n    """Other.\n\n    :param x: It.\n    """\n\n\n'


def plain(marked: str) -> str | None:
    tree, selection = selected(marked)
    found = docstring_edit(tree, selection.start)
    return None if found is None else after(tree, found.plain)


@pytest.mark.parametrize(
    ("head", "made"),
    [
        ("", '    """Read all lines."""\n    return 1\n'),
        (
            GOOGLE,
            '    """Read all lines.\n\n    Args:\n        file_path: The file path.\n'
            '        rest: The rest.\n    """\n    return 1\n',
        ),
        (
            SPHINX,
            '    """Read all lines.\n\n    :param file_path: The file path.\n'
            '    :param rest: The rest.\n    """\n    return 1\n',
        ),
    ],
)
def test_it_is_written_in_the_style_of_the_file(head: str, made: str) -> None:
    function = "def read_all«»_lines(file_path: str, *rest):\n"
    text = plain(f"{head}{function}    return 1\n")
    assert text == f"{head}{function.replace('«»', '')}{made}"


def test_every_description_is_a_hole_of_the_template() -> None:
    tree, selection = selected(GOOGLE + "def «»f(a, b=1):\n    return 1\n")
    found = docstring_edit(tree, selection.start)
    assert found is not None
    (edit,) = found.template
    assert edit.new_text.count(HOLE) == 3


def test_it_is_brought_up_to_the_signature() -> None:
    marked = (
        'class A:\n    def «»f(self, a, c):\n        """Do.\n\n        Args:\n'
        "            a: First.\n"
        "            b: Second,\n                on two lines.\n\n        Returns:\n"
        '            One.\n        """\n        return 1\n'
    )
    text = plain(marked)
    assert text is not None
    assert "            a: First.\n            c: The c.\n\n        Returns:\n" in text
    assert "Second" not in text and "two lines" not in text


def test_sphinx_entries_are_kept_in_the_order_of_the_parameters() -> None:
    text = plain('def «»f(b, a):\n    """Do.\n\n    :param a: First.\n    """\n    return 1\n')
    assert text is not None
    assert '    :param b: The b.\n    :param a: First.\n    """\n' in text


@pytest.mark.parametrize(
    "marked",
    [
        'def «»f(a):\n    """Do."""\n    return 1\n',
        SPHINX.replace("other", "«»other"),
        "x = «»1\n",
        "def f(a):\n    x = 1\n    return «»x\n",
        "def «»f(a:\n    return 1\n",
    ],
)
def test_where_nothing_is_to_be_done_nothing_is_offered(marked: str) -> None:
    assert plain(marked) is None


def test_a_body_on_the_line_of_its_header() -> None:
    assert plain("def «»f(): return 1\n") == 'def f(): \n    """F."""\n    return 1\n'
