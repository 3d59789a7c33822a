"""All providers of code actions, in the order in which the editor's menu shows their offers."""

from __future__ import annotations

from engine.edits.minified import is_minified
from lsp_server.actions.add_parameter import AddParameter
from lsp_server.actions.convert_style import ConvertStyle
from lsp_server.actions.docstring import Docstring
from lsp_server.actions.extract_function import ExtractFunction
from lsp_server.actions.extract_variable import ExtractVariable
from lsp_server.actions.fill_hole import FillHole
from lsp_server.actions.inline_variable import InlineVariable
from lsp_server.actions.missing_cases import MissingCases
from lsp_server.actions.next_edit import NextEdit
from lsp_server.actions.provider import Provider
from lsp_server.actions.regenerate import Regenerate
from lsp_server.actions.remove_redundant import RemoveRedundant
from lsp_server.actions.rename_names import RenameNames
from lsp_server.actions.repair_syntax import RepairSyntax

PROVIDERS: tuple[Provider, ...] = (
    RepairSyntax(),
    NextEdit(),
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

# These read all names of the file, which takes a quarter of a second for 100 kB: too long to be
# done at every move of the cursor.
_READ_NAMES = frozenset(
    "next_edit remove_redundant inline_variable add_parameter rename_names".split()
)
_MAX_BYTES_UNASKED = 30_000


# What is unused in a notebook's cell, or called in it, may be used and called in the others.
_KNOW_THE_WHOLE = frozenset("remove_redundant inline_variable add_parameter next_edit".split())


def providers_for(text: bytes, *, is_asked: bool, is_cell: bool = False) -> tuple[Provider, ...]:
    """Those that can answer, in time: all when the user asks, else not the slow ones at length.

    In a minified text, whose names take seconds, the slow ones are left out for everybody.
    """
    is_slow = (not is_asked and len(text) > _MAX_BYTES_UNASKED) or is_minified(text)
    out = (_READ_NAMES if is_slow else frozenset()) | (_KNOW_THE_WHOLE if is_cell else frozenset())
    return tuple(provider for provider in PROVIDERS if provider.name not in out)


def provider_named(name: object) -> Provider | None:
    """The provider of that name."""
    return next((provider for provider in PROVIDERS if provider.name == name), None)
