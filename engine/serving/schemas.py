"""The bodies that clients send, as the protocols have them; unknown members are ignored."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.request import Effort
from engine.serving.filling import Hints, Limits

MAX_STOPS = 16


class OwnHints(BaseModel):
    """The member ``midfill``: what the protocols cannot say."""

    model_config = ConfigDict(extra="forbid")

    path: str | None = None
    language: str | None = None
    budget_ms: float | None = Field(default=None, gt=0, le=600_000)
    effort: Effort = Effort.MEDIUM
    min_confidence: float | None = Field(default=None, ge=0, le=1)
    single_line: bool | None = None

    def hints(self) -> Hints:
        """The same as a plain value."""
        return Hints(**self.model_dump())


class CompletionBody(BaseModel):
    """``/v1/completions`` and ``/v1/fim/completions``."""

    model: str | None = None
    prompt: str
    suffix: str | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    n: int = Field(default=1, ge=1, le=8)
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    stop: str | list[str] | None = None
    stream: bool = False
    stream_options: dict[str, Any] | None = None
    midfill: OwnHints = OwnHints()


class ChatMessage(BaseModel):
    """One message; only text is read."""

    role: str
    content: str | list[dict[str, Any]] | None = None

    def text(self) -> str:
        """All of its text."""
        if isinstance(self.content, list):
            return "".join(str(part.get("text", "")) for part in self.content)
        return self.content or ""


class ChatBody(BaseModel):
    """``/v1/chat/completions`` and ``/v1/edit/completions``."""

    model: str | None = None
    messages: list[ChatMessage] = Field(min_length=1)
    max_tokens: int | None = Field(default=None, ge=1)
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    stream: bool = False
    stream_options: dict[str, Any] | None = None
    diffusing: bool = False
    reasoning_effort: Literal["instant", "low", "medium", "high"] | None = None
    midfill: OwnHints = OwnHints()


class ExtraInput(BaseModel):
    """A piece of another file, as llama.cpp's clients send it."""

    text: str
    filename: str | None = None


class InfillBody(BaseModel):
    """llama.cpp's ``/infill``."""

    input_prefix: str = ""
    input_suffix: str = ""
    input_extra: list[ExtraInput] = []
    prompt: str = ""
    n_predict: int = 128
    n_cmpl: int = Field(default=1, ge=1, le=8)
    seed: int | None = None
    stop: str | list[str] | None = None
    stream: bool = False
    t_max_prompt_ms: float | None = None
    t_max_predict_ms: float | None = None
    response_fields: list[str] | None = None
    midfill: OwnHints = OwnHints()


def limits_of(max_tokens: int | None, stop: str | list[str] | None, most: int) -> Limits:
    """Where the text ends, at most after ``most`` tokens."""
    stops = [stop] if isinstance(stop, str) else list(stop or [])
    return Limits(min(max_tokens or most, most), tuple(one for one in stops[:MAX_STOPS] if one))
