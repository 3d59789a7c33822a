"""The white space that a line needs before a statement of its block, or before a list's item."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import tree_sitter

from engine.brackets import scan
from engine.holes import Hole, HoleKind
from engine.languages import BlockStyle
from engine.planning.cursor_site import CursorSite, cursor_site, following_line, preceding_line
from engine.spans import Span
from engine.syntax import SyntaxTree

_LEAVES_BLOCK = re.compile(rb"(?:return|raise|break|continue|pass)\b")
_CASE = re.compile(rb"(?:case\b|default\s*:)")
_LABEL = re.compile(rb"(?:case\b.*|default|[A-Za-z_]\w*(?: slots)?)\s*:(?:\s*//.*)?$")
_HEAD = re.compile(rb"(?:\}\s*)?(?:(?:else\s+)?(?:if|for|while)\b.*\)|else|do)$")
_SWITCH = re.compile(rb"(?:switch|select)\b.*\{$")
# What files begin with that say nothing yet, in the training corpus.
_USUAL_UNITS = {
    "go": b"\t",
    "javascript": b"  ",
    "javascriptreact": b"  ",
    "typescript": b"  ",
    "typescriptreact": b"  ",
}
_FLAT = re.compile(rb"(?:inline\s+)?namespace\b|extern\s+\"C\"")


def missing_indent(tree: SyntaxTree, hole: Hole) -> str | None:
    """The white space that a blank line lacks before a statement of its block, or a list's item.

    None where that cannot be said: no blank line, in a string, or indented in another way.
    """
    site = cursor_site(tree, hole.span.start)
    if site.left.strip() or site.is_string or site.is_comment:
        return None
    is_indented = tree.language.block_style is BlockStyle.INDENT
    brackets = ("(", "[", "{") if is_indented else ("(", "[")
    within = tree.node_within(site.line.start)
    is_list = site.opener in brackets and (within is None or not within.type.startswith("jsx_"))
    wanted = _item_indent(tree, site) if is_list else block_indent(tree, hole)
    left = site.left.replace(b"\r", b"")
    if wanted is None or not wanted.startswith(left) or _leaves(tree, site, is_list):
        return None
    return wanted[len(left) :].decode("ascii", "replace")


def following_indent(tree: SyntaxTree, cursor: int) -> str:
    """The white space that editors put behind a line break at the end of a statement.

    That of the statement, less a level behind one that leaves its block. Empty where blocks are
    not made by it, or in a list: ``missing_indent`` knows more there.
    """
    site = cursor_site(tree, cursor)
    if tree.language.block_style is not BlockStyle.INDENT or site.opener:
        return ""
    statement = tree.statement_at(site.line.start + len(site.left.rstrip()))
    first = site.line if statement is None else tree.line_at(statement.start_byte)
    text = first.of(tree.data)
    lead = lead_of(text)
    if _LEAVES_BLOCK.match(text.lstrip()):
        lead = lead.removesuffix(indent_unit(tree))
    return lead.decode("ascii", "replace")


def _leaves(tree: SyntaxTree, site: CursorSite, is_list: bool) -> bool:
    """Whether a blank line stands where the block or list above it is left, by what is below.

    Two blank lines above a deeper one: a function of Python begins. A bracket that is closed
    nowhere is closed on the level of the line that opens it.
    """
    below = following_line(tree, site.line)
    if site.line.start and not site.opener:
        is_python = tree.language.block_style is BlockStyle.INDENT
        is_apart = tree.data[: site.line.start].endswith((b"\n\n\n", b"\n\r\n\r\n"))
        if not is_python or not is_apart or below is None:
            return False
        return below.start == site.line.end + 1 and _is_deeper(tree, below, site.left)
    lead = lead_of(tree.line_at(site.opener_offset).of(tree.data))
    if not site.opener or site.left != lead:
        return False
    if not is_list and (_ends_statement(tree, site) or not below or _is_deeper(tree, below, lead)):
        return False
    closed = scan(tree.data[site.line.end :], tree.language).unmatched
    return not "".join(mark.text for mark in closed).startswith(site.open.closers)


def _ends_statement(tree: SyntaxTree, site: CursorSite) -> bool:
    """Whether another statement may follow the line above, rather than an item of a list."""
    return tree.data[: site.line.start].rstrip().endswith((b";", b"}"))


def _is_deeper(tree: SyntaxTree, line: Span, lead: bytes) -> bool:
    deeper = lead_of(line.of(tree.data))
    return deeper != lead and deeper.startswith(lead)


def _item_indent(tree: SyntaxTree, site: CursorSite) -> bytes | None:
    """The white space before an item of the list around a blank line; what is there already wins.

    Below the first item where that stands behind the bracket, else that of the first line below
    the bracket's, else a level more than the bracket's line. None where tabs make columns unsure.
    """
    above = preceding_line(tree, site.line)
    if site.left or above is None:
        return site.left or None
    line = tree.line_at(site.opener_offset)
    if above.start > line.start and not above.of(tree.data).rstrip().endswith(b","):
        return lead_of(above.of(tree.data))  # an item goes on
    lead = lead_of(line.of(tree.data))
    behind = tree.data[site.opener_offset + 1 : line.end]
    if behind.strip():
        column = site.opener_offset + 1 - line.start + len(behind) - len(behind.lstrip())
        return None if b"\t" in lead else b" " * column
    first = following_line(tree, line)
    text = b"" if first is None else first.of(tree.data)
    if first is not None and first.start < site.line.start:
        return lead_of(text)
    deeper = lead_of(text)
    is_deeper = deeper.startswith(lead) and len(deeper) > len(lead)
    return deeper if is_deeper else lead + indent_unit(tree)


def block_indent(tree: SyntaxTree, hole: Hole) -> bytes | None:
    """The white space before the statements of the block around a blank line, None if unknown."""
    site = cursor_site(tree, hole.span.start)
    above = preceding_line(tree, site.line)
    if above is None:
        return b""
    text = above.of(tree.data)
    if _opens_block(tree, text, hole):
        return _first_indent(tree, site, above)
    if tree.language.block_style is BlockStyle.BRACES and not site.left:
        return _next_indent(tree, site, above)
    statement = tree.statement_at(above.start + len(text.rstrip()))
    first = above if statement is None else tree.line_at(statement.start_byte)
    lead = lead_of(first.of(tree.data))
    if not site.left and _is_between(tree, site, lead):
        return lead
    is_level = len(site.left.expandtabs(8)) <= len(lead.expandtabs(8))
    return site.left if is_level and hole.kind is not HoleKind.BODY else lead


def _first_indent(tree: SyntaxTree, site: CursorSite, above: Span) -> bytes:
    """The white space before the first statement below ``above``, which opens its block.

    What is there already wins, then that of the statement below, if that is no deeper than a level.
    """
    text = above.of(tree.data)
    words, lead = text.strip(), lead_of(_header(tree, above).of(tree.data))
    is_switch = _SWITCH.match(words) is not None
    if site.left.startswith(lead) and len(site.left) + (is_switch and site.left != b"") > len(lead):
        return site.left
    below = following_line(tree, site.line)
    following = b"" if below is None else below.of(tree.data)
    deeper, level = lead_of(following), lead + indent_unit(tree)
    is_label = _CASE.match(following.lstrip()) is not None
    if deeper.startswith(lead) and len(lead) - is_label < len(deeper) <= len(level):
        return deeper
    is_flat = _FLAT.match(words) or (is_switch and tree.language.id == "go")
    return lead if is_flat else level


def _header(tree: SyntaxTree, line: Span) -> Span:
    """The line on which the header begins whose brace ends ``line``."""
    end = line.start + len(line.of(tree.data).rstrip())
    brace = tree.node_at(end)
    if brace is None or brace.type != "{" or brace.parent is None or brace.parent.parent is None:
        return line
    owner = brace.parent.parent
    return tree.line_at(owner.start_byte) if owner.parent is not None else line


def _next_indent(tree: SyntaxTree, site: CursorSite, above: Span) -> bytes:
    """The white space before a statement of a braced block, on an empty line below another one.

    That of the statement above, as the parser knows it: its first line, not its last.
    """
    text = above.of(tree.data)
    words = text.strip()
    if _LABEL.match(words) or (_HEAD.match(words) and words.count(b"(") == words.count(b")")):
        return _first_indent(tree, site, above)
    node = tree.node_within(site.line.start)
    while node is not None and node.parent is not None and not _statements(node, site):
        node = node.parent
    if node is None or node.is_error or words.endswith(b"\\"):
        return lead_of(text) if site.open.openers or words.endswith(b"\\") else b""
    before = _statements(node, site)
    while before and ("case" in before[-1].type or "default" in before[-1].type):
        inner = before[-1].named_children
        if not inner or inner[-1].start_point.row == before[-1].start_point.row:
            break
        before = inner
    return lead_of((tree.line_at(before[-1].start_byte) if before else above).of(tree.data))


def _statements(node: tree_sitter.Node, site: CursorSite) -> list[tree_sitter.Node]:
    """What stands in ``node`` above the cursor's line, the preprocessor's lines aside."""
    row = node.start_point.row if node.type.startswith("preproc") else -1
    return [
        child
        for child in node.named_children
        if child.end_byte <= site.line.start
        and not child.type.startswith(("preproc", "jsx_text"))
        and child.start_point.row != row
    ]


def _is_between(tree: SyntaxTree, site: CursorSite, lead: bytes) -> bool:
    """Whether the next line is level with the one above: what is between is of their block."""
    below = following_line(tree, site.line)
    text = b"" if below is None else below.of(tree.data)
    return lead_of(text) == lead and not text.lstrip().startswith((b"}", b")", b"]"))


def _opens_block(tree: SyntaxTree, line: bytes, hole: Hole) -> bool:
    text = line.rstrip()
    return hole.kind is HoleKind.BODY or text.endswith(
        b":" if tree.language.block_style is BlockStyle.INDENT else b"{"
    )


def lead_of(line: bytes) -> bytes:
    """The white space at the start of a line."""
    return line[: len(line) - len(line.lstrip(b" \t"))]


def indent_unit(tree: SyntaxTree) -> bytes:
    """What one level of indentation is in this file.

    What most often comes in below a line that opens a block, else the smallest lead, else what is
    usual in the language.
    """
    lines = [line for line in tree.data[:20_000].split(b"\n") if line.strip()]
    opener = b":" if tree.language.block_style is BlockStyle.INDENT else b"{"
    levels: Counter[bytes] = Counter()
    for line, below in itertools.pairwise(lines):
        lead, deeper = lead_of(line), lead_of(below)
        is_label = below.rstrip().endswith(b":") and opener == b"{"
        is_deeper = deeper != lead and deeper.startswith(lead)
        if line.rstrip().endswith(opener) and is_deeper and not is_label:
            levels[deeper[len(lead) :]] += 1
    if levels:
        return levels.most_common(1)[0][0]
    leads = {lead_of(line) for line in lines}
    units = sorted((lead for lead in leads if lead and b" \t" not in lead), key=len)
    units = [unit for unit in units if len(unit) > 1 or unit == b"\t"]
    return units[0] if units else _USUAL_UNITS.get(tree.language.id, b"    ")
