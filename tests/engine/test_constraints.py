from __future__ import annotations

import pytest

from engine.constraints import Draft, Fault, first_fault
from engine.decoding.grammar import Grammar
from engine.holes import Hole, HoleKind, MaskPlan
from engine.languages import language_of
from engine.proposal import Reason
from engine.spans import ByteOffset, span
from engine.syntax import parse


def grammar(marked: str, language: str = "python") -> Grammar:
    """Holes at each mark, the first one the cursor's."""
    parts = marked.split("‸")
    places, at = [], 0
    for part in parts[:-1]:
        at += len(part.encode())
        places.append(span(at, at))
    holes = tuple(Hole(place, HoleKind.EXPRESSION, True, 8, "") for place in places)
    plan = MaskPlan(holes, 0, ByteOffset(places[0].start), places[0], "")
    tree = parse("".join(parts).encode(), language_of(None, language))
    return Grammar(tree, plan)


def draft(text: str, *others: str | None, hole: int = 0) -> Draft:
    return Draft(hole, text, False, others or (None,))


@pytest.mark.parametrize(
    ("marked", "text", "offset"),
    [
        ("x = ‸\n", "foo(1) + ", None),
        ("x = ‸\n", "foo(1)) + ", 6),
        ("x = ‸\n", "1 + ) 2", 4),
        ("x = ‸\n", "retur", None),
        ("x = f(‸)\n", "a, b", None),
    ],
)
def test_the_parser_objects_where_nothing_can_go_on(
    marked: str, text: str, offset: int | None
) -> None:
    fault = grammar(marked).fault(draft(text))
    assert (None if fault is None else fault.offset) == offset
    assert fault is None or fault.reason is Reason.DOES_NOT_PARSE


def test_a_finished_hole_before_it_is_part_of_what_is_parsed() -> None:
    made = grammar("x = ‸ 1 ‸\n")
    assert made.fault(draft(") + 2 ", "(", None, hole=1)) is None
    assert made.fault(draft(") + 2 ", "2 +", None, hole=1)) == Fault(
        0, Reason.DOES_NOT_PARSE, "hole 2 stops parsing"
    )


def test_the_first_constraint_that_objects_is_heard() -> None:
    class Always:
        def __init__(self, detail: str) -> None:
            self.detail = detail

        def fault(self, draft: Draft) -> Fault | None:
            return Fault(len(draft.text), Reason.DISABLED, self.detail)

    fault = first_fault([grammar("x = ‸\n"), Always("a"), Always("b")], draft("1"))
    assert fault == Fault(1, Reason.DISABLED, "a")
    assert first_fault([], draft("1")) is None
