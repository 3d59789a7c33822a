"""Does a mask plan ever cover what the user wrote? Cursors cut in real files, planned, counted.

Each place is a file with one or two neighbouring things missing, as while code is being written:
sometimes with a placeholder for one of them, a bracket deleted nearby, or a word typed a second
ago. No model is asked; the same files, seed and number give the same places.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from engine.errors import BadInput
from engine.holes import HoleKind
from engine.languages import Language, language_of
from engine.mask_plan import MaskPlan, plan_masks
from engine.planning.bodies import is_placeholder
from engine.planning.hole_spans import hole_spans
from engine.request import RecentEdit, Request
from engine.spans import ByteOffset, Span, span
from engine.syntax import SyntaxTree, parse
from engine.training.corpus import SourceFile

MAX_SOURCE_BYTES = 20_000
PLACES_A_ROUND = 12
_KINDS = (HoleKind.EXPRESSION, HoleKind.ARGUMENTS, HoleKind.NAME, HoleKind.REST_OF_LINE)
_NEAR_BYTES, _FAULT_BYTES = 160, 300
_BODY_SHARE, _PLACEHOLDER_SHARE, _FAULT_SHARE, _RECENT_SHARE = 0.7, 0.5, 0.3, 0.3
_MARKS = b"()[]{}:;,"


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor in a text. ``recent``: spans that were typed a second ago."""

    name: str
    language: Language
    data: bytes
    cursor: ByteOffset
    recent: tuple[Span, ...]

    def plan(self) -> tuple[SyntaxTree, MaskPlan]:
        """The tree and the plan of a request at the cursor."""
        tree = parse(self.data, self.language)
        edits = tuple(RecentEdit(item, "", 1.0) for item in self.recent)
        text = self.data.decode("utf-8")
        request = Request(text, self.cursor, self.language.id, recent_edits=edits)
        return tree, plan_masks(tree, self.cursor, request)


@dataclass(slots=True)
class PlanCounts:
    """Plans of one language: all, joint ones, in broken code, beside recent edits; bytes lost."""

    num_plans: int = 0
    num_joint: int = 0
    num_broken: int = 0
    num_recent: int = 0
    num_placeholders: int = 0
    num_destroyed_bytes: int = 0


@dataclass(slots=True)
class PlanSafety:
    """Counts by language, and the places where text would be destroyed."""

    counts: dict[str, PlanCounts] = field(default_factory=dict)
    offenders: list[str] = field(default_factory=list)

    @property
    def total(self) -> PlanCounts:
        """The counts of all languages."""
        names = PlanCounts.__slots__
        return PlanCounts(
            *(sum(getattr(each, name) for each in self.counts.values()) for name in names)
        )


def measure_plans(files: Iterable[SourceFile], num_plans: int, seed: int = 0) -> PlanSafety:
    """Plan at ``num_plans`` places, spread evenly over the languages.

    Raises BadInput when no file holds a place.
    """
    by_language: dict[str, list[SourceFile]] = {}
    for file in files:
        if len(file.text.encode("utf-8")) <= MAX_SOURCE_BYTES:
            by_language.setdefault(language_of(file.path).id, []).append(file)
    streams = [_places(by_language[name], seed) for name in sorted(by_language)]
    safety = PlanSafety()
    while streams and safety.total.num_plans < num_plans:
        for stream in list(streams):
            place = next(stream, None)
            if place is None:
                streams.remove(stream)
            elif safety.total.num_plans < num_plans:
                _count(safety, place)
    if not safety.counts:
        raise BadInput("no file holds a place to plan at: give a corpus of source files")
    return safety


def format_safety(safety: PlanSafety) -> str:
    """A table with one row a language, and what is wrong."""
    heads = ("plans", "joint", "broken code", "recent edits", "placeholders", "bytes destroyed")
    lines = [f"{'':16}" + "".join(f"{head:>17}" for head in heads)]
    for name, counts in [*sorted(safety.counts.items()), ("all", safety.total)]:
        numbers = (getattr(counts, each) for each in PlanCounts.__slots__)
        lines.append(f"{name:16}" + "".join(f"{number:17,}" for number in numbers))
    return "\n".join([*lines, *safety.offenders]) + "\n"


def destroyed(data: bytes, hole: Span, recent: Sequence[Span], language: Language) -> int:
    """Bytes of user text in a mask: white space and placeholders are none, unless just typed."""
    text = hole.of(data)
    lines = [line for line in text.split(b"\n") if line.strip()]
    is_typed = any(item.overlaps(hole) for item in recent)
    if not is_typed and all(is_placeholder(line, language) for line in lines):
        return 0
    return len(b"".join(text.split()))


def _count(safety: PlanSafety, place: Place) -> None:
    tree, plan = place.plan()
    counts = safety.counts.setdefault(place.language.id, PlanCounts())
    counts.num_plans += 1
    counts.num_joint += len(plan.holes) > 1
    counts.num_broken += tree.num_faults() > 0
    counts.num_recent += bool(place.recent)
    counts.num_placeholders += any(hole.span.of(tree.data).strip() for hole in plan.holes)
    for hole in plan.holes:
        num_bytes = destroyed(tree.data, hole.span, place.recent, place.language)
        counts.num_destroyed_bytes += num_bytes
        if num_bytes:
            safety.offenders.append(f"{place.name}: {hole.reason}: {hole.span.of(tree.data)!r}")


def _places(files: list[SourceFile], seed: int) -> Iterator[Place]:
    """Places of one language, some of each file, round after round."""
    draw = random.Random(f"{seed}/{language_of(files[0].path).id}")
    order = sorted(files, key=lambda file: (file.package, file.path))
    draw.shuffle(order)
    while order:
        for file in list(order):
            tree = parse(file.text.encode("utf-8"), language_of(file.path))
            bodies = [item for item in hole_spans(tree, HoleKind.BODY) if len(item)]
            others = [item for kind in _KINDS for item in hole_spans(tree, kind) if len(item)]
            if not others:
                order.remove(file)
                continue
            for _ in range(PLACES_A_ROUND):
                yield _place(file, tree, (others, bodies), draw)


def _place(
    file: SourceFile, tree: SyntaxTree, spans: tuple[list[Span], list[Span]], draw: random.Random
) -> Place:
    """Take one or two neighbouring spans out; the cursor stands at the first that was chosen."""
    others, bodies = spans
    chosen = draw.choice(others)
    near_bodies = [item for item in bodies if _is_near(tree.data, chosen, item)]
    near = [item for item in others if _is_near(tree.data, chosen, item)]
    cuts = {chosen: b""}
    if near_bodies and draw.random() < _BODY_SHARE:
        is_stood_for = draw.random() < _PLACEHOLDER_SHARE
        words = draw.choice(_placeholders(tree.language)) if is_stood_for else ""
        cuts[draw.choice(near_bodies)] = words.encode()
    elif near:
        cuts[draw.choice(near)] = b""
    data, cursor, recent = _cut(tree.data, cuts, chosen)
    if recent and draw.random() < 0.5:
        recent = []
    if not recent and draw.random() < _RECENT_SHARE:
        recent = _word_near(data, cursor, draw)
    if not recent and draw.random() < _FAULT_SHARE:
        data, cursor = _without_mark(data, cursor, draw)
    name = f"{file.package}/{file.path}:{chosen.start}"
    return Place(name, tree.language, data, ByteOffset(cursor), tuple(recent))


def _cut(data: bytes, cuts: dict[Span, bytes], chosen: Span) -> tuple[bytes, int, list[Span]]:
    """The text with other words for some spans, the cursor in it, and where those words are."""
    text, at, cursor = b"", 0, 0
    written: list[Span] = []
    for item in sorted(cuts):
        text += data[at : item.start]
        if item == chosen:
            cursor = len(text)
        if cuts[item]:
            written.append(span(len(text), len(text) + len(cuts[item])))
        text += cuts[item]
        at = item.end
    return text + data[at:], cursor, written


def _placeholders(language: Language) -> tuple[str, ...]:
    """What people write for a body that is still to come."""
    mark = language.line_comment
    return (*language.placeholders, f"{mark} TODO", f"{mark} TODO: implement")


def _is_near(data: bytes, chosen: Span, item: Span) -> bool:
    """Whether two spans are apart, and on the same line or on adjacent ones."""
    between = data[min(chosen.end, item.end) : max(chosen.start, item.start)]
    is_apart = item.end < chosen.start or chosen.end < item.start
    return is_apart and len(between) < _NEAR_BYTES and between.count(b"\n") <= 1


def _word_near(data: bytes, cursor: int, draw: random.Random) -> list[Span]:
    """A word within a line or two of the cursor, as if it had just been typed."""
    low, high = max(cursor - _NEAR_BYTES, 0), cursor + _NEAR_BYTES
    words, at = [], low
    for word in data[low:high].split():
        at = data.index(word, at)
        words.append(span(at, at + len(word)))
        at += len(word)
    return [draw.choice(words)] if words else []


def _without_mark(data: bytes, cursor: int, draw: random.Random) -> tuple[bytes, int]:
    """The text without one bracket or separator near the cursor, and where the cursor is then."""
    low, high = max(cursor - _FAULT_BYTES, 0), min(cursor + _FAULT_BYTES, len(data))
    marks = [at for at in range(low, high) if data[at] in _MARKS]
    if not marks:
        return data, cursor
    at = draw.choice(marks)
    return data[:at] + data[at + 1 :], cursor - (at < cursor)
