"""The documentation of a declaration: written from its signature, or brought up to it.

A docstring in Python, a comment in the other languages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import tree_sitter

from engine.edits.doc_comment import DocComment, doc_comment
from engine.edits.doc_tags import updated_tags
from engine.edits.lines import indentation
from engine.edits.template import HOLE, MAX_HOLES
from engine.planning.hole_spans import is_docstring
from engine.planning.indentation import indent_unit
from engine.proposal import Edit
from engine.spans import span
from engine.syntax import SyntaxTree

_RECEIVERS = ("self", "cls")
_GOOGLE_ENTRY = re.compile(r"^(?P<indent>[ \t]+)\*{0,2}(?P<name>\w+)(?: \([^)]*\))?:", re.MULTILINE)
_SPHINX_ENTRY = re.compile(
    r"^(?P<indent>[ \t]*):param (?:[^:]* )?\*{0,2}(?P<name>\w+):", re.MULTILINE
)


def docstring_edit(tree: SyntaxTree, offset: int) -> DocComment | None:
    """None where no declaration's header is, or its documentation names its parameters already."""
    if tree.language.id != "python":
        return doc_comment(tree, offset) or updated_tags(tree, offset)
    function = _function(tree, offset)
    body = None if function is None else function.child_by_field_name("body")
    if function is None or body is None or function.has_error:
        return None
    names = _parameters(tree, function)
    first = next(iter(body.named_children), None)
    string = None if first is None else next(iter(first.named_children), None)
    if first is None or string is None or not is_docstring(string):
        return _written(tree, function, body, names)
    return _updated(tree, string, names)


def _function(tree: SyntaxTree, offset: int) -> tree_sitter.Node | None:
    """The function whose header or docstring holds ``offset``."""
    function = tree.enclosing(offset + 1, frozenset(("function_definition",)))
    body = None if function is None else function.child_by_field_name("body")
    if function is None or body is None:
        return None
    first = next(iter(body.named_children), None)
    string = None if first is None else next(iter(first.named_children), None)
    end = first.end_byte if first and string and is_docstring(string) else body.start_byte
    return function if offset <= end else None


def _parameters(tree: SyntaxTree, function: tree_sitter.Node) -> list[str]:
    """The names of the parameters, without the receiver."""
    found = []
    parameters = function.child_by_field_name("parameters")
    for child in () if parameters is None else parameters.named_children:
        node: tree_sitter.Node | None = child
        while node is not None and node.type != "identifier":
            node = node.child_by_field_name("name") or next(iter(node.named_children), None)
        if node is not None:
            found.append(tree.data[node.start_byte : node.end_byte].decode("utf-8", "replace"))
    return [name for name in found if name not in _RECEIVERS]


def _written(
    tree: SyntaxTree, function: tree_sitter.Node, body: tree_sitter.Node, names: Sequence[str]
) -> DocComment:
    name_node = function.child_by_field_name("name")
    name = "" if name_node is None else name_node.text.decode() if name_node.text else ""
    is_inline = tree.data[: body.start_byte].rpartition(b"\n")[2].strip() != b""
    unit = indent_unit(tree).decode()
    deeper = indentation(tree.data, function.start_byte) + unit
    indent = deeper if is_inline else indentation(tree.data, body.start_byte)
    at = span(body.start_byte, body.start_byte)

    def edit(summary: str, descriptions: Sequence[str]) -> tuple[Edit, ...]:
        lines = [f'"""{summary}']
        if names and _is_google(tree):
            pairs = zip(names, descriptions, strict=True)
            lines += ["", "Args:", *(f"{unit}{one}: {text}" for one, text in pairs), '"""']
        elif names and _is_sphinx(tree):
            pairs = zip(names, descriptions, strict=True)
            lines += ["", *(f":param {one}: {text}" for one, text in pairs), '"""']
        else:
            lines[0] += '"""'
        text = "\n".join(f"{indent}{line}" if line else "" for line in lines).lstrip()
        start = f"\n{indent}" if is_inline else ""
        return (Edit(at, f"{start}{text}\n{indent}"),)

    words = _sentence(name)
    plain = edit(words, [f"The {_words(one)}." for one in names])
    return DocComment(
        "Write the docstring", edit(HOLE, [HOLE] * len(names[:7]) + ["…"] * len(names[7:])), plain
    )


def _updated(tree: SyntaxTree, string: tree_sitter.Node, names: Sequence[str]) -> DocComment | None:
    """Entries of parameters that are gone go, those that are missing come, in their order."""
    place = span(string.start_byte, string.end_byte)
    text = place.of(tree.data).decode("utf-8", "replace")
    section = re.search(r"^[ \t]*(?:Args|Arguments|Parameters):[ \t]*$", text, re.MULTILINE)
    pattern = _GOOGLE_ENTRY if section is not None else _SPHINX_ENTRY
    start = 0 if section is None else section.end()
    end = len(text)
    if section is not None:
        blank = re.search(r"\n[ \t]*(?:\n|\"\"\"|''')", text[start:])
        end = len(text) if blank is None else start + blank.start() + 1
    entries = list(pattern.finditer(text, start, end))
    indents = {match["indent"] for match in entries}
    least = min(indents, key=len) if indents else ""
    entries = [match for match in entries if match["indent"] == least]
    known = [match["name"] for match in entries]
    gone = [match for match in entries if match["name"] not in names]
    new = [name for name in names if name not in known]
    if not entries or not (gone or new):
        return None

    def edit(descriptions: Sequence[str]) -> tuple[Edit, ...]:
        made = _entries(text, entries, end)
        head = text[: entries[0].start()]
        tail = text[end if section is not None else _last_end(text, entries) :]
        mark = "{}: {}" if section is not None else ":param {}: {}"
        added = dict(zip(new, descriptions, strict=True))
        lines = [
            made[name] if name in made else f"{least}{mark.format(name, added[name])}\n"
            for name in names
        ]
        return (Edit(place, head + "".join(lines) + tail),)

    plain = edit([f"The {_words(name)}." for name in new])
    holes = edit([HOLE] * len(new)) if 0 < len(new) <= MAX_HOLES else plain
    return DocComment("Update the docstring to the signature", holes, plain)


def _entries(text: str, entries: Sequence[re.Match[str]], end: int) -> dict[str, str]:
    """The text of every entry, with the lines that go on with it."""
    last = min(end, _last_end(text, entries))
    bounds = [match.start() for match in entries] + [last]
    return {
        match["name"]: text[start:stop]
        for match, start, stop in zip(entries, bounds[:-1], bounds[1:], strict=True)
    }


def _last_end(text: str, entries: Sequence[re.Match[str]]) -> int:
    """Where the last entry ends: before the first line that is not deeper than it."""
    last = entries[-1]
    at = text.find("\n", last.end())
    while at >= 0:
        line = text[at + 1 :].split("\n", 1)[0]
        is_deeper = line.startswith(last["indent"] + " ") and line.strip()
        if not is_deeper or '"""' in line:
            return at + 1
        at = text.find("\n", at + 1)
    return len(text)


def _is_google(tree: SyntaxTree) -> bool:
    return re.search(rb"^[ \t]+Args:[ \t]*$", tree.data, re.MULTILINE) is not None


def _is_sphinx(tree: SyntaxTree) -> bool:
    return re.search(rb"^[ \t]+:param ", tree.data, re.MULTILINE) is not None


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r" \1", name).replace("_", " ").strip().lower()


def _sentence(name: str) -> str:
    words = _words(name) or "do it"
    return f"{words[0].upper()}{words[1:]}."
