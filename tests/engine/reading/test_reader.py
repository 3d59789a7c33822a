"""How much of a text is read: by a clock that only reading moves."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from engine import Effort, Infiller, Proposal, Reason, Refusal, Request
from engine.canvas import Canvas
from engine.denoisers.protocol import ContextHandle
from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser, ScriptedHandle
from engine.spans import ByteOffset

LINES = "".join(f"total_{number} = first + second\n" for number in range(200))


class Slow(ScriptedDenoiser):
    """Takes ``s_per_token`` for each new token; at a deadline it stops between two tokens."""

    def __init__(self, s_per_token: float) -> None:
        super().__init__(ByteTokenizer(("total_", " = first", " + second\n")), (Script(("x",)),))
        self.now, self.s_per_token = 0.0, s_per_token

    def prefill(
        self,
        canvas: Canvas,
        reuse: ContextHandle | None = None,
        cancel: threading.Event | None = None,
    ) -> ScriptedHandle:
        """Read token by token."""
        handle = super().prefill(canvas, reuse)
        self.now += (handle.num_tokens - handle.num_reused) * self.s_per_token
        return super().prefill(canvas, reuse, cancel)


class Blender(Slow):
    """Also takes lines that it read at another place; the last ``num_near`` tokens it reads."""

    num_near, num_blends = 20, 0
    blended: tuple[ScriptedHandle, ...] = ()

    def num_unblended(self, canvas: Canvas, source: ContextHandle) -> int:
        """Those that stand nowhere in ``source``, and those that are near."""
        assert isinstance(source, ScriptedHandle)
        ids = ScriptedDenoiser.prefill(self, canvas).ids
        if source in self.blended:
            return len(ids) - self.num_known(canvas, source)
        return sum(1 for one in ids[: -self.num_near] if one not in source.ids) + self.num_near

    def blend(
        self,
        canvas: Canvas,
        source: ContextHandle,
        cancel: threading.Event | None = None,
    ) -> ScriptedHandle:
        """Read what is not taken."""
        num_new = self.num_unblended(canvas, source)
        ids = ScriptedDenoiser.prefill(self, canvas, None, cancel).ids
        self.now += num_new * self.s_per_token
        self.num_blends += source not in self.blended
        self.blended += (ScriptedHandle(ids, len(ids) - num_new),)
        return self.blended[-1]


def asked(
    budget_ms: float | None, typed: str = "", path: str = "a.py", effort: Effort = Effort.MEDIUM
) -> Request:
    text = f"{LINES}value = {typed}"
    return Request(text, ByteOffset(len(text)), "python", path, budget_ms=budget_ms, effort=effort)


def num_read(made: Infiller, request: Request) -> int:
    outcome = made.infill(request)
    assert isinstance(outcome, Proposal), outcome
    return outcome.num_context_tokens


def infiller(denoiser: Slow) -> Infiller:
    return Infiller(denoiser, clock=lambda: denoiser.now)


@pytest.fixture(scope="module")
def num_whole() -> int:
    return num_read(infiller(Slow(0.0)), asked(None))


def experienced(seconds: float) -> Infiller:
    """One that knows how long a token takes to read."""
    made = infiller(Slow(seconds))
    num_read(made, asked(None))
    for _ in range(6):
        made._reader.learn(ScriptedHandle(tuple(range(100)), 0), 100 * seconds)
    return made


def test_without_a_deadline_the_whole_window_is_read(num_whole: int) -> None:
    made = infiller(Slow(1.0))
    assert num_read(made, asked(None)) == num_whole


def test_a_model_that_reads_fast_reads_all_once_that_is_known(num_whole: int) -> None:
    made = infiller(Slow(1e-6))
    read = []
    for number in range(12):
        typed = Request(f"# {number}\n{asked(None).text}", asked(None).cursor, "python",
                        f"{number}.py", budget_ms=1000)  # fmt: skip
        read.append(num_read(made, typed))
    assert read[-1] == max(read) > 0.9 * num_whole


def test_what_cannot_be_read_in_time_is_read_in_part(num_whole: int) -> None:
    """A whole window takes 4 s, half of one 2 s, a quarter 1 s; 40 % of the time may be read."""
    for budget_s, share in ((20.0, 1.0), (7.0, 0.5), (3.0, 0.25), (1.5, 0.25)):
        other = asked(1000 * budget_s, path="b.py")
        made = experienced(4.0 / num_whole)
        assert num_read(made, other) == pytest.approx(share * num_whole, rel=0.1)


@pytest.mark.parametrize(
    ("seconds", "share"), [(0.1, 1.0), (0.2, 0.5), (0.5, 0.5), (1.0, 0.25), (4.0, 0.25)]
)
def test_who_waits_gets_the_window_that_is_read_soon(
    num_whole: int, seconds: float, share: float
) -> None:
    made = experienced(seconds / num_whole)
    other = dataclasses.replace(asked(20_000.0, path="b.py"), patience_ms=300.0)
    assert num_read(made, other) == pytest.approx(share * num_whole, rel=0.1)


def test_a_part_that_is_known_is_not_left_for_the_rest_of_the_whole(num_whole: int) -> None:
    """Nobody waits .2 s for a little more context than there is already."""
    denoiser = Slow(0.2 / num_whole)
    made = infiller(denoiser)
    for _ in range(6):
        made._reader.learn(ScriptedHandle(tuple(range(100)), 0), 100 * denoiser.s_per_token)
    made.read_ahead(asked(None, effort=Effort.LOW))
    before = denoiser.now
    waiting = dataclasses.replace(asked(20_000.0), patience_ms=300.0)
    assert num_read(made, waiting) == pytest.approx(0.5 * num_whole, rel=0.1)
    assert denoiser.now - before < 0.01
    made.read_ahead(asked(None))
    assert num_read(made, waiting) == num_whole


def test_low_efforts_read_less_without_a_deadline_too(num_whole: int) -> None:
    for effort, share in ((Effort.INSTANT, 0.25), (Effort.LOW, 0.5), (Effort.HIGH, 1.0)):
        made = infiller(Slow(0.0))
        read = num_read(made, asked(None, effort=effort))
        assert read == pytest.approx(share * num_whole, rel=0.1)


def test_what_was_read_ahead_is_used_whole(num_whole: int) -> None:
    made = infiller(Slow(1.0))
    assert made.read_ahead(asked(None)).reason is Reason.EMPTY
    assert num_read(made, asked(1000.0)) == num_whole


def test_a_short_window_is_not_read_again_and_leaves_the_whole_one(num_whole: int) -> None:
    denoiser = Slow(0.01)
    made = infiller(denoiser)
    assert num_read(made, asked(5000.0)) < 0.6 * num_whole
    before = denoiser.now
    assert num_read(made, asked(5000.0, "fir")) < 0.6 * num_whole
    assert denoiser.now - before < 0.5
    made.read_ahead(asked(None, "fir"))
    assert num_read(made, asked(5000.0, "first")) == pytest.approx(num_whole, rel=0.05)


def test_too_little_time_for_the_shortest_is_a_refusal() -> None:
    outcome = infiller(Slow(1.0)).infill(asked(1000.0))
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.DEADLINE


def elsewhere(patience_ms: float | None = 300.0, typed: str = "") -> Request:
    """Asked in the middle of the text, by somebody who waits."""
    head = "".join(LINES.splitlines(keepends=True)[:120])
    text = f"{head}value = {typed}\n{LINES[len(head) :]}"
    cursor = ByteOffset(len(f"{head}value = {typed}"))
    return Request(text, cursor, "python", "a.py", budget_ms=20_000.0, patience_ms=patience_ms)


def moving(num_whole: int) -> tuple[Blender, Infiller]:
    """A whole window takes .5 s, and one was read at the text's end."""
    denoiser = Blender(0.5 / num_whole)
    made = infiller(denoiser)
    made.read_ahead(asked(None))
    for _ in range(6):
        made._reader.learn(ScriptedHandle(tuple(range(100)), 0), 100 * denoiser.s_per_token)
    return denoiser, made


def test_who_moves_and_waits_gets_a_window_of_what_is_known(num_whole: int) -> None:
    denoiser, made = moving(num_whole)
    before = denoiser.now
    assert num_read(made, elsewhere()) > 0.7 * num_whole
    assert (denoiser.num_blends, denoiser.now - before < 0.1) == (1, True)


def test_typing_on_goes_on_with_it(num_whole: int) -> None:
    denoiser, made = moving(num_whole)
    for typed in ("", "f", "fi", "fir"):
        assert num_read(made, elsewhere(typed=typed)) > 0.7 * num_whole
    assert denoiser.num_blends == 1


@pytest.mark.parametrize("patience_ms", [None, 600.0])
def test_who_waits_long_enough_gets_what_was_read(
    num_whole: int, patience_ms: float | None
) -> None:
    """A blend lacks something; what is read at once costs nobody anything."""
    denoiser, made = moving(num_whole)
    if patience_ms is not None:
        made.read_ahead(elsewhere(None))
    num_read(made, elsewhere(patience_ms))
    assert denoiser.num_blends == 0


def test_what_was_read_since_is_better(num_whole: int) -> None:
    denoiser, made = moving(num_whole)
    num_read(made, elsewhere())
    made.read_ahead(elsewhere(None, "f"))
    before = denoiser.now
    assert num_read(made, elsewhere(typed="fi")) > 0.7 * num_whole
    assert denoiser.num_blends == 1
    assert denoiser.now - before < 0.02
