from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.holes import Hole, HoleKind, MaskPlan
from engine.proposal import (
    Edit,
    EditKind,
    EditSet,
    Proposal,
    Reason,
    Refusal,
    TokenConfidence,
    rebase,
)
from engine.spans import ByteOffset, span

TEXTS = st.text(alphabet="ab(){}é\n ", max_size=12)


def proposal(
    cursor: int,
    new_text: str,
    *further: Edit,
    num_replaced: int = 0,
    kind: EditKind = EditKind.ATOMIC,
    alternatives: tuple[Proposal, ...] = (),
) -> Proposal:
    main = Edit(span(cursor, cursor + num_replaced), new_text)
    edits = tuple(sorted((main, *further), key=lambda edit: edit.span))
    holes = tuple(Hole(edit.span, HoleKind.SPAN, True, 8, "") for edit in edits)
    plan = MaskPlan(holes, edits.index(main), ByteOffset(cursor), main.span, "")
    tokens = tuple(TokenConfidence(len(char.encode()), 0.5) for char in new_text)
    return Proposal(
        new_text, EditSet(edits, kind), plan, tokens, 0.5, 1, 1, alternatives=alternatives
    )


def applied(data: bytes, edits: tuple[Edit, ...]) -> bytes:
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        data = data[: edit.start] + edit.new_text.encode() + data[edit.end :]
    return data


def insert(at: int, text: str) -> Edit:
    return Edit(span(at, at), text)


def test_typing_what_was_proposed_takes_it_off() -> None:
    made = rebase(proposal(4, "value"), [insert(4, "v"), insert(5, "al")])
    assert isinstance(made, Proposal)
    assert (made.text, made.edits) == ("ue", (insert(7, "ue"),))
    assert [token.length for token in made.tokens] == [1, 1]
    assert made.plan.cursor == 7 and made.plan.holes[0].span == span(7, 7)


def test_typing_all_of_it_leaves_nothing() -> None:
    made = rebase(proposal(0, "ab"), [insert(0, "ab")])
    assert isinstance(made, Refusal) and made.reason is Reason.EMPTY


def test_typing_something_else_makes_it_stale() -> None:
    made = rebase(proposal(4, "value"), [insert(4, "w")])
    assert isinstance(made, Refusal) and made.reason is Reason.STALE


def test_deleting_the_text_before_it_makes_it_stale() -> None:
    made = rebase(proposal(4, "value"), [Edit(span(3, 4), "")])
    assert isinstance(made, Refusal) and made.reason is Reason.STALE


def test_a_closer_that_the_editor_added_is_replaced() -> None:
    made = rebase(proposal(3, "(x, y)"), [insert(3, "()")])
    assert isinstance(made, Proposal)
    assert made.edits == (Edit(span(4, 5), "x, y)"),)
    assert applied(b"foo()", made.edits) == b"foo(x, y)"


@pytest.mark.parametrize(
    ("proposed", "typed", "left"),
    [
        ("(x, y)", "()", "x, y)"),
        ("(x).total + 1", "()", "x).total + 1"),
        ("(f(x)[0], y)", "()", "f(x)[0], y)"),
        ('["a(b", c]', '["]', None),
        ('["a(b", c]', '[""]', 'a(b", c]'),
        ("(x]", "()", None),
        ("(x", "()", None),
        ("x", "y", None),
    ],
)
def test_added_closers_are_absorbed_where_the_rest_closes_the_same(
    proposed: str, typed: str, left: str | None
) -> None:
    made = rebase(proposal(1, proposed), [insert(1, typed)])
    if left is None:
        assert isinstance(made, Refusal)
        return
    assert isinstance(made, Proposal)
    assert made.edits[0].new_text == left
    assert applied(f"={typed}".encode(), made.edits).decode() == f"={proposed}"


def test_a_change_elsewhere_moves_it() -> None:
    made = rebase(proposal(10, "x"), [Edit(span(0, 3), "longer")])
    assert isinstance(made, Proposal)
    assert made.edits == (insert(13, "x"),) and made.plan.cursor == 13


def test_a_joint_change_falls_as_a_whole() -> None:
    made = rebase(proposal(2, "x", insert(9, "y")), [insert(9, "z")])
    assert isinstance(made, Refusal) and made.reason is Reason.STALE


def test_of_alternatives_those_survive_that_agree() -> None:
    other = proposal(2, "beta")
    made = rebase(proposal(2, "alpha", alternatives=(other,)), [insert(2, "be")])
    assert isinstance(made, Proposal) and made.text == "ta" and made.alternatives == ()


def test_a_change_in_another_file_moves_nothing() -> None:
    before = proposal(2, "alpha")
    made = rebase(before, [Edit(span(0, 1), "xyz", "other.py")])
    assert isinstance(made, Proposal) and made.edits == before.edits


@given(TEXTS, TEXTS, st.data())
def test_typing_a_beginning_leads_to_the_same_text(
    before: str, after: str, data: st.DataObject
) -> None:
    new_text = data.draw(TEXTS.filter(bool))
    num_replaced = data.draw(st.sampled_from([0, len(after.encode())]))
    made = proposal(len(before.encode()), new_text, num_replaced=num_replaced)
    text = (before + after).encode()
    typed = new_text[: data.draw(st.integers(1, len(new_text)))]
    changes, current, at = [], text, len(before.encode())
    for char in typed:
        changes.append(insert(at, char))
        current = applied(current, (changes[-1],))
        at += len(char.encode())
    moved = rebase(made, changes)
    if isinstance(moved, Refusal):
        assert moved.reason is Reason.EMPTY and typed == new_text and not num_replaced
    else:
        assert applied(current, moved.edits) == applied(text, made.edits)
        assert moved.text == new_text[len(typed) :]
        assert sum(token.length for token in moved.tokens) == len(moved.text.encode())
        assert moved.plan.cursor == at


@given(st.data())
def test_any_change_elsewhere_commutes_and_any_other_is_refused(data: st.DataObject) -> None:
    text = b"0123456789abcdefghij"
    first, second = 5, 14
    joint = proposal(first, "XX", Edit(span(second, second + 2), "YY"))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    change = Edit(span(start, end), data.draw(st.text("pq", max_size=3)))
    moved = rebase(joint, [change])
    is_apart = all(end < edit.start or start > edit.end for edit in joint.edits)
    if isinstance(moved, Refusal):
        assert moved.reason is Reason.STALE and not is_apart
    else:
        assert is_apart
        both = applied(text, (*joint.edits, change))
        assert applied(applied(text, (change,)), moved.edits) == both
