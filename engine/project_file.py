"""A project's ``.midfill.toml``: the nearest one in the folders above a file holds for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from engine.errors import BadInput

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE_NAME = ".midfill.toml"
TABLES = ("rules", "settings")


def find_project_file(path: Path) -> Path | None:
    """The nearest ``.midfill.toml`` in the folders above ``path``."""
    candidates = (folder / FILE_NAME for folder in path.absolute().parents)
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def read_project_file(path: Path) -> dict[str, Any]:
    """Read the file as it is. Raises BadInput when it is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as TOML ({error})") from error
