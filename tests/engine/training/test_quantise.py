from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.training.quantise import (
    dequantise_eight_bit,
    dequantise_four_bit,
    eight_bit,
    four_bit,
)

WEIGHTS = arrays(np.float32, (3, 64), elements=st.floats(-4, 4, width=32))


@given(weights=WEIGHTS)
def test_four_bits_are_off_by_half_a_level_at_most(weights: np.ndarray) -> None:
    quantised = four_bit(weights)
    half = np.repeat(quantised.scales, 32, axis=1) / 2
    assert (np.abs(dequantise_four_bit(quantised) - weights) <= half * 1.01 + 1e-6).all()


@given(weights=WEIGHTS)
def test_eight_bits_are_off_by_half_a_level_at_most(weights: np.ndarray) -> None:
    quantised = eight_bit(weights)
    half = np.repeat(quantised.scales, 32, axis=1) / 2
    assert (np.abs(dequantise_eight_bit(quantised, 64) - weights) <= half * 1.01 + 1e-6).all()


@given(codes=arrays(np.uint8, (2, 2, 32), elements=st.integers(0, 15)), seed=st.integers(0, 99))
def test_q4_1_blocks_come_back_exactly(codes: np.ndarray, seed: int) -> None:
    """GGUF's Q4_1: half-precision scale and minimum, both extremes taken."""
    random = np.random.default_rng(seed)
    codes[..., 0], codes[..., 1] = 0, 15
    scales = random.uniform(0.001, 0.2, (2, 2, 1)).astype(np.float16).astype(np.float32)
    lows = random.uniform(-2, 0, (2, 2, 1)).astype(np.float16).astype(np.float32)
    weights = (codes * scales + lows).reshape(2, 64)
    found = dequantise_four_bit(four_bit(weights))
    np.testing.assert_allclose(found, weights, rtol=0, atol=2e-6)


def test_constant_and_zero_blocks() -> None:
    weights = np.zeros((1, 64), np.float32)
    weights[0, 32:] = 0.25
    assert np.array_equal(dequantise_four_bit(four_bit(weights)), weights)
    assert np.array_equal(dequantise_eight_bit(eight_bit(weights), 64), weights)


def test_a_width_that_is_no_multiple_of_a_block() -> None:
    weights = np.arange(10, dtype=np.float32)[None]
    with pytest.raises(ValueError, match="10 input features"):
        four_bit(weights)
    quantised = eight_bit(weights)
    assert quantised.packed.shape == (1, 1, 32)
    assert np.abs(dequantise_eight_bit(quantised, 10) - weights).max() < 0.05
