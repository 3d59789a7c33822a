"""Names for one slot: ideas from the syntax, drafts and likelihood from a model."""

from __future__ import annotations

import threading

import pytest

import engine
from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.edits.name_ideas import cased, name_ideas, singular, without_verb
from engine.edits.names import SuggestNames
from engine.edits.names_of import name_table
from engine.edits.references import symbol_at
from engine.edits.symbols import NameTable, Symbol
from engine.infill import Infiller
from engine.languages import language_of
from engine.proposal import EditKind, Outcome, Proposal, Reason, Refusal
from engine.request import Request
from engine.spans import ByteOffset
from engine.syntax import parse

SOURCE = """def report(orders):
    for x in orders:
        send(x, priority=x.urgency)
        print(x)
"""


def at(source: str, mark: str, path: str = "a.py") -> tuple[NameTable, Symbol]:
    table = name_table(parse(source.encode(), language_of(path)))
    assert table is not None
    symbol = symbol_at(table, source.index(mark))
    assert symbol is not None
    return table, symbol


def suggested(
    infiller: Infiller, source: str, mark: str, rank: int = 0, budget_ms: float | None = None
) -> Outcome:
    cursor = ByteOffset(source.index(mark))
    request = Request(source, cursor, path="a.py", budget_ms=budget_ms)
    return SuggestNames(request, rank).run(infiller, threading.Event(), lambda _step: None)


@pytest.mark.parametrize(
    ("source", "mark", "path", "wanted"),
    [
        (SOURCE, "x in", "a.py", "order"),
        ("def f(x):\n    go(x, retries=x)\n", "x)", "a.py", "retries"),
        ("def f():\n    x = get_user()\n    use(x)\n", "x =", "a.py", "user"),
        ("def f(x: OrderLine):\n    use(x)\n", "x:", "a.py", "order_line"),
        ("def f(x):\n    self.size = x\n", "x)", "a.py", "size"),
        ("def f(d):\n    x = d['total']\n    use(x)\n", "x =", "a.py", "total"),
        ("function f(x: OrderLine) { use(x) }\n", "x:", "a.ts", "orderLine"),
        ("const f = () => { const x = parseArgs(); use(x) }\n", "x =", "a.ts", "args"),
    ],
)
def test_what_is_around_a_name_gives_ideas(source: str, mark: str, path: str, wanted: str) -> None:
    assert wanted in name_ideas(*at(source, mark, path))[:8]


def test_ideas_are_distinct_bounded_and_in_the_language_s_casing() -> None:
    source = "def f(x):\n" + "".join(f"    someName{n}(x, camelCase{n}=x)\n" for n in range(200))
    ideas = name_ideas(*at(source, "x)"), limit=20)
    assert len(ideas) == len(set(ideas)) == 20
    assert all(idea == idea.lower() for idea in ideas)


@pytest.mark.parametrize(
    ("raw", "source", "path", "wanted"),
    [
        ("someName", "x = 1", "a.py", "some_name"),
        ("some_name", "let x = 1", "a.ts", "someName"),
        ("some_name", "class x {}", "a.ts", "SomeName"),
        ("max_size", "LIMIT = 1", "a.py", "MAX_SIZE"),
        ("other", "_x = 1", "a.py", "_other"),
        ("HTTPServer", "x = 1", "a.py", "http_server"),
        ("2x", "x = 1", "a.py", ""),
    ],
)
def test_casing(raw: str, source: str, path: str, wanted: str) -> None:
    mark = next(name for name in ("LIMIT", "_x", "x") if name in source)
    _, symbol = at(source, mark, path)
    assert cased(raw, symbol, language_of(path)) == wanted


def test_words() -> None:
    assert [singular(word) for word in ("items", "entries", "boxes", "class", "is")] == [
        "item", "entry", "box", "class", "is",
    ]  # fmt: skip
    assert without_verb("get_user_name") == "user_name"
    assert without_verb("get") == "get"


def test_a_name_is_proposed_for_all_places_at_once() -> None:
    text = SOURCE.replace("x", "order")
    script = Script((text[text.index("order in") :],), p=0.9)
    infiller = Infiller(ScriptedDenoiser(ByteTokenizer(), (script,)))
    outcome = suggested(infiller, SOURCE, "x in")
    assert isinstance(outcome, Proposal)
    assert outcome.text == "order"
    assert outcome.kind is EditKind.ATOMIC
    data = SOURCE.encode()
    for edit in reversed(outcome.edits):
        data = data[: edit.start] + edit.new_text.encode() + data[edit.end :]
    assert data.decode() == text
    names = [outcome.text, *(one.text for one in outcome.alternatives)]
    assert len(names) == len(set(names)) == 3
    assert sum(one.confidence for one in (outcome, *outcome.alternatives)) <= 1.0
    second = suggested(infiller, SOURCE, "x in", rank=1)
    assert isinstance(second, Proposal) and second.text == names[1]


def test_a_proposed_name_shadows_nothing() -> None:
    source = SOURCE.replace("print(x)", "order = x")
    infiller = engine.load(engine.SCRIPTED)
    outcome = suggested(infiller, source, "x in")
    assert isinstance(outcome, Proposal)
    names = {outcome.text, *(one.text for one in outcome.alternatives)}
    assert names.isdisjoint({"order", "orders", "send", "print", "report", "x"})


def test_no_name_no_proposal() -> None:
    outcome = suggested(engine.load(engine.SCRIPTED), SOURCE, ":\n")
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.EMPTY


def test_it_can_be_cancelled_and_has_a_deadline() -> None:
    infiller = engine.load(engine.SCRIPTED)
    cancel = threading.Event()
    cancel.set()
    request = Request(SOURCE, ByteOffset(SOURCE.index("x in")), path="a.py")
    outcome = SuggestNames(request).run(infiller, cancel, lambda _step: None)
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.CANCELLED
    late = suggested(infiller, SOURCE, "x in", budget_ms=1e-6)
    assert isinstance(late, Refusal) and late.reason is Reason.DEADLINE
