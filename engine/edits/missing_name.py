"""A name that a function uses and nothing declares, in languages with declared types."""

from __future__ import annotations

from dataclasses import dataclass

import tree_sitter

from engine.edits.called_function import function_around, name_of
from engine.edits.class_bases import ClassBases
from engine.edits.inlining import text
from engine.edits.names_of import name_table
from engine.edits.symbols import NameTable, ScopeKind, word_at
from engine.syntax import SyntaxTree

_QUALIFIERS = frozenset("scoped_identifier qualified_identifier scoped_type_identifier".split())
_GO_PACKAGES = frozenset(
    """bufio bytes context errors filepath flag fmt hash http io ioutil json log maps math net os
    path rand reflect regexp runtime slices sort strconv strings sync syscall template testing
    time unicode unsafe url utf8""".split()
)


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that ``function`` uses and nothing declares."""

    table: NameTable
    name: str
    function: tree_sitter.Node
    called: str

    @property
    def is_sure(self) -> bool:
        """Whether no class that another file declares may have the name as a field."""
        name = name_of(self.function)
        parent = None if name is None else name.parent
        at = 0 if name is None else name.start_byte
        is_outside = parent is not None and parent.type == "qualified_identifier"
        if is_outside and not self.table.at.get(at):
            return False
        classes = ClassBases([self.table])
        scopes = self.table.scope_at(at).up()
        return all(classes.has_all(one) for one in scopes if one.kind is ScopeKind.CLASS)


def missing_at(tree: SyntaxTree, offset: int) -> Missing | None:
    """The undeclared name at ``offset`` that may become a parameter; None for other places."""
    if tree.root is None or tree.root.has_error:
        return None
    word = word_at(tree.data, offset)
    node = None if word is None else tree.root.named_descendant_for_byte_range(word.start, word.end)
    if word is None or node is None or not _is_value(tree, node):
        return None
    name, function = word.of(tree.data).decode("utf-8", "replace"), function_around(node)
    called = None if function is None else name_of(function)
    is_builtin = name in tree.language.vocabulary.builtins | tree.language.vocabulary.keywords
    if function is None or called is None or is_builtin:
        return None
    table = name_table(tree)
    body = function.child_by_field_name("body")
    if table is None or body is None or not body.start_byte <= word.start < body.end_byte:
        return None
    if not any(site.span == word for site in table.free.get(name, ())):
        return None
    return Missing(table, name, function, text(called))


def _is_value(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    """Whether a name may be a variable's: it is not called, no type, constant or package."""
    name, parent = text(node), node.parent
    if node.type != "identifier" or parent is None or parent.type in _QUALIFIERS:
        return False
    if parent.type in ("macro_invocation", "attribute") or "type" in parent.type:
        return False
    is_called = parent.child_by_field_name("function") == node or (
        parent.type == "method_invocation" and parent.child_by_field_name("name") == node
    )
    behind = node.next_sibling
    is_called |= parent.type == "token_tree" and text(behind)[:1] in ("(", "!", ":")
    is_package = tree.language.id == "go" and name in _GO_PACKAGES
    is_package &= parent.type == "selector_expression"
    is_constant = name[:1].isupper() and tree.language.id != "go"
    return not is_called and not is_package and not is_constant and not name.startswith("__")
