"""The next edit as a job: what it proposes, of what kind, and when it keeps silent."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.edits.applied import applied
from engine.edits.finding import Finding
from engine.edits.next_edit import NextEdit, analysed
from engine.infill import Infiller
from engine.proposal import EditKind, Outcome, Proposal, Reason, Refusal
from engine.request import OpenDocument, Request
from engine.spans import span
from typed_edits import typed

REPEATED = (
    "query.bind(field.toString(), field.⟦getFieldID()⟧id⟦⟧);\n"
    "query.bind(sort.toString(), sort.getFieldID());\n"
)


def next_edit(request: Request, *texts: str, findings: tuple[Finding, ...] = ()) -> Outcome:
    scripts = [Script((text,)) for text in texts]
    infiller = Infiller(ScriptedDenoiser(ByteTokenizer(), scripts))
    return NextEdit(request, findings).run(infiller, threading.Event(), lambda _: None)


def made(request: Request, outcome: Outcome) -> str:
    assert isinstance(outcome, Proposal), outcome
    return applied(request.text.encode(), outcome.edits).decode()


def test_a_rename_begun_by_hand_is_one_atomic_edit_without_the_model() -> None:
    request = typed("def f(⟦count⟧total⟦⟧):\n    return count + 1\n")
    outcome = next_edit(request)
    assert made(request, outcome) == "def f(total):\n    return total + 1\n"
    assert isinstance(outcome, Proposal)
    assert outcome.kind is EditKind.ATOMIC and outcome.forwards == 0


@pytest.mark.parametrize(("likely", "is_proposed"), [("getID", True), ("getFieldID", False)])
def test_members_of_unknown_objects_are_judged(likely: str, is_proposed: bool) -> None:
    request = typed(
        "class A { void f(B a, B b) { a.⟦getFieldID⟧getID⟦⟧(); b.getFieldID(); } }", "A.java"
    )
    outcome = next_edit(request, likely)
    assert isinstance(outcome, Proposal) is is_proposed
    assert outcome.forwards == 1


def test_the_edits_pattern_is_proposed_when_the_model_finds_it_likelier() -> None:
    request = typed(REPEATED, "A.java")
    outcome = next_edit(request, "id")
    assert made(request, outcome).count(".id)") == 2
    assert isinstance(outcome, Proposal) and outcome.forwards == 1 and outcome.confidence > 0.5


def test_it_is_not_proposed_when_the_model_finds_the_old_text_likelier() -> None:
    outcome = next_edit(typed(REPEATED, "A.java"), "getFieldID()")
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.LOW_CONFIDENCE
    assert "nats" in outcome.detail


def test_several_places_are_a_sequence() -> None:
    line = "query.bind(sort.toString(), sort.getFieldID());\n"
    request = typed(REPEATED + line, "A.java")
    outcome = next_edit(request, "id", "id")
    assert isinstance(outcome, Proposal) and outcome.kind is EditKind.SEQUENCE
    assert made(request, outcome).count(".id)") == 3


def test_the_import_that_an_edit_makes_necessary_comes_from_an_open_file() -> None:
    other = OpenDocument("b.py", "python", "from pathlib import Path\n\nhome = Path()\n")
    request = typed("import os\n\nx = os.name\ny = ⟦x⟧Path(x)⟦⟧\n", documents=(other,))
    outcome = next_edit(request)
    assert made(request, outcome).startswith("import os\nfrom pathlib import Path\n\nx")


@pytest.mark.parametrize(
    ("path", "other", "wanted"),
    [
        (
            "src/a.ts",
            'import type { Path as P, Q } from "m/n";',
            'import type { Path as P } from "m/n";',
        ),
        ("src/a.ts", "import P from 'm'", "import P from 'm'"),
        ("src/a.js", "import * as P from 'm'", "import * as P from 'm'"),
        ("src/a.tsx", "import { Q, P } from './p'", "import { P } from './p'"),
        ("src/a.ts", "import { P } from '../p'", "import { P } from '../p'"),
        ("lib/a.ts", "import { P } from './p'", "import { P } from '../src/p'"),
        ("src/A.java", "package b;\nimport static c.D.*;\nimport a.b.P;\n", "import a.b.P;"),
        ("src/a.py", "import { P } from 'm'", None),
    ],
)
def test_imports_of_other_languages(path: str, other: str, wanted: str | None) -> None:
    ending = path.rpartition(".")[2].replace("tsx", "ts")
    document = OpenDocument(f"src/b.{ending.replace('py', 'js')}", None, other)
    body = "class A { Object n = ⟦1⟧P.x⟦⟧; }\n" if ending == "java" else "let n = ⟦1⟧P.x⟦⟧\n"
    request = typed(body if ending != "py" else "n = ⟦1⟧P.x⟦⟧\n", path, (document,))
    found = [edit.new_text for edit in analysed(request)]
    assert found == ([] if wanted is None else [f"{wanted}\n"])


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (("class Box:\n    pass\n",), ["from .b import Box\n"]),
        (("class Box:\n    pass\n", "def Box():\n    pass\n"), []),  # which of the two?
        (("class Box: ...\n", "from .b import Box\n"), ["from .b import Box\n"]),
        (("Box = 1\n",), []),  # a variable that is called so, too
        (("    class Box:\n        pass\n",), []),
    ],
)
def test_the_import_comes_from_the_only_file_of_the_workspace_that_defines_the_name(
    texts: Sequence[str], wanted: Sequence[str]
) -> None:
    names = ("p/b.py", "p/c.py")
    nearby = tuple(OpenDocument(*each) for each in zip(names, (None, None), texts, strict=False))
    request = typed("n = ⟦1⟧Box()⟦⟧\n", "p/a.py")
    assert [edit.new_text for edit in analysed(replace(request, nearby=nearby))] == wanted


@pytest.mark.parametrize(
    ("path", "marked", "wanted"),
    [
        ("a.py", "import os\n\n⟦⟧warnings.warn('x')⟦⟧\n", "import os\nimport warnings\n"),
        ("a.py", "x = ⟦1⟧Path('a')⟦⟧\n", "from pathlib import Path\nx"),
        (
            "a.py",
            "from collections import deque\n\nx = ⟦1⟧Counter(deque())⟦⟧\n",
            "from collections import deque, Counter\n",
        ),
        (
            "a.py",
            "from typing import (\n    Any,\n)\n\nx: Any = ⟦1⟧cast(y)⟦⟧\n",
            "    Any, cast,\n)",
        ),
        (
            "A.java",
            "class A { Object n = ⟦1⟧new ArrayList<>()⟦⟧; }\n",
            "import java.util.ArrayList;\n",
        ),
    ],
)
def test_what_the_standard_library_has_is_imported(path: str, marked: str, wanted: str) -> None:
    request = typed(marked, path)
    assert wanted in made(request, next_edit(request))


def test_a_name_is_put_to_those_that_are_imported_from_there() -> None:
    other = OpenDocument("src/b.ts", None, "import { P } from 'm';\nP.x;\n")
    request = typed("import { Q } from 'm';\nlet n = ⟦Q⟧P.x + Q⟦⟧;\n", "src/a.ts", (other,))
    assert made(request, next_edit(request)).startswith("import { Q, P } from 'm';\n")


@pytest.mark.parametrize("marked", ["y = ⟦1⟧time⟦⟧\n", "Path = 1\ny = ⟦1⟧Path⟦⟧\n"])
def test_what_may_be_another_thing_is_not_imported(marked: str) -> None:
    assert analysed(typed(marked)) == ()


@pytest.mark.parametrize(
    ("imports", "wanted"),
    [
        ("import os\nimport zlib\n\nimport click\n", "import os\nimport re\nimport zlib\n\nimport"),
        ("import sys\n\nfrom a import b\n", "import re\nimport sys\n\nfrom"),
        ("import zlib\nimport os\n\nimport click\n", "import os\n\nimport click\nimport re\n"),
        ("from os import path\n", "from os import path\nimport re\n"),
    ],
    ids=["in order", "first", "no order", "another kind"],
)
def test_an_import_stands_in_the_order_of_the_others(imports: str, wanted: str) -> None:
    request = typed(f"{imports}\nx = ⟦1⟧re.compile(y)⟦⟧\n")
    assert wanted in made(request, next_edit(request))


def test_two_imports_at_one_place_are_both_made() -> None:
    request = typed("import os\n\nx = ⟦1⟧re.compile(sys.argv)⟦⟧\n")
    assert made(request, next_edit(request)).startswith("import os\nimport re\nimport sys\n")


def test_an_import_stands_behind_the_package() -> None:
    request = typed(
        "/* a */\npackage a;\n\nclass A { Object n = ⟦1⟧new ArrayList()⟦⟧; }\n", "A.java"
    )
    text = made(request, next_edit(request))
    assert text.startswith("/* a */\npackage a;\nimport java.util.ArrayList;\n\nclass")


def test_what_the_model_cannot_write_does_not_hold_back_what_is_certain() -> None:
    request = typed("def f(a: Any⟦⟧, limit: Any⟦⟧):\n    return a\n\nf('x')\n")
    assert made(request, next_edit(request, "10")).endswith("f('x', 10)\n")
    assert made(request, next_edit(request, "10")).startswith("from typing import Any\n")
    assert made(request, next_edit(request, "))")).endswith("f('x')\n")


def test_a_class_of_the_own_package_needs_no_import() -> None:
    document = OpenDocument("src/b/B.java", None, "package b;\nimport a.P;\n")
    request = typed("package a;\nclass A { Object n = ⟦1⟧P.x⟦⟧; }\n", "src/a/A.java", (document,))
    assert analysed(request) == ()


def test_the_import_that_an_edit_makes_superfluous_goes() -> None:
    request = typed("import os\nimport sys\n\nprint(sys.path)\nx = ⟦os.name⟧1⟦⟧\n")
    assert made(request, next_edit(request)) == "import sys\n\nprint(sys.path)\nx = 1\n"


def test_a_new_fault_is_mended_by_the_model() -> None:
    request = typed("x = 1\ny = (⟦1⟧2⟦⟧\nz = 3\n")
    outcome = next_edit(request, "y = (2)")
    assert made(request, outcome) == "x = 1\ny = (2)\nz = 3\n"


def test_a_fault_is_not_mended_while_its_line_is_being_written() -> None:
    request = typed("x = 1\ny = (⟦1⟧2⟦⟧\nz = 3\n")
    infiller = Infiller(ScriptedDenoiser(ByteTokenizer(), [Script(("y = (2)",))]))
    at = {"written": request.cursor, "left": span(0, 0).start}
    found = {
        name: NextEdit(request, writing_at=place).run(infiller, threading.Event(), lambda _: None)
        for name, place in at.items()
    }
    refusal = found["written"]
    assert isinstance(refusal, Refusal) and refusal.reason is Reason.EMPTY
    assert refusal.forwards == 0 and "being written" in refusal.detail
    assert made(request, found["left"]) == "x = 1\ny = (2)\nz = 3\n"


def test_a_fault_that_a_macro_makes_is_none_to_mend() -> None:
    """It was there before the edit; one that the edit made is mended."""
    text = "class A {\n  int b GUARDED_BY(c) = ;\n  int d = ⟦1⟧2⟦⟧;\n};\n"
    refusal = next_edit(typed(text, "a.cc"), "int b = 1;")
    assert isinstance(refusal, Refusal) and refusal.reason is Reason.EMPTY
    broken = typed("void f() {\n  g(⟦1);⟧2⟦⟧\n}\n", "a.cc")
    assert made(broken, next_edit(broken, "g(2);")) == "void f() {\n  g(2);\n}\n"


def test_what_another_tool_found_is_mended_by_the_model() -> None:
    request = typed("size = ⟦1⟧2⟦⟧\nprint(siez)\n")
    at = request.text.index("siez")
    finding = Finding(span(at, at + 4), "undefined name 'siez'")
    outcome = next_edit(request, "print(size)", findings=(finding,))
    assert made(request, outcome) == "size = 2\nprint(size)\n"


@pytest.mark.parametrize("marked", ["x = 1\n⟦⟧y = 2\n⟦⟧z = 3\n", "print(⟦1⟧2⟦⟧)\nprint(3)\n"])
def test_an_edit_that_asks_for_nothing_is_followed_by_nothing(marked: str) -> None:
    outcome = next_edit(typed(marked))
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.EMPTY


def test_without_an_edit_there_is_no_next_one() -> None:
    outcome = next_edit(Request("x = 1\n", span(0, 0).start, "python"))
    assert isinstance(outcome, Refusal) and outcome.detail == "nothing was edited lately"


def test_cancelled_while_it_judges() -> None:
    cancel = threading.Event()
    cancel.set()
    infiller = Infiller(ScriptedDenoiser(ByteTokenizer(), [Script(("id",))]))
    outcome = NextEdit(typed(REPEATED, "A.java")).run(infiller, cancel, lambda _: None)
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.CANCELLED


def test_what_the_user_has_just_removed_is_not_brought_back() -> None:
    request = typed(
        "a.bind(sort.toString(), sort.⟦id⟧⟦⟧);\n"
        "query.bind(field.toString(), field.⟦getFieldID()⟧id⟦⟧);\n"
        "query.bind(sort.toString(), sort.getFieldID());\n",
        "A.java",
    )
    assert isinstance(next_edit(request, "id"), Refusal)


def test_far_places_are_judged_by_the_nearest_ones() -> None:
    line = "query.bind(sort.toString(), sort.getFieldID());\n"
    gap = "".join(f"call{number}(value{number});\n" for number in range(200))
    request = typed(REPEATED + gap + line + gap + line + gap + line, "A.java")
    outcome = next_edit(request, "id")
    assert isinstance(outcome, Proposal) and outcome.forwards == 2
    assert made(request, outcome).count(".id)") == 5


def test_who_waits_has_the_nearest_places_judged_alone() -> None:
    line = "query.bind(sort.toString(), sort.getFieldID());\n"
    gap = "".join(f"call{number}(value{number});\n" for number in range(200))
    request = replace(typed(REPEATED + gap + line, "A.java"), patience_ms=60_000.0)
    outcome = next_edit(request, "id")
    assert isinstance(outcome, Proposal) and outcome.forwards == 1
    assert made(request, outcome).count(".id)") == 3


@pytest.mark.parametrize(("budget_ms", "is_begun"), [(900.0, False), (9_000_000.0, True)])
def test_the_model_is_not_asked_what_it_would_answer_too_late(
    budget_ms: float, is_begun: bool
) -> None:
    # Nothing is known of its speed yet: a place is taken to need a second and a half.
    request = replace(typed("x = 1\ny = (⟦1⟧2⟦⟧\nz = 3\n"), patience_ms=300.0)
    outcome = next_edit(replace(request, budget_ms=budget_ms), "y = (2)")
    assert isinstance(outcome, Proposal) is is_begun
    if isinstance(outcome, Refusal):
        assert outcome.reason is Reason.DEADLINE and outcome.forwards == 0


@pytest.mark.parametrize(
    ("patience_ms", "marked", "is_answered"),
    [
        (300.0, "⟦count⟧total⟦⟧ = 1\n", False),
        (None, "⟦count⟧total⟦⟧ = 1\n", True),
        (300.0, "count = ⟦1⟧2⟦⟧\nother = 1\n", True),
    ],
)
def test_the_names_of_long_texts_are_read_for_who_asks(
    patience_ms: float | None, marked: str, is_answered: bool
) -> None:
    long = "print(count)\n" + "'a string of many words'\n" * 12_000
    request = replace(typed(marked + long), patience_ms=patience_ms, budget_ms=60_000.0)
    outcome = next_edit(request)
    is_late = isinstance(outcome, Refusal) and outcome.reason is Reason.DEADLINE
    assert is_late is not is_answered
    if is_late:
        assert isinstance(outcome, Refusal) and "ask by hand" in outcome.detail


@pytest.mark.parametrize(
    ("patience_ms", "path", "line_end", "is_read"),
    [
        (300.0, "a.js", "", False),
        (300.0, "a.js", "\n", True),
        (300.0, "a.txt", "", True),
        (None, "a.js", "", True),
    ],
)
def test_a_minified_text_is_not_read_at_every_key(
    patience_ms: float | None, path: str, line_end: str, is_read: bool
) -> None:
    text = "let ⟦a⟧b⟦⟧=1;\n" + f"f(a,1);{line_end}" * 6_000
    request = replace(typed(text, path), patience_ms=patience_ms, budget_ms=60_000.0)
    outcome = next_edit(request)
    is_refused = isinstance(outcome, Refusal) and "minified" in outcome.detail
    assert is_refused is not is_read


def test_when_the_time_is_up_drafts_are_not_shown() -> None:
    outcome = next_edit(replace(typed(REPEATED, "A.java"), budget_ms=0.0), "id")
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.DEADLINE


def test_when_the_time_is_up_what_is_certain_is_shown_alone() -> None:
    request = typed("def f(a: Any⟦⟧, limit: Any⟦⟧):\n    return a\n\nf('x')\n")
    text = made(request, next_edit(replace(request, budget_ms=0.0), "10"))
    assert text.startswith("from typing import Any\n") and text.endswith("f('x')\n")


def test_uses_follow_a_declaration_that_was_written_anew() -> None:
    request = typed(
        "⟦import a.Utils;⟧import b.TokenUtils;⟦⟧\nclass A { int n = Utils.f() + Utils.g(); }\n",
        "A.java",
    )
    outcome = next_edit(request)
    assert made(request, outcome).count(" TokenUtils.") == 2
    assert isinstance(outcome, Proposal) and outcome.kind is EditKind.SEQUENCE


def test_calls_of_a_changed_function_get_what_is_in_sight() -> None:
    request = typed("def f(a⟦⟧, limit⟦⟧):\n    return a[:limit]\n\nlimit = 3\nf('x')\n")
    assert made(request, next_edit(request)).endswith("f('x', limit)\n")


def test_calls_of_a_changed_function_are_filled_by_the_model() -> None:
    request = typed("def f(a⟦⟧, limit⟦⟧):\n    return a[:limit]\n\nf('x')\n")
    outcome = next_edit(request, "10")
    assert made(request, outcome).endswith("f('x', 10)\n")


def test_a_use_that_nothing_declares_any_more_is_mended_by_the_model() -> None:
    request = typed("⟦import os⟧import Shell⟦⟧\nname = os.name\n")
    outcome = next_edit(request, "name = Shell.name")
    assert made(request, outcome) == "import Shell\nname = Shell.name\n"


def test_nothing_follows_while_the_text_is_broken() -> None:
    request = typed("def f(⟦count⟧total: (⟦⟧):\n    return count\n")
    assert isinstance(next_edit(request, ""), Refusal)
