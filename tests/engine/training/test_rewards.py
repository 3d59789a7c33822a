"""What a text earns: by the parser, by executed tests, and never more by reaching out."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")
pytest.importorskip("zstandard", reason="pip install 'midfill[test]'")

from engine.evaluation.executed import Execution, FenceConfig
from engine.tokenizer import BPETokenizer
from engine.training.rewards import Judge, Judgement, RewardWeights, VerifiedReward
from engine.training.rollouts import Rollouts
from engine.training.tasks import Task
from source_tree import shipped_weights

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX resource limits")

EXAMPLES = "Twice.\n\n>>> double(2)\n4\n"
TASK = Task(
    id="sums/core.py:3-3",
    package="sums",
    licence="MIT",
    path="sums/core.py",
    language="python",
    before=f'def double(value):\n    """{EXAMPLES}"""\n   ',
    gold=" return value + value",
    after="\n",
    examples=EXAMPLES,
)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(FenceConfig(wall_seconds=30.0, cpu_seconds=1))


def judged(judge: Judge, text: str | None) -> Judgement:
    return judge.judge([TASK], [text])[0]


def test_a_right_text_earns_most_a_text_that_parses_little(judge: Judge) -> None:
    weights = RewardWeights(parses=0.2, passes=1.0)
    earned = [
        judged(judge, text).reward(weights)
        for text in (" return 2 * value", " return value", " return (value", "", None)
    ]
    assert earned == [1.2, 0.2, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "text",
    [
        " while True: pass",
        " import os\n    while True: os.fork()",
        " import socket; socket.create_connection(('127.0.0.1', 9)); return 2 * value",
        " import subprocess; subprocess.run(['true']); return 2 * value",
        " open('/tmp/midfill-outside', 'w'); return 2 * value",
        " import os; os._exit(0)",
        " raise SystemExit(0)",
        " return [0] * (1 << 40)",
    ],
)
def test_what_hangs_or_reaches_out_passes_nothing(judge: Judge, text: str) -> None:
    found = judged(judge, text)
    assert found.parses and found.passes is False


def test_no_text_can_change_its_own_examples(judge: Judge) -> None:
    text = " double.__doc__ = 'x'; return 7"
    assert judged(judge, text).passes is False


def test_a_file_without_examples_is_judged_by_its_parser(judge: Judge) -> None:
    script = Task(
        id="web/a.js",
        package="web",
        licence="MIT",
        path="a.js",
        language="javascript",
        before="function f(a) {\n ",
        gold=" return a;",
        after="\n}\n",
    )
    found = judge.judge([script] * 3, [" return a;", " return b;", " return (a;"])
    assert [each.parses for each in found] == [True, True, False]
    assert [each.passes for each in found] == [None] * 3
    weights = RewardWeights(similarity=0.5)
    earned = [each.reward(weights) for each in found]
    assert earned[0] > earned[1] > earned[2] == 0


def test_each_text_is_run_once(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(TASK, id="another")
    run, programs = judge._fence.run, []

    def counted(program: str) -> Execution:
        programs.append(program)
        return run(program)

    monkeypatch.setattr(judge._fence, "run", counted)
    first = judge.judge([other, other, other], [" return 4", " return 4", " return 5"])
    again = judge.judge([other], [" return 4"])
    assert [each.passes for each in [*first, *again]] == [True, True, False, True]
    assert len(programs) == 2


def test_samples_become_texts_and_rewards(judge: Judge) -> None:
    tokenizer = BPETokenizer(shipped_weights() / "tokenizer.json")
    eom = tokenizer.eom_id
    texts = [" return value + value\n\n", " return value", " return value *"]
    size = 8
    ids = np.full((1, 4, size), eom, np.int64)
    for row, text in enumerate(texts):
        encoded = tokenizer.encode(text)
        ids[0, row, : len(encoded)] = encoded
    ids[0, 3] = np.resize(tokenizer.encode(" return value + value"), size)  # without an end
    lengths = torch.from_numpy((ids != eom).sum(-1) + 1).clamp(max=size)
    finished = torch.tensor([[True, True, True, False]])
    given = torch.from_numpy(ids), lengths, torch.zeros(ids.shape), finished
    rollouts = Rollouts((TASK.id,), *given, eom)
    reward = VerifiedReward({TASK.id: TASK}, tokenizer, RewardWeights(), judge)
    rewards, figures = reward(rollouts)
    assert rewards.tolist() == [pytest.approx([1.2, 0.2, 0.0, 0.0])]
    assert figures == {"finished": 0.75, "parses": 0.5, "passes": 0.25}
