"""Headers that are being written, and the empty or placeholder bodies that belong to them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.brackets import scan
from engine.languages import BlockStyle, Language
from engine.planning.gaps import Token, indent_of, tokens_of
from engine.spans import Span, span
from engine.syntax import SyntaxTree

_INDENT_HEADS = frozenset(
    """def class if elif else for while try except finally with match case async""".split()
)
_BRACE_HEADS = frozenset(
    """class struct enum union interface trait impl fn func function namespace mod if else for while
    do match switch try catch finally loop unsafe template record synchronized pub export async
    public private protected static abstract final default""".split()
)
_TYPE_MARKS = frozenset(": -> [ ] < > | & * . ::".split())
_VALUE_WORDS = frozenset("return yield throw case new await in of typeof default".split())
_UNWRITTEN = re.compile(
    rb"""(?ix) ^(?: (?:\#|//|/\*)? \s* (?:TODO|FIXME) [:.\s]* (?:implement(?:\s+(?:me|this|it))?)?
    [.\s]* (?:\*/)? | (?:\#|//|/\*) \s* (?:your|add\s+your)\s+code\s+here [.\s]* (?:\*/)?
    | throw\ new\ (?:UnsupportedOperationException|Error)\((?:["']not\ implemented["'])?\);?
    | panic\(["'](?:todo|not\ implemented|implement\ me)["']\)
    | (?:todo|unimplemented)!\(\);? )$"""
)
_DOCSTRING = re.compile(rb'^[rRuU]?("""|\'\'\'|"|\')(?s:.*)\1$')


@dataclass(frozen=True, slots=True)
class Body:
    """The body that a header waits for. ``span`` is empty, or covers a placeholder.

    ``header_end`` is where the header's colon or brace ends. ``is_inline``: its closing brace
    stands on the header's line.
    """

    span: Span
    header_end: int
    is_placeholder: bool
    is_inline: bool = False


def is_placeholder(text: bytes, language: Language) -> bool:
    """Whether ``text`` only stands for code that is still to be written."""
    words = text.strip()
    bare = words.rstrip(b";").decode("utf-8", "replace")
    return bare in language.placeholders or (bool(words) and _UNWRITTEN.match(words) is not None)


def unwritten_body(tree: SyntaxTree, line: Span) -> Body | None:
    """The body of the header on ``line`` when it is empty or a placeholder."""
    style = tree.language.block_style
    if style is BlockStyle.INDENT:
        return _indented_body(tree, line)
    return _braced_body(tree, line) if style is BlockStyle.BRACES else None


def is_header(tokens: list[Token], language: Language) -> bool:
    """Whether the tokens of a line begin a compound statement or a definition."""
    heads = _INDENT_HEADS if language.block_style is BlockStyle.INDENT else _BRACE_HEADS
    return bool(tokens) and any(
        token.text in heads for token in tokens[: 2 if tokens[0].text == "}" else 1]
    )


def _indented_body(tree: SyntaxTree, line: Span) -> Body | None:
    tokens = tokens_of(tree.data, line, tree.language)
    if not is_header(tokens, tree.language) or tokens[-1].text != ":":
        return None
    rows = _deeper_lines(tree.data, line)
    written = [row for row in rows if row.of(tree.data).strip()]
    if written and _DOCSTRING.match(written[0].of(tree.data).strip()):
        written = written[1:] or written
    if not written:
        blank = (
            rows[0]
            if rows and indent_of(rows[0].of(tree.data) + b"x") > _indent(tree.data, line)
            else span(line.end, line.end)
        )
        return Body(span(blank.end, blank.end), tokens[-1].end, is_placeholder=False)
    start = written[0].end - len(written[0].of(tree.data).lstrip())
    end = written[-1].start + len(written[-1].of(tree.data).rstrip())
    if all(is_placeholder(row.of(tree.data), tree.language) for row in written):
        return Body(span(start, end), tokens[-1].end, is_placeholder=True)
    return None


def _indent(data: bytes, line: Span) -> int:
    return indent_of(line.of(data))


def _deeper_lines(data: bytes, line: Span) -> list[Span]:
    """The lines below that are blank or deeper than ``line``, up to the first that is not."""
    depth, start = _indent(data, line), int(line.end)
    rows: list[Span] = []
    while (start := data.find(b"\n", start) + 1) and start < len(data) and len(rows) < 12:
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        text = data[start:end]
        if text.strip() and indent_of(text) <= depth:
            break
        rows.append(span(start, end))
        start = end
    return rows


def _braced_body(tree: SyntaxTree, line: Span) -> Body | None:
    tokens = tokens_of(tree.data, line, tree.language)
    opener = _body_brace(tree, line, tokens)
    if opener is None:
        return None
    close = tree.data.find(b"}", opener, opener + 400)
    inner = tree.data[opener:close] if close >= 0 else tree.data[opener : opener + 1]
    if close < 0 or scan(inner, tree.language).openers:
        return None
    is_inline = b"\n" not in inner
    words = inner.strip()
    if not words:
        return Body(_empty_place(opener, inner), opener, False, is_inline)
    if is_placeholder(words, tree.language):
        start = opener + inner.index(words)
        return Body(span(start, start + len(words)), opener, True, is_inline)
    return None


def _ends_header(tokens: list[Token]) -> bool:
    """Whether a brace behind ``tokens`` opens a body: ``f(x): T {``, ``=> {``, ``else {``."""
    if tokens[-1].text in ("=>", "|", "else", "try", "finally", "do"):
        return True
    for token in reversed(tokens):
        if token.text == ")":
            return True
        is_type = token.kind == "word" or token.text in _TYPE_MARKS
        if not is_type or token.text in _VALUE_WORDS:
            return False
    return False


def _empty_place(start: int, inner: bytes) -> Span:
    """At the end of the blank line kept for the body, else right behind the brace."""
    rows = inner.split(b"\n")
    if len(rows) < 3 or not rows[1].strip(b"\r"):
        return span(start, start)
    at = start + len(rows[0]) + 1 + len(rows[1].rstrip(b"\r"))
    return span(at, at)


def _body_brace(tree: SyntaxTree, line: Span, tokens: list[Token]) -> int | None:
    """Where the header's opening brace ends: on its line, or alone on the next one."""
    for index in range(len(tokens) - 1, 0, -1):
        if tokens[index].text == "{":
            opens = _ends_header(tokens[:index]) or is_header(tokens, tree.language)
            return tokens[index].end if opens else None
    below = tree.line_at(line.end + 1) if line.end < len(tree.data) else line
    is_alone = below.of(tree.data).strip() in (b"{", b"{}")
    if is_alone and tokens and (tokens[-1].text == ")" or is_header(tokens, tree.language)):
        return tree.data.index(b"{", below.start) + 1
    return None
