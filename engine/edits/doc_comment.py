"""The documentation comment of a declaration: its frame from the syntax, in the language's form."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.edits.documentable import Documentable, documentable_at
from engine.edits.lines import indentation, is_first_on_line
from engine.edits.template import HOLE, MAX_HOLES
from engine.proposal import Edit
from engine.spans import Span, span
from engine.syntax import SyntaxTree

# Comments for tools, which documentation stands above.
_DIRECTIVE = re.compile(
    rb"//(?:go:|export |nolint|lint:|line )|//\s*(?:\+build|NOLINT|eslint-|@ts-|prettier-|biome-|"
    rb"istanbul |clang-format |noinspection|#(?:region|endregion))|/\*\s*eslint-"
)
_STARS = "/**"
_SLASHES = "///"


@dataclass(frozen=True, slots=True)
class DocComment:
    """``template`` has a hole for each description, ``plain`` says what the signature says."""

    title: str
    template: tuple[Edit, ...]
    plain: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a comment: what the signature says, then a description if ``said`` is given."""

    head: str
    said: str | None = None


def doc_comment(tree: SyntaxTree, offset: int) -> DocComment | None:
    """The comment for the declaration whose header is at ``offset``; None where one stands."""
    thing = documentable_at(tree, offset)
    at = None if thing is None else place_of(tree, thing)
    if thing is None or at is None:
        return None
    lines = _LAYOUTS.get(tree.language.id, _tagged)(tree, thing)
    mark = _mark(tree)
    has_directive = tree.language.id == "go" and at < thing.start
    newline = "\r\n" if b"\r\n" in tree.data[: tree.data.find(b"\n") + 1] else "\n"
    indent = indentation(tree.data, at)

    def edit(descriptions: Sequence[str]) -> tuple[Edit, ...]:
        said = iter(descriptions)
        whole = [line.head if line.said is None else line.head + next(said) for line in lines]
        framed = _framed([*whole, ""] if has_directive else whole, mark)
        text = "".join(f"{line}{newline}{indent}" for line in framed)
        return (Edit(span(at, at), text),)

    plain = [line.said for line in lines if line.said is not None]
    holes = [HOLE] * len(plain[:MAX_HOLES]) + plain[MAX_HOLES:]
    return DocComment("Write the documentation comment", edit(holes), edit(plain))


def place_of(tree: SyntaxTree, thing: Documentable) -> int | None:
    """Where the comment goes: above attributes and directives. None where a comment stands."""
    at = thing.start
    lead = tree.data[at : thing.end]
    if not is_first_on_line(tree.data, at) or _is_documented_inside(tree, thing, lead):
        return None
    while True:
        line = tree.line_at(max(at - 1 - len(indentation(tree.data, at).encode()), 0))
        above = line.of(tree.data).strip()
        if line.start >= at or not above or not above.strip(b"\r"):
            return at
        first = line.start + len(line.of(tree.data)) - len(line.of(tree.data).lstrip())
        if above.endswith(b"\\"):
            return None
        if not _is_comment(tree, first):
            return at
        if not _DIRECTIVE.match(above):
            return None
        at = first


def _is_documented_inside(tree: SyntaxTree, thing: Documentable, lead: bytes) -> bool:
    """Whether Rust's attributes hold the documentation, or a comment stands between them."""
    del tree
    declared = thing.node.start_byte - thing.start
    between = lead[:declared]
    return re.search(rb"#\[doc\s*=|^\s*//|/\*", between, re.MULTILINE) is not None


def _is_comment(tree: SyntaxTree, offset: int) -> bool:
    root = tree.root
    node = None if root is None else root.descendant_for_byte_range(offset, offset + 1)
    while node is not None and node.type not in tree.language.kinds.comments:
        node = node.parent
    return node is not None


def comment_above(tree: SyntaxTree, offset: int) -> Span | None:
    """The comment lines directly above the line of ``offset``."""
    line_start = tree.data.rfind(b"\n", 0, offset) + 1
    start = line_start
    while start > 0:
        line = tree.line_at(start - 1)
        text = line.of(tree.data)
        first = line.start + len(text) - len(text.lstrip())
        if not text.strip() or not _is_comment(tree, first):
            break
        start = line.start
    return None if start == line_start else span(start, line_start)


def _mark(tree: SyntaxTree) -> str:
    """What the lines of a documentation comment begin with here."""
    if tree.language.id == "go":
        return "//"
    if tree.language.id == "rust":
        return _SLASHES
    if tree.language.id in ("c", "cpp"):
        num_slashed = len(re.findall(rb"^[ \t]*///(?!/)", tree.data, re.MULTILINE))
        num_starred = len(re.findall(rb"^[ \t]*\*", tree.data, re.MULTILINE))
        is_starred = re.search(rb"^[ \t]*/\*[*!]", tree.data, re.MULTILINE) is not None
        return _SLASHES if num_slashed > (num_starred if is_starred else 0) else _STARS
    return _STARS


def _framed(lines: Sequence[str], mark: str) -> list[str]:
    if mark != _STARS:
        return [f"{mark} {line}".rstrip(" ") for line in lines]
    if len(lines) == 1:
        return [f"/** {lines[0]} */"]
    return ["/**", *(f" * {line}".rstrip(" ") for line in lines), " */"]


def _tagged(tree: SyntaxTree, thing: Documentable) -> list[Line]:
    """Javadoc, JSDoc and Doxygen: a sentence, then a tag for each part of the signature."""
    id_ = tree.language.id
    is_c = id_ in ("c", "cpp")
    sign = "\\" if is_c and _is_backslashed(tree) else "@"
    dash = "" if is_c or id_ == "java" else "- "
    result = "return" if is_c or id_ == "java" or b"@return " in tree.data else "returns"
    is_cpp = id_ == "cpp"
    tags = [
        Line(f"{sign}tparam {one} " if is_cpp else f"{sign}param <{one}> ", f"the type of {one}")
        for one in thing.type_parameters
    ]
    tags += [
        Line(f"{sign}param {one} {dash}", f"the {words_of(one)}" if one != "..." else "the rest")
        for one in thing.parameters
    ]
    if thing.is_returning:
        tags.append(Line(f"{sign}{result} ", "the result"))
    tags += [Line(f"@throws {one} ", "if it fails") for one in thing.errors]
    first = Line("", sentence_of(thing))
    return [first, *([Line("")] if tags else []), *tags]


def _is_backslashed(tree: SyntaxTree) -> bool:
    return tree.data.count(b"\\param") + tree.data.count(b"\\brief") > tree.data.count(b"@param")


def _go(tree: SyntaxTree, thing: Documentable) -> list[Line]:
    """A sentence that begins with the name."""
    del tree
    if not thing.is_function:
        return [Line(f"{thing.name} ", f"is the {words_of(thing.name) or thing.name}.")]
    words = words_of(thing.name)
    verb, _, rest = words.partition(" ")
    if verb in ("is", "has", "can", "should", "needs") and rest:
        said = f"reports whether it {words}"
    elif verb == "new" or (thing.is_returning and not thing.parameters):
        said = f"returns {'a' if verb == 'new' else 'the'} {words}"
    else:
        said = f"{_third_person(verb)} {rest}".strip()
    return [Line(f"{thing.name} ", f"{said}.")]


def _rust(tree: SyntaxTree, thing: Documentable) -> list[Line]:
    """A sentence, then the sections that a caller must know of."""
    lines = [Line("", sentence_of(thing))]
    if thing.parameters and re.search(rb"^[ \t]*/// # Arguments", tree.data, re.MULTILINE):
        lines += [Line(""), Line("# Arguments"), Line("")]
        lines += [Line(f"* `{one}` - ", f"the {words_of(one)}") for one in thing.parameters]
    if thing.errors:
        lines += [Line(""), Line("# Errors"), Line(""), Line("", "Fails if it cannot be done.")]
    if thing.is_unsafe:
        lines += [Line(""), Line("# Safety"), Line("")]
        lines += [Line("", "The caller answers for what the compiler cannot check.")]
    return lines


_LAYOUTS: dict[str, Callable[[SyntaxTree, Documentable], list[Line]]] = {"go": _go, "rust": _rust}


def words_of(name: str) -> str:
    """The words that a name consists of, in small letters."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return " ".join(parted.replace("_", " ").replace("$", " ").split()).lower()


def sentence_of(thing: Documentable) -> str:
    """What the name of a declaration says, as a sentence."""
    words = words_of(thing.name) or thing.name
    return f"{words[0].upper()}{words[1:]}." if thing.is_function else f"The {words}."


def _third_person(verb: str) -> str:
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return f"{verb}es"
    is_y = verb.endswith("y") and verb[-2:-1] not in tuple("aeiou")
    return f"{verb[:-1]}ies" if is_y else f"{verb}s"
