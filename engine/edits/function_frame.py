"""How a new function and its call are written in a language."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import tree_sitter

from engine.errors import BadInput
from engine.planning.indentation import indent_unit
from engine.syntax import SyntaxTree


@dataclass(frozen=True, slots=True)
class Signature:
    """A function to be: ``results`` are set by it and read behind the call.

    ``receiver`` is ``self`` or ``this`` where it must be a method, else empty. ``types``: what
    parameters are annotated with.
    """

    name: str
    parameters: Sequence[str]
    results: Sequence[str]
    is_returning: bool
    is_async: bool
    receiver: str
    types: Mapping[str, str] = field(default_factory=dict)

    def typed(self, name: str) -> str:
        """A parameter as it is declared."""
        return f"{name}: {self.types[name]}" if name in self.types else name


class Frame(Protocol):
    """What languages differ in. Texts come back with their own indentation."""

    def receiver(
        self, tree: SyntaxTree, function: tree_sitter.Node, statements: Sequence[tree_sitter.Node]
    ) -> str:
        """The receiver that the statements use, empty for none."""
        ...

    def call(self, signature: Signature) -> str:
        """The statement that takes the place of the old ones."""
        ...

    def definition(
        self, tree: SyntaxTree, signature: Signature, body: str, old: str, indent: str
    ) -> str:
        """The function, to stand behind another one that is indented by ``indent``."""
        ...


def _text(tree: SyntaxTree, nodes: Sequence[tree_sitter.Node]) -> bytes:
    return b"\n".join(tree.data[node.start_byte : node.end_byte] for node in nodes)


def _moved(body: str, old: str, new: str) -> str:
    """The statements at another indentation; the first line comes without its old one."""
    return textwrap.indent(textwrap.dedent(old + body), new)


class PythonFrame:
    """``def`` at the module's level, or a method when ``self`` or ``cls`` is used."""

    def receiver(
        self, tree: SyntaxTree, function: tree_sitter.Node, statements: Sequence[tree_sitter.Node]
    ) -> str:
        """See ``Frame``."""
        parameters = function.child_by_field_name("parameters")
        first = None if parameters is None else next(iter(parameters.named_children), None)
        is_member = function.parent is not None and _is_in_class(function)
        if first is None or first.type != "identifier" or not is_member:
            return ""
        name = tree.data[first.start_byte : first.end_byte]
        is_used = re.search(rb"\b%s\b" % re.escape(name), _text(tree, statements))
        return name.decode() if is_used and name in (b"self", b"cls") else ""

    def call(self, signature: Signature) -> str:
        """See ``Frame``."""
        given = [name for name in signature.parameters if name != signature.receiver]
        head = f"{signature.receiver}." if signature.receiver else ""
        call = f"{head}{signature.name}({', '.join(given)})"
        call = f"await {call}" if signature.is_async else call
        if signature.is_returning:
            return f"return {call}"
        return f"{', '.join(signature.results)} = {call}" if signature.results else call

    def definition(
        self, tree: SyntaxTree, signature: Signature, body: str, old: str, indent: str
    ) -> str:
        """See ``Frame``."""
        unit = indent + indent_unit(tree).decode()
        taken = [
            signature.typed(name) for name in signature.parameters if name != signature.receiver
        ]
        names = ", ".join([signature.receiver, *taken] if signature.receiver else taken)
        start = "async def" if signature.is_async else "def"
        decorator = f"{indent}@classmethod\n" if signature.receiver == "cls" else ""
        lines = f"{decorator}{indent}{start} {signature.name}({names}):\n{_moved(body, old, unit)}"
        if signature.results and not signature.is_returning:
            lines += f"\n{unit}return {', '.join(signature.results)}"
        gap = "\n\n" if signature.receiver else "\n\n\n"
        return gap + lines


class JavaScriptFrame:
    """``function`` at the module's level, or a method when ``this`` is used."""

    def receiver(
        self, tree: SyntaxTree, function: tree_sitter.Node, statements: Sequence[tree_sitter.Node]
    ) -> str:
        """See ``Frame``."""
        text = _text(tree, statements)
        if re.search(rb"(?:(?<!\.)|(?<=\.\.\.))\barguments\b", text):
            raise BadInput("the statements use arguments, which would be the new function's")
        is_used = re.search(rb"\b(?:this|super)\b", text)
        is_in_class = function.parent is not None and function.parent.type == "class_body"
        if is_used and not (function.type == "method_definition" and is_in_class):
            raise BadInput("the statements use this or super, and are in no method of a class")
        return "this" if is_used else ""

    def call(self, signature: Signature) -> str:
        """See ``Frame``."""
        head = "this." if signature.receiver else ""
        call = f"{head}{signature.name}({', '.join(signature.parameters)})"
        call = f"await {call}" if signature.is_async else call
        if signature.is_returning:
            return f"return {call};"
        known = [name for name in signature.results if name in signature.parameters]
        if not signature.results:
            return f"{call};"
        if len(signature.results) == 1:
            return f"{'' if known else 'let '}{signature.results[0]} = {call};"
        names = f"[{', '.join(signature.results)}]"
        return f"{names} = {call};" if known else f"let {names} = {call};"

    def definition(
        self, tree: SyntaxTree, signature: Signature, body: str, old: str, indent: str
    ) -> str:
        """See ``Frame``."""
        unit = indent + indent_unit(tree).decode()
        word = "" if signature.receiver else "function "
        start = ("async " if signature.is_async else "") + word
        taken = ", ".join(map(signature.typed, signature.parameters))
        lines = f"{indent}{start}{signature.name}({taken}) {{\n"
        lines += _moved(body, old, unit)
        if signature.results and not signature.is_returning:
            results = ", ".join(signature.results)
            results = results if len(signature.results) == 1 else f"[{results}]"
            lines += f"\n{unit}return {results};"
        return f"\n\n{lines}\n{indent}}}"


def _is_in_class(function: tree_sitter.Node) -> bool:
    found = function.parent
    if found is not None and found.type == "decorated_definition":
        found = found.parent
    owner = None if found is None else found.parent
    return owner is not None and owner.type == "class_definition"


_JAVASCRIPT = JavaScriptFrame()
FRAMES: Mapping[str, Frame] = {
    "javascript": _JAVASCRIPT,
    "javascriptreact": _JAVASCRIPT,
    "python": PythonFrame(),
    "typescript": _JAVASCRIPT,
    "typescriptreact": _JAVASCRIPT,
}
