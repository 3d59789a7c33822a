"""Proposals as completion items."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from lsprotocol.converters import get_converter

from engine.proposal import Edit, EditKind, Reason, Refusal, TokenConfidence
from engine.spans import span
from lsp_server.convert import item_json, refusal_json, suggestion, token_lengths
from lsp_server.documents import Document
from lsp_server.positions import Encoding

CONVERTER = get_converter()


def test_an_item_has_the_standard_members_and_ours(make_proposal: Any, opened: Any) -> None:
    document = opened("é = f(\n")
    cut = suggestion("r1.0", make_proposal(7, (7, 7, "x, 😀)")), document)
    item = item_json(cut, document, Encoding.UTF16, CONVERTER)
    place = {"line": 0, "character": 6}
    assert item == {
        "insertText": "x, 😀)",
        "range": {"start": place, "end": place},
        "command": {
            "title": "Accept the proposal",
            "command": "midfill.accept",
            "arguments": ["r1.0"],
        },
        "midfill": {
            "id": "r1.0",
            "kind": "atomic",
            "confidence": 0.75,
            "tokens": [{"length": 6, "p": 0.9}],
        },
    }
    CONVERTER.structure({"items": [item]}, types.InlineCompletionList)
    assert "command" not in item_json(cut, document, Encoding.UTF16, CONVERTER, has_command=False)


def test_a_range_never_leaves_its_line(make_proposal: Any, opened: Any) -> None:
    document = opened("if a:\r\n    b\nc\n")
    cut = suggestion("r1.0", make_proposal(3, (3, 12, "x:\n  y")), document)
    assert cut.main == Edit(span(3, 5), "x:\n  y")
    assert cut.further == (Edit(span(5, 12), ""),)
    assert cut.needs_command
    item = item_json(cut, document, Encoding.UTF16, CONVERTER)
    assert item["range"]["start"]["line"] == item["range"]["end"]["line"] == 0
    assert item["command"]["arguments"] == ["r1.0"]
    assert item["midfill"]["edits"] == [
        {
            "range": {"start": {"line": 0, "character": 5}, "end": {"line": 1, "character": 5}},
            "newText": "",
        }
    ]


def test_edits_elsewhere_come_with_a_command(make_proposal: Any, opened: Any) -> None:
    document = opened("import a\n\nb.\n")
    proposal = make_proposal(12, (7, 8, "b"), (12, 12, "run()"))
    cut = suggestion("r1.0", proposal, document)
    assert (cut.main, cut.further) == (proposal.edits[1], (proposal.edits[0],))
    assert cut.needs_command


def test_a_sequence_is_shown_from_its_first_step(make_proposal: Any, opened: Any) -> None:
    proposal = make_proposal(2, (2, 2, "x"), (4, 4, "y"), kind=EditKind.SEQUENCE)
    cut = suggestion("r1.0", proposal, opened("a b c"))
    assert not cut.needs_command
    assert len(cut.further) == 1


def test_a_change_without_an_edit_at_the_cursor_inserts_nothing_there(
    make_proposal: Any, opened: Any
) -> None:
    cut = suggestion("r1.0", make_proposal(0, (2, 3, "x")), opened("a b"))
    assert cut.main == Edit(span(0, 0), "")
    assert cut.further == (Edit(span(2, 3), "x"),)


def test_an_empty_list_says_why() -> None:
    written = refusal_json("r2", Refusal(Reason.LOW_CONFIDENCE, "0.1 is under 0.25"))
    assert written["items"] == []
    assert written["midfill"] == {
        "id": "r2",
        "reason": "LOW_CONFIDENCE",
        "detail": "0.1 is under 0.25",
    }
    CONVERTER.structure(written, types.InlineCompletionList)


def test_an_item_ends_lines_as_the_client_does(make_proposal: Any, opened: Any) -> None:
    document = opened("if a:\r\n    b\r\n")
    item = item_json(
        suggestion("r1.0", make_proposal(5, (5, 5, " #\n    c")), document),
        document,
        Encoding.UTF16,
        CONVERTER,
    )
    assert item["insertText"] == " #\r\n    c"
    assert sum(one["length"] for one in item["midfill"]["tokens"]) == len(" #\r\n    c")


@given(st.text(max_size=20), st.lists(st.integers(1, 5)))
def test_token_lengths_add_up_to_the_text(text: str, cuts: list[int]) -> None:
    left = len(text.encode())
    lengths = []
    for cut in cuts:
        lengths.append(min(cut, left))
        left -= lengths[-1]
    tokens = [TokenConfidence(length, 0.5) for length in [*lengths, left]]
    document = Document(types.TextDocumentItem("file:///a.py", "python", 1, ""))
    written = token_lengths(text, tokens, document)
    assert sum(one["length"] for one in written) == len(text.encode("utf-16-le")) // 2
    assert len(written) == len(tokens)
