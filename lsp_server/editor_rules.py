"""What an editor would hold a proposal for a file to, as far as the project's file says it.

The command line does not know the editor's own settings, and says so.
"""

from __future__ import annotations

from pathlib import Path

from engine.languages import language_of
from engine.project_file import find_project_file
from lsp_server.mode import MAX_LINE_BYTES, Mode
from lsp_server.project_settings import ProjectSettings
from lsp_server.settings import SettingProblem, Settings


def editor_rules(path: Path, num_line_bytes: int = 0) -> list[str]:
    """Say in lines which file sets what, what is wrong with it, and when an editor is silent.

    ``num_line_bytes``: of the line where something is asked.
    """
    problems: list[SettingProblem] = []
    language = language_of(str(path), None).id
    settings = ProjectSettings(problems.append).over(Settings(), str(path), language)
    source = find_project_file(path)
    lines = ["no .midfill.toml: the editor's settings hold" if source is None else str(source)]
    lines += [problem.message for problem in problems]
    if not settings.enabled:
        lines.append("an editor shows nothing here: enabled is false")
    elif settings.mode is Mode.OFF:
        lines.append("an editor shows nothing here unless asked by hand: mode is off")
    elif num_line_bytes > MAX_LINE_BYTES:
        lines.append(
            "an editor shows nothing here unless asked by hand: "
            f"the line has {num_line_bytes} bytes, over {MAX_LINE_BYTES}"
        )
    elif settings.mode.min_confidence is not None:
        least = settings.mode.min_confidence
        lines.append(
            f"an editor shows what is at least {least:.2f} sure: mode {settings.mode.value}"
        )
    return lines
