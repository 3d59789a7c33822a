"""Places on a line where something is plainly missing: ``for  in xs``, ``f(a, , c)``, ``x = ;``.

Read from tokens, not from the tree: a tree recovers from an empty place in a different way in
each grammar, and some grammars accept it. Brackets that may be empty are no gaps.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.languages import BlockStyle, Language
from engine.spans import Span

_OPERATORS = frozenset(
    """= == != === !== <= >= && || := += -= *= /= %= |= &= ^= <<= >>= ?? => -> + - % and or not in
    is of""".split()
)
"""What needs an operand behind it. ``* & < > / |`` also end types, patterns and parameters."""
_HEADS = frozenset("if elif while for in of match range extends implements until".split())
"""Words that need an operand before the brace or colon of their block."""
_WORDS = _HEADS | frozenset(
    "and or not is case new instanceof import from as with assert del throw await except".split()
)
_DECLARING = frozenset("const let var def class".split())
_TYPES = frozenset("int long char float double bool boolean auto size_t String".split())
_CONDITIONS = frozenset("if while switch catch for".split())
_ENDS = frozenset(") ] } , ; : = == != <= >= && || := += -= of".split())
_AT_LINE_END = frozenset("= == != := += -= => import as from".split())
_SOURCES = frozenset("from import require include use".split())


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing between two tokens where something has to stand.

    The white space ``[low, high]`` between the two is the gap; text goes in at ``offset``.
    ``may_be_empty``: a part of ``for (;;)``, missing only while that header is being written.
    """

    low: int
    offset: int
    high: int
    is_name: bool
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a line; ``kind`` is ``word``, ``number``, ``string`` or ``mark``."""

    kind: str
    text: str
    start: int
    end: int


def tokens_of(data: bytes, line: Span, language: Language) -> list[Token]:
    """The tokens of one line, up to its comment."""
    found = []
    for match in _pattern(language).finditer(data, line.start, line.end):
        kind = match.lastgroup or "mark"
        if kind == "comment":
            break
        found.append(Token(kind, match.group().decode("utf-8", "replace"), *match.span()))
    return found


def gaps_of(data: bytes, line: Span, language: Language) -> list[Gap]:
    """The gaps of one line, in text order."""
    tokens = tokens_of(data, line, language)
    gaps = [
        _gap_between(data, left, right.start, is_name=_wants_name(left, right))
        for index, (left, right) in enumerate(itertools.pairwise(tokens))
        if _is_gap(tokens, index, language)
    ]
    gaps.extend(_empty_sources(tokens))
    if tokens and _is_open_at_end(data, tokens, line, language):
        gaps.append(_gap_between(data, tokens[-1], line.end, is_name=False))
    return sorted(gaps, key=lambda gap: gap.low)


def _gap_between(data: bytes, left: Token, high: int, is_name: bool) -> Gap:
    has_space = data[left.end : left.end + 1] in (b" ", b"\t") and left.end < high
    is_loop_part = left.text == ";" or (left.text == "(" and data[high : high + 1] == b";")
    return Gap(left.end, left.end + has_space, high, is_name, is_loop_part)


def _is_gap(tokens: list[Token], index: int, language: Language) -> bool:
    left, right = tokens[index], tokens[index + 1]
    if left.kind == "word" and left.text not in _OPERATORS:
        return _word_gap(tokens, index, language)
    if left.kind not in ("mark", "word") or right.kind not in ("mark", "word"):
        return False
    pair = (left.text, right.text)
    is_member = index > 0 and tokens[index - 1].text == "."
    is_operator = left.kind == "mark" or left.text in language.vocabulary.keywords
    if left.text in _OPERATORS and is_operator and not is_member:
        return _operator_gap(pair, language)
    if pair in ((",", ","), ("(", ","), (".", ")"), (".", ";"), (".", ","), ("<", ",")):
        return True
    if pair == (",", ">"):
        return any(token.text == "<" for token in tokens[:index])
    if pair in (("(", ")"), (";", ";"), (";", ")"), ("(", ";")):
        return _condition_gap(tokens, index, pair)
    if left.text == "?" and right.text == ":":
        return left.end < right.start and language.id != "rust"
    return left.text == ":" and _colon_gap(tokens, index, language)


def _operator_gap(pair: tuple[str, str], language: Language) -> bool:
    left, right = pair
    if left == "->" or left in _HEADS:
        braces = ("{",) if language.block_style is BlockStyle.BRACES else ()
        if language.id == "java":
            return right in (":", ")")
        return right in (*braces, ":", ";", ",", ")", "]") and pair != ("in", "]")
    if left == "||" and language.id == "rust":
        return False
    if left in ("+", "-") and right in ("=", ":", "]"):
        return False
    return right in _ENDS and pair not in (("=", "]"), ("=", "="), ("not", "in"), ("-", ")"))


def _word_gap(tokens: list[Token], index: int, language: Language) -> bool:
    left, right = tokens[index], tokens[index + 1]
    is_first = index == 0 or tokens[index - 1].text in ("(", ";", "{", "}", "export", "async")
    if left.text in _DECLARING:
        if language.block_style is BlockStyle.INDENT:
            return is_first and right.text in ("(", ":")
        return right.text in ("of", "in", "=", ":", ";") and left.text not in ("def", "class")
    if left.text in _TYPES:
        return is_first and right.text == "=" and language.id in ("c", "cpp", "java")
    if left.text not in _WORDS or left.text not in language.vocabulary.keywords:
        return False
    if left.text in ("case", "match") and index > 0:
        return False
    before = tokens[index - 1].text if index else ""
    if before in (".", "?.", "->", "::") or right.text in ("(", ".", "="):
        return False
    return _keyword_gap(tokens, index, language)


def _keyword_gap(tokens: list[Token], index: int, language: Language) -> bool:
    left, right = tokens[index], tokens[index + 1]
    if left.text == "for":
        is_trait = any(token.text == "impl" for token in tokens[:index])
        return right.text in ("in", ":=", ",") or (right.text == "{" and is_trait)
    if left.text in _HEADS and right.text == "{":
        return language.block_style is BlockStyle.BRACES
    if left.text in ("from", "import", "with", "except", "as"):
        if language.block_style is BlockStyle.BRACES:
            return left.text == "with" and right.text == "as"
        ends = ("import", "as", ")") if left.text == "except" else ("import", "as", ")", ":")
        return right.text in ends and left.text != right.text
    return right.kind == "mark" and right.text in (":", ")", "]", ",", ";")


def _condition_gap(tokens: list[Token], index: int, pair: tuple[str, str]) -> bool:
    head = next((i for i, token in enumerate(tokens) if token.text in _CONDITIONS), None)
    if head is None or head + 1 >= len(tokens) or tokens[head + 1].text != "(":
        return False
    if pair == ("(", ")"):
        return head + 1 == index
    return tokens[head].text == "for" and index > head


def _colon_gap(tokens: list[Token], index: int, language: Language) -> bool:
    right = tokens[index + 1].text
    depth: list[str] = []
    for token in tokens[:index]:
        if token.text in ("(", "[", "{"):
            depth.append(token.text)
        elif token.text in (")", "]", "}") and depth:
            depth.pop()
    if depth and depth[-1] == "[":
        return False
    if language.id in ("c", "cpp", "java", "go"):
        words = {token.text for token in tokens[:index]}
        return right in (")", ";") and (right == ")" or "?" in words)
    return right in (",", ")", "}", "=", ";")


def _wants_name(left: Token, right: Token) -> bool:
    return left.text in _DECLARING | {".", "for", "as"} or (
        left.text == "import" and right.text == "as"
    )


def _empty_sources(tokens: list[Token]) -> Iterator[Gap]:
    """``import { x } from ''``: the empty string."""
    for left, right in itertools.pairwise(tokens):
        is_source = left.text in _SOURCES or (
            left.text == "(" and any(token.text == "require" for token in tokens)
        )
        if is_source and right.kind == "string" and right.end - right.start == 2:
            yield Gap(right.start + 1, right.start + 1, right.start + 1, is_name=False)


def _is_open_at_end(data: bytes, tokens: list[Token], line: Span, language: Language) -> bool:
    """Whether the line ends where an operand has to follow, and no deeper line brings it."""
    last = tokens[-1]
    if last.text not in _AT_LINE_END or last.kind == "string":
        return False
    if last.text in ("import", "from", "as") and language.block_style is not BlockStyle.INDENT:
        return False
    opened = sum((t.text in "([{") - (t.text in ")]}") for t in tokens if t.kind == "mark")
    return opened <= 0 and not _continues(data, line)


def _continues(data: bytes, line: Span) -> bool:
    following = next((text for text in data[line.end :].split(b"\n")[1:3] if text.strip()), b"")
    return indent_of(following) > indent_of(line.of(data))


def indent_of(line: bytes) -> int:
    """Width of the white space before the first mark of a line; a tab counts as eight."""
    return len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())


@functools.cache
def _pattern(language: Language) -> re.Pattern[bytes]:
    comment = language.line_comment or "#"
    single = r"'(?:\\.|[^'\\\n])'" if language.id == "rust" else r"'(?:\\.|[^'\\\n])*'"
    return re.compile(
        "|".join(
            (
                rf"(?P<comment>{re.escape(comment)}(?![\[(]))",
                rf'(?P<string>"(?:\\.|[^"\\\n])*"|{single}|`(?:\\.|[^`\\])*`)',
                r"(?P<word>[A-Za-z_$\x80-\xff][\w$\x80-\xff]*)",
                r"(?P<number>[0-9][\w.]*)",
                r"(?P<mark>===|!==|\.\.\.|\*\*=|//=|<<=|>>=|&&=|\|\|=|\?\?=|\.\.=|:=|==|!=|<=|>=|&&"
                r"|\|\||\?\?|=>|->|\+\+|--|\+=|-=|\*=|/=|%=|\|=|&=|\^=|::|\?\.|\.\.|\*\*|//|[^\s])",
            )
        ).encode()
    )
