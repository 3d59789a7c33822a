"""The file of counts: made and written by several servers at once, readable meanwhile."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from engine.proposal import Reason
from lsp_server.feedback import Fate, Feedback, Lifetime, Offer
from lsp_server.feedback_store import FeedbackStore, connect
from source_tree import ROOT

NUM_EACH = 60
# Both wait for a line on stdin, so that they begin together.
WRITER = f"""
import sys
from pathlib import Path
from lsp_server.feedback_store import FeedbackStore
from lsp_server.feedback import Feedback, Fate, Offer
from engine.proposal import Reason
store = FeedbackStore(Path(sys.argv[1]))
feedback = Feedback(store)
print("ready", flush=True)
sys.stdin.readline()
for number in range({NUM_EACH}):
    id_ = f"{{sys.argv[2]}}.{{number}}"
    feedback.offer(Offer(id_, sys.argv[2], "python", "m", "model", False, 0.5, 3, 1, 2.0))
    feedback.end(id_, Fate.ACCEPTED, 3)
    feedback.silence("python", Reason.EMPTY)
store.close()
"""


def offer(id_: str, session: str = "s", language: str = "python") -> Offer:
    return Offer(id_, session, language, "m", "model", False, 0.5, 3, 1, 2.0)


def test_two_servers_create_and_write_it_at_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "feedback.sqlite3"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
    outputs = [writer.communicate("go\n", timeout=60) for writer in writers]
    assert [(writer.returncode, out[1]) for writer, out in zip(writers, outputs, strict=True)] == [
        (0, ""),
        (0, ""),
    ]
    connection = connect(path)
    (num_accepted,) = connection.execute(
        "SELECT COUNT(*) FROM proposals WHERE fate = 'accepted'"
    ).fetchone()
    (num_silent,) = connection.execute("SELECT SUM(number) FROM silences").fetchone()
    connection.close()
    assert (num_accepted, num_silent) == (2 * NUM_EACH, 2 * NUM_EACH)


def test_what_is_there_stays_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite3"
    for number in range(2):
        store = FeedbackStore(path)
        feedback = Feedback(store)
        feedback.offer(offer(f"s.{number}"))
        feedback.show(f"s.{number}")
        feedback.survive(f"s.{number}", Lifetime.HALF_MINUTE, 0.5)
        store.close()
    connection = connect(path)
    rows = connection.execute("SELECT id, is_shown, fate, kept_30s, kept_5min FROM proposals")
    assert rows.fetchall() == [(f"s.{n}", 1, Fate.IGNORED.value, 0.5, None) for n in range(2)]
    connection.close()


@pytest.mark.parametrize("content", ["no database", "newer"])
def test_a_file_that_cannot_be_used_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    path = tmp_path / "feedback.sqlite3"
    if content == "newer":
        connection = connect(path)
        connection.execute("PRAGMA user_version=99")
        connection.close()
    else:
        path.write_bytes(b"no database" * 100)
    before = path.read_bytes()
    store = FeedbackStore(path)
    Feedback(store).offer(offer("s.1"))
    store.close()
    num_waiting = store._waiting.qsize()
    Feedback(store).offer(offer("s.2"))
    assert store._waiting.qsize() == num_waiting  # nothing piles up
    assert path.read_bytes() == before
    assert f"no feedback is kept: {path}" in caplog.text


def test_without_a_store_and_switched_off_nothing_is_written(tmp_path: Path) -> None:
    Feedback().offer(offer("s.1"))
    store = FeedbackStore(tmp_path / "feedback.sqlite3")
    feedback = Feedback(store)
    feedback.is_on = False
    feedback.silence("python", Reason.EMPTY)
    feedback.is_on = True
    feedback.silence("python", Reason.SUPERSEDED)
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_a_second_error_of_the_disk_is_told_not_raised(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = FeedbackStore(tmp_path / "file" / "feedback.sqlite3")
    Feedback(store).offer(offer("s.1"))
    store.close()
    with pytest.raises(OSError, match="file"):
        connect(tmp_path / "file" / "feedback.sqlite3")
    with pytest.raises(sqlite3.DatabaseError):
        (tmp_path / "text").write_bytes(b"no database" * 100)
        connect(tmp_path / "text")
