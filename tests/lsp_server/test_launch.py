"""What the start of a server imports, and what it leaves for later."""

from __future__ import annotations

import subprocess
import sys

import pytest

_SHOWN = "\nimport sys\nprint(*sorted(sys.modules))"
LATE = "engine.edits.rename lsp_server.actions.registry lsp_server.methods.code_action".split()


def loaded_by(statement: str) -> set[str]:
    code = statement + _SHOWN
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return set(ran.stdout.split())


def test_the_engine_starts_before_the_protocol_is_imported() -> None:
    loaded = loaded_by("import lsp_server.launch")
    assert "lsp_server.channel" in loaded
    assert loaded.isdisjoint({"attrs", "lsprotocol.types", "pygls", "lsp_server.server"})


@pytest.mark.parametrize("statement", ["import lsp_server.server", "import lsp_server.daemon"])
def test_refactorings_are_imported_when_they_are_asked_for(statement: str) -> None:
    assert loaded_by(statement).isdisjoint(LATE)


def test_they_are_all_imported_once_the_engine_is_there() -> None:
    loaded = loaded_by("import lsp_server.late_methods as late; late.import_all()")
    assert loaded >= set(LATE)
    methods = "code_action code_action_resolve inline_edit prepare_rename rename".split()
    assert loaded >= {f"lsp_server.methods.{name}" for name in methods}
