"""Lines that import a name, in Python, JavaScript and TypeScript: as other files write them.

Found by pattern, since a line is waited for: ``engine.edits.imports`` resolves names instead.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import takewhile

from engine.edits.known_imports import PYTHON
from engine.request import OpenDocument

_PYTHON = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<module>\.*[\w.]*)[ \t]+)?import[ \t]+(?P<names>[\w., \t]+?)[ \t]*$",
    re.MULTILINE,
)
_JAVASCRIPT = re.compile(
    r"""^(?:import[ \t]+(?:type[ \t]+)?(?P<names>[^'"\n]+?)[ \t]*from[ \t]*"""
    r"""|(?:var|let|const)[ \t]+(?P<required>[^='"\n]+?)[ \t]*=[ \t]*require[ \t]*\([ \t]*)"""
    r"""['"](?P<module>[^'"\n]+)['"][^\n]*$""",
    re.MULTILINE,
)

SCRIPT_SUFFIX = re.compile(r"(?:\.d)?\.[cm]?[jt]sx?$")


def named_file(path: str, importing: str, ending: str = "") -> str:
    """How the script ``importing`` names the file ``path``, with ``ending`` for its own.

    Without one a folder stands for its index.
    """
    name = posixpath.basename(path.replace("\\", "/"))
    moved = _moved_file(f"./{name}", folder_of(path), folder_of(importing))
    return SCRIPT_SUFFIX.sub(ending, moved).removesuffix("/index")


def script_module(folder: str, name: str) -> str:
    """The script that one in ``folder`` calls ``name``, without suffix; an index is its folder."""
    path = posixpath.normpath(posixpath.join(folder, name))
    return SCRIPT_SUFFIX.sub("", path).removesuffix("/index")


def python_module(path: str) -> list[str]:
    """Folders and module of a file of Python; a package is its folder."""
    parts = re.sub(r"\.pyi?$", "", path.replace("\\", "/")).split("/")
    return parts[:-1] if parts[-1] == "__init__" else parts


def is_module(name: str, importing: str, path: str) -> bool:
    """Whether the file ``path`` is what the file ``importing`` calls ``name``."""
    folder = folder_of(importing)
    if not path.endswith((".py", ".pyi")):
        return name.startswith(".") and script_module(folder, name) == script_module("", path)
    own, place = python_module(path), folder.split("/")
    behind = name.lstrip(".")
    parts, num_dots = behind.split(".") if behind else [], len(name) - len(behind)
    if num_dots:
        return num_dots <= len(place) and place[: len(place) - num_dots + 1] + parts == own
    # One word is often another library's: `http`, `types`.
    return parts == own or (len(parts) > 1 and own[-len(parts) :] == parts)


def import_lines(
    documents: Iterable[OpenDocument], wanted: Collection[str], path: str | None, language: str
) -> list[str]:
    """Lines of ``documents`` that import some of ``wanted``, as the file ``path`` writes them.

    Without the names that they import besides; and Python's standard library.
    """
    found: dict[str, None] = {}
    for document in documents:
        if any(name in document.text for name in wanted):
            found |= dict.fromkeys(_imports(document, wanted, path, language))
    if language == "python":
        found |= {
            f"from {PYTHON[name].module} import {name}": None for name in wanted if name in PYTHON
        }
    return sorted(found)


def _imports(
    document: OpenDocument, wanted: Collection[str], path: str | None, language: str
) -> Iterator[str]:
    is_python = language == "python"
    for match in (_PYTHON if is_python else _JAVASCRIPT).finditer(document.text):
        groups = match.groupdict()
        module: str = groups["module"] or ""
        moved: str | None = module
        clause = groups["names"] or groups.get("required") or ""
        kept = _only(wanted, clause)
        if not kept or (module.startswith(".") and path is None):
            continue
        if path is not None and is_module(module, document.path, path):
            continue  # it is this file that is to declare it
        if path is not None and module.startswith("."):
            folders = folder_of(document.path), folder_of(path)
            moved = _moved_package(module, *folders) if is_python else _moved_file(module, *folders)
        if moved is not None:
            line = match.group().strip().replace(clause, kept, 1)
            yield line.replace(module, moved, 1) if module else line


def _only(wanted: Collection[str], clause: str) -> str:
    """What is left of an import's ``clause`` without all other names; nothing if none is left."""
    outer, brace, inner = clause.rstrip("} \t").partition("{")
    outer_kept = [part for part in _parts(outer) if _declared(part) in wanted]
    inner_kept = [part for part in _parts(inner) if _declared(part) in wanted]
    if not inner_kept:
        return ", ".join(outer_kept)
    space = " " if inner.startswith(" ") else ""
    return ", ".join([*outer_kept, f"{brace}{space}{', '.join(inner_kept)}{space}}}"])


def _parts(clause: str) -> list[str]:
    return [part.strip() for part in clause.split(",") if part.strip()]


def _declared(part: str) -> str:
    """The name that a part of an import declares: of ``a.b`` the first, of ``a as b`` the last."""
    return part.split()[-1].partition(".")[0]


def folder_of(path: str) -> str:
    """The folder of a file, with slashes."""
    return posixpath.dirname(path.replace("\\", "/"))


def _moved_file(module: str, source: str, target: str) -> str:
    """A relative path in a file of the folder ``source`` as one in ``target`` writes it."""
    moved = posixpath.relpath(posixpath.join(source, module), target or ".")
    return moved if moved.startswith(".") else f"./{moved}"


def _moved_package(module: str, source: str, target: str) -> str | None:
    """The same for a module behind dots; None where the two have no package in common."""
    name = module.lstrip(".")
    num_up = len(module) - len(name) - 1
    place, own = source.split("/"), target.split("/")
    if num_up >= len(place):
        return None
    place = place[: len(place) - num_up] + name.split(".") * bool(name)
    pairs = zip(place, own, strict=False)
    num_same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return "." * (len(own) - num_same + 1) + ".".join(place[num_same:]) if num_same else None
