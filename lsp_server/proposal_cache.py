"""Proposals by the text around the cursor, so that typing along with one never asks the engine.

Keyed by content, not by version: going back, undoing and opening a file again find them too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from engine.proposal import Edit, Outcome, Proposal, Reason, Refusal, rebase
from engine.request import Request
from engine.spans import ByteOffset, Span

CAPACITY = 200
# So far behind its place a proposal is looked for: a few lines accepted word by word.
MAX_TYPED_BYTES = 1024
MAX_CLOSERS = 3
_CLOSERS = frozenset(b")]}>\"'`")
# What the same text would be refused with again.
_LASTING = frozenset(
    {
        Reason.EMPTY,
        Reason.TOO_SHORT,
        Reason.LOW_CONFIDENCE,
        Reason.DOES_NOT_PARSE,
        Reason.REPEATS_SUFFIX,
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """What is known for a request. ``origin`` names the request whose answer ``outcome`` is.

    ``typed``: what stands there of the proposal since. ``draft``: how the last proposal goes on
    although the user typed something else.
    """

    outcome: Outcome | None = None
    origin: str = ""
    typed: str = ""
    draft: str | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """An outcome for the text whose parts before and behind the cursor have these digests."""

    before: int
    num_before: int
    behind: int
    policy: Hashable
    circumstances: Hashable
    num_candidates: int
    outcome: Outcome
    origin: str


class ProposalCache:
    """The last outcomes, the one used longest ago dropped first."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    def put(
        self, request: Request, outcome: Outcome, origin: str, circumstances: Hashable = None
    ) -> None:
        """Keep what the engine answered to ``request``, unless asking again may end otherwise.

        A refusal is found again under the same ``circumstances`` only: whatever else than the text
        may have been its reason.
        """
        if isinstance(outcome, Refusal) and outcome.reason not in _LASTING:
            return
        data = request.text.encode()
        entry = _Entry(
            _digest(data[: request.cursor]),
            request.cursor,
            _digest(data[request.cursor :]),
            _policy(request),
            circumstances,
            request.candidates,
            outcome,
            origin,
        )
        key = (entry.before, entry.behind, entry.policy)
        self._entries.pop(key, None)
        self._entries[key] = entry
        while len(self._entries) > self._capacity:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forget all: another model answers from now on."""
        self._entries.clear()

    def find(self, request: Request, circumstances: Hashable = None) -> Found:
        """Look for an outcome whose proposal the user has typed along with, the newest first."""
        data = request.text.encode()
        before, behind = data[: request.cursor], data[request.cursor :]
        ends = _ends(behind)
        starts: dict[int, int] = {}
        draft: str | None = None
        for key, entry in reversed(self._entries.items()):
            num_typed = len(before) - entry.num_before
            added = ends.get(entry.behind)
            is_near = 0 <= num_typed <= MAX_TYPED_BYTES and (not added or num_typed > 0)
            if added is None or not is_near or entry.policy != _policy(request):
                continue
            start = starts.get(entry.num_before)
            if start is None:
                start = starts[entry.num_before] = _digest(before[: entry.num_before])
            if start != entry.before:
                continue
            typed = before[entry.num_before :].decode()
            outcome = _continued(entry, request, typed, added.decode(), circumstances)
            if outcome is not None:
                self._entries.move_to_end(key)
                return Found(outcome, entry.origin, typed)
            if draft is None and typed and isinstance(entry.outcome, Proposal):
                draft = _left(entry.outcome.text, typed)
        return Found(draft=draft)


def _continued(
    entry: _Entry, request: Request, typed: str, added: str, circumstances: Hashable
) -> Outcome | None:
    """Bring an outcome to the text in which ``typed`` stands before the cursor, or None."""
    if entry.num_candidates < request.candidates:
        return None
    if isinstance(entry.outcome, Refusal):
        is_same = not typed and entry.circumstances == circumstances
        return entry.outcome if is_same else None
    if not typed:
        return entry.outcome
    place = Span(ByteOffset(entry.num_before), ByteOffset(entry.num_before))
    rebased = rebase(entry.outcome, (Edit(place, typed + added),))
    is_here = isinstance(rebased, Proposal) and rebased.plan.cursor == request.cursor
    return rebased if is_here else None


def _left(text: str, typed: str) -> str | None:
    """What is left of ``text`` behind the word in which ``typed`` departs from it."""
    at = next(
        (index for index, pair in enumerate(zip(text, typed, strict=False)) if pair[0] != pair[1]),
        min(len(text), len(typed)),
    )
    while at < len(text) and (text[at].isalnum() or text[at] == "_"):
        at += 1
    return text[at:] or None


def _policy(request: Request) -> Hashable:
    """What a proposal's text depends on besides the document."""
    shape = request.single_line, request.is_typing
    return (request.path, request.language, request.effort, request.seed, *shape)


def _ends(behind: bytes) -> dict[int, bytes]:
    """Digests of the text behind the cursor, without closers that the editor may have added."""
    ends: dict[int, bytes] = {}
    for num_added in range(MAX_CLOSERS + 1):
        added = behind[:num_added]
        if len(added) < num_added or not _CLOSERS.issuperset(added):
            break
        ends.setdefault(_digest(behind[num_added:]), added)
    return ends


def _digest(data: bytes) -> int:
    """Hash in 64 bits, five times as fast as a cryptographic one: it meets no enemy here."""
    return hash(data)
