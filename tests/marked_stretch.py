"""A stretch to type, out of a text with marks around it."""

from __future__ import annotations

from engine.evaluation.as_typed import scope_end
from engine.evaluation.holes import CutKind, EvalHole
from engine.evaluation.stretches import Stretch
from engine.languages import language_of
from engine.syntax import parse
from marked_text import read_marks


def stretch_of(marked: str, path: str) -> Stretch:
    """What stands between the marks, typed in the rest as the file ``path``."""
    marks = read_marks(marked)
    [place] = marks.holes
    tree = parse(marks.data, language_of(path))
    hole = EvalHole(path, tree.language.id, path, marks.data, (place,), CutKind.BLOCK)
    return Stretch(hole, tree, scope_end(tree, place.start))
