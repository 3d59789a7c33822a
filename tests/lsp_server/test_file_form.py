"""Line ends and byte order marks: no concern of the engine, and in what is said as they were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.holes import Hole, HoleKind, MaskPlan
from engine.proposal import Edit, EditSet, Proposal, Reason, Refusal, TokenConfidence
from engine.spans import ByteOffset, span
from lsp_server.cli import main
from lsp_server.file_form import FileForm
from lsp_server.source_file import Place, SourceFile

LINES = ["alpha = compute(1)", "é = 2", "alpha = comp"]
MARK = "\ufeff"


def proposal(start: int, end: int, text: str, tokens: list[int]) -> Proposal:
    hole = Hole(span(start, end), HoleKind.BODY, False, 8, "asked for")
    return Proposal(
        text,
        EditSet((Edit(span(start, end), text), Edit(span(0, 0), "x\n", path="other.py"))),
        MaskPlan((hole,), 0, ByteOffset(start), span(end, end), "asked for"),
        tuple(TokenConfidence(length, 0.9) for length in tokens),
        0.9,
        steps=1,
        forwards=1,
    )


@pytest.mark.parametrize("mark", ["", MARK], ids=["plain", "mark"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=repr)
def test_json_counts_in_the_file_and_the_engine_in_lines(
    tmp_path: Path, line_end: str, mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "repeated.py"
    data = (mark + line_end.join(LINES)).encode()
    path.write_bytes(data)
    assert main(["fill", f"{path}:3:13", "--json", "--model", "scripted"]) == 0
    printed = json.loads(capsys.readouterr().out)
    (edit,) = printed["edits"]
    assert printed["text"] == "ute(1)"
    assert (edit["start_byte"], edit["end_byte"]) == (len(data), len(data))
    assert [hole["start_byte"] for hole in printed["plan"]["holes"]] == [len(data)]
    assert main(["fill", f"{path}:3:13", "--model", "scripted"]) == 0
    shown = capsys.readouterr().out
    assert "\n3 │ alpha = comp⟦ute(1)⟧\n" in shown
    assert "\r" not in shown and MARK not in shown


def test_columns_count_behind_the_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes((MARK + "x\r\ny").encode())
    read = SourceFile.read(Place(path, 1, 2))
    assert (read.text, read.cursor) == ("x\ny", 1)


@pytest.mark.parametrize(
    ("written", "text"),
    [("a\r\nb\nc", "a\r\nb\nc"), ("a\rb\n", "a\rb\n"), ("a\r\nb\rc", "a\r\nb\rc"), ("", "")],
)
def test_mixed_line_ends_stay_as_they_are(written: str, text: str) -> None:
    assert FileForm.of(written).text == text


@given(
    st.text("ab\né😀", max_size=20),
    st.text("ab\né", max_size=9),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.data(),
)
def test_edits_made_in_the_file_are_those_made_in_the_text(
    text: str, new: str, line_end: str, has_mark: bool, data: st.DataObject
) -> None:
    places = st.integers(0, len(text))
    start, end = (len(text[:at].encode()) for at in sorted((data.draw(places), data.draw(places))))
    written = MARK * has_mark + text.replace("\n", line_end)
    form = FileForm.of(written)
    lengths = [len(character.encode()) for character in new]
    made = form.in_file(proposal(start, end, new, lengths))
    assert isinstance(made, Proposal)
    own, other = made.edits
    file, plain = written.encode(), text.encode()
    result = file[: own.start] + own.new_text.encode() + file[own.end :]
    wanted = (plain[:start] + new.encode() + plain[end:]).decode()
    if "\n" not in text:
        line_end = "\n"  # a file of one line has no line ends of its own
    assert result.decode() == MARK * has_mark + wanted.replace("\n", line_end)
    assert sum(token.length for token in made.tokens) == len(made.text.encode())
    assert made.plan.holes[0].span == own.span
    assert made.plan.cursor == own.start
    assert other.new_text == "x\n"


def test_a_refusal_says_places_of_the_file_as_well() -> None:
    form = FileForm.of("a\r\nb\r\n")
    plan = proposal(4, 4, "x", [1]).plan
    refusal = form.in_file(Refusal(Reason.EMPTY, plan=plan))
    assert refusal.plan is not None and refusal.plan.holes[0].span == span(6, 6)
    assert form.in_file(Refusal(Reason.EMPTY)) == Refusal(Reason.EMPTY)
