"""Brackets, strings and comments of a piece of code, read without a grammar.

A small lexer that works on half-written text, where a tree would guess; knows only the table of
``engine.languages``.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from engine.languages import Language

CLOSER_OF = {"(": ")", "[": "]", "{": "}", "${": "}"}
OPENER_OF = {")": "(", "]": "[", "}": "{"}
CLOSERS = frozenset(OPENER_OF)
_REGEX_LANGUAGES = frozenset(("javascript", "javascriptreact", "typescript", "typescriptreact"))
_CHARACTER_LANGUAGES = frozenset(("rust", "go", "java", "c", "cpp"))
_BEFORE_REGEX = re.compile(
    rb"(?:^|[=(,:\[!&|?{};+\-*%~^<>\n]|\b(?:return|typeof|case|of|in))[ \t]*$"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One bracket and the byte where it stands in the scanned piece."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Scan:
    """What a piece of code leaves open at its end, and what it closes without having opened it.

    ``string`` is the delimiter of the string that holds the end ("" when none); ``comment`` the
    comment's opening mark likewise; ``text_start`` is where that string or comment begins.
    ``broken``: start of each one-line string that met the line's end, and where it did.
    """

    openers: tuple[Mark, ...]
    unmatched: tuple[Mark, ...]
    string: str
    comment: str
    broken: tuple[tuple[int, int], ...]
    text_start: int

    @property
    def num_faults(self) -> int:
        """Unbalanced brackets and unterminated strings."""
        return len(self.openers) + len(self.unmatched) + len(self.broken) + bool(self.string)

    @property
    def closers(self) -> str:
        """The text that closes all that is open, innermost first."""
        return "".join(CLOSER_OF[mark.text] for mark in reversed(self.openers))


def scan(data: bytes, language: Language, string: str = "") -> Scan:
    """Read ``data`` from a start inside ``string`` where that is not empty."""
    return _Scanner(data, language).run(string)


class _Scanner:
    """One pass over one piece."""

    def __init__(self, data: bytes, language: Language) -> None:
        self.data = data
        self.language = language
        self.is_plain = language.grammar is None
        self.stack: list[Mark] = []
        self.unmatched: list[Mark] = []
        self.broken: list[tuple[int, int]] = []
        self.text_start = 0

    def run(self, string: str) -> Scan:
        at, comment = 0, ""
        if string:
            at, string = self.string_end(at, string)
        pattern = _token_pattern(self.language)
        while not string and not comment:
            match = pattern.search(self.data, at)
            if match is None:
                break
            at = match.end()
            self.text_start = match.start()
            kind, text = match.lastgroup, match.group().decode("ascii", "replace")
            if kind == "bracket":
                at, string = self.bracket(text, match.start(), at)
            elif kind == "comment":
                at, comment = self.comment_end(at, text)
            elif kind == "quote" and not (self.is_plain and text == "'"):
                at, string = self.string_end(at, text)
            elif kind == "slash":
                at = self.regex_end(match.start(), at)
        return Scan(
            tuple(self.stack),
            tuple(self.unmatched),
            string,
            comment,
            tuple(self.broken),
            self.text_start if string or comment else len(self.data),
        )

    def bracket(self, text: str, start: int, at: int) -> tuple[int, str]:
        if text not in CLOSERS:
            self.stack.append(Mark(text, start))
        elif self.stack and CLOSER_OF[self.stack[-1].text] == text:
            if self.stack.pop().text == "${":
                return self.string_end(at, "`")
        else:
            self.unmatched.append(Mark(text, start))
        return at, ""

    def string_end(self, at: int, quote: str) -> tuple[int, str]:
        is_long = quote in self.language.long_quotes
        for match in _string_pattern(quote, is_long).finditer(self.data, at):
            found = match.group()
            if found == b"${":
                self.stack.append(Mark("${", match.start()))
                return match.end(), ""
            if found == b"\n":
                self.broken.append((self.text_start, match.start()))
                return match.end(), ""
            if found[:1] != b"\\":
                return match.end(), ""
        return len(self.data), quote

    def comment_end(self, at: int, opening: str) -> tuple[int, str]:
        block = self.language.block_comment
        closing = block[1] if block is not None and opening == block[0] else "\n"
        end = self.data.find(closing.encode(), at)
        return (len(self.data), opening) if end < 0 else (end + len(closing), "")

    def regex_end(self, start: int, at: int) -> int:
        """Behind a JavaScript regular expression, or ``at`` where the slash divides."""
        line = self.data.rfind(b"\n", 0, start) + 1
        if not _BEFORE_REGEX.search(self.data[line:start]):
            return at
        match = re.compile(rb"(?:[^\\/\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/").match(self.data, at)
        return at if match is None else match.end()


@functools.cache
def _token_pattern(language: Language) -> re.Pattern[bytes]:
    block = () if language.block_comment is None else language.block_comment[:1]
    comments = [mark for mark in (*block, language.line_comment) if mark]
    quotes = [*language.long_quotes, *language.quotes]
    parts = []
    if comments:
        parts.append(f"(?P<comment>{'|'.join(map(re.escape, comments))})")
    if language.id in _CHARACTER_LANGUAGES:
        parts.append(
            r"(?P<character>'(?:[^'\\\n]|\\[^\n][^'\n]{0,8})'|(?<=[0-9a-fA-F])'(?=[0-9a-fA-F]))"
        )
    if language.id == "rust":
        parts.append(r'(?P<raw>\br(?P<hashes>#+)".*?"(?P=hashes)|\br"[^"]*")')
    if language.id == "cpp":
        parts.append(r'(?P<raw>R"(?P<fence>[^(\s]{0,16})\(.*?\)(?P=fence)")')
    parts.append(f"(?P<quote>{'|'.join(map(re.escape, quotes))})")
    parts.append(r"(?P<bracket>[()\[\]{}])")
    if language.id in _REGEX_LANGUAGES:
        parts.append(r"(?P<slash>/)")
    return re.compile("|".join(parts).encode(), re.DOTALL)


@functools.cache
def _string_pattern(quote: str, is_long: bool) -> re.Pattern[bytes]:
    inside = [r"\\.", re.escape(quote)]
    if quote == "`":
        inside.append(r"\$\{")
    if not is_long:
        inside.append("\n")
    return re.compile("|".join(inside).encode(), re.DOTALL)
