"""What a project sets for everybody who works on it: the table ``settings`` of ``.midfill.toml``.

Only shared settings count there, and nothing that the user switched off is switched on by them: a
folder that was cloned a minute ago chooses no model and starts no engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.project_file import find_project_file, read_project_file
from lsp_server.mode import Mode
from lsp_server.settings import SettingProblem, Settings, Values, read_table

_TABLE = "settings"
_LANGUAGES = "languages"


@dataclass(frozen=True, slots=True)
class _Read:
    """A file as it was at ``stamp`` (nanoseconds)."""

    stamp: int
    values: Values


class ProjectSettings:
    """Reads the nearest file for a path, again when it changed."""

    def __init__(self, tell: Callable[[SettingProblem], None]) -> None:
        """Call ``tell`` with what is wrong in a file, once for each of its versions."""
        self._tell = tell
        self._held: dict[Path, _Read] = {}

    def over(self, settings: Settings, path: str | None, language: str) -> Settings:
        """Return ``settings`` as they are for a file: the user's, then the project's."""
        own = settings.for_language(language)
        found = None if path is None else find_project_file(Path(path))
        if found is None:
            return own
        values: dict[str, Any] = dict(self._values(found))
        values.update(values.pop(_LANGUAGES, {}).get(language, {}))
        if own.mode is Mode.OFF:
            values["mode"] = Mode.OFF
        for name in ("enabled", "remote"):
            values[name] = getattr(own, name) and values.get(name, True)
        return replace(own, **values)

    def _values(self, path: Path) -> Values:
        try:
            stamp = path.stat().st_mtime_ns
        except OSError as error:
            self._tell(SettingProblem(f"{path}: {error.strerror}"))
            return {}
        held = self._held.get(path)
        if held is None or held.stamp != stamp:
            held = self._held[path] = _Read(stamp, self._read(path))
        return held.values

    def _read(self, path: Path) -> Values:
        try:
            document = read_project_file(path)
        except BadInput as error:
            self._tell(SettingProblem(f"{error}; its settings are left out."))
            return {}
        values, problems = read_table(document.get(_TABLE), f"{path}: {_TABLE}")
        for problem in problems:
            self._tell(problem)
        return values
