"""The user's settings, as frozen values.

They come from ``initializationOptions``, from the ``midfill`` section of the editor's
configuration, and from a project's ``.midfill.toml``. What is wrong is told to the user with the
nearest valid name; the rest is used.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any

from engine.errors import BadInput
from engine.remote.backend import Backend
from engine.request import Effort
from lsp_server import setting_kinds as kinds
from lsp_server.mode import Mode
from lsp_server.setting_kinds import Kind

SECTION = "midfill"

# Other servers' clients send these; they mean nothing here and are no mistake.
_FOREIGN_KEYS = frozenset({"editorInfo", "editorPluginInfo"})
_LANGUAGES = "languages"

Values = Mapping[str, Any]


def _described(kind: Kind, description: str, is_shared: bool = False) -> dict[str, Any]:
    """Describe a setting; a shared one may also be set for a project and for one language."""
    return {"kind": kind, "description": description, "is_shared": is_shared}


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; users write the names in camel case.

    ``languages`` maps LSP language ids to the settings that differ there, by field name.
    """

    enabled: bool = field(
        default=True, metadata=_described(kinds.BOOLEAN, "answer at all", is_shared=True)
    )
    mode: Mode = field(
        default=Mode.BALANCED,
        metadata=_described(
            kinds.MODE,
            "how sure a proposal must be to be shown unasked: eager (1 in 10 right), balanced"
            " (1 in 4), quiet (1 in 2), off (only when asked for by hand)",
            is_shared=True,
        ),
    )
    languages: Mapping[str, Values] = field(
        default_factory=dict,
        metadata=_described(
            kinds.LANGUAGES, "settings that differ for a language, by LSP language id"
        ),
    )
    disabled_languages: tuple[str, ...] = field(
        default=(), metadata=_described(kinds.STRINGS, "LSP language ids that are never completed")
    )
    model: str | None = field(
        default=None,
        metadata=_described(
            kinds.STRING_OR_NULL, "name or path of a model, null for the one that ships"
        ),
    )
    backend: Backend | None = field(
        default=None,
        metadata=_described(
            kinds.BACKEND,
            "a server that gets the code around the cursor and may propose, too: mercury,"
            " codestral, or 'llama.cpp http://127.0.0.1:8080'; null: nothing leaves this machine",
        ),
    )
    remote: bool = field(
        default=True,
        metadata=_described(
            kinds.BOOLEAN, "false: nothing is sent to midfill.backend", is_shared=True
        ),
    )
    effort: Effort = field(
        default=Effort.MEDIUM,
        metadata=_described(kinds.EFFORT, "how much work a request may cost", is_shared=True),
    )
    budget_ms: float | None = field(
        default=3000.0,
        metadata=_described(
            kinds.POSITIVE_NUMBER_OR_NULL,
            "wall-clock limit of a request in milliseconds, null for none",
            is_shared=True,
        ),
    )
    candidates: int = field(
        default=3,
        metadata=_described(
            kinds.POSITIVE_INTEGER, "proposals wanted when asked for by hand", is_shared=True
        ),
    )
    min_chars: int = field(
        default=2,
        metadata=_described(
            kinds.POSITIVE_INTEGER, "the shortest proposal worth showing unasked", is_shared=True
        ),
    )
    max_delay_ms: float = field(
        default=300.0,
        metadata=_described(
            kinds.NUMBER,
            "the longest wait for a pause in typing; the server adapts it to your speed",
            is_shared=True,
        ),
    )
    read_ahead: bool = field(
        default=True,
        metadata=_described(
            kinds.BOOLEAN,
            "read what is around the cursor while nothing else is asked, so that the first proposal"
            " comes sooner; false saves power",
            is_shared=True,
        ),
    )
    seed: int = field(default=0, metadata=_described(kinds.INTEGER, "same seed, same text"))
    max_document_bytes: int = field(
        default=1_000_000,
        metadata=_described(kinds.POSITIVE_INTEGER, "larger documents are refused with TOO_LARGE"),
    )
    completion_items: bool = field(
        default=False,
        metadata=_described(
            kinds.BOOLEAN,
            "also answer textDocument/completion, for editors without inline completion",
        ),
    )
    rename: bool = field(
        default=True,
        metadata=_described(
            kinds.BOOLEAN, "rename symbols; false leaves that to the language's own server"
        ),
    )
    update_imports: bool = field(
        default=True,
        metadata=_described(
            kinds.BOOLEAN,
            "mend imports when files are renamed or moved; false leaves that to the language's own"
            " server",
        ),
    )
    feedback: bool = field(
        default=True,
        metadata=_described(
            kinds.BOOLEAN, "keep counts for midfill stats on this machine; never any code"
        ),
    )
    keep_judged_texts: bool = field(
        default=False,
        metadata=_described(
            kinds.BOOLEAN,
            "also keep what you accept and reject, with the code around it, on this machine, for"
            " midfill train --on-feedback",
        ),
    )
    workspace_trusted: bool = field(
        default=True,
        metadata=_described(
            kinds.BOOLEAN, "false: files are refused with UNTRUSTED, project files are not read"
        ),
    )
    trusted_folders: tuple[str, ...] = field(
        default=(),
        metadata=_described(
            kinds.STRINGS, "when any are given, files outside of them are refused with UNTRUSTED"
        ),
    )
    workspace_index: bool = field(
        default=True,
        metadata=_described(
            kinds.BOOLEAN, "index the names of the workspace's files, in your cache folder"
        ),
    )
    status_notifications: bool = field(
        default=False,
        metadata=_described(kinds.BOOLEAN, "send didChangeStatus (initializationOptions only)"),
    )

    def for_language(self, language: str) -> Settings:
        """Return the settings with those of ``language`` over them."""
        return replace(self, **self.languages.get(language, {}))


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """One thing wrong with what the user wrote, as a sentence for them."""

    message: str


class _Reader:
    """Reads values under names of one spelling, and collects what is wrong with them.

    ``place`` is how a setting is called in a message: ``midfill.`` in an editor.
    """

    def __init__(self, place: str, is_camel: bool) -> None:
        self.place = place
        self.problems: list[SettingProblem] = []
        self._is_camel = is_camel

    def read(self, values: object, place: str, is_shared_only: bool) -> dict[str, Any]:
        """Return the valid ones of ``values`` by field name."""
        if values is None:
            return {}
        if not isinstance(values, Mapping):
            self._tell(f"The settings must be an object, not {_shown(values)}.")
            return {}
        # ``languages`` is no setting of a language.
        known = {
            self._spelled(one.name): one
            for one in fields(Settings)
            if one.metadata["is_shared"]
            or not is_shared_only
            or (one.name == _LANGUAGES and place == self.place)
        }
        valid: dict[str, Any] = {}
        for key, value in values.items():
            if key in known:
                valid.update(self._one(known[key], f"{place}{key}", value))
            elif key not in _FOREIGN_KEYS:
                self._tell(_unknown_key(place, str(key), list(known)))
        return valid

    def _one(self, setting: Field[Any], name: str, value: object) -> dict[str, Any]:
        kind: Kind = setting.metadata["kind"]
        if not kind.accepts(value):
            self._tell(f"The setting {name} must be {kind.sentence}, not {_shown(value)}.")
            return {}
        if kind is kinds.LANGUAGES and isinstance(value, Mapping):
            tables = {
                language: self.read(table, f"{name}.{language}.", is_shared_only=True)
                for language, table in value.items()
            }
            return {setting.name: tables}
        try:
            return {setting.name: kind.read(value)}
        except BadInput as error:
            self._tell(f"The setting {name}: {error}.")
            return {}

    def _spelled(self, name: str) -> str:
        return spelled(name) if self._is_camel else name

    def _tell(self, message: str) -> None:
        self.problems.append(SettingProblem(message))


def with_values(base: Settings, values: object) -> tuple[Settings, tuple[SettingProblem, ...]]:
    """Return ``base`` with the valid ones of ``values`` set, and what is wrong with the others."""
    reader = _Reader(f"{SECTION}.", is_camel=True)
    valid = reader.read(values, reader.place, is_shared_only=False)
    return replace(base, **valid), tuple(reader.problems)


def read_table(table: object, place: str) -> tuple[Values, tuple[SettingProblem, ...]]:
    """Read a project's settings, whose names are those of the fields; ``place`` names the table."""
    reader = _Reader(f"{place}.", is_camel=False)
    valid = reader.read(table, reader.place, is_shared_only=True)
    return valid, tuple(reader.problems)


def spelled(name: str) -> str:
    """Spell a field's name as users write it."""
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def _unknown_key(place: str, key: str, valid: list[str]) -> str:
    nearest = difflib.get_close_matches(key, valid, n=1)
    mend = f"did you mean {place}{nearest[0]}?" if nearest else f"valid: {', '.join(valid)}."
    return f"Unknown setting {place}{key}; {mend}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
