from __future__ import annotations

import numpy as np
import pytest

from engine import Proposal, Refusal, Request
from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.infill import Infiller
from engine.judging.confidence import Calibration
from engine.judging.sure_prefix import MAX_CUTS, sure_cuts
from engine.spans import ByteOffset

PIECES = [b"self", b".total", b" +", b" amo", b"unt", b""]


def cuts(p: list[float], least: float, *, pieces: list[bytes] = PIECES) -> list[tuple[str, float]]:
    found = sure_cuts(pieces, np.array(p, np.float32), least)
    return [(text, pytest.approx(chance, abs=1e-5)) for text, chance in found]


def test_the_longest_sure_beginning_comes_first() -> None:
    found = cuts([0.9, 0.9, 0.9, 0.2, 0.9, 0.9], 0.5)
    assert found == [("self.total +", 0.729), ("self.total", 0.81), ("self", 0.9)]


def test_no_word_is_cut_in_two_and_the_whole_text_is_no_beginning() -> None:
    assert cuts([0.9, 0.9, 0.9, 0.9, 0.5, 0.9], 0.6)[0][0] == "self.total +"
    assert cuts([1.0] * 6, 0.5)[0][0] == "self.total + amount"


def test_a_doubtful_start_or_signs_alone_give_nothing() -> None:
    assert cuts([0.4, 0.9, 0.9, 0.9, 0.9, 0.9], 0.5) == []
    assert cuts([0.9, 0.9, 0.1], 0.5, pieces=[b"(", b")", b"x"]) == []


def test_several_lines_are_cut_between_lines_or_in_the_first_one() -> None:
    pieces = [b"one", b" = 1", b"\n", b"two", b" = 2", b"\n", b"three"]
    found = list(sure_cuts(pieces, np.full(7, 0.95, np.float32), 0.5))
    assert [text for text, _ in found] == ["one = 1\ntwo = 2", "one = 1", "one"]


def test_only_a_few_cuts_are_tried() -> None:
    pieces = [b" word"] * 40
    assert len(cuts([0.999] * 40, 0.5, pieces=pieces)) == MAX_CUTS


TOKENIZER = ByteTokenizer(("return", " total", " + ", "amount", "(", ")"))
BEFORE, AFTER = "def add(total, amount):\n    ", "\n"


def infiller(script: Script, calibration: Calibration) -> Infiller:
    return Infiller(ScriptedDenoiser(TOKENIZER, [script]), calibration)


def request(is_typing: bool = False) -> Request:
    cursor = ByteOffset(len(BEFORE))
    return Request(BEFORE + AFTER, cursor, "python", single_line=True, is_typing=is_typing)


def outcome(script: Script, calibration: Calibration) -> Proposal | Refusal:
    return infiller(script, calibration).infill(request())


def test_an_unsure_proposal_is_cut_to_its_sure_beginning() -> None:
    script = Script(("return total + amount",), p_at={2: 0.1, 3: 0.1})
    strict = Calibration(min_confidence=0.6)
    assert isinstance(outcome(script, strict), Refusal)
    cut = outcome(script, Calibration(min_confidence=0.6, min_prefix=0.5))
    assert isinstance(cut, Proposal)
    assert cut.text == "return total"
    assert cut.confidence == pytest.approx(0.97**2, abs=0.01)
    assert [token.length for token in cut.tokens] == [6, 6]


def test_a_beginning_that_does_not_parse_is_cut_further() -> None:
    script = Script(("return total(amount)",), p_at={4: 0.1, 5: 0.1})
    cut = outcome(script, Calibration(min_confidence=0.9, min_prefix=0.5))
    assert isinstance(cut, Proposal) and cut.text == "return total"


def test_a_beginning_may_wait_for_what_is_typed_next() -> None:
    script = Script(("return total + amount",), p_at={3: 0.1})
    unsure = Calibration(min_confidence=0.9, min_prefix=0.5)
    typed = infiller(script, unsure).infill(request(is_typing=True))
    assert isinstance(typed, Proposal) and typed.text == "return total +" and typed.is_cut
    asked = outcome(script, unsure)
    assert isinstance(asked, Proposal) and asked.text == "return total"


@pytest.mark.parametrize(
    ("p", "expected"), [(0.5, "return total +"), (0.9, "return total + amount")]
)
def test_who_types_gets_a_beginning_that_is_much_surer_than_the_whole(
    p: float, expected: str
) -> None:
    made = infiller(
        Script(("return total + amount",), p_at={3: p}),
        Calibration(min_confidence=0.3, min_prefix=0.5),
    )
    typed, asked = made.infill(request(is_typing=True)), made.infill(request())
    assert isinstance(typed, Proposal) and typed.text == expected
    assert isinstance(asked, Proposal) and asked.text == "return total + amount"
