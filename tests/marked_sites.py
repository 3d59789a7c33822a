"""Sources in which the sites of a name are marked: ``⟦name⟧``, what may be it ``⟨name⟩``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.edits.names_of import name_table
from engine.edits.references import References, references_at
from engine.languages import language_of
from engine.spans import Span, span
from engine.syntax import parse

NEWLINE = b"\n"
_MARK = re.compile(r"[⟦⟨]([#$]?\w+)[⟧⟩]")


@dataclass(frozen=True, slots=True)
class Marked:
    """The text without its marks, and where they were."""

    text: str
    certain: tuple[Span, ...]
    possible: tuple[Span, ...]


def marked(source: str) -> Marked:
    certain: list[Span] = []
    possible: list[Span] = []
    text, end = "", 0
    for match in _MARK.finditer(source):
        text += source[end : match.start()]
        start = len(text.encode())
        text += match[1]
        site = span(start, len(text.encode()))
        (certain if match[0].startswith("⟦") else possible).append(site)
        end = match.end()
    return Marked(text + source[end:], tuple(certain), tuple(possible))


def found(text: str, language: str, offset: int) -> References | None:
    table = name_table(parse(text.encode(), language_of(None, language)))
    assert table is not None
    return references_at(table, offset)


def check(source: str, language: str) -> None:
    """From each marked site, exactly the marked sites are found."""
    case = marked(source)
    assert case.certain or case.possible
    for site in case.certain or case.possible:
        got = found(case.text, language, site.start)
        assert got is not None, f"nothing at {site}"
        for spans, wanted in ((got.sites, case.certain), (got.possible, case.possible)):
            places = shown(case.text, [one.span for one in spans])
            assert places == shown(case.text, wanted), f"found {places} from {site}"


def shown(text: str, sites: list[Span] | tuple[Span, ...]) -> list[str]:
    """Sites as ``line:column name``, for messages that can be read."""
    data = text.encode()
    return [
        f"{data[: one.start].count(10) + 1}:{one.start - data.rfind(NEWLINE, 0, one.start)} "
        f"{one.of(data).decode()}"
        for one in sites
    ]
