"""What JavaScript's imports and exports declare and use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.binder import ANY_SPACE, Step, site_of
from engine.edits.symbols import Origin, Scope, Site, SymbolKind
from engine.spans import span

if TYPE_CHECKING:
    from engine.edits.javascript_names import JavaScriptBinder

DEFAULT = "default"


def bind_import(binder: JavaScriptBinder, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
    """``import d, { a, b as c } from "m"``, ``import * as n from "m"``."""
    module = _module(binder, node)
    stack = list(reversed(node.named_children))
    while stack:
        part = stack.pop()
        if part.type == "import_clause":
            stack.extend(reversed(part.named_children))
        elif part.type == "identifier":
            origin = Origin(module, DEFAULT)
            binder.declare(part, scope, SymbolKind.IMPORT, origin=origin)
        elif part.type in ("namespace_import", "import_require_clause"):
            name = part.named_children[0]
            binder.declare(
                name, scope, SymbolKind.MODULE, origin=Origin(_module(binder, part) or module)
            )
        elif part.type == "named_imports":
            for each in part.named_children:
                _bind_specifier(binder, each, scope, module)
    yield from ()


def _bind_specifier(
    binder: JavaScriptBinder, node: tree_sitter.Node, scope: Scope, module: str
) -> None:
    name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
    if name is None:
        return
    exported = binder.text(name)
    if alias is not None:
        binder.declare(alias, scope, SymbolKind.IMPORT, origin=Origin(module, exported))
        if exported != DEFAULT:
            binder.table.outer_members.append((Origin(module), exported, site_of(name)))
        return
    symbol = binder.declare(name, scope, SymbolKind.IMPORT, origin=Origin(module, exported))
    place = span(name.start_byte, name.end_byte)
    aliased = Site(place, True, f"{exported} as ")
    symbol.sites[:] = [aliased if one.span == place else one for one in symbol.sites]


def bind_export(binder: JavaScriptBinder, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
    """``export { a, b as c }`` uses names; with ``from`` they are another module's."""
    module = _module(binder, node)
    for child in node.named_children:
        if child.type != "export_clause":
            yield child, scope
            continue
        for each in child.named_children:
            name, alias = each.child_by_field_name("name"), each.child_by_field_name("alias")
            if name is None:
                continue
            if module:
                binder.table.outer_members.append(
                    (Origin(module), binder.text(name), site_of(name))
                )
            else:
                binder.use(name, scope, ANY_SPACE)
            exported = binder.text(alias or name)
            origin = Origin(module, binder.text(name))
            binder.table.exported[exported] = origin


def _module(binder: JavaScriptBinder, node: tree_sitter.Node) -> str:
    """What stands behind ``from``, without its quotes; empty without it."""
    source = node.child_by_field_name("source")
    return "" if source is None else binder.text(source).strip("\"'`")
