"""Cuts that make a hole's text fit its place; each takes a text and returns it or a part of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.brackets import CLOSER_OF, CLOSERS, scan
from engine.holes import Hole, HoleKind, MaskPlan
from engine.languages import BlockStyle
from engine.planning.cursor_site import cursor_site, following_line
from engine.planning.gaps import indent_of
from engine.planning.indentation import missing_indent
from engine.syntax import SyntaxTree

_NUM_REPEATS = 4
_MIN_PERIOD = 4
_MIN_LINE_LETTERS = 4
_LETTERS = re.compile(r"\w")
_EMPTY_BRACES = re.compile(r"\{\s*\}[\s)\]};]*$")


def strip_lines(text: str, *, is_space_needed: bool) -> str:
    """Strip white space at line ends; one space stays where a word or operator follows."""
    stripped = "\n".join(line.rstrip(" \t\r") for line in text.split("\n")).rstrip("\n")
    is_spaced = text.endswith((" ", "\t")) and bool(stripped.strip())
    return stripped + " " if is_space_needed and is_spaced else stripped


def cut_repetition(text: str) -> str:
    """Cut a text that runs in a loop after the loop's first round.

    A loop is four rounds of at least four characters with a letter in them, or three equal lines.
    """
    lines = text.split("\n")
    for index in range(2, len(lines)):
        line = lines[index].strip()
        if (
            len(_LETTERS.findall(line)) >= 2
            and line == lines[index - 1].strip() == lines[index - 2].strip()
        ):
            return "\n".join(lines[: index - 1])
    for period in range(_MIN_PERIOD, len(text) // _NUM_REPEATS + 1):
        start = _loop_start(text, period)
        if start is not None:
            return text[: start + period].rstrip(" ,\n")
    return text


def _loop_start(text: str, period: int) -> int | None:
    """Where the end of ``text`` begins to repeat with ``period``."""
    end = len(text) - period
    while end > 0 and text[end - 1] == text[end - 1 + period]:
        end -= 1
    round_ = text[end : end + period]
    is_loop = len(text) - end >= period * _NUM_REPEATS and _LETTERS.search(round_) is not None
    return end if is_loop and len(set(round_)) > 1 else None


def fit_first_line(tree: SyntaxTree, hole: Hole, text: str) -> str:
    """Give the first line of a hole on a blank line the indentation of its block.

    Blank lines before it go, or the cursor's line would keep its white space and nothing else;
    they stay before a line that leaves the block, which is another check's business.
    """
    missing = missing_indent(tree, hole)
    lines = text.split("\n")
    number = next((number for number, line in enumerate(lines) if line.strip()), None)
    if missing is None or number is None:
        return text
    left = cursor_site(tree, hole.span.start).left
    is_closer = lines[number].lstrip().startswith((")", "]"))
    is_deep = indent_of(lines[number].encode()) >= indent_of(left + missing.encode() + b"x")
    if (number and not is_deep) or is_closer:
        return text
    return missing + "\n".join(lines[number:]).lstrip(" \t")


def cut_at_dedent(tree: SyntaxTree, hole: Hole, text: str) -> str:
    """Cut several lines before the first that leaves the block, or jumps to no block's column."""
    if hole.kind not in (HoleKind.BODY, HoleKind.BLOCK, HoleKind.STATEMENT):
        return text
    site = cursor_site(tree, hole.span.start)
    is_header = bool(site.left.strip())
    floor = indent_of(site.left if is_header else site.left + text.encode()) + is_header
    lines = text.split("\n")
    columns: list[int] = [] if is_header else [floor]
    read = site.left.decode("utf-8", "replace") + lines[0]
    for number, line in enumerate(lines[1:], 1):
        state = scan(read.encode(), tree.language)
        is_free = not line.strip() or bool(state.string or state.comment)
        is_list = any(mark.text in ("(", "[") for mark in state.openers)
        read += "\n" + line
        if is_free or is_list:
            continue
        column = indent_of(line.encode())
        if column < floor or not _is_level(tree, columns, column, lines[:number]):
            return "\n".join(lines[:number]).rstrip()
    return text


def _is_level(tree: SyntaxTree, columns: list[int], column: int, before: list[str]) -> bool:
    """Whether a line may start at ``column``; keeps the open levels in ``columns``.

    Only an indented language minds: deeper needs a header above, shallower an open level.
    """
    if tree.language.block_style is not BlockStyle.INDENT:
        return True
    if not columns or column > columns[-1]:
        above = next((line for line in reversed(before) if line.strip()), "")
        may_open = not columns or above.rstrip().split("#")[0].rstrip().endswith((":", "\\"))
        columns.append(column)
        return may_open
    while columns and columns[-1] > column:
        columns.pop()
    return bool(columns) and columns[-1] == column


def cut_rest_overlap(tree: SyntaxTree, plan: MaskPlan, text: str) -> str:
    """Cut the end of ``text`` that the rest of the line repeats.

    Closing brackets and quotes go only when the text does not need them.
    """
    rest = plan.rest.of(tree.data).decode("utf-8", "replace").strip()
    body = text.rstrip()
    if not rest or "\n" in body:
        return text
    before = tree.data[cursor_site(tree, plan.cursor).anchor : plan.cursor]
    for size in range(min(len(rest), len(body)), 0, -1):
        if not body.endswith(rest[:size]):
            continue
        if not set(rest[:size]) <= CLOSERS | {"'", '"', "`", " "}:
            is_word_cut = rest[size - 1].isalnum() and rest[size : size + 1].isalnum()
            return text if is_word_cut else body[: len(body) - size].rstrip()
        whole = scan(before + (body + rest).encode(), tree.language)
        cut = scan(before + (body[:-size] + rest).encode(), tree.language)
        if cut.num_faults < whole.num_faults:
            return body[: len(body) - size].rstrip()
    return text


def cut_repeated_lines(tree: SyntaxTree, plan: MaskPlan, text: str) -> str:
    """Cut ``text`` before the first line from which on it repeats the lines below the hole."""
    site = cursor_site(tree, plan.cursor)
    below = [line.strip() for line in _lines_below(tree, plan)]
    lines = text.split("\n")
    first = site.left.decode("utf-8", "replace").strip()
    if plan.rest.start != plan.rest.end or not below:
        return text
    for number in range(len(lines)):
        words = [line.strip() for line in lines[number:] if line.strip()]
        if number == 0:
            words = [(first + lines[0]).strip() if first else lines[0].strip(), *words[1:]]
        if words and _is_repeat(words, below):
            return "\n".join(lines[:number]).rstrip()
    return text


def _is_repeat(words: list[str], below: list[str]) -> bool:
    size = min(len(words), len(below))
    is_equal = words[:size] == below[:size] and len(words) <= len(below)
    last = words[-1]
    is_cut = (
        len(words) <= len(below)
        and words[:-1] == below[: len(words) - 1]
        and len(words) > 1
        and below[len(words) - 1].startswith(last)
    )
    has_words = any(len(_LETTERS.findall(word)) >= _MIN_LINE_LETTERS for word in words)
    return has_words and (is_equal or is_cut)


def _lines_below(tree: SyntaxTree, plan: MaskPlan) -> Iterator[str]:
    line = tree.line_at(plan.holes[plan.cursor_hole].span.end)
    for _ in range(12):
        below = following_line(tree, line)
        if below is None:
            return
        yield below.of(tree.data).decode("utf-8", "replace")
        line = below


def closed(tree: SyntaxTree, plan: MaskPlan, text: str, is_own: bool = False) -> str:
    """``text`` with the brackets closed that it, or the line before it, left open.

    ``is_own``: those alone that it opened itself.
    """
    if text.rstrip().endswith("{") and has_body_below(tree, plan):
        return text
    site = cursor_site(tree, plan.cursor)
    read = scan(text.encode(), tree.language, site.open.string)
    if read.string or read.comment or not plan.holes[plan.cursor_hole].single_line:
        return text
    if is_own or plan.rest.start != plan.rest.end:
        return text + read.closers
    opened = [mark.text for mark in site.open.openers]
    del opened[len(opened) - min(len(read.unmatched), len(opened)) :]
    closers = read.closers + "".join(
        CLOSER_OF[mark] for mark in reversed(opened) if mark in ("(", "[")
    )
    return text + closers


def opened(tree: SyntaxTree, plan: MaskPlan, text: str) -> str:
    """``text`` without the end of its empty braces when their body stands below already."""
    match = _EMPTY_BRACES.search(text)
    return text[: match.start() + 1] if match and has_body_below(tree, plan) else text


def has_body_below(tree: SyntaxTree, plan: MaskPlan) -> bool:
    """Whether the next line is deeper than the cursor's: the body of what is being written."""
    if tree.language.block_style is not BlockStyle.BRACES or len(plan.rest):
        return False
    site = cursor_site(tree, plan.cursor)
    below = following_line(tree, tree.line_at(plan.holes[plan.cursor_hole].span.end))
    here = indent_of(site.left + plan.lead.encode() + b"x")
    return below is not None and indent_of(below.of(tree.data)) > here


def shortened(text: str, max_cuts: int) -> list[str]:
    """``text`` without its last line, its last two, and so on; the first line stays."""
    lines = text.split("\n")
    cuts = ["\n".join(lines[:size]).rstrip() for size in range(len(lines) - 1, 0, -1)]
    return [cut for cut in dict.fromkeys(cuts) if cut.strip()][:max_cuts]
