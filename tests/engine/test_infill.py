from __future__ import annotations

import itertools
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from engine import (
    BadInput,
    EditKind,
    Effort,
    InfillConfig,
    Infiller,
    Outcome,
    Proposal,
    Reason,
    Refusal,
    Request,
    Step,
    load,
)
from engine.canvas import Canvas, HoleCanvas
from engine.denoisers.protocol import ContextHandle
from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser, ScriptedHandle
from engine.remote.backend import Backend, Kind
from engine.spans import ByteOffset, Span, span

WORDS = (
    "return",
    " value",
    "print",
    "self",
    "\n    ",
    "    ",
    "items",
    "(",
    ")",
    "x",
    " + ",
    "eval",
    "int",
)
TOKENIZER = ByteTokenizer(WORDS)
STAGES = {
    "parse", "plan", "context", "tokenize", "prefill", "denoise", "constraints", "check", "total"
}  # fmt: skip


def infiller(*scripts: Script, config: InfillConfig | None = None) -> Infiller:
    return Infiller(ScriptedDenoiser(TOKENIZER, scripts), config=config)


def request(
    marked: str,
    path: str | None = None,
    effort: Effort = Effort.MEDIUM,
    budget_ms: float | None = None,
    seed: int = 0,
    candidates: int = 1,
    language: str | None = "python",
) -> Request:
    before, after = marked.split("‸")
    cursor = ByteOffset(len(before.encode()))
    return Request(
        before + after,
        cursor,
        language,
        path,
        budget_ms=budget_ms,
        effort=effort,
        seed=seed,
        candidates=candidates,
    )


def proposal(outcome: Outcome) -> Proposal:
    assert isinstance(outcome, Proposal), outcome
    return outcome


def refusal(outcome: Outcome) -> Refusal:
    assert isinstance(outcome, Refusal), outcome
    return outcome


def applied(asked: Request, made: Proposal) -> str:
    data = asked.text.encode()
    for edit in reversed(made.edits):
        data = data[: edit.start] + edit.new_text.encode() + data[edit.end :]
    return data.decode()


def test_fills_the_rest_of_a_line() -> None:
    asked = request("def f(x):\n    return ‸\n")
    made = proposal(infiller(Script(("x + 1",))).infill(asked))
    assert made.text == "x + 1"
    assert applied(asked, made) == "def f(x):\n    return x + 1\n"
    assert made.kind is EditKind.ATOMIC and len(made.edits) == 1
    assert sum(token.length for token in made.tokens) == len("x + 1")
    assert all(token.p > 0.9 for token in made.tokens) and made.confidence > 0.8
    assert STAGES <= set(made.timings_ms)
    assert made.forwards == made.steps + 1  # and one pass that scores
    assert made.model == "scripted" and made.plan.cursor == asked.cursor


def test_an_empty_line_is_shown_as_indented_and_gets_the_indentation() -> None:
    asked = request("def f(x):\n‸\n\nprint(f(1))\n")
    made = proposal(infiller(Script(("return x",))).infill(asked))
    assert applied(asked, made) == "def f(x):\n    return x\n\nprint(f(1))\n"
    assert made.text == "    return x"
    assert sum(token.length for token in made.tokens) == len(made.text)


def test_heals_the_word_being_typed() -> None:
    asked = request("items = []\npri‸\n")
    made = proposal(infiller(Script(("nt(items)",))).infill(asked))
    assert made.text == "nt(items)"
    assert made.edits[0].start == asked.cursor


def test_instant_effort_asks_the_model_once_for_a_sure_text() -> None:
    asked = request("def f(x):\n    return ‸\n", effort=Effort.INSTANT)
    made = proposal(infiller(Script(("x + 1",))).infill(asked))
    assert made.forwards == made.steps == 1


def test_text_outside_the_holes_never_changes() -> None:
    asked = request("a = [‸]\r\nb = 'é'\r\n")
    made = proposal(infiller(Script(("x, y",))).infill(asked))
    text = applied(asked, made)
    assert text.startswith("a = [") and text.endswith("]\r\nb = 'é'\r\n")


def test_line_breaks_are_written_as_the_file_writes_them() -> None:
    asked = request("def f(x):\r\n    ‸\r\n")
    made = proposal(infiller(Script(("x = 1\n    return x",))).infill(asked))
    assert made.text == "x = 1\r\n    return x"
    assert sum(token.length for token in made.tokens) == len(made.text)


def test_what_would_not_parse_is_banned_and_written_anew() -> None:
    asked = request("def f(x):\n    return ‸\n")
    made = proposal(infiller(Script(("x + ) + 1", "x + x + 1"))).infill(asked))
    assert applied(asked, made) == "def f(x):\n    return x + x + 1\n"


def test_the_check_has_the_last_word_without_the_parser_in_the_loop() -> None:
    asked = request("def f(x):\n    return ‸\n")
    config = InfillConfig(has_grammar=False)
    made = proposal(infiller(Script(("x + ) 1", "x + (1)")), config=config).infill(asked))
    assert "x + )" not in applied(asked, made)


def test_nothing_to_say_is_a_refusal() -> None:
    assert refusal(infiller(Script(("",))).infill(request("x = 1‸\n"))).reason is Reason.EMPTY


def test_low_confidence_is_a_refusal_with_its_numbers() -> None:
    config = InfillConfig(min_confidence=0.99)
    outcome = refusal(infiller(Script(("x + 1",), p=0.6), config=config).infill(request("y = ‸\n")))
    assert outcome.reason is Reason.LOW_CONFIDENCE
    assert "0.99" in outcome.detail and outcome.plan is not None and outcome.forwards > 0


def test_an_unresolved_name_lowers_the_confidence() -> None:
    known = infiller(Script(("items",))).infill(request("items = []\ny = ‸\n"))
    unknown = infiller(Script(("itemz",))).infill(request("items = []\ny = ‸\n"))
    assert proposal(known).confidence > proposal(unknown).confidence


def test_cancelled_before_it_starts_and_between_steps() -> None:
    cancel = threading.Event()
    made = infiller(Script(("x + 1 + x + 1",), p=0.5))
    steps: list[Step] = []

    def on_step(step: Step) -> None:
        steps.append(step)
        cancel.set()

    assert refusal(made.infill(request("y = ‸\n"), cancel, on_step)).reason is Reason.CANCELLED
    assert len(steps) == 1
    assert refusal(made.infill(request("y = ‸\n"), cancel)).reason is Reason.CANCELLED


def test_a_spent_budget_is_a_refusal() -> None:
    outcome = infiller(Script(("x",))).infill(request("y = ‸\n", budget_ms=0.0))
    assert refusal(outcome).reason is Reason.DEADLINE


def test_a_short_budget_keeps_what_is_safe() -> None:
    ticks = itertools.count()
    denoiser = ScriptedDenoiser(TOKENIZER, [Script(("x + 1 + 2 + 3",), p=0.7)])
    made = Infiller(denoiser, clock=lambda: float(next(ticks)))
    outcome = proposal(made.infill(request("y = ‸\n", budget_ms=70_000.0)))
    assert "x + 1 + 2 + 3".startswith(outcome.text)


@pytest.mark.parametrize("cursor", [-1, 9, 3])
def test_a_cursor_that_is_no_place_is_bad_input(cursor: int) -> None:
    with pytest.raises(BadInput, match=f"cursor {cursor}"):
        infiller().infill(Request("x=é", ByteOffset(cursor)))


def test_a_large_text_is_refused() -> None:
    made = infiller(config=InfillConfig(max_bytes=10))
    assert refusal(made.infill(request("x = 1234567890‸"))).reason is Reason.TOO_LARGE


def test_a_failing_backend_is_a_refusal_in_one_line() -> None:
    class Broken(ScriptedDenoiser):
        def prefill(
            self,
            canvas: Canvas,
            reuse: ContextHandle | None = None,
            cancel: threading.Event | None = None,
        ) -> ScriptedHandle:
            super().prefill(canvas, reuse, cancel)
            raise RuntimeError("out of\nmemory")

    outcome = refusal(Infiller(Broken(TOKENIZER)).infill(request("y = ‸\n")))
    assert outcome.reason is Reason.BACKEND_FAILED
    assert outcome.detail == "RuntimeError: out of memory"


def test_candidates_are_distinct_and_ranked() -> None:
    made = infiller(Script(("items", "x", "print"), p=0.5))
    asked = request("x = 1\nitems = []\ny = ‸\n", effort=Effort.HIGH, candidates=3)
    outcome = proposal(made.infill(asked))
    all_of_them = [outcome, *outcome.alternatives]
    assert len({each.text for each in all_of_them}) == len(all_of_them) > 1
    assert outcome.forwards > sum(each.forwards for each in outcome.alternatives)
    confidences = [each.confidence for each in all_of_them]
    assert confidences == sorted(confidences, reverse=True)


def test_same_request_same_text_cold_and_warm_and_after_other_files() -> None:
    asked = request("total = first + second\nother = 1\ntotal = fi‸\n", path="a.py")
    other = request("print(1)\nprint(‸)\n", path="b.py")
    warm = infiller()
    cold = proposal(infiller().infill(asked))
    first = proposal(warm.infill(asked))
    warm.infill(other)
    again = proposal(warm.infill(asked))
    assert cold.text == first.text == again.text == "rst + second"
    assert cold.confidence == first.confidence == again.confidence
    assert (first.num_cached_tokens, again.num_cached_tokens) == (0, again.num_context_tokens)


def test_what_was_read_ahead_needs_no_reading() -> None:
    asked = request("total = first + second\nother = 1\ntotal = fi‸\n", path="a.py")
    ahead = request("total = first + second\nother = 1\n‸\n", path="a.py")
    made = infiller()
    outcome = refusal(made.read_ahead(ahead))
    assert (outcome.reason, outcome.forwards) == (Reason.EMPTY, 0)
    assert outcome.plan is not None and outcome.timings_ms.keys() >= {"parse", "prefill"}
    answer = proposal(made.infill(asked))
    assert answer.num_cached_tokens > 0.8 * answer.num_context_tokens
    assert answer.text == proposal(infiller().infill(asked)).text
    cancelled = threading.Event()
    cancelled.set()
    assert refusal(made.read_ahead(ahead, cancelled)).reason is Reason.CANCELLED


def test_reading_ahead_asks_no_backend() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        backend = Backend(Kind.LLAMA_CPP, f"http://127.0.0.1:{listener.getsockname()[1]}")
        ahead = replace(request("x = 1\ny = ‸\n"), backend=backend)
        assert refusal(infiller().read_ahead(ahead)).reason is Reason.EMPTY
        with pytest.raises(TimeoutError):
            listener.accept()


def test_alone_and_in_a_batch_the_logits_are_the_same() -> None:
    denoiser = ScriptedDenoiser(TOKENIZER, [Script(("x + 1",))])
    context = (TOKENIZER.encode("y = "), TOKENIZER.encode(""))
    canvases = [
        Canvas(TOKENIZER.encode(""), context, [HoleCanvas.masked(size, 0)], 0, 0) for size in (4, 8)
    ]
    handle = denoiser.prefill(canvases[0])
    wanted = [canvas.masked() for canvas in canvases]
    together = denoiser.predict(handle, canvases, wanted)
    for canvas, positions, logits in zip(canvases, wanted, together, strict=True):
        [alone] = denoiser.predict(handle, [canvas], [positions])
        assert (alone == logits).all()


def test_typing_on_keeps_the_encoded_context() -> None:
    made = infiller(Script(("x",)))
    head = "x = 1\n" * 20
    proposal(made.infill(request(head + "y = ‸\nz = 2\n", path="a.py")))
    outcome = proposal(made.infill(request(head + "y = x + ‸\nz = 2\n", path="a.py")))
    assert outcome.num_cached_tokens >= outcome.num_context_tokens - 5


def test_given_spans_are_filled_together() -> None:
    text = "def old(x):\n    return x\n\nold(1)\n"
    places = [span(4, 7), span(26, 29)]
    made = infiller(Script(("print",)), Script(("print",)))
    outcome = proposal(made.fill_spans(Request(text, ByteOffset(0), "python"), places))
    assert [edit.new_text for edit in outcome.edits] == ["print", "print"]
    assert outcome.kind is EditKind.ATOMIC
    assert applied(Request(text, ByteOffset(0)), outcome) == text.replace("old", "print")


@pytest.mark.parametrize(
    "places",
    [[], [span(0, 3), span(2, 4)], [span(0, 99)], [span(3, 3)], [span(i, i) for i in range(9)]],
)
def test_bad_spans_are_bad_input(places: list[Span]) -> None:
    with pytest.raises(BadInput):
        infiller().fill_spans(Request("x=é=12345678901", ByteOffset(0)), places)


def test_project_rules_hold(tmp_path: Path) -> None:
    (tmp_path / ".midfill.toml").write_text('[rules]\nforbidden_names = ["eval"]\n')
    made = infiller(Script(("eval(x)", "int(x)")))
    asked = request("x = 1\ny = ‸\n", path=str(tmp_path / "a.py"))
    assert proposal(made.infill(asked)).text == "int(x)"


def test_a_broken_rules_file_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / ".midfill.toml").write_text('[rules]\nforbidden_name = ["eval"]\n')
    with pytest.raises(BadInput, match="did you mean forbidden_names"):
        infiller().infill(request("y = ‸\n", path=str(tmp_path / "a.py")))


def test_the_scripted_model_is_loaded_by_name_and_continues_what_it_read() -> None:
    asked = request("total = first + second\ntotal = ‸\n")
    assert proposal(load("scripted").infill(asked)).text == "first + second"


def test_importing_the_engine_imports_no_numpy() -> None:
    code = "import sys, engine; sys.exit('numpy' in sys.modules or 'tree_sitter' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
