"""The docstring of a function whose parameters the edit changed: entries that go or come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.edits.docstring import docstring_edit
from engine.edits.user_change import UserChange
from engine.proposal import Edit
from engine.spans import span
from engine.syntax import SyntaxTree


def undocumented(before: SyntaxTree, now: SyntaxTree, change: UserChange) -> Iterator[Edit]:
    """What the docstring becomes that named all parameters before; with a hole for a new entry."""
    was_fit = _updated(before, change.place_before.start) == []
    updated = _updated(now, change.place.start) if was_fit else []
    for edit in updated:
        if not edit.span.overlaps(change.place):
            yield _trimmed(now.data, edit)


def _updated(tree: SyntaxTree, at: int) -> Sequence[Edit]:
    """The update of the docstring that is there, of the function whose header is at ``at``."""
    start = at + len(tree.data[at:]) - len(tree.data[at:].lstrip())
    found = docstring_edit(tree, start)
    return [] if found is None or not found.template[0].span else found.template


def _trimmed(data: bytes, edit: Edit) -> Edit:
    """The same edit without the lines that stay at both ends."""
    old = edit.span.of(data).decode("utf-8", "replace").splitlines(keepends=True)
    new = edit.new_text.splitlines(keepends=True)
    most = min(len(old), len(new))
    left = next((n for n in range(most) if old[n] != new[n]), most)
    right = next((n for n in range(most - left) if old[-1 - n] != new[-1 - n]), most - left)
    start = edit.start + len("".join(old[:left]).encode())
    end = edit.end - len("".join(old[len(old) - right :]).encode())
    return Edit(span(start, end), "".join(new[left : len(new) - right]))
