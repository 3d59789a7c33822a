"""What a project's file sets, and what it may not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lsp_server.mode import Mode
from lsp_server.project_settings import ProjectSettings
from lsp_server.settings import SettingProblem, Settings, with_values

Write = Callable[[str], str]


@pytest.fixture
def told() -> list[SettingProblem]:
    return []


@pytest.fixture
def project(told: list[SettingProblem]) -> ProjectSettings:
    return ProjectSettings(told.append)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the project's file; the path of a source file that it holds for."""
    (tmp_path / "package").mkdir()

    def write_(text: str) -> str:
        (tmp_path / ".midfill.toml").write_text(text, encoding="utf-8")
        return str(tmp_path / "package" / "a.py")

    return write_


def test_the_projects_settings_go_over_the_users(project: ProjectSettings, write: Write) -> None:
    path = write('[settings]\nmode = "quiet"\nbudget_ms = 50\n[rules]\nmax_line_length = 80')
    settings = project.over(Settings(candidates=5), path, "python")
    assert (settings.mode, settings.budget_ms, settings.candidates) == (Mode.QUIET, 50, 5)


def test_a_languages_settings_go_over_the_others(project: ProjectSettings, write: Write) -> None:
    user = with_values(Settings(), {"languages": {"python": {"mode": "eager", "seed": 1}}})[0]
    path = write("[settings]\ncandidates = 2\n[settings.languages.python]\ncandidates = 7")
    python, go = (project.over(user, path, language) for language in ("python", "go"))
    assert (python.mode, python.candidates) == (Mode.EAGER, 7)
    assert (go.mode, go.candidates) == (Mode.BALANCED, 2)


def test_the_nearest_file_holds(project: ProjectSettings, write: Write) -> None:
    path = write("[settings]\ncandidates = 2")
    (Path(path).parent / ".midfill.toml").write_text("[settings]\nmin_chars = 9")
    settings = project.over(Settings(), path, "python")
    assert (settings.candidates, settings.min_chars) == (Settings().candidates, 9)


def test_a_project_switches_off_but_never_on(project: ProjectSettings, write: Write) -> None:
    path = write('[settings]\nenabled = true\nmode = "eager"')
    off = project.over(Settings(enabled=False, mode=Mode.OFF), path, "python")
    assert (off.enabled, off.mode) == (False, Mode.OFF)
    path = write("[settings]\nenabled = false")
    os.utime(Path(path).parents[1] / ".midfill.toml", ns=(1, 1))
    assert not project.over(Settings(), path, "python").enabled


def test_a_project_chooses_no_model(
    project: ProjectSettings, write: Write, told: list[SettingProblem]
) -> None:
    path = write('[settings]\nmodel = "theirs"\nmin_char = 4')
    assert project.over(Settings(), path, "python") == Settings()
    place = f"{Path(path).parents[1] / '.midfill.toml'}: settings."
    unknown, misspelt = (problem.message for problem in told)
    assert unknown.startswith(f"Unknown setting {place}model; ")
    assert misspelt.endswith(f"did you mean {place}min_chars?")


def test_a_problem_is_told_once_for_each_version(
    project: ProjectSettings, write: Write, told: list[SettingProblem]
) -> None:
    path = write("[settings")
    for _ in range(3):
        assert project.over(Settings(), path, "python") == Settings()
    assert len(told) == 1
    assert "cannot be read as TOML" in told[0].message
    write("[settings]\ncandidates = 0")
    os.utime(Path(path).parents[1] / ".midfill.toml", ns=(1, 1))
    assert project.over(Settings(), path, "python") == Settings()
    assert told[1].message.endswith("candidates must be a whole number above 0, not 0.")


def test_a_document_without_a_path_has_no_project(project: ProjectSettings) -> None:
    assert project.over(Settings(), None, "python") == Settings()
