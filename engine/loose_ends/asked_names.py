"""Names that other files import from one that does not declare them yet.

In Python, JavaScript and TypeScript; found by pattern, since a line is waited for.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.loose_ends.import_lines import folder_of, is_module, python_module, script_module
from engine.request import OpenDocument

_PYTHON = re.compile(
    r"^[ \t]*from[ \t]+(?P<module>\.*[\w.]*)[ \t]+import[ \t]*"
    r"(?:\((?P<listed>[^()]*)\)|(?P<names>[\w, \t]+))",
    re.MULTILINE,
)
_SCRIPT = re.compile(
    r"""^(?:import|export)[ \t]+(?:type[ \t]+)?(?:[\w$]+,[ \t]*)?\{(?P<names>[^{}]*)\}\s*"""
    r"""from[ \t]*['"](?P<module>\.[^'"\n]*)['"]""",
    re.MULTILINE,
)
_STAR = re.compile(r"""^export[ \t]*\*[ \t]*from[ \t]*['"](\.[^'"\n]*)['"]""", re.MULTILINE)
_EXPORTED = re.compile(
    r"^export[ \t]+(?:declare[ \t]+)?(?:abstract[ \t]+)?(?:async[ \t]+)?(?:function\*?|class"
    r"|const[ \t]+enum|const|let|var|interface|type|enum|namespace)[ \t]+([\w$]+)"
    r"|^export[ \t]*(?:type[ \t]*)?\{([^{}]*)\}",
    re.MULTILINE,
)
_PYTHON_COMMENT = re.compile(r"#.*")
_SCRIPT_COMMENT = re.compile(r"//.*|/\*[\s\S]*?\*/")
# Star imports and exports, lists of what others export, ways that are not read here.
_PASSES_ON = re.compile(
    r"""^export[ \t]*\*|^export\b[^{}'"]*\{[^{}]*\}[ \t]*from"""
    r"""|^export[ \t]+(?:const|let|var)[ \t]*[{\[]|^export[ \t]*=|\bmodule\.exports\b|^exports\."""
    r"""|^from[ \t]+[\w.]+[ \t]+import[ \t]*\*|^def[ \t]+__getattr__""",
    re.MULTILINE,
)
_NUM_BARRELS = 2  # one through another
# Of more of them some come in a way that is not seen here.
MAX_ASKED = 3

# An importing file and a name
_Asked = Iterator[tuple[OpenDocument, str]]


@dataclass(frozen=True, slots=True)
class AskedName:
    """A name that other files import. ``is_declared``: it is here, and is not exported."""

    name: str
    is_called: bool
    is_declared: bool

    def heads(self, language: str) -> list[str]:
        """How lines begin that give it to other files, up to where the name ends."""
        name, word = self.name, self.name.lstrip("_$")
        if self.is_declared:
            return [f"export {{ {name} }}"]
        is_type = word[:1].isupper() and not word.isupper()
        if language == "python":
            return [f"{each}{name}" for each in _python_words(self.is_called, is_type, word)]
        if word.isupper():
            return [f"export const {name}"]
        kinds = ["class", "const", "function"]
        if is_type and language.startswith("typescript"):
            kinds = ["class", "const", "interface", "type"]
        return [f"export {kind} {name}" for kind in kinds]


def _python_words(is_called: bool, is_type: bool, word: str) -> list[str]:
    if is_type:
        return ["class "]
    if word.isupper():
        return ["", "class "]
    return ["def ", "async def "] if is_called else ["def ", "async def ", ""]


def asked_names(
    documents: Sequence[OpenDocument], path: str | None, text: str, declared: Collection[str]
) -> list[AskedName]:
    """What ``documents`` import by name from the file ``path``, which lacks it.

    ``text`` is that of the file, ``declared`` the names at its top. Through files that export all
    of it, too, if ``documents`` hold everything that those export and none of it has the name.
    Nothing of a file that passes on what others declare.
    """
    if path is None or _PASSES_ON.search(text):
        return []
    path = path.replace("\\", "/")
    if path.endswith(("/__init__.py", "/__init__.pyi")):
        return []
    given = set(declared) if path.endswith((".py", ".pyi")) else exported(text)
    missing = [
        AskedName(name, is_called, name in declared)
        for name, is_called in _asked(tuple(documents), path).items()
        if name not in given
    ]
    return missing if len(missing) <= MAX_ASKED else []


@functools.lru_cache(maxsize=4)
def _asked(documents: tuple[OpenDocument, ...], path: str) -> Mapping[str, bool]:
    is_python = path.endswith((".py", ".pyi"))
    found: dict[str, bool] = {}
    for document, name in (_of_python if is_python else _of_script)(documents, path):
        found[name] = found.get(name, False) or f"{name}(" in document.text
    return found


def _of_python(documents: Iterable[OpenDocument], path: str) -> _Asked:
    stem = python_module(path)[-1]
    for document in documents:
        for match in _PYTHON.finditer(document.text) if stem in document.text else ():
            if is_module(match["module"], document.path, path):
                listed = _PYTHON_COMMENT.sub("", match["listed"] or match["names"])
                yield from ((document, name) for name in _names(listed))


def _of_script(documents: Sequence[OpenDocument], path: str) -> _Asked:
    own = script_module("", path)
    barrels = _barrels(documents, own)
    for document in documents:
        for match in _SCRIPT.finditer(document.text):
            module = script_module(folder_of(document.path), match["module"])
            listed = _SCRIPT_COMMENT.sub("", match["names"])
            for name in _names(listed) if module in (own, *barrels) else ():
                if module == own or not any(name in exported(each.text) for each in documents):
                    yield document, name


def _barrels(documents: Sequence[OpenDocument], own: str) -> set[str]:
    """The modules among ``documents`` that export all of ``own``, and only what is known here."""
    stars = {
        script_module("", each.path): [
            script_module(folder_of(each.path), star) for star in _STAR.findall(each.text)
        ]
        for each in documents
    }
    found: set[str] = set()
    for _ in range(_NUM_BARRELS):
        found |= {module for module, of in stars.items() if {own, *found} & set(of)}
    known = {own, *stars}
    return {module for module in found if known.issuperset(stars[module])}


@functools.lru_cache(maxsize=512)
def exported(text: str) -> frozenset[str]:
    """The names that a script exports, as others see them."""
    found = set()
    for name, listed in _EXPORTED.findall(text):
        parts = _SCRIPT_COMMENT.sub("", listed).split(",")
        found |= {name} | {part.split()[-1] for part in parts if part.strip()}
    return frozenset(found)


def _names(listed: str) -> Iterator[str]:
    """The names that a list of imports takes, as the file that they come from declares them."""
    for part in listed.split(","):
        words = [word for word in part.split() if word != "type"]
        if words and words[0] != "default" and not words[0].startswith('"'):
            yield words[0]
