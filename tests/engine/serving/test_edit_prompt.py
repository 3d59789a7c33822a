"""Reading the tagged prompts of edit models, as different clients write them."""

from __future__ import annotations

import pytest

from engine.serving.edit_prompt import read_edit_prompt
from engine.serving.errors import ServingError

NESTED = (
    "<|current_file_content|>\ncurrent_file_path: src/a.py\nbefore\n<|code_to_edit|>\n"
    "one <|cursor|>two\n<|/code_to_edit|>\nafter\n<|/current_file_content|>"
)
BESIDE = (
    "<|current_file_content|>\ncurrent_file_path: src/a.py\nall\n<|/current_file_content|>\n"
    "<|code_to_edit|>\none <|cursor|>two\n<|/code_to_edit|>"
)


def test_a_region_inside_the_file() -> None:
    prompt = read_edit_prompt(NESTED)
    assert (prompt.before, prompt.left, prompt.right) == ("before\n", "one ", "two\n")
    assert prompt.after == "\nafter\n"
    assert prompt.path == "src/a.py"


def test_a_region_beside_the_file() -> None:
    prompt = read_edit_prompt(BESIDE)
    assert (prompt.left, prompt.right, prompt.path) == ("one ", "two\n", "src/a.py")


def test_a_region_in_a_fence() -> None:
    text = "<|code_to_edit|>\n```python\none <|cursor|>two\n```\n<|/code_to_edit|>"
    prompt = read_edit_prompt(text)
    assert (prompt.left, prompt.right) == ("one ", "two")


def test_without_a_cursor_it_is_at_the_end() -> None:
    prompt = read_edit_prompt("<|code_to_edit|>\none\n<|/code_to_edit|>")
    assert (prompt.left, prompt.right) == ("one", "\n")


def test_snippets_are_other_files() -> None:
    text = (
        "<|recently_viewed_code_snippets|>\n<|recently_viewed_code_snippet|>\n"
        "code_snippet_file_path: b.py\nx = 1\n<|/recently_viewed_code_snippet|>\n"
        "<|/recently_viewed_code_snippets|>\n" + NESTED
    )
    [snippet] = read_edit_prompt(text).snippets
    assert (snippet.path, snippet.text) == ("b.py", "x = 1\n")


def test_no_region_is_told() -> None:
    with pytest.raises(ServingError, match="code_to_edit"):
        read_edit_prompt("hello")
