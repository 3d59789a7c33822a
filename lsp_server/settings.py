"""The user's settings, as frozen values.

They come from ``initializationOptions`` and from the ``midfill`` section of the editor's
configuration. What is wrong is told to the user with the nearest valid name; defaults are used.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from engine.request import Effort

SECTION = "midfill"

# Other servers' clients send these; they mean nothing here and are no mistake.
_FOREIGN_KEYS = frozenset({"editorInfo", "editorPluginInfo"})


class Check(Enum):
    """What a setting's value must be; the value says it to the user."""

    BOOLEAN = "true or false"
    POSITIVE_INTEGER = "a whole number above 0"
    POSITIVE_NUMBER_OR_NULL = "a number above 0, or null"
    INTEGER = "a whole number"
    STRING_OR_NULL = "a string, or null"
    STRINGS = "a list of strings"
    EFFORT = "one of " + ", ".join(effort.value for effort in Effort)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_positive(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


# What each check accepts of the values that JSON can hold.
_ACCEPTS: Mapping[Check, Callable[[Any], bool]] = {
    Check.BOOLEAN: lambda value: isinstance(value, bool),
    Check.POSITIVE_INTEGER: lambda value: _is_integer(value) and value > 0,
    Check.POSITIVE_NUMBER_OR_NULL: lambda value: value is None or _is_positive(value),
    Check.INTEGER: _is_integer,
    Check.STRING_OR_NULL: lambda value: value is None or isinstance(value, str),
    Check.STRINGS: lambda value: (
        isinstance(value, list) and all(isinstance(one, str) for one in value)
    ),
    Check.EFFORT: lambda value: value in [effort.value for effort in Effort],
}


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; users write the names in camel case.

    ``disabled_languages`` are LSP language ids that are never completed. ``model`` is a name or
    a path, None for the default one. ``budget_ms`` limits a request's wall-clock time, None for
    no limit. ``candidates``: how many proposals are wanted when they are asked for by hand.
    ``status_notifications`` counts in ``initializationOptions`` only.
    """

    enabled: bool = True
    disabled_languages: tuple[str, ...] = ()
    model: str | None = None
    effort: Effort = Effort.MEDIUM
    budget_ms: float | None = 3000.0
    candidates: int = 3
    seed: int = 0
    max_document_bytes: int = 1_000_000
    status_notifications: bool = False


_CHECKS: Mapping[str, Check] = {
    "enabled": Check.BOOLEAN,
    "disabled_languages": Check.STRINGS,
    "model": Check.STRING_OR_NULL,
    "effort": Check.EFFORT,
    "budget_ms": Check.POSITIVE_NUMBER_OR_NULL,
    "candidates": Check.POSITIVE_INTEGER,
    "seed": Check.INTEGER,
    "max_document_bytes": Check.POSITIVE_INTEGER,
    "status_notifications": Check.BOOLEAN,
}


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """One thing wrong with what the user wrote, as a sentence for them."""

    message: str


def with_values(base: Settings, values: object) -> tuple[Settings, tuple[SettingProblem, ...]]:
    """Return ``base`` with the valid ones of ``values`` set, and what is wrong with the others."""
    if values is None:
        return base, ()
    if not isinstance(values, Mapping):
        return base, (SettingProblem(f"The settings must be an object, not {_shown(values)}."),)
    names = {_key(name): name for name in _CHECKS}
    valid: dict[str, Any] = {}
    problems: list[SettingProblem] = []
    for key, value in values.items():
        if key in _FOREIGN_KEYS:
            continue
        if key not in names:
            problems.append(SettingProblem(_unknown_key(key, list(names))))
            continue
        check = _CHECKS[names[key]]
        if _ACCEPTS[check](value):
            valid[names[key]] = _read(check, value)
        else:
            message = f"The setting {SECTION}.{key} must be {check.value}, not {_shown(value)}."
            problems.append(SettingProblem(message))
    return replace(base, **valid), tuple(problems)


def _read(check: Check, value: Any) -> Any:
    if check is Check.EFFORT:
        return Effort(value)
    return tuple(value) if check is Check.STRINGS else value


def _unknown_key(key: str, valid: list[str]) -> str:
    nearest = difflib.get_close_matches(key, valid, n=1)
    mend = f"did you mean {SECTION}.{nearest[0]}?" if nearest else f"valid: {', '.join(valid)}."
    return f"Unknown setting {SECTION}.{key}; {mend}"


def _key(name: str) -> str:
    """Spell a field's name as users write it."""
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
