"""Methods whose modules are imported when they are first asked for: a third of the server's start.

Here is what a client is told of them before. Once the engine is ready the modules are imported in
any case (``import_all``), so that the first one who asks does not wait.
"""

from __future__ import annotations

import importlib
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from lsprotocol import types

if TYPE_CHECKING:
    from lsp_server.session import Session

INLINE_EDIT_METHOD = "textDocument/copilotInlineEdit"
RUN_COMMAND = "midfill.runAction"

# The kinds of all providers in ``actions.registry``.
CODE_ACTION_OPTIONS = types.CodeActionOptions(
    code_action_kinds=[
        "quickfix",
        "refactor.rewrite",
        "source.fixAll.midfill",
        "refactor.extract.variable",
        "refactor.extract",
        "refactor.extract.function",
        "refactor.inline",
        "refactor.rename",
    ],
    resolve_provider=True,
)


# Files of the languages whose imports are mended (``engine.edits.moving.files``), those that
# scripts import besides (``engine.edits.moving.scripts``), and all folders.
_ENDINGS = (
    "py,pyi,pyw,js,mjs,cjs,jsx,ts,mts,cts,tsx,c,h,cc,cpp,cxx,hpp,hh,hxx,ipp,cu,"
    "vue,svelte,astro,mdx,json,graphql,wasm,css,scss,sass,less,svg,png,jpg,jpeg,gif,webp,avif"
)
FILE_OPERATION_OPTIONS = types.FileOperationRegistrationOptions(
    [
        types.FileOperationFilter(types.FileOperationPattern(glob, kind), "file")
        for glob, kind in (
            (f"**/*.{{{_ENDINGS}}}", types.FileOperationPatternKind.File),
            ("**", types.FileOperationPatternKind.Folder),
        )
    ]
)


def code_action(
    session: Session, params: types.CodeActionParams
) -> list[types.CodeAction] | Coroutine[Any, Any, list[types.CodeAction]]:
    """See ``methods.code_action``."""
    from lsp_server.methods.code_action import code_action

    return code_action(session, params)


def code_action_resolve(
    session: Session, action: types.CodeAction
) -> Coroutine[Any, Any, types.CodeAction]:
    """See ``methods.code_action_resolve``."""
    from lsp_server.methods.code_action_resolve import code_action_resolve

    return code_action_resolve(session, action)


def run_command(session: Session, data: dict[str, Any]) -> Coroutine[Any, Any, None]:
    """Do an action for a client that cannot resolve it; see ``methods.code_action_resolve``."""
    from lsp_server.methods.code_action_resolve import chosen_of, run_action

    return run_action(session, chosen_of(session, data))


def inline_edit(session: Session, params: Any) -> Any:
    """See ``methods.inline_edit``."""
    from lsp_server.methods.inline_edit import inline_edit

    return inline_edit(session, params)


def prepare_rename(
    session: Session, params: types.PrepareRenameParams
) -> Coroutine[Any, Any, types.PrepareRenamePlaceholder]:
    """See ``methods.prepare_rename``."""
    from lsp_server.methods.prepare_rename import prepare_rename

    return prepare_rename(session, params)


def rename(
    session: Session, params: types.RenameParams
) -> Coroutine[Any, Any, types.WorkspaceEdit]:
    """See ``methods.rename``."""
    from lsp_server.methods.rename import rename

    return rename(session, params)


def will_rename_files(
    session: Session, params: types.RenameFilesParams
) -> Coroutine[Any, Any, types.WorkspaceEdit | None]:
    """See ``methods.will_rename_files``."""
    from lsp_server.methods.will_rename_files import will_rename_files

    return will_rename_files(session, params)


_LATE = ("code_action", "code_action_resolve", "inline_edit", "rename", "will_rename_files")


def import_all() -> None:
    """Import what the functions above import. May run in a thread beside the server's."""
    for name in (
        "code_action",
        "code_action_resolve",
        "inline_edit",
        "rename",
        "will_rename_files",
    ):
        importlib.import_module(f"lsp_server.methods.{name}")
