"""What users write, what is used, and what they are told."""

from __future__ import annotations

import pytest

from engine.request import Effort
from lsp_server.mode import Mode
from lsp_server.settings import Settings, with_values


def test_valid_values_are_used() -> None:
    values = {"budgetMs": 200, "effort": "high", "disabledLanguages": ["markdown"], "model": "m"}
    settings, problems = with_values(Settings(), values)
    assert problems == ()
    assert (settings.budget_ms, settings.effort) == (200, Effort.HIGH)
    assert (settings.disabled_languages, settings.model) == (("markdown",), "m")


def test_an_unknown_key_is_told_with_the_nearest_valid_one() -> None:
    settings, (problem,) = with_values(Settings(), {"buget_ms": 5, "seed": 3})
    assert problem.message == "Unknown setting midfill.buget_ms; did you mean midfill.budgetMs?"
    assert settings == Settings(seed=3)


def test_a_key_like_no_other_gets_the_whole_list() -> None:
    _, (problem,) = with_values(Settings(), {"zzz": 5})
    assert "enabled, mode, languages, disabledLanguages" in problem.message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("enabled", 1),
        ("enabled", "true"),
        ("budgetMs", 0),
        ("budgetMs", True),
        ("candidates", 1.5),
        ("candidates", -1),
        ("effort", "max"),
        ("disabledLanguages", "python"),
        ("disabledLanguages", [1]),
        ("model", 7),
        ("seed", "0"),
        ("mode", "loud"),
        ("languages", ["go"]),
        ("maxDelayMs", -1),
    ],
)
def test_a_wrong_value_is_told_and_the_default_used(key: str, value: object) -> None:
    settings, (problem,) = with_values(Settings(), {key: value})
    assert settings == Settings()
    assert problem.message.startswith(f"The setting midfill.{key} must be ")
    assert repr(value) in problem.message


def test_null_takes_a_limit_away() -> None:
    assert with_values(Settings(), {"budgetMs": None})[0].budget_ms is None


def test_options_of_other_servers_are_no_mistake() -> None:
    assert with_values(Settings(), {"editorInfo": {"name": "x"}}) == (Settings(), ())
    assert with_values(Settings(), None) == (Settings(), ())


def test_settings_that_are_no_object_are_told() -> None:
    _, (problem,) = with_values(Settings(), ["budgetMs"])
    assert problem.message == "The settings must be an object, not ['budgetMs']."


def test_a_language_has_settings_of_its_own() -> None:
    values = {"mode": "quiet", "languages": {"go": {"mode": "off", "budgetMs": 5}}}
    settings, problems = with_values(Settings(), values)
    assert problems == ()
    assert (settings.for_language("go").mode, settings.for_language("go").budget_ms) == (
        Mode.OFF,
        5,
    )
    assert settings.for_language("python").mode is Mode.QUIET


def test_what_is_wrong_for_a_language_is_told_with_its_place() -> None:
    values = {"languages": {"go": {"mod": "off", "candidates": 0, "model": "m"}}}
    settings, problems = with_values(Settings(), values)
    assert settings.for_language("go") == settings
    unknown, wrong, not_shared = (problem.message for problem in problems)
    assert unknown.endswith("did you mean midfill.languages.go.mode?")
    assert wrong.startswith("The setting midfill.languages.go.candidates must be ")
    assert not_shared.startswith("Unknown setting midfill.languages.go.model; ")
