"""Expressions that stand elsewhere as the edit found them, where they play the same part.

What changed need hold no name: of ``f((1 << 3))`` to ``f(1 << 3)`` follows ``g((1 << 3))``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import tree_sitter

from engine.edits.lexemes import Lexeme, lexemes
from engine.edits.patterns import Code
from engine.edits.user_change import UserChange
from engine.proposal import Edit
from engine.spans import Span, span
from engine.syntax import SyntaxTree

_MIN_LEXEMES, _MAX_LEXEMES = 5, 40


def same_nodes(before: SyntaxTree, now: SyntaxTree, change: UserChange) -> list[Edit]:
    """What the same expressions outside of the change become, in text order."""
    old = lexemes(before.data, change.place_before)
    new = lexemes(now.data, change.place)
    matcher = SequenceMatcher(
        None, [each.text for each in old], [each.text for each in new], autojunk=False
    )
    codes = _inmost(old, matcher.get_opcodes())
    found: dict[Span, Edit] = {}
    for _, i, j, _, _ in (code for code in codes if code[0] != "equal"):
        node = _expression(before, old, i, j)
        text = None if node is None else _became(now.data, new, codes, _range(old, node))
        if node is not None and text is not None and _is_balanced(text):
            for place in _places(now, before, node, change):
                found.setdefault(place, Edit(place, text))
    return sorted(found.values(), key=lambda edit: edit.span)


def _expression(
    tree: SyntaxTree, found: Sequence[Lexeme], i: int, j: int
) -> tree_sitter.Node | None:
    """The smallest expression within the changed lines that holds the words and signs [i, j)."""
    if i == j or tree.root is None:
        return None
    start, end = found[i].start, found[j - 1].end
    node = tree.root.named_descendant_for_byte_range(start, end)
    while node is not None and node.type in tree.language.kinds.lists:
        node = node.parent
    if node is None or node.type not in tree.language.kinds.expressions:
        return None
    is_within = found[0].start <= node.start_byte and node.end_byte <= found[-1].end
    low, high = _range(found, node)
    return node if is_within and _MIN_LEXEMES <= high - low <= _MAX_LEXEMES else None


def _inmost(old: Sequence[Lexeme], codes: Sequence[Code]) -> list[Code]:
    """Of several opening brackets in a row the last one is taken to be gone, not the first."""
    found = list(codes)
    for number in range(1, len(found) - 1):
        tag, i, j, k, m = found[number]
        _, _, end, _, new_end = found[number + 1]
        step = 0
        while j + step < end and old[i + step].text == old[j + step].text in (b"(", b"[", b"{"):
            step += 1
        if tag == "delete" and step:
            _, low, _, new_low, _ = found[number - 1]
            found[number - 1] = ("equal", low, i + step, new_low, k + step)
            found[number] = (tag, i + step, j + step, k + step, m + step)
            found[number + 1] = ("equal", j + step, end, m + step, new_end)
    return found


def _is_balanced(text: str) -> bool:
    return all(text.count(left) == text.count(right) for left, right in ("()", "[]", "{}"))


def _range(found: Sequence[Lexeme], node: tree_sitter.Node) -> tuple[int, int]:
    inside = [n for n, each in enumerate(found) if node.start_byte <= each.start < node.end_byte]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)


def _became(
    data: bytes, new: Sequence[Lexeme], codes: Sequence[Code], old: tuple[int, int]
) -> str | None:
    """What stands now where the words and signs ``old`` were; None if that cannot be told."""
    low = next(
        (
            k + old[0] - i if tag == "equal" else k
            for tag, i, j, k, _ in codes
            if i <= old[0] < j and (tag == "equal" or i == old[0])
        ),
        None,
    )
    high = next(
        (
            k + old[1] - i if tag == "equal" else m
            for tag, i, j, k, m in codes
            if i < old[1] <= j and (tag == "equal" or j == old[1])
        ),
        None,
    )
    if low is None or high is None or low >= high:
        return None
    return data[new[low].start : new[high - 1].end].decode("utf-8", "replace")


def _places(
    now: SyntaxTree, before: SyntaxTree, node: tree_sitter.Node, change: UserChange
) -> Iterator[Span]:
    """Where the text of ``node`` is a node of its kind below one of its parent's kind."""
    text = before.data[node.start_byte : node.end_byte]
    at = now.data.find(text)
    while at >= 0 and now.root is not None:
        place = span(at, at + len(text))
        there = now.root.named_descendant_for_byte_range(place.start, place.end)
        is_whole = there is not None and (there.start_byte, there.end_byte) == (at, place.end)
        if is_whole and there is not None and not place.overlaps(change.place):
            if there.type == node.type and _part(there) == _part(node):
                yield place
        at = now.data.find(text, at + 1)


def _part(node: tree_sitter.Node) -> str:
    """What it is to its parent."""
    return "" if node.parent is None else node.parent.type
