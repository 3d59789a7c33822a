from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="pip install 'midfill[test]' to build a model to test with")

from engine.canvas import Canvas, HoleCanvas, Ids
from engine.denoisers.context_cache import STRIDE, Buffers, common_prefix
from engine.denoisers.onnx import CHUNK_TOKENS, OnnxDenoiser, causal_feed
from engine.denoisers.onnx_session import num_physical_cores
from engine.denoisers.protocol import ContextHandle, Denoiser, Logits
from engine.errors import BadInput, Cancelled, DamagedWeights
from engine.models import read_model
from engine.training.export import ModelFacts, Quantisation, export, write_manifest
from engine.training.relief import measured_relief
from engine.training.shape import LlamaShape
from random_weights import random_weights

TOKENIZER = Path(__file__).parents[2] / "engine" / "weights" / "tokenizer.json"
SMALL = LlamaShape(num_layers=3, width=64, num_heads=6, num_kv_heads=2, head_width=16, ffn_width=96)
FACTS = ModelFacts("random", "none", "none", "none", 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("random")
    weights = random_weights(SMALL, np.random.default_rng(0))
    relief = measured_relief(weights, [ids(1, 60)], SMALL)
    entries = export(weights, folder, Quantisation.FOUR_BIT, SMALL, relief)
    write_manifest(folder, entries, FACTS, TOKENIZER, SMALL)
    return folder


@pytest.fixture(scope="module")
def denoiser(folder: Path) -> OnnxDenoiser:
    return OnnxDenoiser(read_model(folder), num_threads=1)


def ids(seed: int, length: int) -> Ids:
    return np.random.default_rng(seed).integers(17, SMALL.vocab_size, length)


def canvas(before: Ids, behind: Ids, sizes: tuple[int, ...] = (8,), seed: int = 7) -> Canvas:
    """Holes with half of their tokens committed; further ones stand behind the cursor's."""
    holes = []
    for number, size in enumerate(sizes):
        hole = HoleCanvas.masked(size, mask_id=16)
        for index in range(0, size, 2):
            hole.commit(index, int(ids(seed + number, size)[index]), 0.5)
        holes.append(hole)
    pieces = (before, *(ids(50 + number, 3) for number in range(len(sizes) - 1)), behind)
    return Canvas(ids(99, 5), pieces, holes, cursor_hole=0, rest_tokens=0)


def logits(denoiser: Denoiser, handle: ContextHandle, *canvases: Canvas) -> list[Logits]:
    wanted = [np.arange(one.starts[-1]) for one in canvases]
    return denoiser.predict(handle, canvases, wanted)


def test_shapes_and_wanted_positions(denoiser: OnnxDenoiser) -> None:
    one = canvas(ids(1, 40), ids(2, 30))
    handle = denoiser.prefill(one)
    assert (handle.num_tokens, handle.num_reused) == (40 + 30 + 5 + 2, 0)
    (everything,) = logits(denoiser, handle, one)
    assert everything.shape == (8, SMALL.vocab_size) and everything.dtype == np.float32
    wanted = np.array([5, 0, 7])
    (some,) = denoiser.predict(handle, [one], [wanted])
    assert np.array_equal(some, everything[wanted])
    (none,) = denoiser.predict(handle, [one], [np.empty(0, np.int64)])
    assert none.shape == (0, SMALL.vocab_size)


@pytest.mark.parametrize("known", [1, 20, 63, 64, 65, 129])
def test_warm_and_cold_contexts_give_the_same_bits(denoiser: OnnxDenoiser, known: int) -> None:
    before, behind = ids(1, 130), ids(2, 30)
    shorter = denoiser.prefill(canvas(before[:known], behind))
    one = canvas(before, behind)
    warm, cold = denoiser.prefill(one, reuse=shorter), denoiser.prefill(one)
    assert warm.num_reused == shorter.num_tokens and cold.num_reused == 0
    (from_warm,), (from_cold,) = logits(denoiser, warm, one), logits(denoiser, cold, one)
    assert np.array_equal(from_warm, from_cold)


def test_alone_and_in_a_batch_give_the_same_bits(denoiser: OnnxDenoiser) -> None:
    before, behind = ids(1, 40), ids(2, 30)
    canvases = [canvas(before, behind, (size,), seed) for seed, size in enumerate((8, 8, 16, 8))]
    handle = denoiser.prefill(canvases[0])
    together = logits(denoiser, handle, *canvases)
    for one, answer in zip(canvases, together, strict=True):
        assert np.array_equal(logits(denoiser, handle, one)[0], answer)


def test_one_thread_and_two_give_the_same_bits(folder: Path, denoiser: OnnxDenoiser) -> None:
    two = OnnxDenoiser(read_model(folder), num_threads=2)
    one = canvas(ids(1, 100), ids(2, 30), (16,))
    (first,) = logits(denoiser, denoiser.prefill(one), one)
    (second,) = logits(two, two.prefill(one), one)
    assert np.array_equal(first, second)


def test_a_context_that_grows_past_its_buffers_keeps_its_rows(denoiser: OnnxDenoiser) -> None:
    before, behind = ids(1, 3 * STRIDE), ids(2, 10)
    handle = None
    for length in range(20, 3 * STRIDE + 1, 61):
        handle = denoiser.prefill(canvas(before[:length], behind), reuse=handle)
    assert handle is not None
    one = canvas(before[:length], behind)
    warm, cold = logits(denoiser, handle, one), logits(denoiser, denoiser.prefill(one), one)
    assert np.array_equal(warm[0], cold[0])


def test_handles_never_change(denoiser: OnnxDenoiser) -> None:
    """Two continuations and a crop of one context; all four are alive and stay what they were."""
    before, behind = ids(1, 40), ids(2, 30)
    first = canvas(before, behind)
    others = [canvas(np.concatenate([before, ids(seed, 9)]), behind) for seed in (3, 4)]
    others.append(canvas(np.concatenate([before[:30], ids(5, 20)]), behind))
    root = denoiser.prefill(first)
    (expected,) = logits(denoiser, root, first)
    handles = [denoiser.prefill(other, reuse=root) for other in others]
    assert [handle.num_reused for handle in handles] == [77, 77, 67]
    assert np.array_equal(logits(denoiser, root, first)[0], expected)
    for other, handle in zip(others, handles, strict=True):
        (cold,) = logits(denoiser, denoiser.prefill(other), other)
        assert np.array_equal(logits(denoiser, handle, other)[0], cold)


def test_an_abandoned_continuation_is_overwritten_in_place(denoiser: OnnxDenoiser) -> None:
    before, behind = ids(1, 40), ids(2, 30)
    root = denoiser.prefill(canvas(before, behind))
    longer = canvas(np.concatenate([before, ids(3, 9)]), behind)
    first = denoiser.prefill(longer, reuse=root)
    assert first.buffers is root.buffers
    del first
    assert denoiser.prefill(longer, reuse=root).buffers is root.buffers


def test_predicting_leaves_no_trace(denoiser: OnnxDenoiser) -> None:
    one = canvas(ids(1, 40), ids(2, 30))
    handle = denoiser.prefill(one)
    first = logits(denoiser, handle, one)[0]
    logits(denoiser, handle, canvas(ids(1, 40), ids(2, 30), (16,), seed=9))
    assert np.array_equal(logits(denoiser, handle, one)[0], first)


def test_extending_is_encoding_with_finished_blocks(denoiser: OnnxDenoiser) -> None:
    one = canvas(ids(1, 40), ids(2, 30))
    one.rest_tokens = 4
    handle = denoiser.prefill(one)
    extended = denoiser.extend(handle, one.holes[0].ids)
    one.holes[0].done = one.holes[0].ids.copy()
    direct = denoiser.prefill(one)
    assert extended.ids.tolist() == direct.ids.tolist()
    assert extended.num_reused == handle.num_tokens - 5  # <rest> and what stands behind it
    answers = [logits(denoiser, context, one)[0] for context in (extended, direct)]
    assert np.array_equal(*answers)


def test_holes_see_each_other_and_what_stands_behind(denoiser: OnnxDenoiser) -> None:
    two = canvas(ids(1, 40), ids(2, 30), (8, 4))
    handle = denoiser.prefill(two)
    (before,) = logits(denoiser, handle, two)
    two.holes[1].ids[3] = 400
    (after,) = logits(denoiser, handle, two)
    assert (np.abs(before - after).max(axis=1) > 1e-4).all()


def test_the_causal_pass_sees_only_what_stands_before(denoiser: OnnxDenoiser) -> None:
    one = canvas(ids(1, 40), ids(2, 30))
    handle, wanted = denoiser.prefill(one), np.arange(8)
    (before,) = denoiser.predict(handle, [one], [wanted], causal=True)
    one.holes[0].ids[4] = 400
    (after,) = denoiser.predict(handle, [one], [wanted], causal=True)
    assert np.array_equal(before[:5], after[:5])
    assert (np.abs(before[5:] - after[5:]).max(axis=1) > 1e-4).all()


def judged(denoiser: Denoiser, handle: ContextHandle, one: Canvas, *wanted: int) -> Logits:
    (answer,) = denoiser.predict(handle, [one], [np.array(wanted)], causal=True)
    return answer


def test_a_causal_pass_after_others_gives_the_bits_of_a_first_one(
    folder: Path, denoiser: OnnxDenoiser
) -> None:
    """Whatever the last pass left behind the context: the same start, another, more or less."""
    one = canvas(ids(1, 40), ids(2, 30), (16,))
    handle = denoiser.prefill(one)
    for changed, wanted in (
        (16, (0,)),
        (16, (2, 3)),
        (5, (4, 7)),
        (9, (15,)),
        (0, (0, 9)),
        (16, (9,)),
    ):
        if changed < 16:
            one.holes[0].ids[changed] += 1
        alone = OnnxDenoiser(read_model(folder), num_threads=1)
        expected = judged(alone, alone.prefill(one), one, *wanted)
        assert np.array_equal(judged(denoiser, handle, one, *wanted), expected)


def test_a_causal_pass_computes_only_what_is_new(denoiser: OnnxDenoiser) -> None:
    one = canvas(ids(1, 40), ids(2, 30), (16,))
    handle = denoiser.prefill(one)
    before = judged(denoiser, handle, one, 11, 13)[1]
    judged(denoiser, handle, one, 11)
    for name, array in handle.buffers.arrays.items():
        array[handle.num_tokens :] = 0 if name.endswith("value") else array.max()
    assert not np.array_equal(judged(denoiser, handle, one, 13)[0], before)


def test_causal_passes_leave_contexts_alone(denoiser: OnnxDenoiser) -> None:
    """Two handles in one buffer, judged in turns: neither writes into the other's rows."""
    before, behind = ids(1, 40), ids(2, 30)
    first, longer = canvas(before, behind), canvas(np.concatenate([before, ids(3, 9)]), behind)
    root = denoiser.prefill(first)
    expected = judged(denoiser, root, first, 3, 5)
    handle = denoiser.prefill(longer, reuse=root)
    assert handle.buffers is root.buffers
    of_longer = judged(denoiser, denoiser.prefill(longer), longer, 3, 5)
    for _ in range(2):
        assert np.array_equal(judged(denoiser, root, first, 3, 5), expected)
        assert np.array_equal(judged(denoiser, handle, longer, 3, 5), of_longer)


def test_a_row_is_the_same_whoever_else_is_wanted_or_there(denoiser: OnnxDenoiser) -> None:
    """One row alone takes other paths through some runtimes' products."""
    one = canvas(ids(1, 40), ids(2, 30), (16,))
    handle = denoiser.prefill(one)
    (everything,) = logits(denoiser, handle, one)
    for row in range(16):
        (alone,) = denoiser.predict(handle, [one], [np.array([row])])
        assert np.array_equal(alone[0], everything[row])
    for length in (1, 2, 5):
        feed = causal_feed(handle.ids[:length], 0, np.arange(length))
        found = denoiser.run(Buffers(handle.buffers.shape, length), feed)
        longer = causal_feed(handle.ids[:70], 0, np.arange(length))
        expected = denoiser.run(Buffers(handle.buffers.shape, 70), longer)
        assert np.array_equal(found, expected)


def test_masked_passes_leave_contexts_alone(denoiser: OnnxDenoiser) -> None:
    """Two handles in one buffer, their canvases in turns: neither writes into the other's rows."""
    before, behind = ids(1, 40), ids(2, 30)
    first, longer = canvas(before, behind), canvas(np.concatenate([before, ids(3, 9)]), behind)
    root = denoiser.prefill(first)
    (expected,) = logits(denoiser, root, first)
    handle = denoiser.prefill(longer, reuse=root)
    assert handle.buffers is root.buffers
    (of_longer,) = logits(denoiser, denoiser.prefill(longer), longer)
    for _ in range(2):
        assert np.array_equal(logits(denoiser, root, first)[0], expected)
        assert np.array_equal(logits(denoiser, handle, longer)[0], of_longer)


def test_a_causal_pass_after_a_masked_one_starts_anew(denoiser: OnnxDenoiser) -> None:
    one = canvas(ids(1, 40), ids(2, 30))
    handle = denoiser.prefill(one)
    expected = judged(denoiser, handle, one, 3, 7)
    logits(denoiser, handle, one)
    assert np.array_equal(judged(denoiser, handle, one, 3, 7), expected)


def test_a_cancelled_call_does_nothing(denoiser: OnnxDenoiser) -> None:
    cancel = threading.Event()
    one = canvas(ids(1, 40), ids(2, 30))
    handle = denoiser.prefill(one, cancel=cancel)
    cancel.set()
    with pytest.raises(Cancelled):
        denoiser.prefill(one, cancel=cancel)
    with pytest.raises(Cancelled):
        denoiser.predict(handle, [one], [np.arange(8)], cancel=cancel)


def test_what_a_cancelled_prefill_had_done_is_kept(denoiser: OnnxDenoiser) -> None:
    class AfterThreeLooks(threading.Event):
        """Set from the third time on that anybody asks."""

        num_looks = 0

        def is_set(self) -> bool:
            self.num_looks += 1
            return self.num_looks > 3

        def wait(self, timeout: float | None = None) -> bool:
            time.sleep(timeout or 0)
            return False

    one = canvas(ids(11, 4 * CHUNK_TOKENS), ids(12, 30))
    with pytest.raises(Cancelled):
        denoiser.prefill(one, cancel=AfterThreeLooks())
    again = denoiser.prefill(one)
    assert again.num_reused == 3 * CHUNK_TOKENS
    expected = OnnxDenoiser.prefill(denoiser, one)
    assert expected.num_reused == 0
    answers = [logits(denoiser, handle, one)[0] for handle in (again, expected)]
    assert np.array_equal(*answers)


def test_a_running_call_is_ended(denoiser: OnnxDenoiser) -> None:
    """The flag is set by another thread; whichever pass is running then, it is the last."""
    cancel = threading.Event()
    timer = threading.Timer(0.05, cancel.set)
    timer.start()
    with pytest.raises(Cancelled):
        while True:
            denoiser.prefill(canvas(ids(21, 1500), ids(22, 30)), cancel=cancel)
    timer.join()


def test_more_tokens_than_positions(denoiser: OnnxDenoiser) -> None:
    with pytest.raises(BadInput, match="8192"):
        denoiser.prefill(canvas(ids(1, 8200), ids(2, 30)))


def test_a_handle_of_another_denoiser(denoiser: OnnxDenoiser) -> None:
    class Other:
        num_tokens, num_reused = 3, 0

    with pytest.raises(TypeError, match="Other"):
        denoiser.predict(Other(), [canvas(ids(1, 4), ids(2, 3))], [np.arange(8)])  # type: ignore[arg-type]


def test_a_graph_that_cannot_be_read_is_named(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(DamagedWeights, match=r"model\.onnx"):
        OnnxDenoiser(read_model(tmp_path)).prefill(canvas(ids(1, 4), ids(2, 3)))


def test_a_woken_denoiser_has_found_what_is_wrong(folder: Path, tmp_path: Path) -> None:
    OnnxDenoiser(read_model(folder)).wake()
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "expansion.json").write_bytes(b"{}")
    with pytest.raises(DamagedWeights, match=r"expansion\.json"):
        OnnxDenoiser(read_model(tmp_path)).wake()


def test_the_session_starts_late_and_says_what_it_runs_on(folder: Path) -> None:
    fresh = OnnxDenoiser(read_model(folder))
    assert 1 <= fresh.session.num_threads <= 4
    assert fresh.providers == ["CPUExecutionProvider"]
    assert num_physical_cores() >= 1


def test_common_prefix() -> None:
    assert common_prefix(np.array([1, 2, 3]), np.array([1, 2, 4, 5])) == 2
    assert common_prefix(np.array([1, 2]), np.array([1, 2, 4])) == 2
    assert common_prefix(np.array([], np.int64), np.array([1])) == 0
