"""The clients people have, unchanged, against a real server on loopback."""

from __future__ import annotations

import inceptionai
import openai
import pytest

from serving import Serving

# The scripted model goes on as the text did above.
PREFIX = "alpha = load(1, 2)\nprint(alpha)\nalpha ="
SUFFIX = "\n"
WRITTEN = " load(1, 2)"
OWN = {"midfill": {"path": "a.py", "min_confidence": 0.0}}


@pytest.fixture
def openai_client(served: Serving) -> openai.OpenAI:
    return openai.OpenAI(api_key="none", base_url=f"{served.url}/v1", max_retries=0)


@pytest.fixture
def inception_client(served: Serving) -> inceptionai.Inception:
    return inceptionai.Inception(api_key="none", base_url=served.url, max_retries=0)


def test_openai_completes_with_a_suffix(openai_client: openai.OpenAI) -> None:
    answer = openai_client.completions.create(
        model="scripted", prompt=PREFIX, suffix=SUFFIX, max_tokens=64, extra_body=OWN
    )
    assert answer.choices[0].text == WRITTEN
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None and answer.usage.completion_tokens > 0


def test_openai_streams(openai_client: openai.OpenAI) -> None:
    chunks = list(
        openai_client.completions.create(
            model="scripted",
            prompt=PREFIX,
            suffix=SUFFIX,
            stream=True,
            stream_options={"include_usage": True},
            extra_body=OWN,
        )
    )
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == WRITTEN
    assert chunks[-1].usage is not None


def test_openai_stops_and_cuts(openai_client: openai.OpenAI) -> None:
    stopped = openai_client.completions.create(
        model="scripted", prompt=PREFIX, suffix=SUFFIX, stop=["("], extra_body=OWN
    )
    assert stopped.choices[0].text == " load"
    cut = openai_client.completions.create(
        model="scripted", prompt=PREFIX, suffix=SUFFIX, max_tokens=3, extra_body=OWN
    )
    assert (cut.choices[0].text, cut.choices[0].finish_reason) == (" lo", "length")


def test_openai_hears_why_there_is_nothing(openai_client: openai.OpenAI) -> None:
    answer = openai_client.completions.create(
        model="scripted", prompt=PREFIX, extra_body={"midfill": {"min_confidence": 1.0}}
    )
    assert answer.choices[0].text == ""
    assert answer.choices[0].midfill["reason"] == "LOW_CONFIDENCE"  # type: ignore[attr-defined]


def test_openai_lists_the_model(openai_client: openai.OpenAI) -> None:
    assert [model.id for model in openai_client.models.list()] == ["scripted"]


def test_openai_is_told_of_a_model_that_is_not_here(openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="ask for scripted"):
        openai_client.completions.create(model="gpt-9", prompt="x")


def test_openai_chat_fills_the_hole_and_shows_its_states(openai_client: openai.OpenAI) -> None:
    chunks = list(
        openai_client.chat.completions.create(
            model="scripted",
            messages=[{"role": "user", "content": f"{PREFIX}<|cursor|>{SUFFIX}"}],
            stream=True,
            extra_body={**OWN, "diffusing": True},
        )
    )
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    states = [delta.content for delta in deltas if getattr(delta, "diffusing", False)]
    texts = [delta.content or "" for delta in deltas if not getattr(delta, "diffusing", False)]
    assert states[-1] == WRITTEN
    assert "".join(texts) == WRITTEN


def test_openai_chat_says_what_it_cannot_do(openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match="does not chat"):
        openai_client.chat.completions.create(
            model="scripted", messages=[{"role": "user", "content": "Hello"}]
        )


def test_inception_fills_in_the_middle(inception_client: inceptionai.Inception) -> None:
    answer = inception_client.fim.completions.create(
        model="scripted", prompt=PREFIX, suffix=SUFFIX, extra_body=OWN
    )
    assert answer.choices[0].text == WRITTEN


def test_inception_edits_a_region(inception_client: inceptionai.Inception) -> None:
    content = (
        "<|recently_viewed_code_snippets|>\n<|/recently_viewed_code_snippets|>\n"
        "<|current_file_content|>\ncurrent_file_path: a.py\nalpha = load(1, 2)\nprint(alpha)\n"
        "<|code_to_edit|>\nalpha =<|cursor|>\n<|/code_to_edit|>\nprint(beta)\n"
        "<|/current_file_content|>\n<|edit_diff_history|>\n<|/edit_diff_history|>"
    )
    answer = inception_client.edit.completions.create(
        model="scripted",
        messages=[{"role": "user", "content": content}],
        extra_body={"midfill": {"min_confidence": 0.0}},
    )
    assert answer.choices[0].message.content == "```\nalpha = load(1, 2)\n```"


def test_llama_vim(served: Serving) -> None:
    """The members that llama.vim sends, and the flat ones that it asks back."""
    body = {
        "id_slot": 0,
        "input_prefix": "alpha = load(1, 2)\nprint(alpha)\n",
        "input_suffix": "\n",
        "input_extra": [{"text": "x = 1\n", "filename": "b.py", "time": 1}],
        "prompt": "alpha =",
        "n_predict": 128,
        "stop": [],
        "n_indent": 0,
        "top_k": 40,
        "top_p": 0.9,
        "samplers": ["top_k", "top_p", "infill"],
        "stream": False,
        "cache_prompt": True,
        "t_max_prompt_ms": 500,
        "t_max_predict_ms": 10000,
        "response_fields": ["content", "tokens_cached", "truncated", "timings/prompt_n",
                            "timings/predicted_ms"],
        **OWN,
    }  # fmt: skip
    answer = served.post("/infill", body).json()
    assert answer["content"] == WRITTEN
    assert set(answer) == set(body["response_fields"])  # type: ignore[call-overload]


def test_llama_vscode(served: Serving) -> None:
    body = {
        "input_prefix": "alpha = load(1, 2)\nprint(alpha)\n",
        "input_suffix": "",
        "input_extra": [],
        "prompt": "alpha =",
        "n_predict": 64,
        "n_cmpl": 2,
        **OWN,
    }
    answers = served.post("/infill", body).json()
    assert isinstance(answers, list) and answers[0]["content"] == WRITTEN
    assert answers[0]["timings"]["predicted_n"] > 0


@pytest.mark.parametrize("warm_up", [{"n_predict": 0}, {"t_max_predict_ms": 1}])
def test_a_warm_up_is_answered_at_once(served: Serving, warm_up: dict[str, int]) -> None:
    answer = served.post("/infill", {"input_prefix": PREFIX, "input_suffix": "", **warm_up})
    assert answer.json()["content"] == ""
