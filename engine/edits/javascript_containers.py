"""What JavaScript's own containers hold and give back: arrays, sets, maps, promises."""

from __future__ import annotations

from engine.edits.symbols import Part

CONTAINERS = frozenset(
    """Array ReadonlyArray Set ReadonlySet Iterable Iterator Generator AsyncIterable
    AsyncIterator AsyncGenerator AsyncIterableIterator IterableIterator""".split()
)
MAPS = frozenset("Map ReadonlyMap WeakMap Record".split())
TRANSPARENT = frozenset(
    """Partial Required Readonly Promise NonNullable Awaited PromiseLike Omit Pick Exclude
    Extract""".split()
)
"""Generic types whose members are those of their first argument."""

GIVES = {
    **dict.fromkeys("find findLast at pop shift".split(), Part.ELEMENT),
    "get": Part.VALUE,
}
"""Methods that give one of what is held."""

MAPS_BY = frozenset(("map",))
"""Methods whose result holds what the function returns that they are given."""

KEEPS = frozenset("filter slice concat sort reverse toSorted toReversed".split())
"""Methods whose result holds what the container holds."""

TAKES = {
    **dict.fromkeys("push unshift add includes indexOf".split(), (0, Part.ELEMENT)),
    "set": (1, Part.VALUE),
}
"""Methods that take one of what is held: which argument."""

_ELEMENT_FIRST = "map filter forEach find findLast findIndex some every flatMap sort".split()
CALLS_BACK: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(_ELEMENT_FIRST, (0,)),
    "sort": (0, 1),
    "toSorted": (0, 1),
    "reduce": (1,),
}
"""Methods that call a function: which of its parameters are elements."""


GIVEN_BY_PROMISES = "then"
"""The method whose function is given what the promise gives."""


def argument_of(head: str, part: Part) -> int | None:
    """Which type argument of a generic container is the part that is asked for."""
    if part is Part.ELEMENT and head in CONTAINERS:
        return 0
    return 1 if part is Part.VALUE and head in MAPS else None
