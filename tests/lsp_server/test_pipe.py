"""Messages on the pipe, and what may not cross it."""

from __future__ import annotations

import io
import pickle
from pathlib import PurePosixPath

import pytest

from engine.job import Infill
from engine.proposal import Reason, Refusal
from engine.request import RecentEdit, Request
from engine.spans import ByteOffset, span
from engine.step import State, Step
from lsp_server.messages import Finished, Run
from lsp_server.pipe import receive, send

REQUEST = Request(
    "x = é\n", ByteOffset(4), "python", recent_edits=(RecentEdit(span(0, 1), "a", 0.5),)
)
STEP = Step(
    0, ((1, 2),), ((State.COMMITTED, State.MASKED),), ((0.5, 0.1),), (("a", ""),), (), (), 1, 2.0
)


@pytest.mark.parametrize(
    "message", [Run(1, Infill(REQUEST)), Finished(1, Refusal(Reason.EMPTY, "nothing"), (STEP,))]
)
def test_a_message_arrives_as_it_was_sent(message: object) -> None:
    stream = io.BytesIO()
    send(stream, message)
    send(stream, message)
    stream.seek(0)
    assert [receive(stream), receive(stream)] == [message, message]
    with pytest.raises(EOFError):
        receive(stream)


def test_a_message_cut_short_is_the_end() -> None:
    stream = io.BytesIO()
    send(stream, Run(1, Infill(REQUEST)))
    with pytest.raises(EOFError):
        receive(io.BytesIO(stream.getvalue()[:-1]))


def test_only_plain_values_are_unpickled() -> None:
    stream = io.BytesIO()
    send(stream, PurePosixPath("x"))
    stream.seek(0)
    with pytest.raises(pickle.UnpicklingError, match="is not a plain value"):
        receive(stream)


class _Attribute:
    """Pickled as an attribute of something, as Python 3.11.2 pickles members of enumerations."""

    def __init__(self, owner: object, name: str) -> None:
        self._parts = owner, name

    def __reduce__(self) -> tuple[object, tuple[object, str]]:
        return getattr, self._parts


def test_members_of_enumerations_may_be_written_as_attributes() -> None:
    stream = io.BytesIO()
    send(stream, _Attribute(Reason, "EMPTY"))
    stream.seek(0)
    assert receive(stream) is Reason.EMPTY


@pytest.mark.parametrize(("owner", "name"), [(Refusal, "__init__"), (Reason, "__class__")])
def test_no_other_attribute_is_read(owner: object, name: str) -> None:
    stream = io.BytesIO()
    send(stream, _Attribute(owner, name))
    stream.seek(0)
    with pytest.raises(pickle.UnpicklingError, match="is not a plain value"):
        receive(stream)
