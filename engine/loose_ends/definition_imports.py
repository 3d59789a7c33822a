"""Lines that import names from the files that define them, in Python, JavaScript and TypeScript.

For names that no other file imports yet. Found by pattern, since a line is waited for.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.loose_ends.import_lines import folder_of, named_file, python_module
from engine.request import OpenDocument

_PYTHON = (".py", ".pyi")
_SCRIPT = tuple(".js .jsx .cjs .mjs .ts .tsx .cts .mts".split())
_ABSOLUTE = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\w[\w.]*)", re.MULTILINE)
_RELATIVE = re.compile(r"^[ \t]*from[ \t]+\.", re.MULTILINE)
_STYLE = re.compile(
    r"""^import[ \t]+(?:type[ \t]+)?\{(?P<space>[ \t]?)[^}'"]*\}[ \t]*from[ \t]*"""
    r"""(?P<quote>['"])\.[^'"\n]*?(?P<ending>\.[cm]?js)?['"](?P<end>;?)""",
    re.MULTILINE,
)
_EXPORTED = re.compile(r"^export[ \t]*\{([^}]*)\}[ \t]*;?[ \t]*$", re.MULTILINE)
_TYPED = re.compile(r"^import type\b", re.MULTILINE)


def definition_imports(
    documents: Sequence[OpenDocument],
    wanted: Collection[str],
    path: str | None,
    text: str,
    has_variables: bool = True,
) -> list[str]:
    """A line for each file of ``documents`` that defines some of ``wanted`` at its top.

    ``path`` and ``text`` are those of the file that imports: its other imports say how that is
    written there. ``has_variables`` False leaves Python's variables out that are no constants:
    another file's ``name`` is seldom meant.
    """
    if path is None or not wanted:
        return []
    suffixes = next((each for each in (_PYTHON, _SCRIPT) if path.endswith(each)), ())
    near = [each for each in documents if each.path.endswith(suffixes)]
    telling = [each for each in near if any(name in each.text for name in wanted)]
    if suffixes is _PYTHON:
        return list(_python(telling, near, _python_pattern(wanted, has_variables), path, text))
    return list(_script(telling, near, wanted, path, text))


def _python(
    telling: Iterable[OpenDocument],
    documents: Sequence[OpenDocument],
    pattern: re.Pattern[str],
    path: str,
    text: str,
) -> Iterator[str]:
    found = [(each, set(pattern.findall(each.text))) for each in telling]
    found = [(document, names) for document, names in found if names]
    if not found:
        return
    root = None if _RELATIVE.search(text) else _root(documents, path, text)
    for document, names in found:
        module = _module(document.path, path, root)
        if module:
            yield f"from {module} import {', '.join(sorted(names))}"


def _python_pattern(wanted: Collection[str], has_variables: bool) -> re.Pattern[str]:
    names = "|".join(map(re.escape, sorted(wanted)))
    assigned = r"\w+" if has_variables else r"[A-Z\d_]+"
    return re.compile(
        rf"^(?:(?:async[ \t]+)?def[ \t]+|class[ \t]+|(?={assigned}[ \t]*(?::[^=\n]+)?=(?!=)))"
        rf"({names})\b",
        re.MULTILINE,
    )


def _root(documents: Iterable[OpenDocument], path: str, text: str) -> list[str] | None:
    """The folder from which modules are named: of one that an absolute import of a file names."""
    documents = [OpenDocument(path, None, text), *documents]
    named = {name for each in documents for name in _ABSOLUTE.findall(each.text)}
    heads = {tuple(name.split(".")[:2]) for name in named if "." in name}
    for document in documents:
        parts = python_module(document.path)
        for at in range(len(parts) - 1):
            if tuple(parts[at : at + 2]) in heads:
                return parts[:at]
    # A project's folder is often named like its package, which is further in.
    tops, own = {head for head, _ in heads} | named, python_module(path)
    return next((own[:at] for at in range(len(own) - 2, -1, -1) if own[at] in tops), None)


def _module(path: str, importing: str, root: list[str] | None) -> str | None:
    """How the file ``importing`` names the module of ``path``: from ``root`` on, or relatively."""
    parts = python_module(path)
    if root is not None:
        return ".".join(parts[len(root) :]) if parts[: len(root)] == root else None
    own = folder_of(importing).split("/")
    num_same = len(posixpath.commonprefix([own, parts]))
    if not any(parts[:num_same]):
        return None  # another place altogether
    return "." * (len(own) - num_same + 1) + ".".join(parts[num_same:])


@dataclass(frozen=True, slots=True)
class _Style:
    """How a file writes its imports: the space in braces, quote, ending of paths, semicolon."""

    space: str = " "
    quote: str = '"'
    ending: str = ""
    end: str = ";"

    @staticmethod
    def of(texts: Iterable[str]) -> _Style:
        """That of the first relative import in ``texts``."""
        for text in texts:
            if match := _STYLE.search(text):
                return _Style(match["space"], match["quote"], match["ending"] or "", match["end"])
        return _Style()


def _script(
    telling: Iterable[OpenDocument],
    documents: Sequence[OpenDocument],
    wanted: Collection[str],
    path: str,
    text: str,
) -> Iterator[str]:
    pattern = _script_pattern(wanted)
    style: _Style | None = None
    has_types = bool(_TYPED.search(text))
    for document in telling:
        found = {match["name"]: match for match in pattern.finditer(document.text)}
        listed = _exported(document.text) & set(wanted)
        if not found and not listed:
            continue
        style = style or _Style.of((text, *(each.text for each in documents)))
        defaults = [name for name, match in found.items() if match["default"]]
        names = sorted(listed | found.keys() - set(defaults))
        braced = [f"{{{style.space}{', '.join(names)}{style.space}}}"] if names else []
        is_type = not listed and all(
            match["what"] in ("interface", "type") for match in found.values()
        )
        word = "import type" if has_types and is_type else "import"
        module = named_file(document.path, path, style.ending)
        clause = ", ".join([*defaults, *braced])
        yield f"{word} {clause} from {style.quote}{module}{style.quote}{style.end}"


def _script_pattern(wanted: Collection[str]) -> re.Pattern[str]:
    names = "|".join(map(re.escape, sorted(wanted)))
    return re.compile(
        r"^export[ \t]+(?:declare[ \t]+)?(?P<default>default[ \t]+)?(?:abstract[ \t]+)?"
        r"(?:async[ \t]+)?(?P<what>function\*?|class|const|let|var|interface|type|enum)[ \t]+"
        rf"(?P<name>{names})(?![\w$])",
        re.MULTILINE,
    )


def _exported(text: str) -> set[str]:
    """The names in a file's lists of exports, as others see them."""
    parts = [part for clause in _EXPORTED.findall(text) for part in clause.split(",")]
    return {part.split()[-1] for part in parts if part.strip()}
