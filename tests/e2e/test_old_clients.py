"""Editors as they were: whatever they did not declare is never used."""

from __future__ import annotations

from typing import Any

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

from lsp_server.convert import ACCEPT_COMMAND

TEXT = "def total(prices):\n    return sum(prices)\n\n\ndef mean(prices):\n    return sum("
CLIENTS = [
    "emacs@v29.1",
    "neovim@v0.6.1",
    "neovim@v0.9.1",
    "neovim@v0.11.0",
    "visual-studio-code@v1.65.2",
]


@pytest.mark.parametrize("editor", CLIENTS)
async def test_a_session_of_an_old_client(start: Any, editor: str) -> None:
    """pytest-lsp warns, which fails the test, of any message that the client did not declare."""
    server = await start("--in-process")
    capabilities = client_capabilities(editor)
    result = await server.initialize(capabilities, {"completionItems": True})
    server.open(TEXT)
    (item,) = await server.complete(5, 15)
    workspace = capabilities.workspace
    can_command = workspace is not None and workspace.execute_command is not None
    assert (item.command is not None) is can_command
    if result.capabilities.completion_provider is not None:
        listed = await server.client.text_document_completion_async(
            types.CompletionParams(
                types.TextDocumentIdentifier("file:///project/a.py"), types.Position(5, 15)
            )
        )
        (plain,) = listed.items
        assert plain.text_edit.new_text == "prices)"
    if can_command:
        params = types.ExecuteCommandParams(ACCEPT_COMMAND, item.command.arguments)
        await server.client.workspace_execute_command_async(params)
    assert server.client.error is None
    assert server.client.messages == []
    await server.client.shutdown_session()
    assert server.process.returncode == 0
