"""Plans and post-processing against marked text, one small file a case.

``source`` holds the cursor (‸). A plan case expects ``planned``, the text with its holes (⟦ ⟧),
and ``lead``, the indentation that the model sees as typed, if any. A check case gives the raw
``texts`` of the plan's holes, and expects ``shown`` or ``refused``. ``typed`` is text
that the user typed a second ago. UPDATE_GOLDEN=1 rewrites what is expected.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.check import Rejected, check
from engine.languages import language_of
from engine.mask_plan import MaskPlan, plan_masks
from engine.request import RecentEdit, Request
from engine.spans import span
from engine.syntax import SyntaxTree, parse

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
_SPEC = importlib.util.spec_from_file_location("marked_text", HERE.parent / "marked_text.py")
assert _SPEC is not None and _SPEC.loader is not None
marked_text = importlib.util.module_from_spec(_SPEC)
sys.modules.setdefault("marked_text", marked_text)
_SPEC.loader.exec_module(marked_text)

CASES = sorted(HERE.rglob("*.toml"))
LANGUAGES = ("c", "cpp", "go", "java", "javascript", "python", "rust", "typescript")
RULES = ("empty_place", "empty_body", "placeholder_body", "adjacent_line")
EXTRA_RULES = {
    "javascript": ("import_source", "mirrored_call", "closing_tag"),
    "typescript": ("import_source", "mirrored_call", "closing_tag"),
}


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def request_of(case: dict[str, Any]) -> tuple[SyntaxTree, Request]:
    marked = marked_text.read_marks(case["source"])
    edits = []
    for typed in case.get("typed", ()):
        at = marked.data.index(typed.encode())
        edits.append(RecentEdit(span(at, at + len(typed.encode())), "", 1.0))
    for deleted in case.get("deleted", ()):
        edits.append(RecentEdit(span(marked.cursor, marked.cursor), deleted, 1.0))
    request = Request(marked.text, marked.cursor, None, case["path"], recent_edits=tuple(edits))
    return parse(marked.data, language_of(case["path"])), request


def holes_of(tree: SyntaxTree, plan: MaskPlan) -> str:
    return str(marked_text.write_marks(tree.data, plan.cursor, [hole.span for hole in plan.holes]))


def planned(case: dict[str, Any]) -> dict[str, Any]:
    tree, request = request_of(case)
    plan = plan_masks(tree, request.cursor, request)
    lead = {"lead": plan.lead} if plan.lead else {}
    return lead | {
        "planned": holes_of(tree, plan),
        "holes": [
            f"{hole.kind.value}, {'one line' if hole.single_line else 'several lines'}, "
            f"{hole.num_tokens}"
            for hole in plan.holes
        ],
        "reason": plan.reason,
    }


def checked(case: dict[str, Any]) -> dict[str, Any]:
    tree, request = request_of(case)
    plan = plan_masks(tree, request.cursor, request)
    assert len(case["texts"]) == len(plan.holes), holes_of(tree, plan)
    outcome = check(tree, plan, case["texts"], request)
    if isinstance(outcome, Rejected):
        offset = -1 if outcome.offset is None else outcome.offset
        return {"refused": outcome.reason.value, "offset": offset}
    return {"shown": filled(tree, plan, outcome.texts)}


def filled(tree: SyntaxTree, plan: MaskPlan, texts: tuple[str, ...]) -> str:
    """The text after the fill, the new parts marked as holes."""
    out, at = "", 0
    for hole, text in zip(plan.holes, texts, strict=True):
        out += tree.data[at : hole.span.start].decode() + f"⟦{text}⟧"
        at = hole.span.end
    return out + tree.data[at:].decode()


def expected_of(case: dict[str, Any]) -> dict[str, Any]:
    return checked(case) if "texts" in case else planned(case)


def write_case(path: Path, case: dict[str, Any]) -> None:
    lines = []
    for key, value in case.items():
        if isinstance(value, str) and ("\n" in value or '"' in value or "\\" in value):
            lines.append(f"{key} = '''\n{value}'''")
        elif isinstance(value, str):
            lines.append(f'{key} = "{value}"')
        elif isinstance(value, list):
            lines.append(f"{key} = [" + ", ".join(quoted(item) for item in value) + "]")
        else:
            lines.append(f"{key} = {value}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t") + '"'


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_case(path: Path) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    found = expected_of(case)
    if os.environ.get("UPDATE_GOLDEN") == "1":
        inputs = ("path", "typed", "deleted", "texts", "source")
        write_case(path, {key: case[key] for key in inputs if key in case} | found)
        return
    for key, value in found.items():
        assert case[key] == value, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_neighbour_rule_has_a_case(language: str) -> None:
    for rule in (*RULES, *EXTRA_RULES.get(language, ())):
        paths = [path for path in CASES if path.parent.name == language and path.stem == rule]
        assert paths, f"{language}/{rule}.toml is missing"
        case = tomllib.loads(paths[0].read_text(encoding="utf-8"))
        assert case["planned"].count("⟦") > 1


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_no_user_text_is_destroyed(path: Path) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    tree, request = request_of(case)
    plan = plan_masks(tree, request.cursor, request)
    for hole in plan.holes:
        words = hole.span.of(tree.data).strip().decode()
        assert not words or words.rstrip(";") in case.get("placeholder", PLACEHOLDERS), words


PLACEHOLDERS = {
    "pass",
    "...",
    "todo!()",
    "unimplemented!()",
    "// TODO",
    "/* TODO */",
    "# TODO: implement",
    'panic("not implemented")',
    "throw new UnsupportedOperationException()",
    "throw new Error('not implemented')",
}
