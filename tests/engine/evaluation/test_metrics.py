from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.holes import CutKind, EvalHole
from engine.evaluation.metrics import (
    edit_similarity,
    filled_tree,
    is_as_sound,
    is_exact,
    kept_rate,
    num_common,
    num_unresolved,
    num_words,
    parses_no_worse,
)
from engine.spans import span


def hole(before: str, gold: str, after: str = "\n", path: str = "a.py") -> EvalHole:
    start = len(before.encode())
    end = start + len(gold.encode())
    data = (before + gold + after).encode()
    language = {"py": "python", "go": "go"}[path.rpartition(".")[2]]
    return EvalHole("id", language, path, data, (span(start, end),), CutKind.REST_OF_LINE)


def num_common_by_table(left: str, right: str) -> int:
    row = [0] * (len(right) + 1)
    for character in left:
        above = row[:]
        for at, other in enumerate(right):
            row[at + 1] = above[at] + 1 if character == other else max(above[at + 1], row[at])
    return row[-1]


@given(st.text("abc \n", max_size=30), st.text("abc \n", max_size=30))
def test_common_subsequence_equals_the_textbook(left: str, right: str) -> None:
    assert num_common(left, right) == num_common_by_table(left, right)


def test_exactness_ignores_white_space_at_the_ends_only() -> None:
    assert is_exact([" a(b) \n"], ["a(b)"])
    assert not is_exact(["a( b)"], ["a(b)"])
    assert not is_exact(["a"], ["a", "b"])


def test_kept_rate_is_of_what_was_proposed() -> None:
    assert kept_rate(["self."], ["self.value"]) == 1.0
    assert kept_rate(["self.value"], ["self."]) == 0.5
    assert kept_rate(["", " "], ["a", "b"]) == 0.0
    assert kept_rate(["xy", "ab"], ["__", "ab"]) == 0.5


def test_similarity_is_symmetric_and_between_0_and_1() -> None:
    assert edit_similarity(["abcd"], ["abcd"]) == 1.0
    assert edit_similarity(["abcd"], ["wxyz"]) == 0.0
    assert edit_similarity(["ab"], ["abcd"]) == edit_similarity(["abcd"], ["ab"]) == 2 / 3


def test_a_fill_may_not_break_what_parsed() -> None:
    target = hole("x = f(", "1)")
    assert is_as_sound(target, filled_tree(target, ["2, 3)"]))
    assert not is_as_sound(target, filled_tree(target, ["2, 3"]))
    assert parses_no_worse(target, ["2, 3)"])
    assert not parses_no_worse(target, ["2, 3"])
    broken = hole("def f(:\n    return ", "1")
    assert is_as_sound(broken, filled_tree(broken, ["2"]))
    assert parses_no_worse(broken, ["2"])


def test_a_missing_header_is_not_the_fault_of_another_line() -> None:
    header = hole("def f(x):\n    ", "if x:", "\n        return 1\n    return 2\n")
    other = ["x = 2"]
    assert parses_no_worse(header, other)
    assert not is_as_sound(header, filled_tree(header, other))
    assert not parses_no_worse(header, ["x = (2"])


def test_only_names_that_occur_nowhere_are_unresolved() -> None:
    def count(text: str) -> int:
        return num_unresolved(target, filled_tree(target, [text]), [text])

    target = hole("import os\nsize = 3\nx = ", "size")
    assert count("os.path.join(str(size), 'quoted name')") == 0
    assert count("max(siez, lenght(size))") == 2


def test_each_place_is_looked_at() -> None:
    data = b"a = 1\nb = 2\n"
    joint = EvalHole("id", "python", "a.py", data, (span(4, 5), span(10, 11)), CutKind.JOINT)
    texts = ["first", "[second, a]"]
    assert num_unresolved(joint, filled_tree(joint, texts), texts) == 2


def test_words() -> None:
    assert num_words("self.value") == 3
    assert num_words("value") == 1
