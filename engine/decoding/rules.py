r"""A project's own rules, from ``.midfill.toml``: what may never be written there.

    [rules]
    forbidden_names = ["eval", "gets"]
    forbidden_patterns = ['print\(', '\bTODO\b']
    max_line_length = 100

A rule looks at what Midfill writes, never at what stands there already.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, fields
from pathlib import Path

from engine.constraints import Draft, Fault
from engine.errors import BadInput
from engine.holes import MaskPlan
from engine.project_file import TABLES, find_project_file, read_project_file
from engine.proposal import Reason

_TABLE = "rules"
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Rules:
    """What new text must obey.

    ``forbidden_names``: whole identifiers. ``forbidden_patterns``: regular expressions that it may
    not match. ``max_line_length`` in characters, None for no limit.
    """

    forbidden_names: frozenset[str] = frozenset()
    forbidden_patterns: tuple[re.Pattern[str], ...] = ()
    max_line_length: int | None = None


def load_rules(path: Path) -> Rules:
    """Read one rules file. Raises BadInput that names the key and the mend."""
    document = read_project_file(path)
    _reject_unknown(path, document, TABLES, "")
    table = document.get(_TABLE, {})
    if not isinstance(table, dict):
        raise BadInput(f"{path}: {_TABLE} must be a table: write [{_TABLE}]")
    _reject_unknown(path, table, tuple(item.name for item in fields(Rules)), f"{_TABLE}.")
    length = table.get("max_line_length")
    is_count = isinstance(length, int) and not isinstance(length, bool) and length > 0
    if length is not None and not is_count:
        raise BadInput(f"{path}: {_TABLE}.max_line_length must be a whole number above 0")
    return Rules(
        frozenset(_strings(path, table, "forbidden_names")),
        tuple(_pattern(path, text) for text in _strings(path, table, "forbidden_patterns")),
        length,
    )


def _reject_unknown(path: Path, table: dict[str, object], known: tuple[str, ...], at: str) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            mend = f"did you mean {near[0]}?" if near else f"valid are {', '.join(known)}"
            raise BadInput(f"{path}: unknown key {at}{key}: {mend}")


def _strings(path: Path, table: dict[str, object], key: str) -> list[str]:
    values = table.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadInput(f"{path}: {_TABLE}.{key} must be a list of strings")
    return values


def _pattern(path: Path, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.MULTILINE)
    except re.error as error:
        raise BadInput(
            f"{path}: {_TABLE}.forbidden_patterns: {text!r} is no regular expression ({error})"
        ) from error


class ProjectRules:
    """Holds a proposal to the rules of its project."""

    def __init__(self, rules: Rules, data: bytes, plan: MaskPlan) -> None:
        self._rules = rules
        self._before = [_line_before(data, hole.span.start) for hole in plan.holes]
        self._after = [_line_after(data, hole.span.end) for hole in plan.holes]

    def fault(self, draft: Draft) -> Fault | None:
        """The first forbidden name, forbidden pattern or overlong line."""
        before = self._before[draft.hole]
        found = [
            *self._names(before, draft),
            *self._patterns(before, draft),
            *self._lines(before, draft),
        ]
        if not found:
            return None
        character, detail = min(found)
        offset = len(draft.text[:character].encode())
        return Fault(offset, Reason.DISABLED, detail)

    def _names(self, before: str, draft: Draft) -> list[tuple[int, str]]:
        forbidden = self._rules.forbidden_names
        if not forbidden:
            return []
        after = self._after[draft.hole] if draft.is_finished else ""
        whole = before + draft.text + after
        return [
            (max(match.start() - len(before), 0), f"the name {match.group()} is forbidden here")
            for match in _NAME.finditer(whole)
            if match.group() in forbidden and self._is_new(match, before, draft)
        ]

    def _patterns(self, before: str, draft: Draft) -> list[tuple[int, str]]:
        return [
            (max(match.start() - len(before), 0), f"{pattern.pattern!r} is forbidden here")
            for pattern in self._rules.forbidden_patterns
            for match in pattern.finditer(before + draft.text)
            if self._is_new(match, before, draft)
        ]

    @staticmethod
    def _is_new(match: re.Match[str], before: str, draft: Draft) -> bool:
        """Whether the match holds new text, and no further token can undo it."""
        end = len(before) + len(draft.text)
        is_settled = draft.is_finished or match.end() < end
        return is_settled and match.end() > len(before) and match.start() < end

    def _lines(self, before: str, draft: Draft) -> list[tuple[int, str]]:
        limit = self._rules.max_line_length
        if limit is None or not draft.text:
            return []
        behind = self._after[draft.hole]
        after = behind if draft.is_finished else ""
        start = -len(before)
        for line in (before + draft.text + after).split("\n"):
            is_mine = start >= 0 or len(before) + len(behind) <= limit
            if len(line.rstrip("\r")) > limit and is_mine:
                at = min(max(start + limit, 0), len(draft.text) - 1)
                return [(at, f"the line is longer than {limit} characters")]
            start += len(line) + 1
        return []


def _line_before(data: bytes, offset: int) -> str:
    return data[data.rfind(b"\n", 0, offset) + 1 : offset].decode("utf-8", "replace")


def _line_after(data: bytes, offset: int) -> str:
    end = data.find(b"\n", offset)
    return data[offset : len(data) if end < 0 else end].decode("utf-8", "replace")


class RulesFinder:
    """The rules for a file, read again when their file changes."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[int, Rules]] = {}

    def rules_for(self, path: str | None) -> Rules | None:
        """The rules of the nearest folder that has some; None without a path or a rules file."""
        found = None if path is None else find_project_file(Path(path))
        if found is None:
            return None
        stamp = found.stat().st_mtime_ns
        held = self._read.get(found)
        if held is None or held[0] != stamp:
            held = (stamp, load_rules(found))
            self._read = {found: held}
        return held[1]
