"""A notebook's commands become Python of as many bytes."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.magics import without_magics


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("%matplotlib inline\nx = 1", "#matplotlib inline\nx = 1"),
        ("!pip install a \\\n  b\nx = 1", "#pip install a \\\n# b\nx = 1"),
        ("%%bash\necho 'é\n\né if [ x", "#%bash\n#cho 'é\n\n## if [ x"),
        ("%%time\nx = 1", "#%time\nx = 1"),
        ("files = !ls -l\nhome = %env HOME", "files = 0#s -l\nhome = 0#nv HOME"),
        ("?total\ntotal?\ntotal??", "#total\ntotal#\ntotal##"),
        (
            "for a in b:\n    !echo {a}\n    %time f(a)",
            "for a in b:\n    0#cho {a}\n    0#ime f(a)",
        ),
        ("# note \\\nx = (1\n    != 2\n    %b)", "# note \\\nx = (1\n    != 2\n    %b)"),
        ("x = a % b\ny = a != b", "x = a % b\ny = a != b"),
    ],
)
def test_commands_become_comments(cell: str, wanted: str) -> None:
    assert without_magics(cell) == wanted
    ast.parse(wanted)


@given(st.text(alphabet="%!?\\\n =aé(#", max_size=40))
def test_every_offset_stays(cell: str) -> None:
    found = without_magics(cell)
    assert [len(line.encode()) for line in found.split("\n")] == [
        len(line.encode()) for line in cell.split("\n")
    ]
