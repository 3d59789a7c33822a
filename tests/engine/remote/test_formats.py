"""What is sent to each kind of server and how its answers are read, in the published shapes."""

from __future__ import annotations

import pytest

from engine.remote.backend import parse_backend
from engine.remote.client import FORMATS
from engine.remote.question import Extra, Question, RemoteText

QUESTION = Question(
    "import os\ndef add(a, b):\n    return ", "\n\nprint(add(1, 2))\n", "a.py", "python", True,
    (Extra("b.py", "def sub(a, b): ..."),),
)  # fmt: skip


def body_of(line: str) -> dict[str, object]:
    backend = parse_backend(line)
    return FORMATS[backend.kind].body(backend, QUESTION)


def test_openai_gets_prompt_and_suffix() -> None:
    body = body_of("openai http://localhost model=m")
    assert (body["prompt"], body["suffix"]) == (QUESTION.prefix, QUESTION.suffix)
    assert (body["model"], body["stop"], body["stream"]) == ("m", ["\n"], True)
    assert body["logprobs"] == 1
    assert "logprobs" not in body_of("openai http://localhost logprobs=no")


def test_a_models_own_format_puts_both_into_the_prompt() -> None:
    body = body_of("openai http://localhost prompt=qwen")
    assert "suffix" not in body
    assert body["prompt"] == (
        f"<|fim_prefix|>{QUESTION.prefix[:-1]}<|fim_suffix|>{QUESTION.suffix}<|fim_middle|>"
    )
    body = body_of("openai http://localhost prompt=codestral")
    assert body["prompt"] == f"[SUFFIX]{QUESTION.suffix}[PREFIX]{QUESTION.prefix[:-1]}"
    assert body_of("openai http://localhost prompt=prefix")["prompt"] == QUESTION.prefix[:-1]


def test_diffusion_models_on_other_servers_get_their_own_format() -> None:
    before = QUESTION.prefix[:-1]
    body = body_of("openai http://localhost prompt=seed-coder")
    assert body["prompt"] == (
        f"<[fim-suffix]>{QUESTION.suffix}<[fim-prefix]>{before}<[fim-middle]>"
    )
    for name, end, answer in (
        ("llada2", "<|role_end|>", "<|role_end|><role>ASSISTANT</role>"),
        ("diffusion-gemma", "<turn|>", "<turn|>\n<|turn>model\n<|channel>thought\n<channel|>"),
    ):
        body = body_of(f"openai http://localhost prompt={name}")
        assert body["prompt"].endswith(f"{QUESTION.suffix}{answer}{before}")
        assert end in body["stop"]


def test_the_blank_before_the_cursor_is_left_to_the_model() -> None:
    backend = parse_backend("openai http://localhost prompt=prefix")
    completions = FORMATS[backend.kind]
    for prefix, sent in (("a = ", "a ="), ("if x:\n    ", "if x:\n    "), ("a =", "a =")):
        question = Question(prefix, "\n", "a.py", "python", True)
        assert completions.body(backend, question)["prompt"] == sent
    spaced = Question("a = ", "\n", "a.py", "python", True)
    for text in (" load(1)", "load(1)"):
        assert completions.finished(spaced, RemoteText(text)).text == "load(1)"
    indented = Question("if x:\n    ", "\n", "a.py", "python", True)
    assert completions.finished(indented, RemoteText("  y")).text == "  y"


def test_text_that_looks_like_a_place_in_the_format_stays_text() -> None:
    backend = parse_backend("openai http://localhost prompt=qwen")
    question = Question("a = '{suffix}", "'\n", "a.py", "python", True)
    prompt = FORMATS[backend.kind].body(backend, question)["prompt"]
    assert prompt == "<|fim_prefix|>a = '{suffix}<|fim_suffix|>'\n<|fim_middle|>"


def test_inception_gets_no_temperature_and_mistral_does() -> None:
    inception, mistral = body_of("mercury"), body_of("codestral")
    assert inception["model"] == "mercury-edit-2" and "temperature" not in inception
    assert mistral["temperature"] == 0
    assert mistral["prompt"] == QUESTION.prefix and mistral["suffix"] == QUESTION.suffix


def test_llama_cpp_gets_other_files_too() -> None:
    body = body_of("llama.cpp http://localhost")
    assert (body["input_prefix"], body["input_suffix"]) == (QUESTION.prefix, QUESTION.suffix)
    assert body["input_extra"] == [{"filename": "b.py", "text": "def sub(a, b): ..."}]


def test_midfill_gets_language_and_says_how_sure_it_is() -> None:
    body = body_of("midfill http://localhost")
    hints = body["midfill"]
    assert isinstance(hints, dict) and hints["language"] == "python" and hints["single_line"]
    answer = {"choices": [{"text": "a + b", "midfill": {"confidence": 0.4}, "logprobs": None}]}
    backend = parse_backend("midfill http://localhost")
    assert FORMATS[backend.kind].read(answer) == RemoteText("a + b", confidence=0.4)


@pytest.mark.parametrize(
    ("line", "record", "text"),
    [
        ("codestral", {"choices": [{"delta": {"content": "a"}}]}, "a"),
        ("codestral", {"choices": [{"message": {"content": "a + b"}}]}, "a + b"),
        ("mercury", {"choices": [{"index": 0, "text": "a"}]}, "a"),
        ("mercury", {"choices": [], "usage": {}}, ""),
        ("openai http://localhost", {"choices": [{"text": "a", "logprobs": None}]}, "a"),
        ("llama.cpp http://localhost", {"content": "a", "stop": False}, "a"),
    ],
)
def test_pieces_in_every_shape_are_read(line: str, record: dict[str, object], text: str) -> None:
    assert FORMATS[parse_backend(line).kind].read(record).text == text


def test_probabilities_in_both_shapes_are_read() -> None:
    openai = FORMATS[parse_backend("openai http://localhost").kind]
    lists = {"tokens": ["a", " +"], "token_logprobs": [-0.1, -0.2]}
    records = {"content": [{"token": "é", "bytes": [195, 169], "logprob": -0.3}]}
    for logprobs, spelled in ((lists, [b"a", b" +"]), (records, ["é".encode()])):
        text = openai.read({"choices": [{"text": "x", "logprobs": logprobs}]})
        assert [token.data for token in text.tokens] == spelled


REGION = "    return a + b\n\nprint(add(1, 2))\n"


@pytest.mark.parametrize(
    "answer",
    [
        REGION,
        f"```python\n{REGION}```",
        f"<|code_to_edit|>\n{REGION}<|/code_to_edit|>",
        REGION.replace("\n", "\r\n"),
    ],
)
def test_an_edited_region_becomes_the_holes_text(answer: str) -> None:
    edit = FORMATS[parse_backend("mercury-edit").kind]
    assert edit.finished(QUESTION, RemoteText(answer)).text == "a + b"


@pytest.mark.parametrize("answer", ["", "None", "```\n\n```"])
def test_no_edit_is_no_text(answer: str) -> None:
    edit = FORMATS[parse_backend("mercury-edit").kind]
    assert edit.finished(QUESTION, RemoteText(answer)).text == ""


@pytest.mark.parametrize(
    "answer", [REGION.replace("1, 2", "3, 4"), "    yield a\n\nprint(add(1, 2))\n", "x\n" + REGION]
)
def test_an_edit_elsewhere_is_refused(answer: str) -> None:
    edit = FORMATS[parse_backend("mercury-edit").kind]
    with pytest.raises(ValueError, match="outside of the hole"):
        edit.finished(QUESTION, RemoteText(answer))


def test_the_edit_prompt_is_read_by_our_own_server() -> None:
    pytest.importorskip("fastapi")
    from engine.serving.edit_prompt import read_edit_prompt

    messages = body_of("mercury-edit")["messages"]
    assert isinstance(messages, list)
    prompt = read_edit_prompt(messages[0]["content"])
    assert prompt.before + prompt.left == QUESTION.prefix
    assert prompt.path == "a.py"
    assert [snippet.path for snippet in prompt.snippets] == ["b.py"]
    assert prompt.right.startswith("\n\nprint")
