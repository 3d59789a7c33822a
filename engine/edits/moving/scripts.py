"""Imports of JavaScript and TypeScript, and includes of C, when files move.

Each is written as it was: with or without its ending, by its folder, ``.js`` for ``.ts``; a name
(``aliases``) by a name that still reaches the file, else by a relative path.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import tree_sitter

from engine.edits.modules import COMPILED, SCRIPT_ENDINGS, script_files
from engine.edits.moving.aliases import Aliases, AliasKind, Meaning
from engine.edits.moving.moves import Moves, relative
from engine.proposal import Edit
from engine.spans import Span, span
from engine.syntax import SyntaxTree

IMPORTED = frozenset(
    ".vue .svelte .astro .mdx .json .graphql .wasm .css .scss .sass .less .svg .png .jpg .jpeg .gif"
    " .webp .avif".split()
)
"""Endings of what bundlers let scripts import; its own text is not read."""
# Read where there is no ending: others have to be written.
_UNWRITTEN = (".d.ts", ".ts", ".tsx", ".js", ".jsx")
_WRITTEN = {source: js for js, sources in reversed(COMPILED.items()) for source in sources}
_SPECIFIER = re.compile(rb"""(["'`])(\.{1,2}(?:/[^"'`\\\n]*)?)\1""")
# What may be an alias: in front of it stands what imports, or a call.
_NAME = re.compile(rb"""(?:\bfrom|\bimport|\bmodule|\()\s*(["'`])([^."'`\\\s$?/][^"'`\\\s$]*)\1""")
_REFERENCE = re.compile(rb"""^///[ \t]*<reference[ \t]+path[ \t]*=[ \t]*(["'])([^"'\n]+)\1""", re.M)
_INCLUDE = re.compile(rb"""^[ \t]*#[ \t]*include[ \t]*(")([^"\\\n]+)\1""", re.M)
_CALLEES = re.compile(
    rb"import|require(?:\.resolve)?|import\.meta\.resolve|(?:jest|vi)\.(?:un|do|dont)?[mM]\w+"
    rb"|(?:jest|vi)\.(?:require|import)\w+|(?:jest|vi)\.(?:setMock|createMockFromModule)"
)
_UNWRITABLE = re.compile(r"""["'`\\\n$?#]""")


def script_places(data: bytes) -> Iterator[tuple[Span, str]]:
    """Strings that look like imports, without their quotes, and what they say."""
    for pattern in (_SPECIFIER, _REFERENCE, _NAME):
        yield from _places(pattern, data)


def include_places(data: bytes) -> Iterator[tuple[Span, str]]:
    """What C includes in quotes."""
    yield from _places(_INCLUDE, data)


def _places(pattern: re.Pattern[bytes], data: bytes) -> Iterator[tuple[Span, str]]:
    for match in pattern.finditer(data):
        try:
            yield span(match.start(2), match.end(2)), match[2].decode()
        except UnicodeDecodeError:
            continue


class MovedScript:
    """The imports of one file, which goes from ``path`` to ``new_path`` or stays."""

    def __init__(self, moves: Moves, path: str) -> None:
        self._moves = moves
        self._folder = posixpath.dirname(path)
        self._new_folder = posixpath.dirname(moves.moved(path))
        self.left = 0
        self._now, self._then = Aliases.of(moves, False), Aliases.of(moves, True)

    def may_change(self, text: str) -> bool:
        """Whether what is imported as ``text`` moves, or the file itself does."""
        if not text.startswith("."):
            found = self._now.meaning(self._folder, _bare(text))
            return found is not None and not self._is_kept(text, found)
        return self.path_may_change(text)

    def path_may_change(self, text: str) -> bool:
        """The same of a path from the file's own folder, as C's includes are."""
        stem = self._stem(text)
        stem = stem.removesuffix(_ending(stem))
        if self._new_folder == self._folder:
            return self._moves.may_move(stem)
        goes_along = self._moves.named(self._folder) == self._moves.named(stem) is not None
        return not goes_along or self._moves.names_file(stem)

    def _stem(self, text: str) -> str:
        written = re.split(r"[?#]", text, maxsplit=1)[0]
        return posixpath.normpath(posixpath.join(self._folder, written))

    def script_edits(self, tree: SyntaxTree) -> Iterator[Edit]:
        """The imports that must be written anew; ``left`` counts those that cannot be."""
        for place, text in dict.fromkeys(script_places(tree.data)):
            if not self.may_change(text) or not _is_import(tree, place):
                continue
            found = None if text.startswith(".") else self._now.meaning(self._folder, _bare(text))
            new = self._script(text) if found is None else self._named(text, found)
            self.left += new is None
            if new is not None and new != text:
                yield Edit(place, new)

    def include_edits(self, tree: SyntaxTree) -> Iterator[Edit]:
        """The same for includes that are found from the file's own folder."""
        for place, text in include_places(tree.data):
            target = self._stem(text)
            node = tree.node_at(place.end)
            is_comment = node is not None and "comment" in node.type
            if not self.path_may_change(text) or not self._moves.is_file(target) or is_comment:
                continue
            new = relative(self._moves.moved(target), self._new_folder)
            new = f"./{new}" if text.startswith("./") and not new.startswith(".") else new
            is_kept = posixpath.normpath(text) == posixpath.normpath(new)
            if not is_kept and not _UNWRITABLE.search(new):
                yield Edit(place, new)

    def _script(self, text: str) -> str | None:
        """What ``text`` becomes; None where it cannot be written."""
        stem = self._stem(text)
        query = text[len(re.split(r"[?#]", text, maxsplit=1)[0]) :]
        target = next((one for one in script_files(stem) if self._moves.is_file(one)), None)
        if target is None:
            # What a loader or a build puts there: it stays where it is.
            is_meant = self._folder != self._new_folder or self._moves.moved(stem) != stem
            new = self._relative(self._moves.moved(stem), text) if is_meant else text
            return None if _UNWRITABLE.search(new) else new + query
        new_target = self._moves.moved(target)
        kept = posixpath.normpath(posixpath.join(self._new_folder, text.removesuffix(query)))
        if self._found(kept) == new_target:
            return text
        for path in _ways(stem, target, new_target):
            new = self._relative(path, text.removesuffix(query))
            if self._found(path) == new_target and not _UNWRITABLE.search(new):
                return new + query
        return None

    def _is_kept(self, text: str, meaning: Meaning) -> bool:
        """Whether a name means the same file as before."""
        then = self._then.meaning(self._new_folder, _bare(text))
        return then is not None and then.file == self._moves.moved(meaning.file)

    def _named(self, text: str, meaning: Meaning) -> str | None:
        """What a name becomes: another of its kind, else a relative path; None for neither."""
        query, target = text[len(_bare(text)) :], self._moves.moved(meaning.file)
        spoken = self._then.spoken(self._new_folder, meaning)
        for is_same, stem in ((True, meaning.stem), (False, spoken)):
            for path in _ways(stem, meaning.file, target):
                for name in self._then.written(self._new_folder, path, meaning, is_same):
                    is_writable = not _UNWRITABLE.search(name.removeprefix("#"))
                    if is_writable and self._is_kept(name, meaning):
                        return name + query
        if meaning.kind is AliasKind.PACKAGE:
            return None  # a path into another package is none that its users may write
        for path in _ways(spoken, meaning.file, target):
            new = self._relative(path, "")
            if self._found(path) == target and not _UNWRITABLE.search(new):
                return new + query
        return None

    def _found(self, stem: str) -> str | None:
        """What an import of ``stem`` will mean."""
        files = script_files(stem)
        return next((one for one in files if self._moves.will_be_file(one)), None)

    def _relative(self, path: str, like: str) -> str:
        found = relative(path, self._new_folder)
        found = found if found.startswith(".") else f"./{found}"
        return f"{found}/" if like.endswith("/") and like != "/" else found


def _ways(stem: str, target: str, new: str) -> Iterator[str]:
    """How the file ``new`` may be written by who wrote ``target`` as ``stem``, the likest first."""
    ending = _ending(new)
    bare = new.removesuffix(ending)
    is_by_folder = posixpath.dirname(target) == stem
    is_bare = not is_by_folder and target.startswith(stem) and target != stem
    if is_by_folder or (is_bare and posixpath.basename(stem) != "index"):
        if posixpath.basename(bare) == "index" and ending:
            yield posixpath.dirname(new)
    if (is_by_folder or is_bare) and ending in _UNWRITTEN:
        yield bare
    is_source = target == stem and _ending(target) == ending
    written = _WRITTEN.get(ending)
    if written is not None and not is_source:
        yield bare + (".jsx" if stem.endswith(".jsx") and ending == ".tsx" else written)
    yield new


def _bare(text: str) -> str:
    """A name without what a bundler reads behind it."""
    return text.partition("?")[0]


def _ending(path: str) -> str:
    name = posixpath.basename(path)
    known = (".d.ts", *SCRIPT_ENDINGS)
    return next((one for one in known if name.endswith(one) and name != one), "")


def _is_import(tree: SyntaxTree, place: Span) -> bool:
    """Whether the string imports a module, and is none that the program reads."""
    node = tree.node_at(place.end)
    if node is not None and node.type == "comment":
        return _REFERENCE.match(tree.data, tree.line_at(place.start).start) is not None
    while node is not None and node.type not in ("string", "template_string"):
        node = node.parent
    if node is None or node.parent is None or node.start_byte != place.start - 1:
        return False
    above = node.parent
    if above.type in ("import_statement", "export_statement", "import_require_clause", "module"):
        return True
    call = above.parent
    if above.type != "arguments" or call is None or above.named_children[0] != node:
        return False
    callee = _callee(call)
    if call.type == "new_expression":
        behind = above.named_children[1:2]
        return callee == b"URL" and bool(behind) and behind[0].text == b"import.meta.url"
    return _CALLEES.fullmatch(callee) is not None


def _callee(call: tree_sitter.Node) -> bytes:
    callee = call.child_by_field_name("function") or call.child_by_field_name("constructor")
    return b"" if callee is None else callee.text or b""
