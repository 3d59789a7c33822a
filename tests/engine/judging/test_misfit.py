"""Texts that parse and do not belong there, and what is asked for instead."""

from __future__ import annotations

import pytest

from engine import Effort, InfillConfig, Infiller, Proposal, Reason, Refusal, Request
from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.effort import Decoding
from engine.holes import MaskPlan
from engine.judging.misfit import leaves_deeper, misfit_of
from engine.languages import language_of
from engine.mask_plan import plan_masks
from engine.planning.span_plan import plan_spans
from engine.syntax import SyntaxTree, parse
from marked_text import read_marks

NEAR = "first = load(1)\nsecond = 2\n‸\nthird = 3\n"
TOKENIZER = ByteTokenizer(("first", "fourth", " = ", "load", "(", "1", "4", ")"))


def planned(marked: str, path: str) -> tuple[SyntaxTree, MaskPlan]:
    found = read_marks(marked)
    assert found.cursor is not None
    tree = parse(found.data, language_of(path))
    return tree, plan_masks(tree, found.cursor, Request(found.text, found.cursor, path=path))


@pytest.mark.parametrize(
    ("marked", "text", "path"),
    [
        (NEAR, "first = load(1)", "a.py"),
        ("one = f(1)\none = f(‸\nx = 1\n", "1)", "a.py"),
        ("‸\nx()\ny()\nreturn_to(x)\n", "return_to(x)", "a.js"),
    ],
)
def test_a_line_does_not_stand_a_second_time_close_by(marked: str, text: str, path: str) -> None:
    found = misfit_of(*planned(marked, path), (text,))
    assert found is not None and found.reason is Reason.REPEATS_SUFFIX


@pytest.mark.parametrize(
    ("marked", "text", "path"),
    [
        (NEAR, "first = load(4)", "a.py"),
        ("first = 1\na()\nb()\nc()\n‸\nx = 1\n", "first = 1", "a.py"),  # far enough
        ("work()\nx = 1\nwork()\n‸\ny = 1\n", "work()", "a.py"),  # it is repeated elsewhere
        ("x: [\n  0,\n‸\n]\n", "0,", "a.ts"),  # says nothing
        (NEAR, "first = load(1)\nx = 1", "a.py"),
        (NEAR, "first = load(1)", "a.yaml"),
    ],
)
def test_what_may_well_be_meant(marked: str, text: str, path: str) -> None:
    assert misfit_of(*planned(marked, path), (text,)) is None


@pytest.mark.parametrize(
    ("marked", "shut", "opened", "path"),
    [
        ("‸\n  options.all as Everything;\n", "const all = f();", "const all =", "a.ts"),
        ("  ‸\n    .map(f)\n    .join();\n", "const all = f", "const all = f", "a.js"),
        ("x := ‸\n\ty,\n)\n", "f()", "f(", "a.go"),
        ("function f() {\n  ‸\n    g();\n}\n", "if (x) {}", "if (x)", "a.js"),
    ],
)
def test_a_deeper_line_goes_on_with_something(
    marked: str, shut: str, opened: str, path: str
) -> None:
    tree, plan = planned(marked, path)
    [hole] = plan.holes
    lead = plan.lead.encode()
    assert leaves_deeper(tree, hole, lead, shut.encode()) == (shut != opened)
    assert not leaves_deeper(tree, hole, lead, opened.encode())


def test_what_is_deeper_for_no_reason_is_let_be() -> None:
    for marked, path in (
        ("‸\n    x();\n", "a.c"),
        ("‸\n\n    x();\n", "a.js"),
        ("/*\n‸\n    x();\n*/\n", "a.js"),
        ("const a = `\n‸\n    x\n`;\n", "a.ts"),
    ):
        tree, plan = planned(marked, path)
        assert not leaves_deeper(tree, plan.holes[0], b"", b"x = 1;")


def test_a_span_that_the_caller_gave_may_repeat_a_line() -> None:
    found = read_marks("load(1)\nload(⟦2⟧)\n")
    tree = parse(found.data, language_of("a.py"))
    assert misfit_of(tree, plan_spans(tree, found.holes, TOKENIZER), ("1",)) is None


OPENED = [
    ("items.forEach(first);\n‸\n  stop(x);\n});\n", "next();", "on(x, () => {", "a.js"),
    ("def f(x):\n    ‸\n        return 1\n    return 2\n", "x += 1", "if x:  # then", "a.py"),
    ("‸\n    first,\n    second,\n)\n", "x = first", "x = call(", "a.py"),
    ("import a from 'a';\n‸\n  b,\n  c,\n} from 'b';\n", "import b from 'b';", "import {", "a.ts"),
]


@pytest.mark.parametrize(("marked", "shut", "opens", "path"), OPENED)
def test_a_line_opens_what_stands_below_it(marked: str, shut: str, opens: str, path: str) -> None:
    place = planned(marked, path)
    found = misfit_of(*place, (shut,))
    assert found is not None and found.reason is Reason.DOES_NOT_PARSE
    assert misfit_of(*place, (opens,)) is None


@pytest.mark.parametrize(
    ("marked", "text", "path"),
    [
        ("function f( {\n  x();\n}\n‸\n", "f();", "a.js"),  # broken, but not by this line
        ("function f() {\n  ‸\n", "x();", "a.js"),  # the brace is still to come
        ("on(x, () => {\n  ‸\n\nnext();\n", "y();", "a.js"),
        ("function f() {\n  ‸\n  x();\n}\n}\n", "y();", "a.js"),  # opened elsewhere
        ("f();\n  x();\n}\n\nfunction g() {\n  ‸\n}\n", "y();", "a.js"),
        ("f(\n  x,\n)\n)\ny = ‸\n", "1", "a.py"),
        ("def f(x):\n    ‸\n    return 2\n", "x += 1", "a.py"),
        ("x = '''\n‸\n    deeper\n'''\n", "text", "a.py"),
        ("raise Error(‸\n            'more')\n", "'one '", "a.py"),
    ],
)
def test_a_line_that_has_nothing_to_open(marked: str, text: str, path: str) -> None:
    assert misfit_of(*planned(marked, path), (text,)) is None


def fill(script: Script, least: float = 0.0) -> Proposal | Refusal:
    found = read_marks(NEAR)
    assert found.cursor is not None
    config = InfillConfig(min_confidence=least)
    denoiser = ScriptedDenoiser(TOKENIZER, (script,))
    infiller = Infiller(denoiser, config=config, decoding=Decoding.VERIFIED)
    return infiller.infill(Request(found.text, found.cursor, path="a.py", effort=Effort.MEDIUM))


def test_the_next_likely_text_is_shown_instead_as_sure_as_what_is_left_allows() -> None:
    made = fill(Script(("first = load(1)", "fourth = load(4)"), p=0.6))
    assert isinstance(made, Proposal) and made.text == "fourth = load(4)"
    firsts = made.tokens[0]
    assert firsts.length == len("fourth")
    # It had .2; a text that had less than .6 as a whole is out.
    assert 0.2 < firsts.p < 0.2 / (1 - 0.6)


def test_nothing_is_shown_where_no_other_text_is_likely() -> None:
    made = fill(Script(("first = load(1)",), p=0.99), least=0.2)
    assert isinstance(made, Refusal)
    assert made.reason in (Reason.REPEATS_SUFFIX, Reason.LOW_CONFIDENCE)
