"""The document store against a naive model: a string, split and edited character by character."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from engine.spans import span
from lsp_server.documents import Document, Documents, encoded
from lsp_server.edit_history import MAX_CHANGES, Change, shifted
from lsp_server.positions import Encoding, num_units

ALPHABET = "ab \n\r\t\f\v\x1c\x85\u2028\u2029é\u0301漢😀"
TEXTS = st.text(alphabet=ALPHABET, max_size=30)
PLACES = st.integers(0, 60)
ENCODINGS = st.sampled_from(list(Encoding))


def opened(text: str) -> Document:
    return Document(types.TextDocumentItem("file:///project/a.py", "python", 1, text))


def naive_position(text: str, index: int, encoding: Encoding) -> types.Position:
    """Position of the character ``index``, counted by reading the text from its beginning."""
    line, line_start = 0, 0
    for place in range(index):
        is_pair = text[place : place + 2] == "\r\n"
        if text[place] in "\r\n" and not is_pair:
            line, line_start = line + 1, place + 1
    column = text[line_start:index]
    return types.Position(line, num_units(column.removesuffix("\r"), encoding))


def in_line_end(text: str, index: int) -> bool:
    return 0 < index < len(text) and text[index - 1 : index + 1] == "\r\n"


def partial(
    text: str, start: int, end: int, new: str, encoding: Encoding
) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(
        types.Range(naive_position(text, start, encoding), naive_position(text, end, encoding)), new
    )


@given(TEXTS, st.lists(st.tuples(PLACES, PLACES, TEXTS, st.booleans()), max_size=15), ENCODINGS)
def test_any_changes_leave_the_text_of_the_naive_model(
    text: str, edits: list[tuple[int, int, str, bool]], encoding: Encoding
) -> None:
    document = opened(text)
    for version, (first, second, new, is_whole) in enumerate(edits, start=2):
        start, end = sorted((min(first, len(text)), min(second, len(text))))
        # No position can stand between the two characters of a line end.
        start, end = start - in_line_end(text, start), end - in_line_end(text, end)
        if is_whole:
            document.change(version, [types.TextDocumentContentChangeWholeDocument(new)], encoding)
            text = new
        else:
            document.change(version, [partial(text, start, end, new, encoding)], encoding)
            text = text[:start] + new + text[end:]
        assert document.to_client(document.text) == text
        assert document.snapshot().version == version


@given(TEXTS, st.lists(st.tuples(PLACES, PLACES, TEXTS), min_size=1, max_size=10))
def test_changes_since_a_revision_lead_from_its_text_to_the_newest(
    text: str, edits: list[tuple[int, int, str]]
) -> None:
    document = opened(text)
    texts, sent = [document.text], [text]
    for version, (first, second, new) in enumerate(edits, start=2):
        text = document.to_client(document.text)
        start, end = sorted((min(first, len(text)), min(second, len(text))))
        document.change(version, [partial(text, start, end, new, Encoding.UTF32)], Encoding.UTF32)
        texts.append(document.text)
        sent.append(document.to_client(document.text))
    for revision, old in enumerate(texts):
        data = old.encode()
        changes = document.changes_since(revision)
        if changes is None:  # the line ends were not all of one kind any more
            assert any("\r" in one for one in sent)
            continue
        for change in changes:
            data = data[: change.span.start] + change.new_text.encode() + data[change.span.end :]
        assert data.decode() == document.text


@given(TEXTS, st.lists(st.tuples(PLACES, PLACES, TEXTS), min_size=1, max_size=10))
def test_recent_edits_lie_in_the_text_and_undo_it(
    text: str, edits: list[tuple[int, int, str]]
) -> None:
    document = opened(text)
    earlier = set()
    for first, second, new in edits:
        now = document.to_client(document.text)
        earlier |= {now, now.replace("\r\n", "\n")}
        start, end = sorted((min(first, len(now)), min(second, len(now))))
        document.change(2, [partial(now, start, end, new, Encoding.UTF32)], Encoding.UTF32)
    snapshot = document.snapshot()
    for edit in snapshot.recent_edits:
        snapshot.text.encode()[: edit.span.start].decode()
        edit.span.of(snapshot.text.encode()).decode()
        assert edit.span.end <= document.num_bytes
        assert edit.seconds_ago >= 0
    if len(snapshot.recent_edits) == 1:
        edit = snapshot.recent_edits[0]
        data = snapshot.text.encode()
        undone = data[: edit.span.start] + edit.old_text.encode() + data[edit.span.end :]
        # Edits from before a text's line ends became mixed are forgotten.
        assert undone.decode() in earlier


@given(
    st.text(alphabet="ab \n😀", max_size=30), st.lists(st.tuples(PLACES, PLACES, st.text("ab\n")))
)
def test_windows_line_ends_are_read_as_others_are(
    text: str, edits: list[tuple[int, int, str]]
) -> None:
    unix, windows = opened(text), opened(text.replace("\n", "\r\n"))
    for first, second, new in edits:
        start, end = sorted((min(first, len(unix.text)), min(second, len(unix.text))))
        change = partial(unix.text, start, end, new, Encoding.UTF16)
        unix.change(2, [change], Encoding.UTF16)
        new = new.replace("\n", "\r\n")
        windows.change(2, [evolve(change, text=new)], Encoding.UTF16)
        assert windows.snapshot().text == unix.text
        assert windows.to_client(windows.text) == unix.text.replace("\n", "\r\n")


def test_a_mark_stays_where_it_is_when_line_ends_of_another_kind_come() -> None:
    document = opened("a\r\nb\r\nc")
    mark = document.mark(span(2, 3))
    document.change(2, [partial("a\r\nb\r\nc", 0, 0, "\n", Encoding.UTF16)], Encoding.UTF16)
    assert mark.span.of(document.text.encode()) == b"b"
    assert document.to_client(document.text) == "\na\r\nb\r\nc"
    assert document.changes_since(0) is None


def test_typing_is_one_recent_edit_and_a_far_edit_another() -> None:
    document = opened("x = 1\ny = 2\n")
    for index, character in enumerate("abc"):
        change = partial(document.text, 5 + index, 5 + index, character, Encoding.UTF16)
        document.change(2 + index, [change], Encoding.UTF16)
    document.change(5, [partial(document.text, 0, 1, "zz", Encoding.UTF16)], Encoding.UTF16)
    typed, renamed = document.snapshot().recent_edits
    assert (typed.span, typed.old_text) == (span(6, 9), "")
    assert (renamed.span, renamed.old_text) == (span(0, 2), "x")


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), TEXTS)
def test_a_shifted_span_keeps_exactly_the_bytes_that_survive(
    a: int, b: int, c: int, d: int, new: str
) -> None:
    place, cut = span(*sorted((a, b))), span(*sorted((c, d)))
    moved = shifted(place, Change(cut, new, 1))
    cells: list[int | None] = list(range(20))
    cells[cut.start : cut.end] = [None] * len(new.encode())
    inside = {cell for cell in cells[moved.start : moved.end] if cell is not None}
    assert inside == {
        cell for cell in range(place.start, min(place.end, 20)) if not cut.start <= cell < cut.end
    }


def test_changes_that_were_forgotten_are_reported() -> None:
    document = opened("")
    for version in range(2, MAX_CHANGES + 10):
        document.change(version, [partial("", 0, 0, "a", Encoding.UTF16)], Encoding.UTF16)
    assert document.changes_since(1) is None
    newest = document.changes_since(document.revision - 1)
    assert newest is not None
    assert len(newest) == 1


def test_a_whole_document_change_is_remembered_as_its_difference() -> None:
    document = opened("é = 1\n漢 = 2\n")
    whole = types.TextDocumentContentChangeWholeDocument("é = 1\n滢 = 2\n")
    document.change(2, [whole], Encoding.UTF16)
    (change,) = document.changes_since(0) or ()
    assert (change.span, change.new_text) == (span(7, 10), "滢")


def test_half_a_surrogate_pair_counts_one_unit() -> None:
    assert encoded("a\ud83db").decode() == "a\ufffdb"
    assert encoded("a\U0001f600b").decode() == "a\U0001f600b"


def test_other_documents_come_newest_first_without_the_large_ones() -> None:
    documents = Documents()
    for name, text in (("a", "1"), ("b", "2" * 100), ("c", "3"), ("d", "4")):
        documents.open(types.TextDocumentItem(f"file:///{name}", "python", 1, text))
    documents.touch("file:///a")
    others = documents.others("file:///d", max_documents=2, max_bytes=50)
    assert [(other.path, other.text) for other in others] == [
        (str(Path("/a")), "1"),
        (str(Path("/c")), "3"),
    ]
    assert documents.close("file:///a")
    assert not documents.close("file:///a")


def test_a_buffer_that_is_no_file_has_no_path() -> None:
    document = Document(types.TextDocumentItem("untitled:Untitled-1", "python", 1, ""))
    assert document.snapshot().path is None


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("file:///app/%28group%29/%5Bid%5D/a%2Bb.ts", "file:///app/(group)/%5Bid%5D/a+b.ts"),
        ("file:///%E6%BC%A2.py", "file:///%e6%bc%a2.py"),
        ("file:///c:/app/a%20b.py", "file:///C%3A/app/a%20b.py"),
    ],
)
def test_a_path_is_one_document_however_its_uri_is_quoted(ours: str, theirs: str) -> None:
    documents = Documents()
    opened = documents.open(types.TextDocumentItem(theirs, "python", 1, "x"))
    assert documents.get(ours) is documents[theirs] is documents.touch(ours) is opened
    assert documents.lose(ours) and documents.is_lost(theirs) and documents.get(theirs) is None
    assert documents.regain(theirs) is opened
    assert documents.others(ours, max_documents=2, max_bytes=50) == ()
    assert documents.close(ours) and list(documents) == []
    for uri in ("untitled:a%20b", "untitled:a b"):
        documents.open(types.TextDocumentItem(uri, "python", 1, "x"))
    assert len(list(documents)) == 2
