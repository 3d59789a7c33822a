"""Rename by typing: an identifier was changed by hand at one place, the others follow.

Pure: from a text and its last edits to the edits that finish the rename, or None where it is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.edits.documented import documented
from engine.edits.known_trees import known_trees
from engine.edits.names_of import name_table
from engine.edits.new_name import badly_formed, clash
from engine.edits.references import references_at, symbol_at
from engine.edits.symbols import NameTable, Site, word_at
from engine.languages import Language, language_of
from engine.proposal import Edit
from engine.request import RecentEdit
from engine.spans import Span, span


@dataclass(frozen=True, slots=True)
class TypedRename:
    """``edits`` in text order, all of them or none.

    Not ``is_certain`` where the places only may be the same thing: members of objects whose class
    is not known, names of other files.
    """

    edits: tuple[Edit, ...]
    is_certain: bool


def typed_rename(
    text: str, language: str | None, path: str | None, recent_edits: Sequence[RecentEdit]
) -> TypedRename | None:
    """The edits that finish a rename that was begun at one place of ``text``.

    ``recent_edits`` oldest first, as a request holds them; those of other files are left out.
    """
    mine = [edit for edit in recent_edits if edit.path in (None, path)]
    known = language_of(path, language)
    data = text.encode()
    if not mine:
        return None
    word = _edited_word(data, mine[-1].span)
    if word is None:
        return None
    new_name = word.of(data).decode("utf-8", "replace")
    if badly_formed(new_name, known) is not None:
        return None
    for old_word in _old_words(data, word, mine):
        found = _finished(data, word, old_word, new_name, known, path)
        if found is not None:
            return found
    return None


def _edited_word(data: bytes, edited: Span) -> Span | None:
    """The identifier that was edited and nothing beside it."""
    word = word_at(data, edited.end)
    is_inside = word is not None and word.start <= edited.start and edited.end <= word.end
    return word if is_inside else None


def _old_words(data: bytes, word: Span, edits: Sequence[RecentEdit]) -> Iterator[bytes]:
    """What may have stood at ``word``: without the last edit, the last two, and so on."""
    start, written = word.start, word.of(data)
    inside = [edit for edit in edits if word.start <= edit.span.start and edit.span.end <= word.end]
    places = [(edit.span.start - start, edit.span.end - start, edit.old_text) for edit in inside]
    while places:
        low, high, old_text = places.pop()
        old = old_text.encode()
        written = written[:low] + old + written[high:]
        delta = len(old) - (high - low)
        places = [
            (first + delta if first >= high else first, last + delta if last >= high else last, was)
            for first, last, was in places
        ]
        yield written


def _finished(
    data: bytes,
    word: Span,
    old_word: bytes,
    new_name: str,
    language: Language,
    path: str | None,
) -> TypedRename | None:
    """The edits of the other places, if ``old_word`` is what stood at ``word``; else None."""
    before = data[: word.start] + old_word + data[word.end :]
    was = span(word.start, word.start + len(old_word))
    if not old_word or old_word.decode("utf-8", "replace") == new_name:
        return None
    if word_at(before, was.start) != was or before.count(old_word) == 1:
        return None  # half a word, or nothing else has the name
    table = name_table(known_trees.parse(path, before, language))
    sites = () if table is None else _renamed(table, was, new_name, data)
    delta = len(word) - len(was)
    edits = tuple(
        _edit(site, new_name, delta if site.span.start > was.start else 0)
        for site in sites
        if site.span != was
    )
    is_certain = table is not None and bool(table.symbols_at(was.start))
    return TypedRename(edits, is_certain) if edits else None


def _renamed(table: NameTable, was: Span, new_name: str, data: bytes) -> Sequence[Site]:
    """The sites of the name at ``was``; none where its change is no rename.

    A use that was turned to a name that the file has is no rename. From a place that only may be
    the same thing all follow that are no more certain.
    """
    symbol = symbol_at(table, was.start)
    found = references_at(table, was.start)
    if found is None or (symbol is not None and clash(table, symbol, new_name) is not None):
        return ()
    edited = [site for site in (*found.sites, *found.possible) if site.span == was]
    if not edited or not (edited[0].is_definition or _is_new(data, new_name)):
        return ()
    if symbol is None or not table.symbols_at(was.start):
        return found.possible
    return (*found.sites, *documented(table, symbol))


def _is_new(data: bytes, new_name: str) -> bool:
    """Whether the name stands at one place alone."""
    name = new_name.encode()
    at, count = data.find(name), 0
    while at >= 0:
        word = word_at(data, at)
        count += word is not None and word.of(data) == name
        at = data.find(name, at + 1)
    return count == 1


def _edit(site: Site, new_name: str, delta: int) -> Edit:
    place = span(site.span.start + delta, site.span.end + delta)
    return Edit(place, site.prefix + new_name + site.suffix)
