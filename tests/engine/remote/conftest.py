from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("httpx2", reason="pip install 'midfill[remote]'")

from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.effort import Decoding
from engine.infill import Infiller


@pytest.fixture
def infiller() -> Iterator[Callable[..., Infiller]]:
    """Makes engines with a scripted model, and closes their connections."""
    made: list[Infiller] = []

    def make(*texts: str, p: float = 0.85, decoding: Decoding = Decoding.MASKED) -> Infiller:
        script = Script(texts or ("local(1)",), p=p)
        one = Infiller(ScriptedDenoiser(ByteTokenizer(), [script]), decoding=decoding)
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()
