"""What a line may be about: names that nothing declares yet, and imports that nothing uses yet.

Analysis knows them, a small model overlooks them. Where a line begins to declare something, what is
missing shares a part of the probability; where it may begin so, the import lines of other files
that bring it do. Elsewhere imports that nothing uses become likelier.
"""

# K written tokens, C tokens that may follow, V vocabulary

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.brackets import scan
from engine.canvas import Canvas, Ids
from engine.decoding.posterior import IMPOSSIBLE
from engine.decoding.spelling import ids_behind
from engine.denoisers.protocol import Logits
from engine.holes import HoleKind, MaskPlan
from engine.languages import language_of
from engine.lexicon import Lexicon
from engine.loose_ends.asked_names import AskedName, asked_names
from engine.loose_ends.declarations import OPENERS, Kind, open_import_list, opening
from engine.loose_ends.file_heads import FileHeads, file_heads
from engine.loose_ends.likely_imports import likely_imports
from engine.loose_ends.line_text import is_in_text
from engine.loose_ends.loose_names import (
    LANGUAGES,
    FreeName,
    LooseNames,
    is_global,
    line_around,
    loose_names,
    opened_below,
)
from engine.planning.cursor_site import cursor_site
from engine.request import OpenDocument
from engine.spans import Span
from engine.syntax import SyntaxTree
from engine.vocabulary import VOCABULARIES

# How much of the probability the missing names share, by what is declared: a little less than how
# often one of them is declared there in published code (docs/log.md).
SHARES: Mapping[Kind, float] = {
    Kind.FUNCTION: 0.7,
    Kind.TYPE: 0.7,
    Kind.TYPE_PARAMETER: 0.8,
    Kind.IMPORT: 0.85,
    Kind.MODULE: 0.8,
    Kind.DEFAULT: 0.1,
    Kind.VARIABLE: 0.85,
    Kind.CONSTANT: 0.85,
    Kind.PARAMETER: 0.6,
    Kind.START: 0.45,  # in a body, where a line of Python declares by assigning
}
# The same for lines of other files that import them, and for what a list of imports holds.
LINE_SHARE, LISTED_SHARE = 0.8, 0.85
# The same for lines that declare what other files import from this one.
HEAD_SHARE = 0.8
# The same for the end of a line behind the bracket that it opens for what stands below.
OPENED_SHARE = 0.9
# What is likelier than this is drafted.
_LEAST_DRAFTED = 0.3
# Added to the logits of words that begin a declaration, while something is missing.
OPENER_GAIN = np.float32(2.0)
# The same for what may be used.
USE_GAIN = np.float32(2.5)
# Taken off what would go on with a name that is whole.
END_LOSS = np.float32(4.0)
_ABOVE_BYTES = 2_000
_WORDS = re.compile(r"[\w$]+")
_LAST_WORD = re.compile(r"[\w$]+$")
_TYPE_PARAMETER = re.compile(r"T[A-Z]\w*|[A-Z]\d?")


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of the line of a hole: ``before`` the bytes on it that are not masked.

    ``is_listed``: it lists what is imported. ``is_in_body``: it stands in a function or a class.
    ``is_spaced``: braces stand apart from names. ``opens``: the brackets that it leaves open for
    what stands below.
    """

    before: bytes
    language: str
    is_listed: bool = False
    is_in_body: bool = False
    is_spaced: bool = True
    opens: str = ""

    def has_opened(self, written: str) -> bool:
        """Whether the last of these brackets is the last that is ``written`` of the line."""
        if not self.opens or not written.endswith(self.opens[-1]):
            return False
        found = scan(written.encode(), language_of(None, self.language))
        return "".join(mark.text for mark in found.openers) == self.opens


class LooseEnds:
    """For one hole: adds to the model's probabilities, as ``Memory`` does."""

    def __init__(
        self,
        names: Sequence[FreeName],
        unused: Sequence[str],
        lines: Sequence[str],
        line: Line,
        lexicon: Lexicon,
        heads: Sequence[str] = (),
        of_file: FileHeads | None = None,
    ) -> None:
        self._names, self._unused, self._lines = names, unused, lines
        self._heads, self._of_file = heads, of_file or FileHeads({})
        self._line, self._lexicon, self._tokenizer = line, lexicon, lexicon.tokenizer
        self._keywords = VOCABULARIES[line.language].keywords
        self._openers = sorted(
            {
                int(self._tokenizer.encode(lead + word)[0])
                for word in self._words()
                for lead in ("", " ")
            }
        )

    @staticmethod
    def of(
        tree: SyntaxTree,
        plan: MaskPlan,
        canvas: Canvas,
        path: str | None,
        others: Sequence[OpenDocument],
        lexicon: Lexicon,
    ) -> LooseEnds | None:
        """What is missing at a plan's only hole; None when nothing is, or where no code stands."""
        [hole] = plan.holes
        if hole.kind is HoleKind.COMMENT:
            return None
        data, language = tree.data, tree.language.id
        place = line_around(data, hole.span)
        own = data[place.start : hole.span.start] + plan.lead.encode()
        # A name that stands on the line is missing for its sake, unless it is being typed.
        rest = _text(plan.rest.of(data))
        words = [*_WORDS.findall(_text(own)), *_WORDS.findall(rest)]
        loose = loose_names(tree, place, plan.lead)
        free = [name for name in loose.free if not is_global(name.name, others)]
        asked = _asked(tree, place, loose, own, path, others)
        names = [
            name for name in free if name.name not in words or own.endswith(name.name.encode())
        ]
        names += [FreeName(each.name, each.is_called) for each in asked if not each.is_declared]
        begun = [head for each in asked for head in each.heads(language)]
        unused = [name for name in loose.unused if name not in words]
        missing = {each.name for each in free}
        lines = likely_imports(tree, place, _text(own), rest.rstrip(), missing, path, others)
        opens = opened_below(tree, place, plan.lead)
        of_file = file_heads(tree, place, path, others)
        if not any((names, unused, lines, begun, opens, of_file)):
            return None
        above = _text(data[max(place.start - _ABOVE_BYTES, 0) : place.start])
        is_listed = open_import_list(language, above) is not None
        begun_with = own.removesuffix(canvas.holes[0].forced)
        is_spaced = b"{ " in data or b"{" not in data
        line = Line(begun_with, language, is_listed, loose.is_in_body, is_spaced, opens)
        return LooseEnds(names, unused, lines, line, lexicon, begun, of_file)

    def recall(self, logits: Logits, written: Ids) -> None:
        """Move probability in ``logits`` (V,), in place, to what is missing and what is not used.

        ``written`` (K,): the hole's tokens so far. Impossible tokens stay so.
        """
        line = self._written(written)
        if line is None:
            return
        if self._names and not line.strip():
            logits[self._openers] += OPENER_GAIN
        if line in self._heads:
            logits[self._lexicon.words] -= END_LOSS
        if self._unused:
            logits[self._uses(line)] += USE_GAIN
        share, continuations = self._continuations(line)
        if continuations:
            eom_id = self._tokenizer.eom_id
            tokens = [
                [*ids_behind(self._tokenizer, line, each), eom_id][0] for each in continuations
            ]
            _mix(logits, *np.unique(np.array(tokens, np.int64), return_counts=True), share)

    def draft(self, written: Ids) -> Ids:
        """How a likely name or import goes on behind ``written`` (K,); often nothing."""
        line = self._written(written)
        if line is None or not line.strip():
            return np.empty(0, np.int64)
        share, continuations = self._continuations(line)
        if not continuations or share < _LEAST_DRAFTED:
            return np.empty(0, np.int64)
        return np.array(ids_behind(self._tokenizer, line, continuations[0]), np.int64)

    def _uses(self, line: str) -> Ids:
        """The tokens behind ``line`` that begin, or go on with, an import that is not used yet."""
        found = opening(self._line.language, line, self._line.is_spaced)
        is_declaring = found is not None and found.kind is not Kind.START
        if is_declaring or is_in_text(line):
            return np.empty(0, np.int64)
        match = _LAST_WORD.search(line)
        word, before = (match.group(), line[: match.start()]) if match else ("", line)
        if before.endswith("."):
            return np.empty(0, np.int64)
        is_apart = bool(line) and not line[-1].isspace() and (not word or word in self._keywords)
        tokens = []
        for name in self._unused:
            if name.startswith(word) and name != word:
                tokens.append(ids_behind(self._tokenizer, line, name[len(word) :])[0])
            if is_apart:
                tokens.append(ids_behind(self._tokenizer, line, f" {name}")[0])
        return np.unique(np.array(tokens, np.int64))

    def _words(self) -> list[str]:
        """The words that may declare what is missing."""
        if self._line.is_in_body and self._line.language == "python":
            return []
        has_constant = any(self._fitting(Kind.CONSTANT, is_indented=False))
        words = OPENERS.get(self._line.language, ())
        return [word for word in words if word != "const" or has_constant]

    def _written(self, written: Ids) -> str | None:
        """The line up to the hole's frontier; None within a character."""
        data = self._line.before + b"".join(map(self._tokenizer.token_bytes, written.tolist()))
        try:
            # What was healed may begin on the line before.
            return data.decode("utf-8").rpartition("\n")[2]
        except UnicodeDecodeError:
            return None

    def _continuations(self, line: str) -> tuple[float, list[str]]:
        """What may follow ``line``, and its share of the probability."""
        if self._line.has_opened(line):
            return OPENED_SHARE, [""]
        share, behind = self._of_file.behind(line)
        if behind:
            return share, behind
        body = line.lstrip()
        # A list of imports may go on where it may end.
        lines = [each for each in self._lines if body or not each.startswith("}")]
        whole = [each[len(body) :] for each in lines if each.startswith(body)]
        if whole:
            return LINE_SHARE, whole
        begun = [
            head[len(line) :] for head in self._heads if head.startswith(line) and head != line
        ]
        if begun:
            return HEAD_SHARE, begun
        found = opening(self._line.language, line, self._line.is_spaced)
        if found is None or is_in_text(line):
            return 0.0, []
        names = [
            rest
            for name in self._fitting(found.kind, is_indented=line[:1].isspace())
            if (rest := found.rest_of(name)) is not None
        ]
        is_listed = self._line.is_listed and found.kind is Kind.START
        return LISTED_SHARE if is_listed else SHARES[found.kind], names

    def _fitting(self, kind: Kind, is_indented: bool) -> Iterator[str]:
        """The missing names that a declaration of that kind could be of."""
        is_assigned = self._line.language == "python" and self._line.is_in_body and is_indented
        if kind is Kind.START and not self._line.is_listed and not is_assigned:
            return  # there a new name stands behind a word that declares it
        for each in self._names:
            if each.is_parameter:
                if kind is Kind.PARAMETER:
                    yield each.name
                continue
            is_type_parameter = _TYPE_PARAMETER.fullmatch(each.name) is not None
            is_type = each.name.lstrip("_$")[:1].isupper() and not is_type_parameter
            # What these declare holds above them, too.
            fits = {
                Kind.FUNCTION: each.is_called,
                Kind.TYPE: is_type,
                Kind.TYPE_PARAMETER: is_type_parameter,
                Kind.MODULE: not each.is_late and not each.is_called and not is_type,
                Kind.CONSTANT: not each.is_late and not each.is_changed,
            }
            if fits.get(kind, not each.is_late):
                yield each.name


def _asked(
    tree: SyntaxTree,
    line: Span,
    loose: LooseNames,
    own: bytes,
    path: str | None,
    others: Sequence[OpenDocument],
) -> list[AskedName]:
    """What other files import from this one, where ``line``, begun with ``own``, may declare it."""
    is_top = not loose.is_in_body and not own[:1].isspace()
    if tree.language.id not in LANGUAGES or not is_top or cursor_site(tree, line.start).opener:
        return []
    text = _text(tree.data[: line.start] + tree.data[line.end :])
    found = asked_names(others, path, text, loose.declared)
    # Where the line has one already, it is about that.
    words = _WORDS.findall(_text(line.of(tree.data)))
    return [each for each in found if each.name not in words or own.endswith(each.name.encode())]


def _mix(logits: Logits, tokens: Ids, counts: Ids, share: float) -> None:
    """Give ``share`` of the probability of ``logits`` (V,) to ``tokens`` (C,).

    Half of it by their counts, half as the model would choose between them.
    """
    possible = logits[tokens] > IMPOSSIBLE / 2
    tokens, counts = tokens[possible], counts[possible]
    if not len(tokens):
        return
    highest = logits.max()
    total = highest + np.log(np.exp(logits - highest).sum(dtype=np.float64))
    chosen = np.exp(logits[tokens] - logits[tokens].max(), dtype=np.float64)
    chosen /= chosen.sum()
    logits += np.float32(np.log1p(-share))
    given = total + np.log(share * (counts / counts.sum() + chosen) / 2)
    logits[tokens] = np.logaddexp(logits[tokens], given).astype(np.float32)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
