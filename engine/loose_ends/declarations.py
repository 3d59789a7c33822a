"""Where a line of Python, JavaScript or TypeScript declares a name, by what is written of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


class Kind(str, Enum):
    """What is declared."""

    FUNCTION = "function"
    TYPE = "type"
    TYPE_PARAMETER = "type_parameter"
    IMPORT = "import"
    """One of the names that are imported from a module."""
    MODULE = "module"
    """Imported whole."""
    DEFAULT = "default"
    """A module's default, in JavaScript; other forms of an import are likelier."""
    VARIABLE = "variable"
    CONSTANT = "constant"
    """A variable that is never assigned again, in JavaScript."""
    PARAMETER = "parameter"
    START = "start"
    """A line begins: with a name that is assigned, or with anything else."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A name may stand behind a line, of which it has ``part``; ``separator`` is still missing."""

    kind: Kind
    part: str
    separator: str = ""

    def rest_of(self, name: str) -> str | None:
        """What is to be written of ``name``; None where it is complete, or another was begun."""
        if not name.startswith(self.part) or name == self.part:
            return None
        return self.separator + name[len(self.part) :]


# A group holds the part that is written; where it took no part in the match a space is missing.
_Gate = tuple[Kind, re.Pattern[str]]


def _gates(*patterns: tuple[Kind, str]) -> Sequence[_Gate]:
    return [(kind, re.compile(pattern)) for kind, pattern in patterns]


_PYTHON = _gates(
    (Kind.FUNCTION, r"^\s*(?:async\s+)?def(?:\s+(\w*))?$"),
    (Kind.TYPE, r"^\s*class(?:\s+(\w*))?$"),
    (Kind.MODULE, r"^\s*import(?:\s+(\w*))?$"),
    (
        Kind.IMPORT,
        r"^\s*from\s+(?!__future__)[\w.]+\s+import(?:\s+\(?(?:\w+(?: as \w+)?,\s*)*(\w*))?$",
    ),
    (Kind.VARIABLE, r"^\s*(?:async\s+)?for(?:\s+(?:\w+,\s*)*(\w*))?$"),
    (Kind.VARIABLE, r"\bas(?:\s+(\w*))?$"),
    (Kind.PARAMETER, r"^\s*(?:async\s+)?def\s+\w+\((?:[^()]*,\s*)?\*{0,2}(\w*)$"),
    (Kind.PARAMETER, r"\blambda\s+(?:\w+,\s*)*(\w*)$"),
    (Kind.START, r"^\s*(\w*)$"),
)
_LEADING = r"^\s*(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?"
_ASSIGNED = r"(?:var|let|const)\s+[\w$]+\s*=\s*(?:async\s*)?"
_JAVASCRIPT = _gates(
    (Kind.FUNCTION, _LEADING + r"function\*?(?:\s+([\w$]*))?$"),
    (Kind.TYPE, _LEADING + r"(?:class|interface|enum|type)(?:\s+([\w$]*))?$"),
    (
        Kind.TYPE_PARAMETER,
        _LEADING + r"(?:class|interface|type|function)\s+[\w$]+<(?:[^<>]*,\s*)?([\w$]*)$",
    ),
    (Kind.DEFAULT, r"^\s*import(?:\s+([\w$]*))?$"),
    (
        Kind.IMPORT,
        r"^\s*import\s+(?:type\s+)?(?:[\w$]+,\s*)?\{\s*(?:[\w$ ]+,\s*)*([\w$]*)$",
    ),
    (
        Kind.VARIABLE,
        r"(?:^\s*(?:export\s+)?|\bfor\s*\()(?:var|let)(?:\s+([\w$]*))?$",
    ),
    (
        Kind.CONSTANT,
        r"(?:^\s*(?:export\s+)?|\bfor\s*\()(?:const|using)(?:\s+([\w$]*))?$",
    ),
    (Kind.VARIABLE, r"^\s*(?:var|let)\s+[{\[]\s*(?:[\w$: ]+,\s*)*([\w$]*)$"),
    (Kind.CONSTANT, r"^\s*const\s+[{\[]\s*(?:[\w$: ]+,\s*)*([\w$]*)$"),
    (Kind.VARIABLE, r"\bcatch\s*\(\s*([\w$]*)$"),
    (Kind.PARAMETER, r"\bfunction\b\*?\s*[\w$]*\s*\((?:[^()]*,\s*)?([\w$]*)$"),
    (Kind.PARAMETER, r"\b" + _ASSIGNED + r"\((?:[^()]*,\s*)?([\w$]*)$"),
    (Kind.START, r"^\s*([\w$]*)$"),
)
_JAVASCRIPTS = "javascript javascriptreact typescript typescriptreact".split()
_GATES: Mapping[str, Sequence[_Gate]] = {
    "python": _PYTHON,
    **dict.fromkeys(_JAVASCRIPTS, _JAVASCRIPT),
}
# Words that begin a declaration; in Python at a file's top, elsewhere it is begun by the name.
OPENERS: Mapping[str, Sequence[str]] = {
    "python": "import from def class".split(),
    **dict.fromkeys(_JAVASCRIPTS, "var let const import function".split()),
}
_OPEN_LIST: Mapping[str, re.Pattern[str]] = {
    "python": re.compile(r"^from\s+[\w.]+\s+import\s*\(([^()]*)\Z", re.MULTILINE),
    **dict.fromkeys(
        _JAVASCRIPTS,
        re.compile(r"^import\s+(?:type\s+)?(?:[\w$]+,\s*)?\{([^{}]*)\Z", re.MULTILINE),
    ),
}


def opening(language: str, line: str, is_spaced: bool = True) -> Opening | None:
    """What name goes on or begins behind ``line``, which is one line up to there; None: no name.

    ``is_spaced``: whether a brace and a name in it stand apart.
    """
    for kind, pattern in _GATES.get(language, ()):
        if match := pattern.search(line):
            part = match.group(1)
            is_apart = part is None or line.endswith(",") or (is_spaced and line.endswith("{"))
            return Opening(kind, part or "", " " if is_apart else "")
    return None


def open_import_list(language: str, above: str) -> str | None:
    """What a list of imports that a line below the text ``above`` goes on with holds so far.

    None where there is none.
    """
    pattern = _OPEN_LIST.get(language)
    match = None if pattern is None else pattern.search(above)
    return None if match is None else match[1]
