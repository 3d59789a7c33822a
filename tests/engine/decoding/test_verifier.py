from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence

import pytest

from engine.budget import Budget
from engine.canvas import Canvas, Ids
from engine.constraints import Draft, Fault
from engine.denoisers.protocol import ContextHandle, Logits
from engine.denoisers.scripted import Script, ScriptedDenoiser
from engine.effort import Decoding, SamplerConfig
from engine.proposal import Reason
from engine.sampler import Sampler, Stop
from engine.step import State
from sampling import TOKENIZER, Forbid, run, sampler

VERIFIED = SamplerConfig(decoding=Decoding.VERIFIED, is_scored=False)
TEXT = "foo(bar) other value"
LEAD = " value other" * 3 + "print"


def spelled(made: Sampler, hole: int = 0) -> list[bytes]:
    return made.model.spelling.pieces(made.canvas.holes[hole])


def test_a_draft_from_the_context_is_verified_in_one_pass() -> None:
    made = sampler(Script((TEXT,)), context=(f"{LEAD}{TEXT}\n    {LEAD}", ""), sizes=(16,),
                   config=VERIFIED)  # fmt: skip
    steps = list(made.steps())
    assert made.texts() == (TEXT,) and made.stop is Stop.FINISHED
    assert made.forwards == len(steps) == 1
    assert {state for row in steps[0].states for state in row} == {State.COMMITTED}


def test_a_wrong_draft_changes_no_text() -> None:
    context = (f"{LEAD}foo(foo) other\n    {LEAD}", "")
    made = sampler(Script((TEXT,)), context=context, sizes=(16,), config=VERIFIED)
    first = next(iter(made.steps()))
    assert first.hole_texts == ("foo(bar",)  # what was right of it, and the model's own token
    assert run(made) == TEXT


def test_a_draft_is_no_longer_than_its_match() -> None:
    context = (f"print{TEXT}\n    print", "")
    made = sampler(Script((TEXT,)), context=context, sizes=(16,), config=VERIFIED)
    assert [len(step.committed) for step in made.steps()] == [2, 4, 1]


def test_a_text_too_unsure_to_be_shown_is_left_where_it_became_so() -> None:
    script = Script(("foobarfoobarfoo",), causal_p_at={2: 0.3})
    made = sampler(script, context=("x", "y"), config=VERIFIED, least_p=0.5)
    assert run(made) == "foobarfoo" and made.stop is Stop.HOPELESS
    assert made.scores(0).p[-1] == pytest.approx(0.3, abs=0.01)
    sure = sampler(script, context=("x", "y"), config=VERIFIED, least_p=0.2)
    assert run(sure) == "foobarfoobarfoo" and sure.stop is Stop.FINISHED
    joint = sampler(script, Script(("bar",)), sizes=(8, 4), config=VERIFIED, least_p=0.5)
    assert run(joint) == "foobarfoobarfoo"


@pytest.mark.parametrize(
    ("written", "proposed", "num_passes"),
    [
        ("foo(bar) other value", "foo(bar) other value", 1),
        ("foo(bar) other value", "(bar) other value", 2),
        ("foo(bar) other value", "(foo) other value", 5),
        ("foo", "\n    bar", 2),
    ],
)
def test_an_earlier_proposal_is_gone_on_with(written: str, proposed: str, num_passes: int) -> None:
    context = ("x", "y")
    made = sampler(
        Script((written,)), context=context, sizes=(16,), config=VERIFIED, proposed=proposed
    )
    steps = list(made.steps())
    assert made.texts() == (written,)
    assert len(steps) == num_passes


def test_a_half_written_word_is_not_gone_on_with_by_a_proposal() -> None:
    made = sampler(Script(("nt(foo)",)), forced=b"pri", config=VERIFIED, proposed="(foo)",
                   context=("x", "y"), sizes=(16,))  # fmt: skip
    assert [step.hole_texts[0] for step in made.steps()] == [
        "print",
        "print(foo)",
    ]


def test_without_a_match_each_pass_writes_its_own_token() -> None:
    made = sampler(Script(("foobar",)), context=("x", "y"), config=VERIFIED)
    assert [len(step.committed) for step in made.steps()] == [1, 1, 1]
    assert made.texts() == ("foobar",)


def test_all_texts_are_those_of_the_causal_pass_alone() -> None:
    contexts = [(f"print{TEXT[:cut]}{TEXT[::-1]}\n    print", "") for cut in range(len(TEXT))]
    for context in contexts:
        made = sampler(Script((TEXT,), p=0.5), context=context, sizes=(4,), config=VERIFIED)
        assert run(made) == TEXT


def test_healed_bytes_are_looked_up_and_kept() -> None:
    context = ("print(foo)\n    ", "")
    made = sampler(Script(("nt(foo)",)), forced=b"pri", context=context, config=VERIFIED)
    steps = list(made.steps())
    assert len(steps) == 2 and made.texts() == ("nt(foo)",)
    assert spelled(made)[0] == b"print"


def test_a_draft_leaves_out_what_stands_behind_the_cursor() -> None:
    made = sampler(Script(("foo",)), context=("print(foo)\nprint(", ")"), config=VERIFIED)
    made.canvas.rest_tokens = 1
    steps = list(made.steps())
    assert len(steps) == 1 and made.texts() == ("foo",)


def test_a_canvas_grows_before_it_is_continued_behind_a_border() -> None:
    made = sampler(Script(("foobar" * 12,)), sizes=(4,), config=VERIFIED)
    assert run(made) == "foobar" * 12
    assert made.blocks.finished == []
    longer = sampler(Script(("foobar" * 40,)), sizes=(16,), config=VERIFIED)
    assert run(longer) == "foobar" * 40 and len(longer.blocks.finished) == 2


def test_a_fault_bans_the_token_and_the_next_best_text_is_verified() -> None:
    made = sampler(
        Script(("foo forbidden", "foo bar")),
        constraints=(Forbid("forbidden"),),
        context=("print foo forbidden\n    print ", ""),
        config=VERIFIED,
    )
    assert run(made) == "foo bar" and made.stop is Stop.FINISHED


def test_every_token_has_its_causal_probability() -> None:
    made = sampler(Script(("foobar",), causal_p_at={1: 0.6}), config=VERIFIED)
    run(made)
    scores = made.scores(0)
    assert scores.p[1] == pytest.approx(0.6, abs=0.01)


def test_at_the_deadline_what_is_verified_stays() -> None:
    ticks = itertools.count()
    budget = Budget(lambda: float(next(ticks)), deadline=24.0)
    made = sampler(Script(("foo(bar) other",)), context=("x", "y"), sizes=(16,), budget=budget,
                   config=VERIFIED)  # fmt: skip
    text = run(made)
    assert made.stop is Stop.DEADLINE and made.is_usable
    assert text and "foo(bar) other".startswith(text)


class Echo(ScriptedDenoiser):
    """The second hole repeats what the first one says at this moment; the cursor's is scripted."""

    def predict(
        self,
        handle: ContextHandle,
        canvases: Sequence[Canvas],
        wanted: Sequence[Ids],
        causal: bool = False,
        cancel: threading.Event | None = None,
    ) -> list[Logits]:
        words = TOKENIZER.decode_bytes(canvases[0].holes[0].ids).decode()
        self.scripts = (self.scripts[0], Script((words or "print",)))
        return super().predict(handle, canvases, wanted, causal, cancel)


def test_further_holes_are_verified_again_when_those_before_them_are_full() -> None:
    denoiser = Echo(TOKENIZER, [Script(("foobar",)), Script(())])
    made = sampler(sizes=(8, 8), config=VERIFIED, denoiser=denoiser)
    run(made)
    assert made.texts() == ("foobar", "foobar")
    config = SamplerConfig(decoding=Decoding.VERIFIED, is_scored=False, num_revisits=0)
    once = sampler(sizes=(8, 8), config=config, denoiser=Echo(TOKENIZER, denoiser.scripts))
    run(once)
    assert once.texts() != ("foobar", "foobar")


def test_masked_drafts_cost_a_pass_and_save_several() -> None:
    config = SamplerConfig(decoding=Decoding.DRAFTED, is_scored=False)
    made = sampler(Script((TEXT,)), context=("x", "y"), sizes=(16,), config=config)
    assert run(made) == TEXT
    assert made.num_steps == 1 and made.forwards == 2


def test_too_many_faults_end_the_run() -> None:
    class Never:
        def fault(self, draft: Draft) -> Fault | None:
            return Fault(0, Reason.DISABLED, "never") if draft.text else None

    script = Script(("foo", "bar", "print", "return", " value"))
    made = sampler(script, constraints=(Never(),), config=VERIFIED)
    run(made)
    assert made.stop is Stop.FAULT


def test_branches_begin_with_the_nearest_runner_up_and_follow_the_old_text() -> None:
    script = Script(("foo(bar) other", "foo(foo) other"), p_at={1: 0.9, 2: 0.6})
    made = sampler(script, sizes=(16,), config=VERIFIED)
    assert run(made) == "foo(bar) other"
    [branch] = made.branches(1)
    assert TOKENIZER.decode_bytes(branch.tokens) == b"foo(foo"
    other = sampler(script, sizes=(16,), config=VERIFIED)
    other.follow(branch)
    steps = list(other.steps())
    assert other.texts() == ("foo(foo) other",) and len(steps) == 1
    assert other.scores(0).p[2] == pytest.approx(0.2, abs=0.01)


def test_a_branch_of_joint_holes_drafts_the_further_ones() -> None:
    scripts = (Script(("foo(bar", "foo(foo")), Script(("value",)))
    made = sampler(*scripts, sizes=(8, 8), config=VERIFIED)
    run(made)
    [branch] = made.branches(1)
    other = sampler(*scripts, sizes=(8, 8), config=VERIFIED)
    other.follow(branch)
    steps = list(other.steps())
    assert other.texts()[1] == "value" and len(steps) < made.num_steps


def test_a_manifest_says_how_its_model_is_read() -> None:
    assert Decoding.of({}) is Decoding.MASKED
    assert Decoding.of({"verified": 1.0, "masked": 0.0}) is Decoding.VERIFIED
    assert Decoding.of({"drafted": 1.0}) is Decoding.DRAFTED
