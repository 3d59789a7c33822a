"""The other end of the pipe, in this process."""

from __future__ import annotations

import logging
import pickle
import threading
from typing import NoReturn

import pytest

from lsp_server.engine_loop import EngineLoop
from lsp_server.messages import FromEngine


class _Unreadable:
    """A server whose messages nobody can read."""

    def send(self, message: FromEngine) -> None:
        pass

    def receive(self) -> NoReturn:
        raise pickle.UnpicklingError("a message is not a plain value")


def test_a_message_that_cannot_be_read_ends_the_engine(caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()
    with caplog.at_level(logging.ERROR, "lsp_server.engine_loop"):
        EngineLoop(_Unreadable(), "scripted", at_end=ended.set).run()
    assert ended.is_set()
    assert "a message from the server cannot be read" in caplog.text
