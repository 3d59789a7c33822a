from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.training.examples import (
    ExampleGroup,
    ExampleHole,
    ExampleRow,
    Examples,
    write_examples,
)

ids = st.lists(st.integers(0, 49151), max_size=9).map(lambda values: np.array(values, np.int64))
holes = st.builds(ExampleHole, ids, st.booleans(), st.integers(3, 16))
groups = st.builds(
    ExampleGroup,
    ids,
    st.integers(0, 500),
    st.lists(holes, min_size=1, max_size=3).map(tuple),
    st.integers(0, 8),
)
rows = st.builds(ExampleRow, ids, st.lists(groups, min_size=1, max_size=3).map(tuple))


def plain(row: ExampleRow) -> object:
    """The row as nested lists, which compare by value."""
    return row.main.tolist(), [
        (
            group.rest.tolist(),
            group.num_visible,
            group.kind,
            [(hole.ids.tolist(), hole.is_complete, hole.starter) for hole in group.holes],
        )
        for group in row.groups
    ]


@settings(max_examples=30, deadline=None)
@given(st.lists(rows, min_size=1, max_size=5))
def test_rows_come_back_as_they_were_written(written: list[ExampleRow]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "examples.npz"
        assert write_examples(path, written) == len(written)
        examples = Examples(path)
        assert [plain(examples[index]) for index in range(len(examples))] == [*map(plain, written)]
        assert examples.lengths.tolist() == [len(row.main) for row in written]
