"""The trained model against stock Llama, and its rounding against what ships (needs torch)."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")

from engine.training.model import Llama, four_bit_values
from engine.training.quantise import FourBit, dequantise_four_bit, four_bit
from tiny_training import TINY, tiny_tensors

LENGTH, NUM_CONTEXT = 14, 9


def stock_llama(tensors: dict[str, torch.Tensor]) -> torch.nn.Module:
    transformers = pytest.importorskip("transformers", reason="pip install 'midfill[train]'")
    config = transformers.LlamaConfig(
        vocab_size=TINY.vocab_size,
        hidden_size=TINY.width,
        intermediate_size=TINY.ffn_width,
        num_hidden_layers=TINY.num_layers,
        num_attention_heads=TINY.num_heads,
        num_key_value_heads=TINY.num_kv_heads,
        head_dim=TINY.head_width,
        rope_theta=TINY.rope_theta,
        rms_norm_eps=TINY.norm_epsilon,
        tie_word_embeddings=True,
    )
    model = transformers.LlamaModel(config).eval()
    model.load_state_dict({name.removeprefix("model."): one for name, one in tensors.items()})
    return model


def tiny_model() -> Llama:
    return Llama(tiny_tensors(), TINY, num_special_rows=17, dtype=torch.float32)


def causal() -> torch.Tensor:
    return torch.ones(LENGTH, LENGTH).tril().bool()


def noisy() -> torch.Tensor:
    visible = causal()
    visible[NUM_CONTEXT:, NUM_CONTEXT:] = True
    return visible


def clean() -> torch.Tensor:
    visible = causal()
    visible[NUM_CONTEXT:, 6:NUM_CONTEXT] = False  # the cursor stands further up
    return visible


@pytest.mark.parametrize("visible", [causal(), noisy(), clean()], ids=["context", "noisy", "clean"])
def test_hidden_states_are_those_of_stock_llama(visible: torch.Tensor) -> None:
    torch.manual_seed(0)
    ids = torch.randint(0, TINY.vocab_size, (2, LENGTH))
    positions = torch.arange(LENGTH).expand(2, LENGTH).clone()
    positions[:, NUM_CONTEXT:] -= 3
    bias = torch.zeros(LENGTH, LENGTH).masked_fill(~visible, float("-inf"))
    mask = visible[None, None].expand(2, 1, LENGTH, LENGTH)
    with torch.no_grad():
        expected = stock_llama(tiny_tensors())(
            input_ids=ids,
            attention_mask=bias.expand(2, 1, LENGTH, LENGTH),
            position_ids=positions,
        ).last_hidden_state
        found = tiny_model()(ids, positions, mask)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def weights_of(seed: int) -> torch.Tensor:
    return torch.randn(48, 96, generator=torch.Generator().manual_seed(seed)) / 20


def test_rounded_weights_are_what_ships() -> None:
    rounded = four_bit_values(weights_of(0))
    assert torch.equal(four_bit_values(rounded), rounded)
    quantised = four_bit(rounded.numpy())
    halves = [
        part.astype(np.float16).astype(np.float32) for part in (quantised.scales, quantised.offsets)
    ]
    shipped = dequantise_four_bit(FourBit(quantised.packed, *halves))
    step = quantised.scales.max()
    assert np.abs(shipped - rounded.numpy()).max() < 0.01 * step


def test_rounding_is_off_by_half_a_step_at_most() -> None:
    weights = weights_of(1)
    steps = torch.from_numpy(four_bit(weights.numpy()).scales).repeat_interleave(32, dim=1)
    assert ((four_bit_values(weights) - weights).abs() <= 0.52 * steps).all()


def test_gradients_go_straight_through_the_rounding() -> None:
    model = tiny_model()
    ids, positions = torch.randint(17, 97, (1, LENGTH)), torch.arange(LENGTH)[None]
    model.rounding.fill_(1.0)
    model(ids, positions, causal()).square().sum().backward()
    found = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    other = tiny_model()
    with torch.no_grad():
        for name, parameter in other.named_parameters():
            if name.startswith("blocks.") and parameter.ndim > 1:
                parameter.copy_(four_bit_values(parameter))
    other(ids, positions, causal()).square().sum().backward()
    for name, parameter in other.named_parameters():
        torch.testing.assert_close(found[name], parameter.grad, atol=1e-3, rtol=1e-3)


def test_tensors_are_those_of_the_base_rounded() -> None:
    base = tiny_tensors()
    tensors = tiny_model().tensors()
    assert set(tensors) == set(base) - {"model.embed_tokens.weight"}
    for name, tensor in tensors.items():
        is_matrix = base[name].ndim > 1
        assert torch.equal(tensor, four_bit_values(base[name]) if is_matrix else base[name])


def test_special_rows_are_embedded_as_trained() -> None:
    model = tiny_model()
    with torch.no_grad():
        model.special_rows[3] = 7.0
    embedded = model.embed(torch.tensor([[3, 40]]))
    assert (embedded[0, 0] == 7.0).all()
    assert torch.equal(embedded[0, 1], tiny_tensors()["model.embed_tokens.weight"][40])
