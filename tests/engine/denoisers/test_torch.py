"""Every family against the stock layers it is made of, and filling holes to the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

import engine
from engine.canvas import Canvas, HoleCanvas
from engine.denoisers.families.catalogue import FAMILIES
from engine.denoisers.families.checkpoint import read_checkpoint
from engine.denoisers.gemma_layers import GemmaLayers
from engine.denoisers.noise import noised
from engine.denoisers.passes import Pass
from engine.denoisers.stock_model import read_stock_model
from engine.denoisers.torch import TorchDenoiser
from engine.proposal import Proposal, Reason
from engine.spans import ByteOffset
from tiny_checkpoints import TINY, Tiny, stock_model, write_checkpoint

pytestmark = pytest.mark.torch
TOLERANCE = 2e-4
PROMPTED = ["sdar", "stable-diffcoder", "llada2", "diffusion-gemma"]
IN_PLACE = [name for name in TINY if not name.startswith(("converted", *PROMPTED))]
CONVERTED = [name for name in TINY if name.startswith("converted")]


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("checkpoints")
    return {name: write_checkpoint(root / name, tiny) for name, tiny in TINY.items()}


@pytest.fixture(scope="module")
def denoisers(checkpoints: dict[str, Path]) -> dict[str, TorchDenoiser]:
    return {name: TorchDenoiser.of(read_checkpoint(path)) for name, path in checkpoints.items()}


def canvas_of(denoiser: TorchDenoiser, num_tokens: int = 6) -> Canvas:
    """``a = `` hole `` + b`` on a line, then a second hole between two further pieces."""
    encode, mask_id = denoiser.tokenizer.encode, denoiser.tokenizer.mask_id
    pieces = (encode("a ="), np.concatenate([encode(" + b"), encode("c = ")]), encode("\nd\n"))
    holes = [HoleCanvas.masked(num_tokens, mask_id), HoleCanvas.masked(3, mask_id)]
    holes[0].commit(1, int(encode("x")[0]), 0.9)
    return Canvas(np.empty(0, np.int64), pieces, holes, 0, len(encode(" + b")))


def stock_logits(tiny: Tiny, ids: Any, visible: Any) -> Any:
    mask = torch.from_numpy(np.asarray(visible)[None, None])
    with torch.inference_mode():
        return stock_model(tiny)(torch.from_numpy(ids)[None], attention_mask=mask).logits[0].numpy()


def test_every_family_has_a_checkpoint_that_is_recognised(checkpoints: dict[str, Path]) -> None:
    assert {family.name for family in FAMILIES} == set(TINY)
    for name, path in checkpoints.items():
        assert read_checkpoint(path).family.name == name


@pytest.mark.parametrize("name", IN_PLACE)
def test_an_in_place_family_is_stock_layers_that_see_everything(
    name: str, denoisers: dict[str, TorchDenoiser]
) -> None:
    denoiser, tiny = denoisers[name], TINY[name]
    canvas = canvas_of(denoiser)
    handle = denoiser.prefill(canvas)
    # What the model is shown of each hole, where the length is its own choice.
    first = [canvas.masked()[:1]]
    denoiser.predict(handle, [canvas], first)
    sizes = [handle.lengths.get((number, 0), (0, len(hole)))[1] for number, hole in
             enumerate(canvas.holes)]  # fmt: skip
    sizes[0] = max(sizes[0], 2)
    encode = denoiser.tokenizer.encode
    opening = [denoiser.tokenizer.eom_id - 2] if "<|beginoftext|>" in tiny.tokens else []
    shown = [hole.ids[:size] for hole, size in zip(canvas.holes, sizes, strict=True)]
    pieces = [np.array(opening, np.int64), encode("a ="), shown[0], encode(" + b\nc = "), shown[1]]
    ids = np.concatenate([*pieces, encode("\nd\n")])
    starts = [len(np.concatenate(pieces[:2])), len(np.concatenate(pieces[:4]))]
    expected = stock_logits(tiny, ids, np.ones((len(ids), len(ids)), bool))
    [logits] = denoiser.predict(handle, [canvas], [np.arange(canvas.starts[-1])])
    for number, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        rows = start + np.arange(size) - int(tiny.is_shifted)
        own = logits[canvas.starts[number] : canvas.starts[number + 1]]
        np.testing.assert_allclose(own[:size], expected[rows], atol=TOLERANCE)
        assert (own[size:].argmax(axis=1) == denoiser.tokenizer.eom_id).all()


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("name", CONVERTED)
def test_a_converted_family_is_stock_layers_under_the_mask_of_the_layout(
    name: str, is_causal: bool, denoisers: dict[str, TorchDenoiser]
) -> None:
    denoiser, tiny = denoisers[name], TINY[name]
    canvas = canvas_of(denoiser)
    layout = denoiser.layout.layout
    context, stream = layout.context(canvas).ids, layout.canvases(canvas)
    num_context, num_tokens = len(context), len(context) + len(stream.ids)
    visible = np.tril(np.ones((num_tokens, num_tokens), bool))
    visible[num_context:, num_context:] |= not is_causal
    expected = stock_logits(tiny, np.concatenate([context, stream.ids]), visible)
    wanted = np.arange(canvas.starts[-1])
    [logits] = denoiser.predict(denoiser.prefill(canvas), [canvas], [wanted], causal=is_causal)
    np.testing.assert_allclose(logits, expected[num_context + stream.rows], atol=TOLERANCE)


@pytest.mark.parametrize("name", CONVERTED)
def test_a_kept_context_gives_what_a_fresh_one_gives(
    name: str, denoisers: dict[str, TorchDenoiser]
) -> None:
    denoiser = denoisers[name]
    canvas = canvas_of(denoiser)
    other = canvas_of(denoiser)
    other.context = (denoiser.tokenizer.encode("a = 1; b"), *canvas.context[1:])
    kept = denoiser.prefill(other, denoiser.prefill(canvas))
    assert kept.num_reused > 0
    wanted = [np.arange(canvas.starts[-1])]
    fresh = denoiser.predict(denoiser.prefill(other), [other], wanted)[0]
    np.testing.assert_allclose(denoiser.predict(kept, [other], wanted)[0], fresh, atol=TOLERANCE)
    block = denoiser.tokenizer.encode("xy")
    extended = denoiser.extend(kept, block)
    assert extended.num_tokens == kept.num_tokens + len(block)


BEFORE, BEHIND = "a = f(", ")\nb\n"
PROMPTS = {
    "sdar": ["<|fim_prefix|>", BEFORE, "<|fim_suffix|>", BEHIND, "<|fim_middle|>"],
    "stable-diffcoder": [
        *("<[begin\u2581of\u2581sentence]>", "<[fim-suffix]>", BEHIND),
        *("<[fim-prefix]>", BEFORE, "<[fim-middle]>"),
    ],
    "llada2": [
        *("<role>", "SYSTEM", "</role>", "detailed thinking off", "<|role_end|>"),
        *("<role>", "HUMAN", "</role>"),
        "Write a source file that ends with the lines below, and stop in front of them.\n",
        *(BEHIND, "<|role_end|>", "<role>", "ASSISTANT", "</role>", BEFORE),
    ],
}


@pytest.mark.parametrize(("name", "size"), [("sdar", 4), ("stable-diffcoder", 4), ("llada2", 32)])
def test_a_family_of_blocks_is_stock_layers_that_see_their_block_and_those_before(
    name: str, size: int, denoisers: dict[str, TorchDenoiser], checkpoints: dict[str, Path]
) -> None:
    denoiser, tiny = denoisers[name], TINY[name]
    encode, mask_id = denoiser.tokenizer.encode, denoiser.tokenizer.mask_id
    special = read_checkpoint(checkpoints[name]).vocabulary.ids
    hole = HoleCanvas.masked(2 * size, mask_id)
    canvas = Canvas(np.empty(0, np.int64), (encode(BEFORE), encode(")b\n")), [hole], 0, 1)
    pieces = [[special[part]] if part in special else encode(part) for part in PROMPTS[name]]
    ids = np.concatenate([*pieces, hole.ids])
    num_context = len(ids) - len(hole)
    assert num_context % size != 0, "a block that begins in the prompt is the interesting case"
    block = np.arange(len(ids)) // size
    expected = stock_logits(tiny, ids, block[None, :] <= block[:, None])[num_context:]
    ends = [special[end] for end in denoiser.family.end_tokens]
    expected[:, ends[0]] = np.logaddexp.reduce(expected[:, ends], axis=1)
    handle = denoiser.prefill(canvas)
    [logits] = denoiser.predict(handle, [canvas], [np.arange(len(hole))])
    is_open = block[num_context:] == block[num_context]
    np.testing.assert_allclose(logits[is_open], expected[is_open], atol=TOLERANCE)
    # Later blocks keep their guess and lose their certainty.
    np.testing.assert_array_equal(logits.argmax(axis=1), expected.argmax(axis=1))
    assert np.ptp(logits[~is_open]) < np.ptp(expected[~is_open])
    extended = denoiser.extend(handle, encode("xyz"))
    assert extended.num_reused >= num_context // size * size


def test_a_canvas_of_noise_is_filled_by_the_stock_layers_own_two_halves(
    denoisers: dict[str, TorchDenoiser], checkpoints: dict[str, Path]
) -> None:
    denoiser, tiny = denoisers["diffusion-gemma"], TINY["diffusion-gemma"]
    tokenizer = denoiser.tokenizer
    special = read_checkpoint(checkpoints["diffusion-gemma"]).vocabulary.ids
    hole = HoleCanvas.masked(8, tokenizer.mask_id)
    hole.commit(2, int(tokenizer.encode("x")[0]), 0.9)
    pieces = (tokenizer.encode(BEFORE), tokenizer.encode(")b\n"))
    canvas = Canvas(np.empty(0, np.int64), pieces, [hole], 0, 1)
    question = "Write a source file that ends with the lines below, and stop in front of them.\n"
    prompt = [
        *("<bos>", "<|turn>", f"user\n{question}", BEHIND, "<turn|>", "\n", "<|turn>", "model\n"),
        *("<|channel>", "thought\n", "<channel|>", BEFORE),
    ]
    context = np.concatenate(
        [[special[part]] if part in special else tokenizer.encode(part) for part in prompt]
    )
    assert len(context) > tiny.sizes["text_config"]["sliding_window"]
    handle = denoiser.prefill(canvas)
    np.testing.assert_array_equal(handle.tokens.ids, context)
    whole = np.concatenate([context, hole.ids])
    shown = noised(whole, tokenizer.mask_id, tokenizer.vocab_size)[len(context) :]
    assert shown[2] == hole.ids[2] and (shown != tokenizer.mask_id).all()
    seen, filled = (torch.from_numpy(ids)[None] for ids in (context, shown))
    with torch.inference_mode():
        output = stock_model(tiny)(input_ids=seen, decoder_input_ids=filled)
    expected = output.logits[0].numpy()
    ends = [special[end] for end in denoiser.family.end_tokens]
    expected[:, ends[0]] = np.logaddexp.reduce(expected[:, ends], axis=1)
    wanted = [np.arange(len(hole))]
    [logits] = denoiser.predict(handle, [canvas], wanted)
    np.testing.assert_allclose(logits, expected, atol=TOLERANCE)
    # Typed on: what the causal half kept is taken over, and gives what a fresh one gives.
    other = Canvas(canvas.snippets, (tokenizer.encode(BEFORE + "y, "), pieces[1]), [hole], 0, 1)
    typed = denoiser.prefill(other, handle)
    assert typed.num_reused == len(context)
    fresh = denoiser.predict(denoiser.prefill(other), [other], wanted)[0]
    np.testing.assert_allclose(denoiser.predict(typed, [other], wanted)[0], fresh, atol=TOLERANCE)
    # A context of another text is encoded first.
    np.testing.assert_allclose(denoiser.predict(handle, [other], wanted)[0], fresh, atol=TOLERANCE)


def test_the_causal_answer_of_an_in_place_family_ignores_what_stands_behind(
    denoisers: dict[str, TorchDenoiser],
) -> None:
    denoiser = denoisers["dreamon"]
    canvas, other = canvas_of(denoiser), canvas_of(denoiser)
    other.holes[0].commit(4, int(denoiser.tokenizer.encode("z")[0]), 0.9)
    handle = denoiser.prefill(canvas)
    wanted = [np.arange(5)]
    [before] = denoiser.predict(handle, [canvas], wanted, causal=True)
    [after] = denoiser.predict(handle, [other], wanted, causal=True)
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("name", TINY)
def test_a_hole_is_filled_to_the_end(name: str, checkpoints: dict[str, Path]) -> None:
    infiller = engine.load(str(checkpoints[name]), engine.InfillConfig(min_confidence=0.0))
    text = "def f(x):\n    y = \n    return y\n"
    request = engine.Request(text, ByteOffset(text.index("\n    return")), path="a.py")
    outcome = infiller.infill(request)
    assert outcome.forwards > 0
    assert outcome.model == name
    if isinstance(outcome, Proposal):
        assert outcome.edits
    else:
        # Random weights write nonsense: only what they wrote may be the reason.
        assert outcome.reason not in (Reason.BACKEND_FAILED, Reason.DEADLINE, Reason.CANCELLED)
    again = infiller.infill(request)
    assert getattr(again, "edits", ()) == getattr(outcome, "edits", ())


@pytest.mark.parametrize("name", ["dream", "diffusion-gemma"])
def test_healed_ids_and_bytes_spell_the_text(
    name: str, denoisers: dict[str, TorchDenoiser]
) -> None:
    tokenizer = denoisers[name].tokenizer
    for text in ("", "in", "x = fo", "def f(ba", "a\n    ", "a\n", "é = 'ü<|mask|>"):
        ids, forced = tokenizer.heal(text)
        assert tokenizer.decode_bytes(ids) + forced == text.encode()
        assert not set(ids.tolist()) & tokenizer.special_ids


def test_a_mixture_gives_each_text_a_pass_of_its_own_on_a_cpu(
    denoisers: dict[str, TorchDenoiser],
) -> None:
    assert denoisers["llada2"].num_streams == 1
    assert denoisers["llada"].num_streams > 1


def test_passes_of_both_halves_may_come_together(checkpoints: dict[str, Path]) -> None:
    model = read_stock_model(read_checkpoint(checkpoints["diffusion-gemma"]), torch.float32)
    layers = GemmaLayers(model, torch.device("cpu"))
    layers.max_rows = 4  # as on a GPU
    none = np.empty(0, np.int64)
    [before] = layers.run([Pass(np.arange(40, 50), np.tri(10, dtype=bool), none, keeps=True)])
    sees_before = np.ones((8, 10), bool)
    causal = np.concatenate([sees_before, np.tri(8, dtype=bool)], axis=1)
    wanted, ids = np.arange(8), np.arange(60, 68)
    passes = [
        Pass(ids, np.ones((8, 18), bool), wanted, before.cache),
        Pass(ids, causal, wanted, before.cache, keeps=True),
        Pass(ids + 9, np.ones((8, 18), bool), wanted, before.cache),
    ]
    together = layers.run(passes)
    for one, answer in zip(passes, together, strict=True):
        [alone] = layers.run([one])
        np.testing.assert_allclose(answer.logits, alone.logits, atol=TOLERANCE)
        assert (answer.cache is not None) == one.keeps
