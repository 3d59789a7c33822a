"""Where the rest of the hole's line begins in other lines that end with it.

A line is looked at once for all places in it: a minified file is one line, and all its places lie
in that one.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.memory.passage import Passage


@dataclass(frozen=True, slots=True)
class Tail:
    """A line's last bytes that are the rest: they begin ``within`` bytes into the token ``start``.

    ``num_blank``: bytes of whitespace that the line has behind them.
    """

    start: int
    within: int
    num_blank: int


class LineTails:
    """Finds ``rest``, which is not empty and ends without whitespace, at the ends of lines."""

    def __init__(self, rest: bytes, pieces: tuple[bytes, ...]) -> None:
        """``pieces``: the bytes of each id."""
        self._rest, self._pieces = rest, pieces
        self._known: dict[tuple[int, int], Tail | None] = {}

    def tail(self, passage: Passage, place: int) -> Tail | None:
        """The tail of the line that holds ``place``; None if it ends otherwise, or is shorter."""
        end = int(passage.line_ends[place])
        key = id(passage), end
        if key not in self._known:
            self._known[key] = self._found(passage, end)
        return self._known[key]

    def _found(self, passage: Passage, end: int) -> Tail | None:
        num_left, num_blank, at = len(self._rest), 0, end
        while num_left > 0 and at > 0:
            at -= 1
            if passage.line_ends[at] != end:
                return None  # the line before
            piece = self._pieces[passage.ids[at]]
            text = piece.rstrip() if num_left == len(self._rest) else piece
            num_blank += len(piece) - len(text)
            # What of the token belongs to the rest: its end, up to what was found already.
            kept = text[-num_left:]
            if not self._rest.endswith(kept, 0, num_left):
                return None
            num_left -= len(kept)
            within = len(text) - len(kept)
        return None if num_left else Tail(at, within, num_blank)
