"""Measure renames: the sites that are found, and renames that are finished from one typed site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.edits.names_of import name_table
from engine.edits.references import references_at
from engine.edits.typed_rename import typed_rename
from engine.evaluation.edits import EditsConfig, Measured, read_set, share
from engine.languages import language_of
from engine.request import RecentEdit
from engine.spans import Span, span
from engine.syntax import parse

SECTION = "renames of public Java commits, in file"
_WORD = re.compile(rb"[\w$]+")


@dataclass(frozen=True, slots=True)
class RenameCase:
    """One rename that people made: ``sites`` of ``old`` in ``before`` became ``new``.

    Those ``in_strings`` are text and no names.
    """

    path: str
    before: str
    old: str
    new: str
    sites: tuple[Span, ...]
    in_strings: frozenset[Span] = frozenset()


def measure_renames(config: EditsConfig) -> Iterator[Measured]:
    """Precision and recall of the sites; how many renames are finished exactly when typed."""
    rows = read_set(config.data, "renames.java.jsonl.gz")[: config.num_cases]
    cases = [case for case in map(rename_case, rows) if case.sites]
    found_right: list[bool] = []
    gold_found: list[bool] = []
    code_found: list[bool] = []
    typed_exact: list[bool] = []
    typed_wrong: list[bool] = []
    for case in cases:
        found = _found(case)
        found_right += [site in case.sites for site in sorted(found)]
        gold_found += [site in found for site in case.sites]
        code_found += [site in found for site in case.sites if site not in case.in_strings]
        typed = _typed(case)
        typed_exact.append(typed == set(case.sites[1:]))
        typed_wrong.append(bool(typed - set(case.sites)))
    yield from share(SECTION, "sites found that people changed", found_right, config.seed)
    yield from share(SECTION, "changed sites that are found", gold_found, config.seed)
    yield from share(SECTION, "of those that are no strings", code_found, config.seed)
    yield from share(SECTION, "finished exactly after the first site", typed_exact, config.seed)
    yield from share(SECTION, "with a site that people left", typed_wrong, config.seed)


def rename_case(row: dict[str, Any]) -> RenameCase:
    """A case as it stands in the set; a line's words that turned from old to new are its sites."""
    before, old, new = row["before"], row["old"], row["new"]
    sites: list[Span] = []
    offset = 0
    after_lines = row["after"].encode().splitlines(keepends=True)
    for number, line in enumerate(before.encode().splitlines(keepends=True)):
        if number < len(after_lines) and line != after_lines[number]:
            pairs = zip(_WORD.finditer(line), _WORD.finditer(after_lines[number]), strict=False)
            sites += [
                span(offset + was.start(), offset + was.end())
                for was, is_ in pairs
                if was.group() == old.encode() and is_.group() == new.encode()
            ]
        offset += len(line)
    tree = parse(before.encode(), language_of(row["path"]))
    in_strings = frozenset(
        site for site in sites if tree.enclosing(site.end, tree.language.kinds.strings) is not None
    )
    return RenameCase(row["path"], before, old, new, tuple(sites), in_strings)


def _found(case: RenameCase) -> set[Span]:
    """The sites that a rename at the first one would change, the unticked ones too."""
    table = name_table(parse(case.before.encode(), language_of(case.path)))
    found = None if table is None else references_at(table, case.sites[0].start)
    return set() if found is None else {site.span for site in (*found.sites, *found.possible)}


def _typed(case: RenameCase) -> set[Span]:
    """The further sites that are proposed when the first one was typed by hand."""
    first, data = case.sites[0], case.before.encode()
    new = case.new.encode()
    text = (data[: first.start] + new + data[first.end :]).decode()
    edited = RecentEdit(span(first.start, first.start + len(new)), case.old, 1.0, case.path)
    proposed = typed_rename(text, None, case.path, (edited,))
    if proposed is None:
        return set()
    delta = len(new) - len(first)
    return {
        span(edit.start - delta, edit.end - delta) if edit.start > first.start else edit.span
        for edit in proposed.edits
    }
