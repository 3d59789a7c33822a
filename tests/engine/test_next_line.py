from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine import Infiller, Outcome, Proposal, Reason, Refusal, Request, Step
from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.holes import HoleKind, MaskPlan
from engine.job import OnStep
from engine.languages import language_of
from engine.mask_plan import plan_masks
from engine.next_line import fill_on
from engine.proposal import Edit, EditSet, TokenConfidence, rebase
from engine.remote.backend import Backend, Kind
from engine.request import RecentEdit
from engine.spans import ByteOffset, span
from engine.syntax import SyntaxTree, parse
from marked_text import read_marks

NOTHING = "nothing to insert"


class Filler:
    """Says ``answers`` one after the other, ``NOTHING`` by a refusal, and notes what was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[Request, MaskPlan]] = []

    def __call__(
        self, request: Request, tree: SyntaxTree, plan: MaskPlan, on_step: OnStep | None
    ) -> Outcome:
        assert tree.data == request.text.encode()
        self.asked.append((request, plan))
        if on_step is not None:
            on_step(Step(1, ((0,),), ((),), ((1.0,),), (("",),), (), (), 1, 0.0))
        text = self.answers.pop(0)
        if text == NOTHING:
            return Refusal(Reason.EMPTY, text, plan, steps=1, forwards=2)
        if text == "":
            return Refusal(Reason.LOW_CONFIDENCE, text, plan, steps=1, forwards=2)
        edits = EditSet((Edit(plan.holes[plan.cursor_hole].span, text),))
        tokens = (TokenConfidence(len(text.encode()), 0.9),)
        return Proposal(text, edits, plan, tokens, 0.9, 1, 2)

    @property
    def seen(self) -> list[str]:
        """The texts that were asked about, with ‸ at their cursors."""
        return [
            f"{request.text[: request.cursor]}‸{request.text[request.cursor :]}"
            for request, _ in self.asked
        ]


def ask(
    marked: str,
    filler: Filler,
    path: str = "a.py",
    change: Callable[[Request], Request] = lambda request: request,
    on_step: OnStep | None = None,
) -> Outcome:
    """Ask at ‸."""
    read = read_marks(marked)
    assert read.cursor is not None
    request = change(Request(read.text, read.cursor, path=path))
    tree = parse(read.data, language_of(path))
    return fill_on(request, tree, plan_masks(tree, read.cursor, request), filler, 0, on_step)


def applied(marked: str, outcome: Outcome) -> str:
    """The text with the proposal's edits in place."""
    assert isinstance(outcome, Proposal)
    data = read_marks(marked).data
    for edit in reversed(outcome.edits):
        data = data[: edit.start] + edit.new_text.encode() + data[edit.end :]
    return data.decode()


def typed(request: Request) -> Request:
    """``request`` of somebody who has just typed a key."""
    key = RecentEdit(span(request.cursor - 1, request.cursor), "", 0.0)
    return replace(request, is_typing=True, recent_edits=(key,))


def test_behind_a_finished_line_the_next_one_is_proposed() -> None:
    marked = "def f(x):\n    y = x‸\n    return y\n"
    filler = Filler(NOTHING, "z = y")
    outcome = ask(marked, filler)
    assert isinstance(outcome, Proposal)
    assert filler.seen == [marked, "def f(x):\n    y = x\n    ‸\n    return y\n"]
    assert applied(marked, outcome) == "def f(x):\n    y = x\n    z = y\n    return y\n"
    assert outcome.text == "\n    z = y"
    assert (outcome.steps, outcome.forwards) == (2, 4)
    assert sum(token.length for token in outcome.tokens) == len(outcome.text)
    assert outcome.plan.cursor == outcome.plan.holes[0].span.start == marked.index("‸")
    assert outcome.plan.reason.startswith("the line is finished; next: ")


def test_the_key_that_ends_the_line_is_typed_along_with_the_proposal() -> None:
    marked = "def f(x):\n    y = x‸\n    return y\n"
    outcome = ask(marked, Filler(NOTHING, "z = y"))
    assert isinstance(outcome, Proposal)
    cursor = outcome.plan.cursor
    rest = rebase(outcome, (Edit(span(cursor, cursor), "\n    "),))
    assert isinstance(rest, Proposal)
    assert rest.text == "z = y"
    assert rest.plan.cursor == cursor + 5


def test_a_line_that_goes_on_is_gone_on_with() -> None:
    filler = Filler(" + 1")
    outcome = ask("def f(x):\n    y = x‸\n", filler)
    assert isinstance(outcome, Proposal)
    assert outcome.text == " + 1"
    assert len(filler.asked) == 1


def test_what_is_unsure_at_the_end_of_a_line_stays_unsaid() -> None:
    outcome = ask("def f(x):\n    y = x‸\n", Filler(""))
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.LOW_CONFIDENCE


def test_a_refusal_of_the_next_line_speaks_of_the_text_as_it_is() -> None:
    outcome = ask("def f(x):\n    y = x‸\n", Filler(NOTHING, ""))
    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.steps, outcome.forwards) == (Reason.LOW_CONFIDENCE, 2, 4)
    assert outcome.plan is not None
    assert outcome.plan.cursor == 19


@pytest.mark.parametrize(
    ("marked", "seen"),
    [
        ("def f(x):‸\n", "def f(x):\n‸\n"),
        ("def f(x):‸\n    pass\n", "def f(x):\n‸\n    pass\n"),
        ("function f() {‸\n}\n", "function f() {\n‸\n}\n"),
    ],
)
def test_a_body_begins_on_the_line_below_its_header(marked: str, seen: str) -> None:
    filler = Filler("    return 1")
    outcome = ask(marked, filler, "a.js" if "function" in marked else "a.py")
    assert filler.seen == [seen]
    assert filler.asked[0][1].holes[0].kind is HoleKind.BODY
    header = marked[: marked.index("‸")]
    closing = "}\n" if "function" in marked else ""
    assert applied(marked, outcome) == f"{header}\n    return 1\n{closing}"


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("x = 1", "\n\n\ndef f():"),
        ("@cache", "\ndef f():"),
        ("def g():\n    pass\n\n\n\ndef h():\n    pass\n\n\nx = 1", "\n\n\n\ndef f():"),
        ("class A:\n    x = 1", "\n\n    def f():"),
        ("x = 1", "\ny = 2"),
    ],
)
def test_definitions_stand_apart(above: str, below: str) -> None:
    outcome = ask(f"{above}‸\n", Filler(NOTHING, below.strip()))
    assert isinstance(outcome, Proposal)
    assert outcome.text == below
    assert sum(token.length for token in outcome.tokens) == len(below)


def test_behind_what_leaves_a_block_the_next_line_is_a_level_up() -> None:
    filler = Filler(NOTHING, "y = 1")
    ask("def f(x):\n    if x:\n        return 1‸\n", filler)
    assert filler.seen[1] == "def f(x):\n    if x:\n        return 1\n    ‸\n"


def test_of_a_statement_over_several_lines_the_first_one_counts() -> None:
    filler = Filler(NOTHING, "y = 1")
    ask("def f(x):\n    y = g(\n        x,\n    )‸\n", filler)
    assert filler.seen[1] == "def f(x):\n    y = g(\n        x,\n    )\n    ‸\n"


def test_lines_end_as_the_file_ends_them() -> None:
    marked = "def f(x):\r\n    y = x‸\r\n    return y\r\n"
    outcome = ask(marked, Filler(NOTHING, "z = y"))
    want = "def f(x):\r\n    y = x\r\n    z = y\r\n    return y\r\n"
    assert applied(marked, outcome) == want


@pytest.mark.parametrize(
    ("marked", "path"),
    [
        ("x = f(1‸)\n", "a.py"),
        ("x = 1‸  \n", "a.py"),
        ("x = 1\n‸\n", "a.py"),
        ("x = 1  # why‸\n", "a.py"),
        ("x = 'a‸\n", "a.py"),
        ("a sentence‸\n", "a.txt"),
        ("#define F(x) \\‸\n    g(x)\n", "a.c"),
    ],
)
def test_away_from_the_end_of_a_line_of_code_there_is_no_next_line(marked: str, path: str) -> None:
    filler = Filler(NOTHING)
    assert isinstance(ask(marked, filler, path), Refusal)
    assert len(filler.asked) == 1


def test_one_line_is_one_line() -> None:
    filler = Filler(NOTHING)
    ask("x = 1‸\n", filler, change=lambda request: replace(request, single_line=True))
    assert len(filler.asked) == 1


def test_where_the_cursor_was_only_moved_to_nothing_is_unasked() -> None:
    still = Filler(NOTHING)
    ask("x = 1‸\n", still, change=lambda request: replace(request, is_typing=True))
    assert len(still.asked) == 1
    elsewhere = RecentEdit(span(4, 5), "", 0.0, "b.py")
    ask(
        "x = 1‸\n",
        other := Filler(NOTHING),
        change=lambda request: replace(request, is_typing=True, recent_edits=(elsewhere,)),
    )
    assert len(other.asked) == 1
    ask("x = 1‸\n", written := Filler(NOTHING, "y = 2"), change=typed)
    assert len(written.asked) == 2


def test_edits_below_move_along() -> None:
    below = RecentEdit(span(6, 7), "", 1.0)
    filler = Filler(NOTHING, "z = 2")
    ask(
        "x = 1‸\ny = 1\n",
        filler,
        change=lambda request: replace(request, recent_edits=(*typed(request).recent_edits, below)),
    )
    request = filler.asked[1][0]
    spans = [edit.span.of(request.text.encode()) for edit in request.recent_edits]
    assert spans == [b"1", b"y"]


def test_a_deleted_line_is_known_as_deleted_where_it_stood() -> None:
    deleted = RecentEdit(span(5, 5), "\ny = 1", 1.0)
    filler = Filler(NOTHING, "z = 2")
    edits = (RecentEdit(span(4, 5), "", 2.0), deleted)
    ask("x = 1‸\n", filler, change=lambda request: replace(request, recent_edits=edits))
    request, plan = filler.asked[1]
    assert request.recent_edits[1].span == plan.holes[0].span


def test_a_server_is_asked_once() -> None:
    backend = Backend(Kind.LLAMA_CPP, "http://127.0.0.1:1")

    def named(request: Request) -> Request:
        return replace(request, backend=backend)

    ask("x = 1‸\n", twice := Filler(NOTHING, "y = 2"), change=named)
    assert [request.backend for request, _ in twice.asked] == [backend, None]
    ask("def f():‸\n", once := Filler("    return 1"), change=named)
    assert [request.backend for request, _ in once.asked] == [backend]


def test_steps_are_counted_on() -> None:
    seen: list[int] = []
    ask("x = 1‸\n", Filler(NOTHING, "y = 2"), on_step=lambda step: seen.append(step.index))
    assert seen == [1, 2]


def test_through_the_pipeline() -> None:
    tokenizer = ByteTokenizer()
    script = Script(("return total",))
    infiller = Infiller(ScriptedDenoiser(tokenizer, (script,)))
    text = "def f(items):"
    outcome = infiller.infill(Request(text, ByteOffset(len(text)), "python"))
    assert isinstance(outcome, Proposal)
    assert outcome.text == "\n    return total"
