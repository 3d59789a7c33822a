"""The proposals that were given to the editor, and what became of them.

Texts are kept in memory while they matter; ``feedback`` is told lengths and fates only, and
``judgements`` keeps texts where the user asked for it.
"""

from __future__ import annotations

import itertools
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from lsp_server.convert import Suggestion
from lsp_server.documents import Document, Mark
from lsp_server.feedback import Fate, Feedback, Offer
from lsp_server.judged import Judgements, Site
from lsp_server.positions import Encoding, first_units, num_units
from lsp_server.rejections import Rejections
from lsp_server.silence import mark_of
from lsp_server.survival import Accepted

MAX_ITEMS = 300


@dataclass(slots=True)
class Entry:
    """One proposal, under all the items that it was given out as while the user typed along.

    ``place``: where it would be inserted. ``origin`` names the request that the engine answered.
    ``site``: what stood around an insertion, while the user wants it kept.
    """

    id: str
    origin: str
    document: Document
    text: str
    fingerprint: bytes
    place: Mark
    site: Site | None
    fate: Fate = Fate.IGNORED
    is_shown: bool = False

    @property
    def num_units(self) -> int:
        """Length in UTF-16 as the client has it."""
        return num_units(self.document.to_client(self.text), Encoding.UTF16)


@dataclass(frozen=True, slots=True)
class Occasion:
    """How a proposal came to be offered."""

    method: str
    origin: str
    is_invoked: bool
    latency_ms: float


@dataclass(frozen=True, slots=True)
class _Item:
    """``num_typed`` UTF-16 units of the entry's text stood there before this item was given out."""

    entry: Entry
    num_typed: int


class Ledger:
    """The last items by id. Used by the event loop's thread alone."""

    def __init__(
        self,
        feedback: Feedback,
        judgements: Judgements,
        rejections: Rejections,
        watch: Callable[[Accepted], None],
    ) -> None:
        """Tell the first three what became of a proposal; call ``watch`` with what was taken."""
        self._feedback, self._judgements = feedback, judgements
        self._rejections, self._watch = rejections, watch
        self._items: OrderedDict[str, _Item] = OrderedDict()
        self._numbers = itertools.count(1)
        self._session = uuid.uuid4().hex[:12]

    def offer(self, item: Suggestion, document: Document, occasion: Occasion) -> None:
        """Note an item: a new proposal, or what is left of one that the user has typed along."""
        entry = self._known(item, occasion.origin) or self._new(item, document, occasion)
        left = num_units(document.to_client(item.main.new_text), Encoding.UTF16)
        self._items[item.id] = _Item(entry, entry.num_units - left)
        while len(self._items) > MAX_ITEMS:
            self._items.popitem(last=False)

    def show(self, item_id: str) -> bool:
        """The editor showed an item; False when it is not known (any more)."""
        item = self._items.get(item_id)
        if item is not None and not item.entry.is_shown:
            item.entry.is_shown = True
            self._feedback.show(item.entry.id)
        return item is not None

    def accept(self, item_id: str) -> bool:
        """The user took all of an item; False when it is not known."""
        item = self._items.get(item_id)
        if item is None:
            return False
        self._take(item.entry, item.entry.num_units)
        return True

    def accept_part(self, item_id: str, num_accepted: int) -> bool:
        """The user took ``num_accepted`` UTF-16 units of an item so far; False if it is unknown."""
        item = self._items.get(item_id)
        if item is None:
            return False
        self._take(item.entry, item.num_typed + num_accepted)
        return True

    def reject(self, item_id: str) -> bool:
        """The user turned an item down: it is not proposed there again. False if it is unknown."""
        item = self._items.get(item_id)
        if item is None:
            return False
        self._rejections.add(item.entry.fingerprint)
        if item.entry.fate is Fate.IGNORED:
            item.entry.fate = Fate.REJECTED
            self._feedback.end(item.entry.id, Fate.REJECTED, 0)
            self._keep(item.entry, item.entry.text, is_accepted=False)
        return True

    def _take(self, entry: Entry, num_accepted: int) -> None:
        entry.fate = Fate.ACCEPTED if num_accepted >= entry.num_units else Fate.PARTIAL
        written = entry.document.to_client(entry.text)
        taken = entry.document.from_client(first_units(written, num_accepted, Encoding.UTF16))
        self._feedback.end(entry.id, entry.fate, min(num_accepted, entry.num_units))
        self._keep(entry, taken, is_accepted=True)
        self._rejections.forget(entry.fingerprint)
        self._watch(Accepted(entry.id, entry.document, taken, entry.fingerprint, entry.place))

    def _keep(self, entry: Entry, text: str, is_accepted: bool) -> None:
        if entry.site is not None:
            self._judgements.keep(entry.id, entry.site, text, is_accepted)

    def _site(self, item: Suggestion, document: Document) -> Site | None:
        is_insertion = not item.further and not item.main.span
        if not is_insertion or not self._judgements.is_on:
            return None
        at = item.main.span.start
        return Site.of(document.masked_text, at, document.language, document.path)

    def _known(self, item: Suggestion, origin: str) -> Entry | None:
        """Find the proposal of which ``item`` is what was not typed yet."""
        text = item.main.new_text
        return next(
            (
                known.entry
                for known in reversed(self._items.values())
                if known.entry.origin == origin and known.entry.text.endswith(text)
            ),
            None,
        )

    def _new(self, item: Suggestion, document: Document, occasion: Occasion) -> Entry:
        entry = Entry(
            f"{self._session}.{next(self._numbers)}",
            occasion.origin,
            document,
            item.main.new_text,
            mark_of(item.proposal, document),
            document.mark(item.main.span),
            self._site(item, document),
        )
        self._feedback.offer(
            Offer(
                id=entry.id,
                session=self._session,
                language=document.language,
                method=occasion.method,
                model=item.proposal.model,
                is_invoked=occasion.is_invoked,
                confidence=item.proposal.confidence,
                num_units=entry.num_units,
                num_lines=entry.text.count("\n") + 1,
                latency_ms=occasion.latency_ms,
            )
        )
        return entry
