"""What a key costs on its way to the engine: the change and its parse in a file of 5,000 lines."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator, Sequence

from lsprotocol import types

from engine.languages import Language, language_of
from engine.syntax import ParseCache
from engine.training.corpus import SourceFile
from lsp_server.documents import Document
from lsp_server.positions import Encoding
from lsp_server.quantiles import Quantiles

NUM_LINES = 5_000
LINE_KEYS = 8
_Event = types.TextDocumentContentChangePartial


def syncing_ms(
    sources: Sequence[SourceFile], languages: Sequence[str], num_keys: int
) -> tuple[Quantiles, Quantiles]:
    """Times of ``num_keys`` changes and of their parses, as many in each of the languages.

    The long file is whole files of the language, one behind the other, so that nothing is broken
    in it but the line that is being typed.
    """
    changes: list[float] = []
    parses: list[float] = []
    for number, name in enumerate(languages):
        share = len(range(number, num_keys, len(languages)))
        found = [(source, language_of(source.path)) for source in sources]
        texts = [source.text for source, language in found if language.id == name]
        language = next(language for _, language in found if language.id == name)
        _type(_long_file(texts), language, share, changes, parses)
    return Quantiles.of(changes), Quantiles.of(parses)


def _type(
    lines: Sequence[str],
    language: Language,
    num_keys: int,
    changes: list[float],
    parses: list[float],
) -> None:
    """Type lines anew; add what each key's change and parse took."""
    item = types.TextDocumentItem("file:///long", language.id, 0, "".join(lines))
    document, trees = Document(item), ParseCache()
    trees.parse("long", document.text.encode(), language)
    for version, (event, is_key) in enumerate(_retyped(lines, num_keys)):
        began = time.perf_counter()
        document.change(version, [event], Encoding.UTF16)
        changed = time.perf_counter()
        data = document.text.encode()
        encoded = time.perf_counter()
        trees.parse("long", data, language)
        if is_key:
            parses.append(1000 * (time.perf_counter() - encoded))
            changes.append(1000 * (changed - began))


def _long_file(texts: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for text in itertools.cycle(texts):
        lines += [line + "\n" for line in text.split("\n")]
        if len(lines) >= NUM_LINES:
            return lines
    return lines


def _retyped(lines: Sequence[str], num_keys: int) -> Iterator[tuple[_Event, bool]]:
    """Keys that begin lines anew, and (False) what removes these lines and what completes them."""
    draw = random.Random(0)
    while num_keys > 0:
        number = draw.randrange(len(lines))
        line = lines[number].rstrip()
        start = len(line) - len(line.lstrip())
        keys = line[start : start + min(LINE_KEYS, num_keys)]
        if not keys or not line.isascii():  # columns are UTF-16's
            continue
        yield _edit(number, start, len(line), ""), False
        for column, key in enumerate(keys, start):
            yield _edit(number, column, column, key), True
        end = start + len(keys)
        yield _edit(number, end, end, line[end:]), False
        num_keys -= len(keys)


def _edit(line: int, start: int, end: int, text: str) -> _Event:
    return _Event(types.Range(types.Position(line, start), types.Position(line, end)), text)
