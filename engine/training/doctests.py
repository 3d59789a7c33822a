"""Functions whose docstrings hold examples, as tasks that executed tests decide.

The examples are taken from the docstring as it was published and run outside of what the model
writes, so that no text can change its own test. Only code that runs on the standard library alone
is of use: the fence has no other packages.
"""

from __future__ import annotations

import ast
import random
import warnings
from collections.abc import Iterator

from engine.tokenizer import BPETokenizer
from engine.training.corpus import SourceFile
from engine.training.tasks import Task

_Statement = ast.stmt
_Function = ast.FunctionDef | ast.AsyncFunctionDef
# Each top-level statement runs by itself: an import that is not there defines nothing, and what
# needs it fails as it would in its own package.
_HARNESS = """\
import __future__, ast, doctest, sys, types
source, examples = {source!r}, {examples!r}
module = sys.modules["tested"] = types.ModuleType("tested")
for statement in ast.parse(source).body:
    code = compile(
        ast.Module([statement], []), "tested", "exec", __future__.annotations.compiler_flag, True
    )
    try:
        exec(code, module.__dict__)
    except Exception:
        pass
flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
test = doctest.DocTestParser().get_doctest(examples, module.__dict__, "tested", None, None)
runner = doctest.DocTestRunner(verbose=False, optionflags=flags)
failed, attempted = runner.run(test, out=lambda text: None)
if failed or not attempted:
    raise SystemExit(f"{{failed}} of {{attempted}} examples fail")
"""


def program(task: Task, text: str) -> str:
    """A program that ends well when ``text`` in the hole passes all examples of the docstring."""
    return _HARNESS.format(source=task.filled(text), examples=task.examples)


def documented_holes(
    file: SourceFile, tokenizer: BPETokenizer, max_tokens: int, draw: random.Random
) -> Iterator[Task]:
    """One hole of up to ``max_tokens`` a documented function: a statement, or the whole body."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # escapes that Python will refuse one day
            tree = ast.parse(file.text)
    except (SyntaxError, ValueError, RecursionError):
        return
    lines = file.text.split("\n")
    for node in ast.walk(tree):
        if not isinstance(node, _Function):
            continue
        examples = ast.get_docstring(node) or ""
        if ">>>" not in examples or "+SKIP" in examples:
            continue
        spans = [place for place in _places(node) if _is_whole(lines, place)]
        draw.shuffle(spans)
        tasks = (_cut(file, lines, place, examples, tokenizer) for place in spans)
        fitting = (task for task in tasks if 2 <= len(tokenizer.encode(task.gold)) <= max_tokens)
        task = next(fitting, None)
        if task is not None:
            yield task


_Place = tuple[_Statement, _Statement]


def _places(function: _Function) -> list[_Place]:
    """First and last statement of what may be hidden: each statement below, and the whole body."""
    body = function.body[1:]
    if not body:
        return []
    statements = [node for top in body for node in ast.walk(top) if isinstance(node, _Statement)]
    places = [(node, node) for node in statements if not isinstance(node, ast.Pass)]
    return [*places, (body[0], body[-1])] if len(body) > 1 else places


def _is_whole(lines: list[str], place: _Place) -> bool:
    """Whether nothing else stands on the lines of these statements."""
    first, last = place
    start = lines[first.lineno - 1].encode()[: first.col_offset]
    end = lines[(last.end_lineno or 1) - 1].encode()[last.end_col_offset or 0 :]
    return first.col_offset > 0 and not start.strip() and not end.strip()


def _cut(
    file: SourceFile, lines: list[str], place: _Place, examples: str, tokenizer: BPETokenizer
) -> Task:
    first, last = place
    start = sum(len(line) + 1 for line in lines[: first.lineno - 1])
    line = lines[first.lineno - 1]
    start += len(line) - len(line.lstrip())
    end = sum(len(line) + 1 for line in lines[: last.end_lineno]) - 1
    start = tokenizer.healing_start(file.text[:start])
    gold = file.text[start:end].rstrip()
    return Task(
        id=f"{file.package}/{file.path}:{first.lineno}-{last.end_lineno}",
        package=file.package,
        licence=file.licence,
        path=file.path,
        language="python",
        before=file.text[:start],
        gold=gold,
        after=file.text[start + len(gold) :].lstrip(" \t") or "\n",
        examples=examples,
    )
