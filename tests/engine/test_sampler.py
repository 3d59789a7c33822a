from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Sequence

import numpy as np
import pytest

from engine.budget import Budget
from engine.canvas import Canvas, HoleCanvas, Ids
from engine.constraints import Draft, Fault
from engine.decoding.commit import CommitConfig
from engine.decoding.spelling import Spelling
from engine.denoisers.protocol import ContextHandle, Logits
from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.effort import SamplerConfig
from engine.errors import Cancelled
from engine.holes import Hole, HoleKind
from engine.lexicon import Lexicon
from engine.proposal import Reason
from engine.sampler import ModelView, Sampler, Stop
from engine.spans import span
from engine.step import State
from sampling import TOKENIZER, Forbid, run, sampler


def test_spells_the_script_and_drops_what_lies_behind_the_end() -> None:
    made = sampler(Script(("return value",)))
    assert run(made) == "return value"
    assert made.stop is Stop.FINISHED
    assert len(made.canvas.holes[0]) == 3  # two words and <eom>
    assert made.forwards == made.num_steps == 1


def test_without_confidence_each_step_commits_one_token() -> None:
    made = sampler(Script(("foobarfoobar",), p=0.6), sizes=(16,))
    steps = list(made.steps())
    assert made.texts() == ("foobarfoobar",)
    assert [len(step.committed) for step in steps] == [1] * 5


def test_a_cap_on_steps_commits_several_tokens_at_once() -> None:
    config = SamplerConfig(is_scored=False, steps_per_token=0.25)
    made = sampler(Script(("foobar" * 4,), p=0.6), sizes=(12,), config=config)
    steps = list(made.steps())
    assert made.texts() == ("foobar" * 4,)
    assert len(steps) == 3


def test_steps_show_ids_states_and_texts_in_one_length() -> None:
    made = sampler(Script(("foo(bar)",), p=0.6), Script(("bar",), p=0.6), sizes=(8, 4))
    steps = list(made.steps())
    for step in steps:
        for row in zip(step.ids, step.states, step.p, step.texts, strict=True):
            assert len(set(map(len, row))) == 1
    assert State.MASKED in steps[0].states[0]
    assert steps[-1].hole_texts == ("foo(bar)", "bar")
    assert [step.forwards for step in steps] == list(range(1, len(steps) + 1))


def test_end_waits_for_the_positions_before_it() -> None:
    # the end is sure at once, but the words before it are not known well enough
    made = sampler(Script(("foobar",), p=0.2, p_at={2: 0.99}), sizes=(4,))
    first = next(iter(made.steps()))
    # what lies behind the sure end is dropped, the end itself waits
    assert first.states[0] == (State.COMMITTED, State.MASKED, State.MASKED)


def test_newline_ends_a_single_line_hole() -> None:
    made = sampler(Script(("foo\n    bar",)))
    assert run(made) == "foo"
    assert int(made.canvas.holes[0].ids[-1]) == TOKENIZER.eom_id


def test_newline_stays_in_a_hole_of_several_lines() -> None:
    assert run(sampler(Script(("foo\n    bar",)), single_line=False)) == "foo\n    bar"


def test_part_of_a_token_before_its_newline_is_kept() -> None:
    tokenizer = ByteTokenizer(("foo", ");\n"))
    holes = [HoleCanvas.masked(8, tokenizer.mask_id)]
    empty = tokenizer.encode("")
    canvas = Canvas(empty, (empty, empty), holes, 0, 0)
    denoiser = ScriptedDenoiser(tokenizer, [Script(("foo);\nfoo",))])
    model = ModelView(denoiser, Lexicon(tokenizer), Spelling(tokenizer))
    planned = [Hole(span(0, 0), HoleKind.SPAN, True, 8, "")]
    config = SamplerConfig(is_scored=False)
    made = Sampler(canvas, denoiser.prefill(canvas), planned, model, config)
    assert run(made) == "foo);"


def test_healing_filters_the_first_tokens_and_is_not_repeated() -> None:
    made = sampler(Script(("nt(foo)",)), forced=b"pri")
    assert run(made) == "nt(foo)"
    assert TOKENIZER.token_bytes(int(made.canvas.holes[0].ids[0])) == b"print"


def test_healing_wins_over_what_the_model_would_rather_write() -> None:
    # the script knows nothing of "fo": only tokens that spell it are allowed at the front
    denoiser_text = Script(("o(bar)",), p=0.9)
    made = sampler(denoiser_text, forced=b"fo")
    text = run(made)
    data = b"".join(made.model.spelling.pieces(made.canvas.holes[0]))
    assert data.startswith(b"fo") and text == "o(bar)"


def test_block_is_extended_until_the_end_is_written() -> None:
    made = sampler(Script(("foobar" * 5,)), sizes=(4,))
    assert run(made) == "foobar" * 5
    assert len(made.blocks.finished) == 2
    assert made.stop is Stop.FINISHED


def test_a_hole_without_end_is_cut_between_words() -> None:
    config = SamplerConfig(is_scored=False, max_blocks=2)
    made = sampler(Script(("foo(bar)" * 9,)), sizes=(3,), config=config)
    text = run(made)
    assert made.stop is Stop.UNFINISHED and made.is_usable
    assert text and ("foo(bar)" * 9).startswith(text) and not text.endswith(("foo", "bar"))


def test_a_further_hole_grows_in_place() -> None:
    made = sampler(Script(("foo",)), Script(("foobar" * 3,)), sizes=(4, 4))
    run(made)
    assert made.texts() == ("foo", "foobar" * 3)


def test_a_further_hole_that_does_not_end_spoils_the_joint_change() -> None:
    made = sampler(Script(("foo",)), Script(("foobar" * 40,)), sizes=(4, 4))
    run(made)
    assert made.stop is Stop.UNFINISHED and not made.is_usable


def test_a_fault_is_banned_and_the_next_best_text_written() -> None:
    made = sampler(
        Script(("foo forbidden", "foo bar")), constraints=(Forbid("forbidden"),), sizes=(8,)
    )
    assert run(made) == "foo bar"
    assert made.stop is Stop.FINISHED and made.fault is None


def test_a_fault_behind_the_end_asks_for_more() -> None:
    class Unclosed:
        def fault(self, draft: Draft) -> Fault | None:
            is_open = draft.is_finished and draft.text.count("(") != draft.text.count(")")
            return Fault(len(draft.text), Reason.DOES_NOT_PARSE, "open") if is_open else None

    assert run(sampler(Script(("foo(bar", "foo(bar)")), constraints=(Unclosed(),))) == "foo(bar)"


def test_too_many_faults_end_the_run() -> None:
    class Never:
        def fault(self, draft: Draft) -> Fault | None:
            return Fault(0, Reason.DISABLED, "never") if draft.text else None

    made = sampler(Script(("foo", "bar", "print", "return", " value")), constraints=(Never(),))
    run(made)
    assert made.stop is Stop.FAULT
    assert made.fault == Fault(0, Reason.DISABLED, "never")


def test_a_fault_in_a_finished_block_opens_that_block_again() -> None:
    class Late:
        """Objects to the second word only when the seventh has been seen."""

        def fault(self, draft: Draft) -> Fault | None:
            is_wrong = draft.text == "foo" + "bar" * 6
            return Fault(3, Reason.DOES_NOT_PARSE, "late") if is_wrong else None

    texts = ("foo" + "bar" * 6, "foofoo" + "bar" * 5)
    made = sampler(Script(texts), sizes=(4,), constraints=(Late(),))
    steps = list(made.steps())
    assert made.texts() == (texts[1],)
    assert any((0, 1) in step.remasked for step in steps)
    assert len(made.blocks.finished) == 1


def test_the_causal_pass_scores_a_full_text_once() -> None:
    made = sampler(Script(("foobar",), causal_p_at={1: 0.1}), sizes=(4,), config=SamplerConfig())
    steps = list(made.steps())
    assert made.texts() == ("foobar",)
    assert made.scores(0).p[1] == pytest.approx(0.1, abs=0.01)
    assert made.forwards == len(steps) + 1


def test_deadline_keeps_the_longest_safe_prefix() -> None:
    ticks = itertools.count()
    budget = Budget(lambda: float(next(ticks)), deadline=6.0)
    made = sampler(Script(("foo(bar) other",), p=0.7, p_at={4: 0.3}), sizes=(16,), budget=budget)
    text = run(made)
    assert made.stop is Stop.DEADLINE and made.is_usable
    assert text == "foo(bar)"


def test_deadline_before_the_first_step_leaves_nothing() -> None:
    made = sampler(Script(("foo",)), budget=Budget(lambda: 5.0, deadline=1.0))
    assert run(made) == ""
    assert made.stop is Stop.DEADLINE and not made.is_usable
    assert made.forwards == 0


def test_deadline_spoils_a_joint_change_with_an_open_further_hole() -> None:
    ticks = itertools.count()
    budget = Budget(lambda: float(next(ticks)), deadline=6.0)
    made = sampler(Script(("foo",), p=0.7), Script(("foobar",), p=0.2), sizes=(8, 8), budget=budget)
    run(made)
    assert made.stop is Stop.DEADLINE and not made.is_usable


def test_cancellation_costs_at_most_one_more_step() -> None:
    cancel = threading.Event()
    made = sampler(Script(("foobarfoo",), p=0.5), budget=Budget(cancel=cancel))
    steps = made.steps()
    next(steps)
    cancel.set()
    with pytest.raises(Cancelled):
        next(steps)
    assert made.num_steps == 1


def test_special_tokens_are_never_written() -> None:
    made = sampler(Script((), p=0.5), sizes=(8,))
    run(made)
    ids = made.canvas.holes[0].ids
    assert set(ids.tolist()) & TOKENIZER.special_ids <= {TOKENIZER.eom_id}


def test_same_seed_same_text_and_another_candidate_another_text() -> None:
    config = SamplerConfig(CommitConfig(threshold=0.9), is_scored=False, temperature=1.5)
    script = Script(("foo", "bar", "print", "return"), p=0.4)
    texts = [
        run(sampler(script, config=config, seed=seed)) for seed in [(1, n % 4) for n in range(8)]
    ]
    assert texts[:4] == texts[4:]
    assert len(set(texts)) > 1


def test_bytes_that_are_no_text_are_refused() -> None:
    half = TOKENIZER.token_bytes(int(TOKENIZER.encode("é")[0]))

    class Halved(ScriptedDenoiser):
        """Writes the first byte of a character, and then the end."""

        def predict(
            self,
            handle: ContextHandle,
            canvases: Sequence[Canvas],
            wanted: Sequence[Ids],
            causal: bool = False,
            cancel: threading.Event | None = None,
        ) -> list[Logits]:
            logits = super().predict(handle, canvases, wanted, causal, cancel)
            _, places = canvases[0].locate(wanted[0])
            for row, place in zip(logits[0], places, strict=True):
                if place == 0:
                    row[int(TOKENIZER.encode("é")[0])] = row.max() + 2
            return logits

    made = sampler(denoiser=Halved(TOKENIZER, [Script(("foo",))]))
    steps = list(made.steps())
    assert any((0, 0) in step.remasked for step in steps)
    assert made.texts() == ("foo",) and half not in made.texts()[0].encode()


def test_every_config_of_effort_ends() -> None:
    from engine.effort import POLICIES

    for policy in [each for table in POLICIES.values() for each in table.values()]:
        config = dataclasses.replace(policy.sampler, temperature=policy.temperature)
        made = sampler(Script(("foo(bar)", "bar(foo)"), p=0.5), config=config)
        run(made)
        assert made.stop is not None
        assert np.all(made.canvas.holes[0].states == State.COMMITTED)
