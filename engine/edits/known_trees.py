"""Trees of the texts that analysis saw last: what was, and what is after the user's edit.

The same text is the same tree, so what is kept by tree (the table of its names) is known when the
text that an edit found is the one that the edit before it left.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from engine.languages import Language
from engine.syntax import SyntaxTree, parse

# Two texts a change, of two files; a table of names may be large.
CAPACITY = 4


class KnownTrees:
    """The last trees without faults, the least recently used goes first. Safe between threads.

    What is broken is read anew each time: how tree-sitter repairs it may depend on an older tree.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._trees: OrderedDict[tuple[str | None, str, bytes], SyntaxTree] = OrderedDict()
        self._lock = threading.Lock()

    def parse(self, path: str | None, data: bytes, language: Language) -> SyntaxTree:
        """The tree of ``data``; of another text of the same file only what differs is read."""
        key = path, language.id, data
        with self._lock:
            if key in self._trees:
                self._trees.move_to_end(key)
                return self._trees[key]
            same = (tree for known, tree in reversed(self._trees.items()) if known[:2] == key[:2])
            old = next(same, None)
        tree = parse(data, language, old)
        if tree.root is not None and tree.root.has_error:
            return tree if old is None else parse(data, language)
        with self._lock:
            self._trees[key] = tree
            while len(self._trees) > self._capacity:
                self._trees.popitem(last=False)
        return tree


known_trees = KnownTrees()
