"""The name table of a file, by its language."""

from __future__ import annotations

import contextlib
import functools
import gc
from collections.abc import Iterator

from engine.edits.binder import Binder
from engine.edits.c_names import CBinder
from engine.edits.class_marks import without_class_marks
from engine.edits.go_names import GoBinder
from engine.edits.java_names import JavaBinder
from engine.edits.javascript_line_ends import with_ended_lines
from engine.edits.javascript_names import JavaScriptBinder
from engine.edits.python_names import PythonBinder
from engine.edits.rust_names import RustBinder
from engine.edits.symbols import NameTable
from engine.syntax import SyntaxTree

_BINDERS: dict[str, type[Binder]] = {
    "c": CBinder,
    "cpp": CBinder,
    "go": GoBinder,
    "java": JavaBinder,
    "javascript": JavaScriptBinder,
    "javascriptreact": JavaScriptBinder,
    "python": PythonBinder,
    "rust": RustBinder,
    "typescript": JavaScriptBinder,
    "typescriptreact": JavaScriptBinder,
}


@functools.lru_cache(maxsize=4)
def name_table(tree: SyntaxTree) -> NameTable | None:
    """All names of a file; None for a language whose scopes are not known.

    A tenth of a second for 2,000 lines, so the last few tables are kept. Nobody changes them.
    """
    return table_of(tree)


def table_of(tree: SyntaxTree) -> NameTable | None:
    """The same, made anew."""
    binder = _BINDERS.get(tree.language.id)
    if binder is None or tree.root is None:
        return None
    table = binder(without_class_marks(with_ended_lines(tree))).bind()
    table.tree = tree
    return table


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector out: tables of names are millions of objects that all stay.

    To look through them again and again takes half of the time, and stops all other threads.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
