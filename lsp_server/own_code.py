"""The user's own files as training may see them: nothing ignored, no secret."""

from __future__ import annotations

from pathlib import Path

from engine.errors import BadInput
from engine.languages import language_of
from engine.training.corpus import SourceFile
from engine.training.filters import decode
from lsp_server.secret_mask import without_secrets
from lsp_server.workspace.ignore import IgnoreRules
from lsp_server.workspace.indexer import IndexLimits, source_files


def own_code(folder: Path) -> list[SourceFile]:
    """The source files below ``folder`` that a model may see, their secrets hidden.

    Raises BadInput for a folder that is none, is ignored, or holds no source file.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise BadInput(f"{folder}: no such folder; give the repository's root")
    ignored = IgnoreRules.around(root).reason(root, is_folder=True)
    if ignored is not None:
        raise BadInput(f"{folder} is not read: {ignored}")
    found = source_files(root, IndexLimits()).files
    files = [file for one in found if (file := _read(root, one.path)) is not None]
    if not files:
        raise BadInput(f"{folder}: holds no source file of a known language")
    return files


def _read(root: Path, path: str) -> SourceFile | None:
    """One file; None for what is gone by now or no UTF-8."""
    try:
        text = decode((root / path).read_bytes())
    except OSError:
        return None
    if text is None:
        return None
    return SourceFile(root.name, "", "", path, language_of(path).id, without_secrets(text))
