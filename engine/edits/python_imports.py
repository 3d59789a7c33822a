"""What Python's import statements declare."""

from __future__ import annotations

from collections.abc import Iterable

import tree_sitter

from engine.edits.binder import Binder, Step, site_of
from engine.edits.symbols import Origin, Scope, Site, SymbolKind
from engine.spans import span


def bind_import(binder: Binder, node: tree_sitter.Node, scope: Scope) -> Iterable[Step]:
    """``import a.b`` declares ``a``, ``import a.b as c`` declares ``c``."""
    for item in node.named_children:
        alias = item.child_by_field_name("alias")
        path = item.child_by_field_name("name") if alias is not None else item
        if path is None or not path.named_children:
            continue
        name = path.named_children[0] if alias is None else alias
        module = binder.text(name if alias is None else path)
        symbol = binder.declare(name, scope, SymbolKind.MODULE, origin=Origin(module))
        if alias is None:
            _write_alias(symbol.sites, name, f"{module} as ")
    return ()


def bind_import_from(binder: Binder, node: tree_sitter.Node, scope: Scope) -> Iterable[Step]:
    """``from m import a, b as c`` declares ``a`` and ``c``; ``b`` stays a member of ``m``."""
    module = node.child_by_field_name("module_name")
    written = "" if module is None else binder.text(module).replace(" ", "")
    path = written.lstrip(".")
    level = len(written) - len(path)
    for item in node.children_by_field_name("name"):
        alias = item.child_by_field_name("alias")
        name = item.child_by_field_name("name") if alias is not None else item
        if name is None or not name.named_children:
            continue
        name = name.named_children[0]
        exported = binder.text(name)
        origin = Origin(path, exported, level)
        if alias is not None:
            binder.declare(alias, scope, SymbolKind.IMPORT, origin=origin)
            home = Origin(path, None, level)
            binder.table.outer_members.append((home, exported, site_of(name)))
        else:
            symbol = binder.declare(name, scope, SymbolKind.IMPORT, origin=origin)
            _write_alias(symbol.sites, name, f"{exported} as ")
    return ()


def _write_alias(sites: list[Site], name: tree_sitter.Node, prefix: str) -> None:
    """Another name than the exported one is written behind ``as``."""
    place = span(name.start_byte, name.end_byte)
    sites[:] = [Site(place, True, prefix) if one.span == place else one for one in sites]
