"""The dense mask, and attention under it, against a loop over tokens (needs torch)."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")

from engine.training.visibility import Visibility, attend

LENGTH = 24


def fields(seed: int) -> dict[str, torch.Tensor]:
    """Three segments; the last two see parts of those before them."""
    random = torch.Generator().manual_seed(seed)
    stop = int(torch.randint(1, 10, (), generator=random))
    columns = {
        "segment": [0] * 10 + [1] * 4 + [2] * 10,
        "main": [-1] * 10 + [0] * 14,
        "stop": [0] * 10 + [stop] * 14,
        "rest": [-1] * 14 + [1] * 10,
        "free": [0] * 14 + [seed % 2] * 10,
    }
    return {name: torch.tensor([values], dtype=torch.int32) for name, values in columns.items()}


def visible(of: dict[str, torch.Tensor], sequence: int, query: int, key: int) -> bool:
    def one(name: str, at: int) -> int:
        return int(of[name][sequence, at])

    if one("segment", key) == one("segment", query):
        return key <= query or one("free", query) == 1
    if one("segment", key) == one("main", query):
        return key < one("stop", query)
    return one("segment", key) == one("rest", query)


def batch() -> tuple[Visibility, dict[str, torch.Tensor]]:
    each = [fields(seed) for seed in (1, 2)]
    joined = {name: torch.cat([one[name] for one in each]) for name in each[0]}
    return Visibility(2, LENGTH, torch.device("cpu"), is_dense=True), joined


def test_the_dense_mask_says_who_sees_whom() -> None:
    visibility, of = batch()
    mask = visibility.mask(of)
    assert mask.shape == (2, 1, LENGTH, LENGTH)
    for sequence in range(2):
        for query in range(LENGTH):
            found = mask[sequence, 0, query].tolist()
            assert found == [visible(of, sequence, query, key) for key in range(LENGTH)]


def test_attention_weighs_what_is_seen_alone() -> None:
    visibility, of = batch()
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 2, 3, LENGTH, 8)
    found = attend(query, key, value, visibility.mask(of))
    for sequence, at in ((0, 5), (0, 20), (1, 12), (1, 23)):
        seen = [other for other in range(LENGTH) if visible(of, sequence, at, other)]
        scores = key[sequence, :, seen] @ query[sequence, :, at, :, None] / 8**0.5
        expected = (scores.softmax(1) * value[sequence, :, seen]).sum(1)
        torch.testing.assert_close(found[sequence, :, at], expected)
