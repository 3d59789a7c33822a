"""What a provider of code actions is: it offers titles at once, and does the work when asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from engine.edits.finding import Finding
from engine.edits.parameter_home import NeededFiles
from engine.edits.project_names import SourceText
from engine.job import Job
from engine.proposal import EditSet
from engine.request import Request
from engine.spans import Span
from engine.syntax import SyntaxTree

Arguments = Mapping[str, int | str]


def _nothing(needed: NeededFiles) -> tuple[SourceText, ...]:
    del needed
    return ()


@dataclass(frozen=True, slots=True)
class Site:
    """Where actions are asked for: a parsed snapshot, a selection (empty at a mere cursor)."""

    request: Request
    tree: SyntaxTree
    selection: Span
    findings: tuple[Finding, ...] = ()
    others: Callable[[NeededFiles], tuple[SourceText, ...]] = _nothing
    """Texts of other files; for ``change`` alone, and on its thread."""


@dataclass(frozen=True, slots=True)
class ActionOffer:
    """One entry of the editor's menu.

    ``arguments`` are plain JSON values that come back to ``Provider.change``; ``kind`` is the
    LSP kind. ``mended``: indices of the site's findings that it mends.
    """

    title: str
    kind: str
    arguments: Arguments = field(default_factory=dict)
    is_preferred: bool = False
    mended: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What an action does: ``edits`` by analysis alone, a ``job`` that the model is needed for.

    With both the job is tried, and the edits are made when it ends in a refusal. ``is_previewed``:
    the editor asks before it makes them, where it can. ``is_name``: the job's text is a name, and
    the preview says which and how likely it is. ``later`` is analysis that may take a second: the
    change it gives stands for this one. Raises BadInput when that cannot be done. ``asked_for``:
    what the model has to say where analysis does not know it.
    """

    edits: EditSet | None = None
    job: Job | None = None
    is_previewed: bool = False
    is_name: bool = False
    later: Callable[[], Awaitable[Change]] | None = None
    asked_for: str = ""


class Provider(Protocol):
    """One file in this folder, one object in ``registry.PROVIDERS``."""

    @property
    def name(self) -> str:
        """Unique; comes back when an action is resolved."""
        ...

    @property
    def kinds(self) -> tuple[str, ...]:
        """The LSP kinds of its offers."""
        ...

    def offers(self, site: Site) -> Iterable[ActionOffer]:
        """What can be done at ``site``. Milliseconds: no model, no file is read."""
        ...

    def change(self, site: Site, arguments: Arguments) -> Change:
        """Do what was offered, in the same text. Raises BadInput when that cannot be done."""
        ...
