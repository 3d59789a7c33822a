"""The pattern of an edit, and where it is found again."""

from __future__ import annotations

import pytest

from engine.edits.applied import applied
from engine.edits.repeats import repeats
from engine.edits.user_change import last_change
from engine.languages import language_of
from engine.proposal import Edit
from engine.syntax import parse
from typed_edits import typed


def repeated(marked: str, path: str = "a.py") -> str | None:
    """The text with the edit made everywhere, None when it is made nowhere else."""
    request = typed(marked, path)
    data = request.text.encode()
    change = last_change(request, data)
    assert change is not None
    found = repeats(parse(data, language_of(path)), change)
    edits = [Edit(repeat.span, repeat.new_text) for repeat in found]
    return applied(data, edits).decode() if edits else None


def test_a_replaced_call_is_replaced_on_a_line_like_it() -> None:
    marked = (
        "query.bind(field.toString(), field.⟦getFieldID⟧getID⟦⟧());\n"
        "query.bind(sort.toString(), sort.getFieldID());\n"
    )
    assert repeated(marked, "A.java") == (
        "query.bind(field.toString(), field.getID());\nquery.bind(sort.toString(), sort.getID());\n"
    )


def test_an_inserted_argument_takes_the_names_of_its_own_line() -> None:
    marked = (
        "first = load(first_path⟦⟧, timeout=first_limit⟦⟧)\nuse(first_limit, first_path)\n"
        "second = load(second_path)\n"
    )
    # Too few neighbours agree: an inserted argument is proposed where the lines are alike.
    assert repeated(marked) is None
    marked = (
        "self.first = self.client.load(path, self.mode⟦⟧, timeout=limit⟦⟧).strip()\n"
        "self.second = self.client.load(path, self.mode).strip()\n"
    )
    assert repeated(marked) == (
        "self.first = self.client.load(path, self.mode, timeout=limit).strip()\n"
        "self.second = self.client.load(path, self.mode, timeout=limit).strip()\n"
    )


def test_a_name_taken_from_the_line_is_taken_from_the_other_line() -> None:
    marked = (
        "check(left.items, ⟦total⟧left.num_items⟦⟧, is_strict)\n"
        "check(right.items, total, is_strict)\n"
    )
    assert repeated(marked) == (
        "check(left.items, left.num_items, is_strict)\n"
        "check(right.items, right.num_items, is_strict)\n"
    )


def test_what_was_deleted_is_deleted_on_equal_lines_only() -> None:
    marked = (
        "log.write(self.name, level⟦, flush_always⟧⟦⟧, self.out)\n"
        "log.write(self.name, level, flush_always, self.out)\n"
        "flush_always = True\n"
    )
    made = repeated(marked)
    assert made is not None and made.splitlines() == [
        "log.write(self.name, level, self.out)",
        "log.write(self.name, level, self.out)",
        "flush_always = True",
    ]


@pytest.mark.parametrize(
    "marked",
    [
        # Three things at once.
        "f(⟦a⟧b⟦⟧.one, ⟦c⟧d⟦⟧.one.two, ⟦name⟧title⟦⟧, x)\nf(a.one, c.one.two, name, x)\n",
        # One thing in two parts, with too little around it.
        "log(⟦equal(⟧null(⟦⟧total⟦, 1⟧⟦⟧)\nlog(equal(total, 1)\n",
        "a = ⟦(⟧[⟦⟧b)\nc = (d)\n",  # signs alone say nothing
        "total = ⟦count⟧size⟦⟧ + 1\nprint(count)\n",  # no neighbour agrees
        "# the ⟦count⟧size⟦⟧ of all items here\nx = the(count, of, all, items)\n",  # a comment
        "import numpy.⟦linalg⟧random⟦⟧ as tools\nimport numpy.linalg as others\n"
        + "x = 1\n",  # an import names something else
        "x = 1\n⟦⟧y = 2\n⟦⟧z = 3\n",
    ],
)
def test_what_could_be_anything_is_not_repeated(marked: str) -> None:
    assert repeated(marked) is None


def test_a_word_that_stands_everywhere_is_left_alone() -> None:
    line = "self.view.append(item.name, item.value, item.kind)\n"
    marked = line.replace("name", "⟦name⟧title⟦⟧") + 9 * line
    assert repeated(marked) is None


def test_edits_of_the_same_lines_count_as_one_change() -> None:
    request = typed("a = ⟦b⟧c⟦⟧(⟦d⟧e⟦⟧)\nother = 1\n")
    change = last_change(request, request.text.encode())
    assert change is not None and change.old == b"a = b(d)"
    assert change.place.of(request.text.encode()) == b"a = c(e)"


def test_an_old_edit_is_no_last_change() -> None:
    request = typed("a = ⟦b⟧c⟦⟧\n")
    old = [type(edit)(edit.span, edit.old_text, 1000.0) for edit in request.recent_edits]
    late = type(request)(request.text, request.cursor, None, "a.py", recent_edits=tuple(old))
    assert last_change(late, late.text.encode()) is None
