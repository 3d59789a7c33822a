"""Tags for parameters in a documentation comment, brought up to the signature."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.edits.doc_comment import DocComment, comment_above, words_of
from engine.edits.documentable import documentable_at
from engine.edits.template import HOLE, MAX_HOLES
from engine.proposal import Edit
from engine.spans import span
from engine.syntax import SyntaxTree

_LEAD = r"(?P<lead>[ \t]*(?:\*|///|//!)[ \t]*)"
_ENTRY = re.compile(
    _LEAD + r"(?P<mark>[@\\]param)(?P<way>\[[^\]]*\])?[ \t]+(?:\{[^}]*\}[ \t]*)?\[?"
    r"(?P<name>[\w$]+|\.\.\.)(?![\w$.>])(?P<dash>[ \t]+-(?=[ \t]))?"
)
_TAG = re.compile(_LEAD + r"[@\\]\w+")
_BLANK = re.compile(r"[ \t]*(?:\*|///|//!)?[ \t\r]*$|.*\*/[ \t\r]*$")


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    first: int
    behind: int
    match: re.Match[str]


def updated_tags(tree: SyntaxTree, offset: int) -> DocComment | None:
    """Entries of parameters that are gone go, those that are missing come, in their order.

    None where the comment names no parameter, or all that there are, or is of another form.
    """
    thing = documentable_at(tree, offset)
    place = None if thing is None else comment_above(tree, thing.start)
    if thing is None or place is None or not (thing.is_function or thing.parameters):
        return None
    lines = place.of(tree.data).decode("utf-8", "replace").splitlines(keepends=True)
    entries = _entries(lines)
    known = [entry.name for entry in entries]
    new = [name for name in thing.parameters if name not in known]
    gone = [name for name in known if name not in thing.parameters]
    is_whole = all(one.behind == two.first for one, two in itertools.pairwise(entries))
    if not entries or not is_whole or not (new or gone) or len(set(known)) < len(known):
        return None
    first, last = entries[0], entries[-1]
    start = place.start + len("".join(lines[: first.first]).encode())
    end = place.start + len("".join(lines[: last.behind]).encode())
    texts = {entry.name: "".join(lines[entry.first : entry.behind]) for entry in entries}
    newline = "\r\n" if lines[first.first].endswith("\r\n") else "\n"
    head = "{}{}{} {}{} ".format(
        first.match["lead"], first.match["mark"], first.match["way"] or "", "{}",
        first.match["dash"] or "",
    )  # fmt: skip

    def edit(descriptions: Sequence[str]) -> tuple[Edit, ...]:
        said = iter(descriptions)
        kept = [
            texts[name] if name in texts else f"{head.format(name)}{next(said)}{newline}"
            for name in thing.parameters
        ]
        return (Edit(span(start, end), "".join(kept)),)

    plain = edit([f"the {words_of(name)}" for name in new])
    holes = edit([HOLE] * len(new)) if 0 < len(new) <= MAX_HOLES else plain
    return DocComment("Update the documentation comment to the signature", holes, plain)


def _entries(lines: Sequence[str]) -> list[_Entry]:
    """The entries for parameters, each with the lines that go on with it."""
    found: list[_Entry] = []
    for index, line in enumerate(lines):
        match = _ENTRY.match(line)
        if match is None or line.rstrip().endswith("*/"):
            continue
        behind = index + 1
        while behind < len(lines) and not _ends(lines[behind]):
            behind += 1
        found.append(_Entry(match["name"], index, behind, match))
    return found


def _ends(line: str) -> bool:
    """Whether a line does not go on with the entry before it."""
    is_tag = _TAG.match(line) is not None
    is_part = re.match(_LEAD + r"@param[ \t]+(?:\{[^}]*\}[ \t]*)?\[?[\w$]+\.", line) is not None
    return (is_tag and not is_part) or _BLANK.match(line) is not None
