"""The table of languages against the grammars it names."""

from __future__ import annotations

import dataclasses

import pytest

from engine.languages import (
    LANGUAGES,
    PLAIN_TEXT,
    GrammarSource,
    Language,
    NodeKinds,
    language_of,
    load_grammar,
)

# Languages of one family share their kinds: each kind has to be known to one of the family.
FAMILIES = {
    "javascript": ("javascript", "javascriptreact", "typescript", "typescriptreact"),
    "c": ("c", "cpp"),
}


def kinds_of(language: Language) -> set[str]:
    assert language.grammar is not None
    grammar = load_grammar(language.grammar)
    assert grammar is not None
    return {str(grammar.node_kind_for_id(index)) for index in range(grammar.node_kind_count)}


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.id)
def test_every_node_kind_exists(language: Language) -> None:
    family = next((ids for ids in FAMILIES.values() if language.id in ids), (language.id,))
    known = set().union(*(kinds_of(each) for each in LANGUAGES if each.id in family))
    for field in dataclasses.fields(NodeKinds):
        assert getattr(language.kinds, field.name) <= known, field.name


@pytest.mark.parametrize(
    ("path", "language_id", "expected"),
    [
        ("a.py", None, "python"),
        ("src/App.TSX", None, "typescriptreact"),
        ("a.jsx", None, "javascriptreact"),
        ("a.h", None, "c"),
        ("a.hpp", None, "cpp"),
        ("a.py", "cpp", "cpp"),
        (None, "rust", "rust"),
        ("notes.txt", None, "plaintext"),
        ("a.py", "plaintext", "plaintext"),
        (None, None, "plaintext"),
        ("a.go", "", "go"),
    ],
)
def test_language_of(path: str | None, language_id: str | None, expected: str) -> None:
    assert language_of(path, language_id).id == expected


def test_missing_grammar_is_no_error() -> None:
    assert load_grammar(GrammarSource("tree_sitter_of_no_language")) is None
    assert PLAIN_TEXT.grammar is None


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.id)
def test_keywords_are_no_builtins(language: Language) -> None:
    words = language.vocabulary
    assert words.keywords and words.builtins
    assert len(words.keywords & words.builtins) <= 4  # contextual ones are both
