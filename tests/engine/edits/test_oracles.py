"""Our places of names against those that others find: the compiler, jedi, TypeScript."""

from __future__ import annotations

import pytest

from oracles.compiled_renames import wrong_renames
from source_tree import ROOT

FILES = ("engine/proposal.py", "lsp_server/session.py")


@pytest.mark.parametrize("name", FILES)
def test_the_compiler_agrees_with_python_scopes(name: str) -> None:
    wrong = [(symbol.name, how) for symbol, how in wrong_renames(ROOT / name, 12)]
    assert wrong == []


def test_jedi_agrees_on_python_sites() -> None:
    """What jedi alone finds is read by hand: modules of import paths, and nothing else here."""
    pytest.importorskip("jedi")
    from oracles.jedi_references import compare

    missed = [
        (one.name, one.line)
        for one in compare(ROOT / "engine" / "spans.py", 8)
        if one.theirs - one.ours and one.name != "annotations"
    ]
    assert missed == []
