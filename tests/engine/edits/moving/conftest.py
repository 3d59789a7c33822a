"""Projects on disk in which files are about to move."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from engine.edits.moving.files import names_moved, plan_moves
from engine.edits.moving.moves import Move, Moves
from engine.edits.project_names import SourceText

Plan = Callable[..., dict[str, str]]


@pytest.fixture
def planned(tmp_path: Path) -> Plan:
    """Write a project, move in it, and give what changed by its old path.

    ``!``: how much was left; ``?`` and a path: what is asked, in text order.
    """

    def plan(files: Mapping[str, str], *pairs: tuple[str, str]) -> dict[str, str]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        moves = Moves([Move(f"{tmp_path}/{old}", f"{tmp_path}/{new}") for old, new in pairs],
                      [str(tmp_path)])  # fmt: skip
        sources = [SourceText(f"{tmp_path}/{name}", text) for name, text in files.items()]
        found = plan_moves(sources, moves)
        texts = dict[str, str]()
        for source in sources:
            data = source.text.encode()
            edits = [one for one in found.edits if one.path == source.path]
            asked = [one for one in found.asked if one.path == source.path]
            assert not (edits or asked) or names_moved(moves, source.path, source.text)
            for one in reversed(edits):
                data = data[: one.start] + one.new_text.encode() + data[one.end :]
            name = source.path[len(str(tmp_path)) + 1 :]
            texts |= {name: data.decode()} if edits else {}
            if asked:
                texts[f"?{name}"] = " ".join(
                    f"{one.span.of(source.text.encode()).decode()}>{one.new_text}" for one in asked
                )
        num_left = sum(num for _, num in found.left)
        return texts | ({"!": str(num_left)} if num_left else {})

    return plan
