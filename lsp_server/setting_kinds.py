"""What a setting's value may be: a check, a sentence for people, and a JSON Schema in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from engine.remote.backend import parse_backend
from engine.request import Effort
from lsp_server.mode import Mode


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Kind:
    """``sentence`` ends "must be …"; ``accepts`` judges a value of JSON, ``read`` converts it."""

    sentence: str
    schema: Mapping[str, Any]
    accepts: Callable[[Any], bool]
    read: Callable[[Any], Any] = _same


def _choice(members: type[Enum]) -> Kind:
    values = [member.value for member in members]
    return Kind(
        "one of " + ", ".join(values),
        {"type": "string", "enum": values},
        lambda value: value in values,
        members,
    )


BOOLEAN = Kind("true or false", {"type": "boolean"}, lambda value: isinstance(value, bool))
INTEGER = Kind("a whole number", {"type": "integer"}, _is_integer)
POSITIVE_INTEGER = Kind(
    "a whole number above 0",
    {"type": "integer", "minimum": 1},
    lambda value: _is_integer(value) and value > 0,
)
NUMBER = Kind(
    "a number, 0 or more",
    {"type": "number", "minimum": 0},
    lambda value: _is_number(value) and value >= 0,
)
POSITIVE_NUMBER_OR_NULL = Kind(
    "a number above 0, or null",
    {"type": ["number", "null"], "exclusiveMinimum": 0},
    lambda value: value is None or (_is_number(value) and value > 0),
)
STRING_OR_NULL = Kind(
    "a string, or null",
    {"type": ["string", "null"]},
    lambda value: value is None or isinstance(value, str),
)
BACKEND = Kind(
    "a backend in one line, as in 'llama.cpp http://127.0.0.1:8080', or null",
    {"type": ["string", "null"]},
    lambda value: value is None or isinstance(value, str),
    lambda value: None if value is None else parse_backend(value),
)
STRINGS = Kind(
    "a list of strings",
    {"type": "array", "items": {"type": "string"}},
    lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    tuple,
)
EFFORT = _choice(Effort)
MODE = _choice(Mode)
# Its entries are settings themselves: ``settings`` checks them one by one.
LANGUAGES = Kind(
    "an object of language ids with their settings",
    {"type": "object"},
    lambda value: isinstance(value, Mapping),
)
