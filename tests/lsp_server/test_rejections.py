"""What was turned down, by the line it would make."""

from __future__ import annotations

from lsp_server.rejections import MAX_REJECTIONS, Rejections, fingerprint


def test_a_line_is_the_same_however_much_of_it_is_typed() -> None:
    mark = fingerprint("file:///a", "    x = ", "total(prices)")
    assert fingerprint("file:///a", "  x = tot", "al(prices)\n") == mark
    assert fingerprint("file:///b", "    x = ", "total(prices)") != mark
    assert fingerprint("file:///a", "    y = ", "total(prices)") != mark


def test_the_oldest_is_forgotten_and_what_was_taken_too() -> None:
    rejections = Rejections()
    marks = [fingerprint("a", "", str(number)) for number in range(MAX_REJECTIONS + 1)]
    for mark in marks:
        rejections.add(mark)
    assert marks[0] not in rejections and marks[1] in rejections
    rejections.forget(marks[1])
    rejections.forget(b"unknown")
    assert marks[1] not in rejections
