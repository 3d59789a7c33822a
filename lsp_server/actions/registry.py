"""All providers of code actions, in the order in which the editor's menu shows their offers."""

from __future__ import annotations

from lsp_server.actions.fill_hole import FillHole
from lsp_server.actions.provider import Provider

PROVIDERS: tuple[Provider, ...] = (FillHole(),)


def provider_named(name: object) -> Provider | None:
    """The provider of that name."""
    return next((provider for provider in PROVIDERS if provider.name == name), None)


def all_kinds() -> list[str]:
    """The LSP kinds of all providers, each once."""
    return list(dict.fromkeys(kind for provider in PROVIDERS for kind in provider.kinds))
