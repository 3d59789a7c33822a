"""The edits that give lists of parameters and arguments one entry more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import tree_sitter

from engine.edits.called_function import function_around, given, signature
from engine.edits.inlining import text
from engine.edits.known_calls import Place
from engine.edits.missing_name import Missing
from engine.errors import BadInput
from engine.proposal import Edit
from engine.spans import span
from engine.syntax import SyntaxTree


@dataclass(frozen=True, slots=True)
class NewArgument:
    """The parameter stands behind ``index`` others; a call has given ``least`` to ``most``."""

    missing: Missing
    index: int
    least: int
    most: int | None
    has_receiver: bool

    def declared(self, place: Place, type_: str) -> Edit:
        """A declaration of the function with the parameter."""
        entries = signature(place.brackets, self.missing.called).entries
        behind = entries[self.index] if self.index < len(entries) else None
        return _inserted(place, behind, _declaration(self.missing, place, type_))

    def given(self, place: Place, value: str) -> Edit:
        """A call with one argument more. Raises BadInput where it gives too few or too many."""
        arguments = _arguments(place)
        shift = int(self.has_receiver and place.has_receiver)
        num = len(arguments) - shift
        if num < self.least or (self.most is not None and num > self.most):
            line = place.table.tree.data.count(b"\n", 0, place.brackets.start_byte) + 1
            where = f"line {line}" if place.path is None else f"{place.path} line {line}"
            called = self.missing.called
            raise BadInput(f"the call of {called} in {where} gives {num} arguments: do it by hand")
        index = self.index + shift
        return _inserted(place, arguments[index] if index < len(arguments) else None, value)


def new_argument(missing: Missing, places: Sequence[Place]) -> NewArgument:
    """Where it goes: behind all that every call gives, in all declarations the same."""
    signs = [signature(one.brackets, missing.called) for one in places if one.is_declaration]
    if not signs:
        raise BadInput(f"{missing.called} has no list of parameters")
    index = min(one.least for one in signs)
    is_open = any(one.most is None for one in signs)
    most = None if is_open else max(one.most or 0 for one in signs)
    return NewArgument(missing, index, index, most, any(one.has_receiver for one in signs))


def _declaration(missing: Missing, place: Place, type_: str) -> str:
    """As it is written; without its name in a prototype that has another parameter of the name."""
    language, name = missing.table.tree.language.id, missing.name
    if re.search(rf"\b{re.escape(name)}\b", text(place.brackets)):
        if language not in ("c", "cpp") or not _is_prototype(place.brackets):
            raise BadInput(f"another declaration of {missing.called} has a {name} already")
        return type_
    if language == "go":
        return f"{name} {type_}"
    if language == "rust":
        return f"{name}: {type_}"
    return f"{type_}{'' if type_.endswith(('*', '&')) else ' '}{name}"


def _is_prototype(parameters: tree_sitter.Node) -> bool:
    around = function_around(parameters)
    body = None if around is None else around.child_by_field_name("body")
    return body is None or parameters.start_byte >= body.start_byte


def _arguments(place: Place) -> Sequence[tree_sitter.Node]:
    """The arguments of a call; of one in a macro, a node that each begins with."""
    if place.brackets.type != "token_tree":
        if any("preproc" in one.type for one in place.brackets.named_children):
            raise BadInput("a call depends on the preprocessor: add the parameter by hand")
        return given(place.brackets)
    found: list[tree_sitter.Node] = []
    is_new = True
    for child in place.brackets.children[1:-1]:
        if text(child) == ",":
            is_new = True
        elif is_new:
            found.append(child)
            is_new = False
    return found


def _inserted(place: Place, behind: tree_sitter.Node | None, entry: str) -> Edit:
    """``entry`` before the node ``behind``, or as the last of a list."""
    if behind is not None:
        return Edit(span(behind.start_byte, behind.start_byte), f"{entry}, ", place.path)
    inner = place.brackets.children[1:-1]
    entries = [one for one in inner if "comment" not in one.type]
    if not entries:
        at = place.brackets.start_byte + 1
        return Edit(span(at, at), entry, place.path)
    if len(entries) == 1 and text(entries[0]) == "void":
        return Edit(span(entries[0].start_byte, entries[0].end_byte), entry, place.path)
    at = entries[-1].end_byte
    if text(entries[-1]) != ",":
        return Edit(span(at, at), f", {entry}", place.path)
    return Edit(span(at, at), _behind_comma(place.table.tree, at, entry), place.path)


def _behind_comma(tree: SyntaxTree, at: int, entry: str) -> str:
    """An entry with a comma of its own, on a line of its own where the one before has one."""
    line = tree.data[tree.data.rfind(b"\n", 0, at) + 1 : at]
    lead = line[: len(line) - len(line.lstrip())].decode()
    has_own_line = tree.data[at:].lstrip(b" \t")[:1] in (b"\n", b"\r", b"/")
    return f"\n{lead}{entry}," if has_own_line else f" {entry},"
