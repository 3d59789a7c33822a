"""Python's import statements when modules move: what they mean, and how they are written anew."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import tree_sitter

from engine.edits.moving.modules import Module, ModuleNames, is_dotted
from engine.proposal import Edit
from engine.spans import Span, span
from engine.syntax import SyntaxTree


@dataclass(frozen=True, slots=True)
class Imported:
    """One name of an import statement.

    ``module`` is what it stands for, if that is a module; ``bound`` the name that it gets here,
    ``place`` where it is written, ``path`` the dotted or plain name there.
    """

    path: str
    bound: str
    place: Span
    module: Module | None
    has_alias: bool = False
    whole: Span | None = None
    """The place with its alias."""


@dataclass(frozen=True, slots=True)
class Statement:
    """``import a.b, c`` (without ``source``) or ``from source import a, b``.

    ``home`` is the module that the source means.
    """

    place: Span
    names: tuple[Imported, ...]
    source: Span | None = None
    level: int = 0
    home: Module | None = None


@dataclass(slots=True)
class Rewritten:
    """What becomes of a file's imports.

    ``renamed``: names bound by these statements that are other names now, with the place where
    they are written. ``left``: what cannot be written.
    """

    edits: list[Edit] = field(default_factory=list)
    renamed: list[tuple[Imported, str]] = field(default_factory=list)
    dotted: list[tuple[Imported, str]] = field(default_factory=list)
    """``import a.b`` without an alias, and the new dotted name."""
    left: int = 0


_Group = tuple[str, Sequence[tuple[Imported, str]]]
"""Where names come from, as it is written, and what each is called there."""


class ImportReader:
    """Reads the imports of one file."""

    def __init__(
        self, names: ModuleNames, tree: SyntaxTree, is_shadowed: Callable[[Module, str], bool]
    ) -> None:
        """``is_shadowed`` tells whether a package gives another thing under a module's name."""
        self._names, self._tree = names, tree
        self._is_shadowed = is_shadowed

    def statements(self) -> list[Statement]:
        """All import statements in text order."""
        found = []
        for node in _statements(self._tree):
            read = self._plain if node.type == "import_statement" else self._from
            found.append(read(node))
        return found

    def _plain(self, node: tree_sitter.Node) -> Statement:
        names = []
        for path, alias, item in _items(node.named_children):
            dotted = _text(path)
            bound = dotted.split(".")[0] if alias is None else _text(alias)
            module = self._names.absolute(dotted)
            place = span(path.start_byte, path.end_byte)
            names.append(Imported(dotted, bound, place, module, alias is not None, _span(item)))
        return Statement(_span(node), tuple(names))

    def _from(self, node: tree_sitter.Node) -> Statement:
        source = node.child_by_field_name("module_name")
        written = "" if source is None else _text(source)
        dotted = written.lstrip(".")
        level = len(written) - len(dotted)
        relative = self._names.relative(level, dotted) if level else None
        home = relative if level else self._names.absolute(dotted)
        names = []
        for path, alias, item in _items(node.children_by_field_name("name")):
            name = _text(path)
            module = None if home is None else self._submodule(home, name)
            bound = name if alias is None else _text(alias)
            names.append(Imported(name, bound, _span(path), module, alias is not None, _span(item)))
        place = None if source is None else _span(source)
        return Statement(_span(node), tuple(names), place, level, home)

    def _submodule(self, home: Module, name: str) -> Module | None:
        if home.file in (f"{home.stem}.py", f"{home.stem}.pyi"):
            return None
        found = self._names.at(f"{home.stem}/{name}", home.root)
        return None if found is None or self._is_shadowed(home, name) else found


class ImportWriter:
    """Writes statements anew. ``may_rename`` tells whether the uses of a name can follow it."""

    def __init__(
        self, names: ModuleNames, data: bytes, may_rename: Callable[[Imported, str], bool]
    ) -> None:
        self._names, self._data = names, data
        self._may_rename = may_rename
        self._found = Rewritten()

    def rewritten(self, statements: Sequence[Statement]) -> Rewritten:
        """What becomes of ``statements``."""
        for one in statements:
            if one.source is None:
                self._write_plain(one)
            elif one.home is not None:
                self._write_from(one, one.source, one.home)
        return self._found

    def _write_plain(self, statement: Statement) -> None:
        for one in statement.names:
            stem = None if one.module is None else self._names.new_stem(one.module)
            if one.module is None or stem == one.module.stem:
                self._found.left += one.module is not None and self._names.loses(one.module)
                continue
            dotted = None if stem is None else self._names.written(stem, one.module.root, 0)
            if not dotted:
                self._found.left += 1
            elif dotted != one.path and one.has_alias:
                self._found.edits.append(Edit(one.place, dotted))
            elif dotted != one.path:
                self._found.dotted.append((one, dotted))

    def _write_from(self, statement: Statement, source: Span, home: Module) -> None:
        """Each name comes from the folder that holds it then; most go together."""
        if self._is_kept(statement, home):
            self._found.left += not statement.level and self._names.loses(home)
            return
        stem = self._names.new_stem(home)
        groups: dict[str, list[tuple[Imported, str]]] = {}
        for one in statement.names:
            own = None if one.module is None else self._names.new_stem(one.module)
            if (own is None and one.module is not None) or (stem is None and one.module is None):
                self._found.left += 1
                return
            parent, name = (stem or "", one.path) if own is None else posixpath.split(own)
            groups.setdefault(parent, []).append((one, name))
        if not statement.names and stem is not None:
            groups[stem] = []
        now = "".join(source.of(self._data).decode("utf-8", "replace").split())
        written = {
            parent: now
            if parent == home.stem and not statement.level
            else self._names.written(parent, home.root, statement.level)
            for parent in groups
        }
        is_bad = any(
            text is None or (not text and any(one.module is None for one, _ in groups[parent]))
            for parent, text in written.items()
        )
        if is_bad or not is_dotted([name for group in groups.values() for _, name in group]):
            self._found.left += 1
            return
        self._write_groups(statement, now, [(written[key] or "", groups[key]) for key in groups])

    def _write_groups(self, statement: Statement, now: str, groups: Sequence[_Group]) -> None:
        """The names of one place keep the statement, that which they have if there are any."""
        first = next((each for each in groups if each[0] == now), None)
        first = first or next((each for each in groups if each[0]), None)
        if first is None and groups:
            lines = [self._line(*each) for each in groups]
            self._found.edits.append(Edit(statement.place, "; ".join(lines)))
        if first is None or statement.source is None:
            return
        if now != first[0]:
            self._found.edits.append(Edit(statement.source, first[0]))
        for one, name in first[1]:
            if name != one.path:
                self._found.edits.append(Edit(one.place, self._named(one, name)))
        others = [each for each in groups if each is not first]
        if others:
            self._split(statement, [one for one, _ in first[1]], others)

    def _is_kept(self, statement: Statement, home: Module) -> bool:
        """Whether the statement means the same afterwards as it stands."""
        modules = [home, *(one.module for one in statement.names if one.module is not None)]
        is_at_home = not statement.level or self._names.folder == self._names.new_folder
        return is_at_home and all(self._names.new_stem(one) == one.stem for one in modules)

    def _named(self, one: Imported, name: str) -> str:
        """The imported name, with an alias where its uses cannot follow."""
        if one.has_alias or name == one.path:
            return name
        if self._may_rename(one, name):
            self._found.renamed.append((one, name))
            return name
        return f"{name} as {one.bound}"

    def _line(self, source: str, names: Sequence[tuple[Imported, str]]) -> str:
        """A statement of its own for ``names``; of modules where no package holds them."""
        written = []
        for one, name in names:
            named = self._named(one, name)
            written.append(f"{named} as {one.bound}" if one.has_alias else named)
        head = f"from {source} import" if source else "import"
        return f"{head} {', '.join(written)}"

    def _split(
        self, statement: Statement, kept: Sequence[Imported], others: Sequence[_Group]
    ) -> None:
        """Names that come from elsewhere get statements of their own, in front of this one."""
        lines = [self._line(*each) for each in others]
        at = statement.place.start
        start = self._data.rfind(b"\n", 0, at) + 1
        indent = self._data[start:at]
        end = b"\r\n" if b"\r\n" in self._data else b"\n"
        between = (end + indent).decode() if not indent.strip() else "; "
        edit = Edit(span(at, at), "".join(line + between for line in lines))
        self._found.edits += [edit, *_removed(statement.names, kept)]


def _removed(names: Sequence[Imported], kept: Sequence[Imported]) -> Iterator[Edit]:
    """Take away all but ``kept``, each with one comma."""
    last = max(index for index, one in enumerate(names) if one in kept)
    for index, one in enumerate(names[:last]):
        if one not in kept:
            after = names[index + 1].whole or names[index + 1].place
            yield Edit(span((one.whole or one.place).start, after.start), "")
    if last < len(names) - 1:
        start, end = (names[at].whole or names[at].place for at in (last, -1))
        yield Edit(span(start.end, end.end), "")


def _statements(tree: SyntaxTree) -> Iterator[tree_sitter.Node]:
    """Import statements wherever they stand, in text order; of broken code those that are whole."""
    stack = [] if tree.root is None else [tree.root]
    while stack:
        node = stack.pop()
        if node.type in ("import_statement", "import_from_statement"):
            if not node.has_error:
                yield node
        elif node.type not in _LEAVES:
            if b"import" in tree.data[node.start_byte : node.end_byte]:
                stack.extend(reversed(node.named_children))


_LEAVES = frozenset(("expression_statement", "return_statement", "string", "comment"))


def _items(
    nodes: Sequence[tree_sitter.Node],
) -> Iterator[tuple[tree_sitter.Node, tree_sitter.Node | None, tree_sitter.Node]]:
    """Each name with its alias, and both together."""
    for item in nodes:
        alias = item.child_by_field_name("alias")
        path = item if alias is None else item.child_by_field_name("name")
        if path is not None and path.type == "dotted_name":
            yield path, alias, item


def _span(node: tree_sitter.Node) -> Span:
    return span(node.start_byte, node.end_byte)


def _text(node: tree_sitter.Node) -> str:
    return re.sub(r"\s", "", (node.text or b"").decode("utf-8", "replace"))
