"""The two-stream model and its loss against stock layers (needs torch)."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")

from torch.nn import functional as F

from engine.training.loss import tied_cross_entropy
from engine.training.model import AdapterConfig, TwoStream
from engine.training.shape import LlamaShape

TINY = LlamaShape(
    num_layers=2, width=32, num_heads=4, num_kv_heads=2, head_width=8, ffn_width=48, vocab_size=97
)


def stock_llama():  # type: ignore[no-untyped-def]
    transformers = pytest.importorskip("transformers", reason="pip install 'midfill[train]'")
    torch.manual_seed(1)
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
    return transformers.LlamaForCausalLM(config).eval()


def two_stream(base) -> TwoStream:  # type: ignore[no-untyped-def]
    return TwoStream(base, TINY, AdapterConfig(rank=4), num_special_rows=5, dtype=torch.float32)


def bias(visible):  # type: ignore[no-untyped-def]
    return torch.zeros(visible.shape).masked_fill(~visible, float("-inf"))


def test_both_streams_equal_stock_llama_while_the_adapters_are_zero() -> None:
    stock = stock_llama()
    base = {name: value for name, value in stock.state_dict().items() if name != "lm_head.weight"}
    model = two_stream(base)
    ids = torch.randint(0, TINY.vocab_size, (2, 12))
    positions = torch.arange(12).expand(2, 12)
    visible = torch.ones(12, 12).tril().bool()
    visible[8:, 8:] = True  # the last four are a bidirectional canvas
    expected = stock(
        ids, attention_mask=bias(visible)[None, None].expand(2, 1, 12, 12), position_ids=positions
    ).logits[:, 8:]
    past = model.context(ids[:, :8], positions[:, :8], None)
    seen = bias(torch.ones(4, 12).bool())[None, None].expand(2, 1, 4, 12)
    logits = model.head(model.canvas(ids[:, 8:], positions[:, 8:], seen, past))
    difference = (logits - expected).abs().max().item()
    print(f"max difference {difference:.2e}")
    assert difference < 1e-4


def test_adapters_change_the_canvas_and_never_the_context() -> None:
    base = {name: value for name, value in stock_llama().state_dict().items()}
    model = two_stream(base)
    ids, positions = torch.randint(5, 97, (1, 6)), torch.arange(6)[None]
    before = model.context(ids, positions, None)
    seen = torch.zeros(1, 1, 6, 12)
    canvas = model.canvas(ids, positions + 6, seen, before)
    for name, parameter in model.lora.items():
        if name.endswith("_b"):
            torch.nn.init.normal_(parameter)
    after = model.context(ids, positions, None)
    assert all(torch.equal(x[0], y[0]) for x, y in zip(before, after, strict=True))
    assert not torch.allclose(canvas, model.canvas(ids, positions + 6, seen, after))


def test_the_chunked_loss_equals_plain_cross_entropy_with_its_gradients() -> None:
    torch.manual_seed(0)
    hidden = torch.randn(700, 16, requires_grad=True)
    special = torch.randn(3, 16, requires_grad=True)
    table, targets, weights = torch.randn(50, 16), torch.randint(0, 50, (700,)), torch.rand(700)
    total, predicted, _ = tied_cross_entropy(hidden, special, table, targets, weights)
    (2 * total).backward()
    got = hidden.grad.clone(), special.grad.clone()
    hidden.grad, special.grad = None, None
    head = torch.cat([special, table[3:]])
    # The rows of special tokens take part as outputs; as inputs they are embedded elsewhere.
    logits = hidden @ head.T
    expected = (weights * F.cross_entropy(logits, targets, reduction="none")).sum()
    (2 * expected).backward()
    assert torch.allclose(total, expected, rtol=1e-5)
    assert torch.equal(predicted, logits.argmax(-1))
    assert torch.allclose(got[0], hidden.grad, atol=1e-5)
    assert torch.allclose(got[1], special.grad, atol=1e-4)
