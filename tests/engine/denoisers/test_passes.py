"""Forwards of many requests at once: who shares one, in which order, and that nobody can tell."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import engine
from engine.denoisers.passes import Answer, Pass, PassQueue
from engine.denoisers.scripted import ByteTokenizer, ScriptedDenoiser
from engine.effort import Decoding
from engine.errors import Cancelled
from engine.infill import Infiller
from engine.proposal import Outcome, Proposal
from engine.serving.pool import InfillerPool
from engine.spans import ByteOffset

TEXTS = [
    f"def f{number}(x):\n    y = {'x' * (number % 5)}\n    return y\n{'# more' * (4 * number)}\n"
    for number in range(6)
]


def pass_of(name: int, num_tokens: int = 8, num_cached: int = 0) -> Pass:
    ids = np.full(num_tokens, name)
    visible = np.ones((num_tokens, num_cached + num_tokens), np.bool_)
    return Pass(ids, visible, np.array([0]))


class Model:
    """Answers with each pass's first id, once it is let; remembers who shared a forward."""

    def __init__(self) -> None:
        self.opened, self.entered = threading.Event(), threading.Semaphore(0)
        self.forwards: list[list[int]] = []

    def run(self, passes: Sequence[Pass]) -> list[Answer]:
        self.forwards.append([int(one.ids[0]) for one in passes])
        self.entered.release()
        assert self.opened.wait(30)
        if any(one.ids[0] == 99 for one in passes):
            raise ValueError("a model that fails")
        return [Answer(np.full((1, 1), one.ids[0], np.float32)) for one in passes]


def asked_in_turn(queue: PassQueue, model: Model, passes: Sequence[Pass]) -> list[object]:
    """The first alone, then all others while its forward is under way; what each was answered."""
    order: list[threading.Event] = [threading.Event() for _ in passes]

    def ask(number: int) -> object:
        assert order[number].wait(30)
        try:
            [answer] = queue.ask([passes[number]], None)
        except ValueError as error:
            return str(error)
        return int(answer.logits[0, 0])

    with ThreadPoolExecutor(len(passes)) as pool:
        answers = [pool.submit(ask, number) for number in range(len(passes))]
        for number, event in enumerate(order):
            event.set()
            if number == 0:
                assert model.entered.acquire(timeout=30)
            else:
                while len(queue._waiting) < number:
                    threading.Event().wait(0.001)
        model.opened.set()
        return [answer.result(30) for answer in answers]


def test_those_of_one_bucket_share_a_forward_and_the_oldest_goes_first() -> None:
    model = Model()
    queue = PassQueue(model.run, max_rows=3)
    long = [pass_of(3, num_tokens=20), pass_of(5, num_tokens=17)]
    passes = [pass_of(1), pass_of(2), long[0], pass_of(4), long[1], pass_of(6), pass_of(7)]
    assert asked_in_turn(queue, model, passes) == [1, 2, 3, 4, 5, 6, 7]
    assert model.forwards == [[1], [2, 4, 6], [3, 5], [7]]
    assert (queue.num_forwards, queue.num_passes) == (4, 7)


def test_a_forward_that_fails_fails_for_those_who_shared_it() -> None:
    model = Model()
    queue = PassQueue(model.run, max_rows=4)
    passes = [pass_of(1), pass_of(99), pass_of(2), pass_of(3, num_tokens=20)]
    failed = "a model that fails"
    assert asked_in_turn(queue, model, passes) == [1, failed, failed, 3]


def test_a_pass_that_was_cancelled_in_line_is_not_run() -> None:
    model = Model()
    queue = PassQueue(model.run, max_rows=4)
    cancel = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(queue.ask, [pass_of(1)], None)
        assert model.entered.acquire(timeout=30)
        second = pool.submit(queue.ask, [pass_of(2)], cancel)
        cancel.set()
        model.opened.set()
        first.result(30)
        with pytest.raises(Cancelled):
            second.result(30)
    assert model.forwards == [[1]]


def test_a_bucket_depends_on_the_pass_alone() -> None:
    sizes = [(3, 0), (8, 1), (9, 256), (33, 257), (64, 600), (65, 0), (300, 0)]
    buckets = [pass_of(0, num_tokens, num_cached).bucket for num_tokens, num_cached in sizes]
    assert [(bucket.num_tokens, bucket.num_cached) for bucket in buckets] == [
        (8, 0), (8, 256), (16, 256), (64, 512), (64, 768), (128, 0), (320, 0),
    ]  # fmt: skip


def signature(outcome: Outcome) -> tuple[object, ...]:
    if isinstance(outcome, Proposal):
        return outcome.edits, outcome.tokens, outcome.steps, outcome.forwards
    return outcome.reason, outcome.detail, outcome.steps, outcome.forwards


@pytest.mark.torch
@pytest.mark.parametrize("family", ["converted-llama", "dream", "sdar"])
def test_results_are_those_of_requests_alone_whoever_comes_when(
    family: str, tmp_path: Path
) -> None:
    """To the last bit: text, every token's probability, steps."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from engine.denoisers.torch import TorchDenoiser
    from tiny_checkpoints import TINY, write_checkpoint

    folder = write_checkpoint(tmp_path / family, TINY[family])
    config = engine.InfillConfig(min_confidence=0.0)
    requests = [
        engine.Request(
            text,
            ByteOffset(text.index("\n    return")),
            path=f"{number}.py",
            effort=engine.Effort.INSTANT,
            single_line=True,
        )
        for number, text in enumerate(TEXTS)
    ]
    solo = engine.load(str(folder), config)
    alone = [signature(solo.infill(request)) for request in requests]
    first = engine.load(str(folder), config)
    pool = InfillerPool(first, 4)
    assert isinstance(first.denoiser, TorchDenoiser)
    passes = first.denoiser.passes
    for seed in range(2):
        assert in_random_order(seed, requests, pool) == alone
    assert passes.num_forwards < passes.num_passes, "nothing was ever batched"


def in_random_order(
    seed: int, requests: Sequence[engine.Request], pool: InfillerPool
) -> list[tuple[object, ...]]:
    def answer(number: int) -> tuple[object, ...]:
        with pool.lend(requests[number].path) as infiller:
            return signature(infiller.infill(requests[number]))

    order = list(range(len(requests)))
    random.Random(seed).shuffle(order)
    with ThreadPoolExecutor(pool.size) as threads:
        answers = {number: threads.submit(answer, number) for number in order}
        return [answers[number].result(60) for number in range(len(requests))]


@pytest.mark.parametrize("has_memory", [False, True])
def test_a_twin_drafts_from_the_same_sources(has_memory: bool) -> None:
    denoiser = ScriptedDenoiser(ByteTokenizer())
    first = Infiller(denoiser, decoding=Decoding.VERIFIED, has_memory=has_memory)
    first.close()
    for twin in first.twins(2):
        assert (twin._library is not None) == (first._library is not None) == has_memory
        assert twin.denoiser is denoiser
        twin.close()
