"""All providers of code actions, in the order in which the editor's menu shows their offers."""

from __future__ import annotations

from lsp_server.actions.add_parameter import AddParameter
from lsp_server.actions.convert_style import ConvertStyle
from lsp_server.actions.docstring import Docstring
from lsp_server.actions.extract_function import ExtractFunction
from lsp_server.actions.extract_variable import ExtractVariable
from lsp_server.actions.fill_hole import FillHole
from lsp_server.actions.inline_variable import InlineVariable
from lsp_server.actions.missing_cases import MissingCases
from lsp_server.actions.provider import Provider
from lsp_server.actions.regenerate import Regenerate
from lsp_server.actions.remove_redundant import RemoveRedundant
from lsp_server.actions.rename_names import RenameNames
from lsp_server.actions.repair_syntax import RepairSyntax

PROVIDERS: tuple[Provider, ...] = (
    RepairSyntax(),
    FillHole(),
    MissingCases(),
    RemoveRedundant(),
    ExtractVariable(),
    ExtractFunction(),
    InlineVariable(),
    AddParameter(),
    RenameNames(),
    Docstring(),
    ConvertStyle(),
    Regenerate(),
)


def provider_named(name: object) -> Provider | None:
    """The provider of that name."""
    return next((provider for provider in PROVIDERS if provider.name == name), None)


def all_kinds() -> list[str]:
    """The LSP kinds of all providers, each once."""
    return list(dict.fromkeys(kind for provider in PROVIDERS for kind in provider.kinds))
