from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import InfillConfig, Infiller, OpenDocument, Proposal, Request
from engine.decoding.posterior import IMPOSSIBLE
from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.effort import Decoding
from engine.lexicon import Lexicon
from engine.memory.library import MAX_OTHER_CHARACTERS, Library
from engine.memory.memory import Memory, Surroundings
from engine.memory.passage import Passage
from engine.spans import ByteOffset

WORDS = ("left", "right", "side", "move", "turn", "    ")
TOKENIZER = ByteTokenizer(WORDS)
LEXICON = Lexicon(TOKENIZER)
IS_LINE_END = np.zeros(TOKENIZER.vocab_size, np.bool_)
IS_LINE_END[LEXICON.line_ends] = True
PIECES = tuple(map(TOKENIZER.token_bytes, range(TOKENIZER.vocab_size)))


def passage(*texts: str) -> Passage:
    return Passage.of([TOKENIZER.encode(text) for text in texts], IS_LINE_END)


def memory(
    before: str, behind: str = "", *, rest: str = "", others: tuple[str, ...] = ()
) -> Memory:
    around = Surroundings(
        TOKENIZER.encode(before),
        TOKENIZER.encode("\n" + behind),
        TOKENIZER.encode(behind),
        rest.encode(),
    )
    own = passage(before, behind)
    return Memory(own, passage(*others), around, PIECES, IS_LINE_END, TOKENIZER.eom_id)


def recalled(made: Memory, written: str = "") -> dict[str, float]:
    """What a model that knows nothing says after the memory was asked, the changed tokens alone."""
    logits = np.zeros(TOKENIZER.vocab_size, np.float32)
    made.recall(logits, TOKENIZER.encode(written))
    p = np.exp(logits) / np.exp(logits).sum()
    changed = np.flatnonzero(logits != 0)
    return {
        "<eom>" if token == TOKENIZER.eom_id else PIECES[token].decode(): float(p[token])
        for token in changed.tolist()
    }


def test_what_followed_the_same_tokens_gets_probability() -> None:
    assert recalled(memory("move(left)\nmove")).keys() == {"("}
    assert recalled(memory("move(left)\nmove"), "(").keys() == {"left"}


def test_longer_matches_and_more_of_them_count_more() -> None:
    said = recalled(memory("xmove(left)\nymove(right)\nxmove("))
    assert said["left"] > said["right"] > 0
    once = recalled(memory("move(", others=("move(left)\n",)))
    twice = recalled(memory("move(", others=("move(left)\n", "move(left)\n")))
    assert twice["left"] > once["left"]


def test_of_equal_matches_the_one_of_like_surroundings_counts_more() -> None:
    others = ("side = 1\nmove(left)\nturn()\n", "xxxx = 2\nmove(right)\nyyyy()\n")
    said = recalled(memory("side = 1\nmove(", "turn()\n", others=others))
    assert said["left"] > said["right"]


def test_a_line_break_is_the_end_of_the_hole() -> None:
    assert "<eom>" in recalled(memory("move(left)\nmove("), "left)")


@pytest.mark.parametrize(("written", "said"), [("", {"left"}), ("left", {"<eom>"})])
def test_the_hole_ends_before_what_stays_behind_it(written: str, said: set[str]) -> None:
    made = memory("move(left)\nmove(", rest=")")
    assert recalled(made, written).keys() == said


def test_a_line_is_looked_at_once_for_all_its_places() -> None:
    """A minified file is one line, and has each token thousands of times."""

    class Pieces(tuple[bytes, ...]):
        num_read = 0

        def __getitem__(self, index: Any) -> Any:
            Pieces.num_read += 1
            return super().__getitem__(index)

    statements = "move(left);" * 400
    rest = statements + "turn"
    around = Surroundings(
        TOKENIZER.encode("move("), TOKENIZER.encode(""), TOKENIZER.encode(""), rest.encode()
    )
    other = passage("move(right);" * 400 + "move(left);" * 400 + "turn")
    made = Memory(passage(""), other, around, Pieces(PIECES), IS_LINE_END, TOKENIZER.eom_id)
    assert "right" in recalled(made)
    assert made.continuations(TOKENIZER.encode(""))
    assert Pieces.num_read <= len(other.ids)


def test_a_line_that_ends_otherwise_says_nothing_before_a_rest() -> None:
    assert recalled(memory("move(left) + 1\nmove(", rest=")")) == {}


def test_impossible_tokens_stay_impossible() -> None:
    logits = np.zeros(TOKENIZER.vocab_size, np.float32)
    left = int(TOKENIZER.encode("left")[0])
    logits[left] = IMPOSSIBLE
    memory("move(left)\nmove(").recall(logits, TOKENIZER.encode(""))
    assert logits[left] <= IMPOSSIBLE


@pytest.mark.parametrize(("rest", "line"), [("", "left)"), (")", "left"), ("]", "left)")])
def test_a_line_goes_on_as_at_the_best_place_up_to_what_stays_behind(rest: str, line: str) -> None:
    others = ("turn(right)\n", "move(left)\n")
    best = memory("move", rest=rest, others=others).continuations(TOKENIZER.encode("("))[0]
    assert TOKENIZER.decode_bytes(best).decode() == line


def infiller(has_memory: bool = True) -> Infiller:
    scripts = (Script(("right)",), p=0.5),)
    config = InfillConfig(min_confidence=0.0)
    return Infiller(
        ScriptedDenoiser(TOKENIZER, scripts),
        config=config,
        decoding=Decoding.VERIFIED,
        has_memory=has_memory,
    )


def request(marked: str, *nearby: str, open_documents: tuple[OpenDocument, ...] = ()) -> Request:
    before, after = marked.split("‸")
    documents = tuple(OpenDocument(f"{at}.py", None, text) for at, text in enumerate(nearby))
    return Request(
        before + after,
        ByteOffset(len(before.encode())),
        "python",
        open_documents=open_documents,
        nearby=documents,
    )


def text_of(made: Infiller, asked: Request) -> str:
    outcome = made.infill(asked)
    assert isinstance(outcome, Proposal), outcome
    return outcome.text


OTHER = "side = 1\nturn.move(left)\n" * 3
MARKED = "side = 1\nturn.move(‸\n"


def test_other_files_change_what_is_written() -> None:
    assert text_of(infiller(), request(MARKED)) == "right)"
    assert text_of(infiller(), request(MARKED, OTHER)) == "left)"
    assert text_of(infiller(has_memory=False), request(MARKED, OTHER)) == "right)"


def test_a_line_of_another_file_is_verified_in_one_pass() -> None:
    asked = request("side = 1\nturn.‸\n", "turn.move(right)\n")
    made = Infiller(
        ScriptedDenoiser(TOKENIZER, (Script(("move(right)",)),)),
        decoding=Decoding.VERIFIED,
        has_memory=True,
    )
    outcome = made.infill(asked)
    assert (outcome.forwards, text_of(made, asked)) == (1, "move(right)")


def test_the_same_request_has_the_same_answer_whatever_was_asked_before() -> None:
    warm = infiller()
    asked = request(MARKED, OTHER)
    first = warm.infill(asked)
    warm.infill(request("turn.‸\n", "turn.side\n"))
    again = warm.infill(asked)
    assert isinstance(first, Proposal) and isinstance(again, Proposal)
    assert (first.text, first.tokens) == (again.text, again.tokens)


def test_an_open_file_and_its_copy_near_by_count_once() -> None:
    library = Library(LEXICON)
    opened = (OpenDocument("0.py", None, OTHER),)
    both, one = (
        library.others(request(MARKED, OTHER, open_documents=opened)),
        library.others(request(MARKED, open_documents=opened)),
    )
    assert both is one


def test_only_files_that_fit_are_read() -> None:
    library = Library(LEXICON)
    small, large = "turn\n", "x" * (MAX_OTHER_CHARACTERS - 2)
    made = library.others(request(MARKED, large, small))
    assert made is library.others(request(MARKED, large))


def test_holes_of_several_lines_are_left_to_the_model() -> None:
    several = replace(request(MARKED, OTHER), single_line=False)
    assert text_of(infiller(), several) == text_of(infiller(has_memory=False), several)
