"""``midfill stats``: the table, the JSON and the picture."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.proposal import Reason
from lsp_server.feedback import Fate, Feedback, Lifetime, Offer
from lsp_server.feedback_store import FILE_NAME, FeedbackStore, connect
from lsp_server.stats import stats
from lsp_server.usage import read_usage


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIDFILL_STATE_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def filled(folder: Path) -> Path:
    """Two sessions: one editor tells what it shows, the other one does not."""
    store = FeedbackStore(folder / FILE_NAME)
    feedback = Feedback(store)
    for number in range(10):
        id_ = f"telling.{number}"
        feedback.offer(_offer(id_, "telling", "python", latency_ms=10.0 * number))
        if number < 8:
            feedback.show(id_)
    feedback.end("telling.0", Fate.ACCEPTED, 5)
    feedback.survive("telling.0", Lifetime.HALF_MINUTE, 1.0)
    feedback.survive("telling.0", Lifetime.FIVE_MINUTES, 0.5)
    feedback.end("telling.1", Fate.PARTIAL, 2)
    feedback.end("telling.9", Fate.ACCEPTED, 5)
    feedback.survive("telling.9", Lifetime.HALF_MINUTE, 0.0)
    feedback.offer(_offer("silent.0", "silent", "go", latency_ms=0.0))
    feedback.end("silent.0", Fate.REJECTED, 0)
    for _ in range(3):
        feedback.silence("python", Reason.LOW_CONFIDENCE)
    feedback.silence("rust", Reason.EMPTY)
    store.close()
    return folder


def _offer(id_: str, session: str, language: str, latency_ms: float) -> Offer:
    return Offer(id_, session, language, "m", "model", False, 0.5, 5, 1, latency_ms)


def test_shares_are_of_what_was_shown(filled: Path) -> None:
    usages = read_usage(filled / FILE_NAME)
    assert list(usages) == ["all", "go", "python", "rust"]
    python = usages["python"]
    assert (python.num_shown, python.accepted, python.partial) == (9, 2 / 9, 1 / 9)
    assert (python.kept_30s, python.kept_5min) == (0.5, 0.5)
    assert (python.latency_p50_ms, python.latency_p95_ms) == (40.0, 90.0)
    assert python.silences == {"LOW_CONFIDENCE": 3}
    assert (usages["go"].rejected, usages["go"].latency_p50_ms) == (1.0, None)
    assert usages["rust"].accepted is None
    assert usages["all"].num_shown == 10
    assert usages["all"].silences == {"LOW_CONFIDENCE": 3, "EMPTY": 1}


def test_the_table_has_a_line_for_each_language(filled: Path) -> None:
    out = StringIO()
    assert stats(None, False, None, out) == 0
    lines = out.getvalue().splitlines()
    assert lines[0].split()[:3] == ["language", "shown", "accepted"]
    python = next(line for line in lines if line.startswith("python"))
    assert python.split() == "python 9 22 % 11 % 0 % 50 % 50 % 40 90".split()
    silent = [line.split(maxsplit=2) for line in lines if line.startswith(("python", "rust"))][2:]
    assert silent == [["python", "3", "LOW_CONFIDENCE 100 %"], ["rust", "1", "EMPTY 100 %"]]
    assert str(filled / FILE_NAME) in lines[-1]


def test_the_days_limit_what_is_counted(filled: Path) -> None:
    connection = connect(filled / FILE_NAME)
    connection.execute("UPDATE proposals SET time_s = time_s - 86400 * 3 WHERE language = 'go'")
    connection.execute("UPDATE silences SET day = date('now', '-3 days') WHERE language = 'rust'")
    connection.close()
    assert list(read_usage(filled / FILE_NAME, num_days=1)) == ["all", "python"]


@pytest.mark.usefixtures("filled")
def test_json_holds_the_same() -> None:
    out = StringIO()
    assert stats(None, True, None, out) == 0
    assert json.loads(out.getvalue())["python"]["num_shown"] == 9


def test_without_a_file_it_says_how_one_comes_about(folder: Path) -> None:
    out = StringIO()
    assert stats(None, False, None, out) == 0
    assert "fills while an editor uses midfill lsp" in out.getvalue()
    assert list(folder.iterdir()) == []


def test_a_file_of_something_else_is_bad_input(folder: Path) -> None:
    (folder / FILE_NAME).write_bytes(b"no database" * 100)
    with pytest.raises(BadInput, match="move it away"):
        stats(None, False, None, StringIO())


def test_a_picture_is_drawn(filled: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = filled / "stats.png"
    assert stats(None, False, picture, StringIO()) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(BadInput, match="cannot be written"):
        stats(None, False, filled / "missing" / "stats.png", StringIO())


def test_nothing_cannot_be_drawn(folder: Path) -> None:
    with pytest.raises(BadInput, match="no picture"):
        stats(None, False, folder / "stats.png", StringIO())
