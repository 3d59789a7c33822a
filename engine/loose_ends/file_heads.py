"""What the head of a file says because of where the file lies.

The package clause of Go and Java, Java's type that bears the file's name, and what keeps a header
of C or C++ from being read twice. The files beside it say how.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.brackets import scan
from engine.languages import language_of
from engine.request import OpenDocument
from engine.spans import Span
from engine.syntax import SyntaxTree

# How much of the probability they share, less than how often they are right in published code
# (docs/log.md): what files of the same folder say, what the folder's name does, a type's name.
BESIDE_SHARE, FOLDER_SHARE, TYPE_SHARE = 0.97, 0.7, 0.98
LANGUAGES = frozenset("c cpp go java".split())
_COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_GO_PACKAGE = re.compile(r"^package[ \t]+(\w+)", re.MULTILINE)
_JAVA_PACKAGE = re.compile(r"^package[ \t]+([\w.]+)[ \t]*;", re.MULTILINE)
_JAVA_TYPE = re.compile(
    r"(?:(?:public|abstract|final|sealed|non-sealed|strictfp)[ \t]+)*"
    r"(?:class|interface|enum|record|@interface)(?:[ \t]+|$)"
)
_GO_NAME = re.compile(r"[a-z][a-z0-9]*")
_HEADER_ENDINGS = (".h", ".hh", ".hpp", ".hxx")
_GUARD = re.compile(r"^#[ \t]*ifndef[ \t]+(\w+)\s*^#[ \t]*define[ \t]+\1\b", re.MULTILINE)
_DEFINED = re.compile(r"#[ \t]*define[ \t]+(\w+)[ \t]*$", re.MULTILINE)
_BEGUN_GUARD = re.compile(r"\s*#[ \t]*ifndef[ \t]+(\w+)\s*$")
_ONCE = "#pragma once"
# How far down it may stand: below licences, comments and imports.
_HEAD_BYTES = 8_000


@dataclass(frozen=True, slots=True)
class FileHeads:
    """``lines``: whole lines that may stand there, and their shares; ``type_name``: Java's type."""

    lines: Mapping[str, float]
    type_name: str | None = None

    def __bool__(self) -> bool:
        return bool(self.lines) or self.type_name is not None

    def behind(self, line: str) -> tuple[float, list[str]]:
        """What may follow ``line``, "" where it may end, and its share of the probability."""
        found = [each for each in self.lines if each.startswith(line)]
        if found:
            return max(map(self.lines.__getitem__, found)), [each[len(line) :] for each in found]
        if self.type_name is None:
            return 0.0, []
        words = _JAVA_TYPE.match(line)
        if words is None:
            return 0.0, []
        begun, space = line[words.end() :], "" if words.group()[-1].isspace() else " "
        if begun == self.type_name or not self.type_name.startswith(begun):
            return 0.0, []
        return TYPE_SHARE, [space + self.type_name[len(begun) :]]


def file_heads(
    tree: SyntaxTree, line: Span, path: str | None, others: Sequence[OpenDocument]
) -> FileHeads:
    """What ``line`` may be for the sake of the place of its file.

    ``path``, and those of ``others``, from one root.
    """
    nothing, language = FileHeads({}), tree.language.id
    if path is None or language not in LANGUAGES or line.start > _HEAD_BYTES:
        return nothing
    above, below = (
        data.decode("utf-8", "replace") for data in (tree.data[: line.start], tree.data[line.end :])
    )
    folder, _, name = _slashed(path).rpartition("/")
    code = _COMMENT.sub("", above)
    beside = [each for each in others if posixpath.dirname(_slashed(each.path)) == folder]
    if language in ("c", "cpp"):
        return FileHeads(dict(_guards(name, code, below, beside)))
    if language == "go":
        is_wanted = not code.strip() and not _GO_PACKAGE.search(below)
        return FileHeads(_go_packages(folder, name, below, beside)) if is_wanted else nothing
    lines = {}
    if not code.strip() and not _JAVA_PACKAGE.search(below):
        lines = _java_packages(folder, beside, others)
    return FileHeads(lines, _java_type(name, above, below))


def _go_packages(
    folder: str, name: str, below: str, beside: Sequence[OpenDocument]
) -> dict[str, float]:
    """The clause of the files beside it; tests may stand in a package of their own."""
    is_test = name.endswith("_test.go")
    counts: Counter[str] = Counter()
    for document in beside:
        found = _GO_PACKAGE.search(document.text)
        if found is None or not document.path.endswith(".go"):
            continue
        if is_test or not document.path.endswith("_test.go"):
            counts[found[1]] += 1
        elif not counts:
            counts[found[1].removesuffix("_test")] += 0
    if counts:
        names = {counts.most_common(1)[0][0].removesuffix("_test"): BESIDE_SHARE}
    elif name == "main.go" or folder.split("/")[-2:-1] == ["cmd"]:
        names = {"main": BESIDE_SHARE}
    else:
        last = folder.rpartition("/")[2].removeprefix("go-").removesuffix("-go")
        names = {last: FOLDER_SHARE} if _GO_NAME.fullmatch(last) else {}
    if is_test:
        outside = {f"{each}_test": share for each, share in names.items()}
        # What imports the package stands beside it.
        is_outside = any(f'/{each}"' in below for each in names)
        names = outside if is_outside else names | outside
    return {f"package {each}": share for each, share in names.items()}


def _java_packages(
    folder: str, beside: Sequence[OpenDocument], others: Iterable[OpenDocument]
) -> dict[str, float]:
    """That of the files beside it; else its folder below the root that another file's tells."""
    counts = Counter(_java_package(document) for document in beside)
    counts.pop(None, None)
    if counts:
        return {f"package {counts.most_common(1)[0][0]};": BESIDE_SHARE}
    for document in others:
        package = _java_package(document)
        its_folder = "/" + posixpath.dirname(_slashed(document.path))
        if package is None or not its_folder.endswith(tail := "/" + package.replace(".", "/")):
            continue
        root = its_folder.removesuffix(tail) + "/"
        if f"/{folder}".startswith(root):
            rest = f"/{folder}".removeprefix(root).replace("/", ".")
            return {f"package {rest};": BESIDE_SHARE}
    return {}


def _java_package(document: OpenDocument) -> str | None:
    is_java = document.path.endswith(".java")
    found = _JAVA_PACKAGE.search(document.text) if is_java else None
    return found[1] if found is not None else None


def _java_type(name: str, above: str, below: str) -> str | None:
    """The name of the file, where nothing is open and no type bears it yet."""
    stem = name.removesuffix(".java")
    declared = re.compile(rf"\b(?:class|interface|enum|record)[ \t]+{re.escape(stem)}\b")
    if stem in ("package-info", "module-info") or declared.search(above + below):
        return None
    return stem if not scan(above.encode(), language_of(None, "java")).openers else None


def _guards(
    name: str, code: str, below: str, beside: Sequence[OpenDocument]
) -> Iterator[tuple[str, float]]:
    """What makes a header be read once: what its other line says, else as headers beside it do."""
    if not name.endswith(_HEADER_ENDINGS):
        return
    begun = _BEGUN_GUARD.fullmatch(code)
    if begun is not None:
        if not re.search(rf"^#[ \t]*define[ \t]+{begun[1]}\b", below, re.MULTILINE):
            yield f"#define {begun[1]}", BESIDE_SHARE
        return
    if code.strip():
        return
    behind = _COMMENT.sub("", below[:_HEAD_BYTES]).lstrip()
    defined = _DEFINED.match(behind)
    if defined is not None:
        yield f"#ifndef {defined[1]}", BESIDE_SHARE
    if defined is not None or behind.startswith(_ONCE) or _GUARD.match(behind):
        return
    headers = [each for each in beside if each.path.endswith(_HEADER_ENDINGS)]
    counts = Counter(_as_beside(name, header) for header in headers)
    counts.pop(None, None)
    if counts:
        yield counts.most_common(1)[0][0] or "", BESIDE_SHARE


def _as_beside(name: str, header: OpenDocument) -> str | None:
    """The first line that ``name`` has if it is done as in ``header``."""
    if _ONCE in header.text:
        return _ONCE
    found = _GUARD.search(header.text)
    its_word = _word(_slashed(header.path).rpartition("/")[2])
    if found is None or its_word not in found[1]:
        return None
    before, _, behind = found[1].rpartition(its_word)
    return f"#ifndef {before}{_word(name)}{behind}"


def _slashed(path: str) -> str:
    return path.replace("\\", "/")


def _word(name: str) -> str:
    """A header's name without its ending, as guards spell it."""
    return re.sub(r"\W", "_", name.rpartition(".")[0]).upper()
