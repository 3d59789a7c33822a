"""Stretches of code that are typed anew, and what an editor holds meanwhile."""

from __future__ import annotations

import pytest

from engine.errors import BadInput
from engine.evaluation.stretches import MAX_LINES, Stretch, cut_stretches
from engine.training.corpus import SourceFile
from marked_stretch import stretch_of

SCRIPT = (
    "function f(a) {\n  ⟦if (a) {\n    use(a[0]);\n  }\n\n  return g(1, 2);⟧\n  h();\n}\nlast();\n"
)
PYTHON = "def f(xs):\n    ⟦for x in xs:\n        g(x)\n    y = 'é'⟧\n    return y\n\nz = 1\n"


def typed_states(stretch: Stretch) -> list[tuple[str, str]]:
    """The text before and behind the cursor before every key."""
    at, states = stretch.start, []
    while at < stretch.end:
        hole = stretch.state(at)
        before, behind = hole.pieces
        states.append((before, behind))
        at = stretch.after_key(at)
    assert at == stretch.end
    return states


def test_each_state_has_a_name_of_its_own() -> None:
    stretch = stretch_of(SCRIPT, "a.js")
    first = stretch.state(stretch.start)
    assert first.id != stretch.state(stretch.after_key(stretch.start)).id
    assert first.is_typing and not len(first.spans[0])


def test_an_editor_closes_brackets_and_the_rest_of_the_function_is_not_there_yet() -> None:
    behind = dict(typed_states(stretch_of(SCRIPT, "a.js")))
    head = "function f(a) {\n  "
    assert behind[head] == "\n}\nlast();\n"
    assert behind[head + "if ("] == ")\n}\nlast();\n"
    assert behind[head + "if (a) {"] == "\n  }\n}\nlast();\n"
    assert behind[head + "if (a) {\n    use(a["] == "])\n  }\n}\nlast();\n"


def test_a_line_break_is_one_key_and_leaves_the_blocks_that_end_there() -> None:
    stretch = stretch_of(SCRIPT, "a.js")
    texts = [before for before, _ in typed_states(stretch)]
    at = texts.index("function f(a) {\n  if (a) {\n    use(a[0]);")
    assert texts[at + 1].endswith("use(a[0]);\n  }\n\n  ")
    assert stretch.num_keys(stretch.start, stretch.end) == len(texts)


def test_python_has_no_brackets_and_characters_are_whole() -> None:
    stretch = stretch_of(PYTHON, "a.py")
    states = typed_states(stretch)
    assert all(behind == "\n\nz = 1\n" for before, behind in states if "(" not in before[12:])
    assert stretch.text(stretch.start).endswith("'é'")
    assert len(states) == len("for x in xs:") + 1 + len("g(x)") + 1 + len("y = 'é'")


def test_stretches_lie_within_a_function_without_comments() -> None:
    body = "\n".join(f"    value_{n} = call({n})" for n in range(20))
    text = f"def f():\n{body}\n    # prose\n    return 1\n\n\ndef g():\n    pass\n"
    files = [SourceFile("p", "", "", f"m{n}.py", "python", text) for n in range(30)]
    stretches = cut_stretches(files, 30, seed=3)
    assert len(stretches) > 10
    for one in stretches:
        lines = one.text(one.start).split("\n")
        assert 2 <= len(lines) <= MAX_LINES and "#" not in one.text(one.start)
        assert one.hole.spans[0].of(one.tree.data).decode() == one.text(one.start)
    assert {one.hole.id for one in stretches} == {
        one.hole.id for one in cut_stretches(files, 30, seed=3)
    }


def test_nothing_to_type_is_said() -> None:
    with pytest.raises(BadInput, match="no two lines"):
        cut_stretches([SourceFile("p", "", "", "m.py", "python", "x = 1\n")], 5, seed=0)
