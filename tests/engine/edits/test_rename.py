"""A rename over several files: what it edits, and why it refuses."""

from __future__ import annotations

import gc
from collections.abc import Collection

import pytest

from engine.edits.modules import module_path
from engine.edits.project_names import SourceText
from engine.edits.rename import Certainty, plan_rename, renamable_at
from engine.edits.symbols import Origin
from engine.errors import BadInput

ENGINE = """\"\"\"Runs jobs; see run_job.\"\"\"
import os

__all__ = ["Worker", "run_job"]


class Worker:
    \"\"\"A worker.\"\"\"

    def __init__(self, size):
        self.size = size

    def start(self):
        # start it
        return self.size


def run_job(worker, retries=1):
    worker.start()
    return retries
"""
USER = """from pkg.engine import Worker, run_job
from pkg import engine
import pkg.engine as eng


class Fast(Worker):
    def start(self):
        return super().start()


worker = Worker(size=2)
worker.start()
run_job(worker, retries=3)
engine.run_job(worker, retries=3)
eng.run_job(worker)
"""
ALIASED = "from .engine import run_job as go\n\ngo(1)\nrun_job = 2\n"
PACKAGE = "from .engine import run_job\n"
FILES = {
    "/w/pkg/__init__.py": PACKAGE,
    "/w/pkg/engine.py": ENGINE,
    "/w/pkg/aliased.py": ALIASED,
    "/w/user.py": USER,
    "/w/other.py": "from pkg import run_job\nrun_job(1)\n",
    "/w/elsewhere.py": "from somewhere import run_job\nrun_job(1)\n",
}


def renamed(
    files: dict[str, str], path: str, mark: str, new: str, *wanted: Certainty, after: str = ""
) -> dict[str, str]:
    """The changed files after the name at ``mark`` (behind ``after``) was renamed."""
    offset = files[path].index(mark, files[path].index(after) + len(after))
    sources = [SourceText(name, text) for name, text in files.items()]
    plan = plan_rename(sources, path, len(files[path][:offset].encode()), new)
    changed = {name: text.encode() for name, text in files.items()}
    for one in reversed(plan.edits):
        assert one.edit.path is not None
        if one.certainty in (wanted or (Certainty.CERTAIN,)):
            data = changed[one.edit.path]
            changed[one.edit.path] = (
                data[: one.edit.start] + one.edit.new_text.encode() + data[one.edit.end :]
            )
    return {name: data.decode() for name, data in changed.items() if data.decode() != files[name]}


@pytest.mark.parametrize(
    ("path", "mark"),
    [("/w/pkg/engine.py", "run_job(worker, retries=1)"), ("/w/user.py", "run_job(worker, r")],
)
def test_a_function_is_renamed_where_it_is_imported(path: str, mark: str) -> None:
    assert renamed(FILES, path, mark, "execute") == {
        "/w/pkg/__init__.py": PACKAGE.replace("run_job", "execute"),
        "/w/pkg/engine.py": ENGINE.replace("run_job", "execute").replace(
            "see execute", "see run_job"
        ),
        "/w/pkg/aliased.py": ALIASED.replace("import run_job", "import execute"),
        "/w/user.py": USER.replace("run_job", "execute"),
        "/w/other.py": FILES["/w/other.py"].replace("run_job", "execute"),
    }


def test_a_method_is_renamed_in_classes_derived_elsewhere() -> None:
    changed = renamed(FILES, "/w/pkg/engine.py", "start(self)", "begin")
    assert changed == {
        "/w/pkg/engine.py": ENGINE.replace("def start", "def begin"),
        "/w/user.py": USER.replace("start", "begin"),
    }
    assert renamed(FILES, "/w/user.py", "start(self)", "begin") == changed


def test_possible_and_mentioned_places_are_separate() -> None:
    possible = renamed(FILES, "/w/pkg/engine.py", "start(self)", "begin", Certainty.POSSIBLE)
    assert possible == {"/w/pkg/engine.py": ENGINE.replace("worker.start()", "worker.begin()")}
    mentioned = renamed(FILES, "/w/pkg/engine.py", "start(self)", "begin", Certainty.MENTION)
    assert mentioned == {"/w/pkg/engine.py": ENGINE.replace("# start", "# begin")}


def test_a_path_in_a_string_is_a_mention() -> None:
    files = {"m.py": "def f(): pass\n", "n.py": 'patch("m.f")\nuse("f", f"{a.f}")\n'}
    assert renamed(files, "m.py", "f()", "g", Certainty.MENTION) == {
        "n.py": 'patch("m.g")\nuse("f", f"{a.f}")\n'
    }


def test_parameters_are_renamed_in_calls_elsewhere() -> None:
    assert renamed(FILES, "/w/pkg/engine.py", "retries=1", "tries") == {
        "/w/pkg/engine.py": ENGINE.replace("retries", "tries"),
        "/w/user.py": USER.replace("retries", "tries"),
    }
    assert renamed(FILES, "/w/pkg/engine.py", "size)", "count") == {
        "/w/pkg/engine.py": ENGINE.replace("self, size", "self, count").replace(
            "= size", "= count"
        ),
        "/w/user.py": USER.replace("size=2", "count=2"),
    }


def test_an_alias_is_renamed_alone() -> None:
    assert renamed(FILES, "/w/pkg/aliased.py", "go(1)", "work") == {
        "/w/pkg/aliased.py": ALIASED.replace("go", "work")
    }


def test_a_name_from_outside_gets_an_alias() -> None:
    assert renamed(FILES, "/w/elsewhere.py", "run_job(1)", "run") == {
        "/w/elsewhere.py": "from somewhere import run_job as run\nrun(1)\n"
    }


SCRIPTS = {
    "/w/src/store.ts": "export interface Todo { title: string }\n"
    "export function load(id: number): Todo { return { title: 'a' } }\n"
    "const save = 1;\nexport { save as store };\n",
    "/w/src/index.ts": "export { load } from './store';\nexport * from './store';\n",
    "/w/src/app.tsx": "import { load, type Todo } from './store.js';\n"
    "const show = (todo: Todo) => <b>{todo.title}</b>;\nshow(load(1));\n",
    "/w/test.ts": "import * as s from './src/store';\nimport { load as l } from './src';\n"
    "s.load(1); l(2);\n",
}


def test_exports_of_scripts_are_followed() -> None:
    assert renamed(SCRIPTS, "/w/src/store.ts", "load", "fetchTodo") == {
        "/w/src/store.ts": SCRIPTS["/w/src/store.ts"].replace("load", "fetchTodo"),
        "/w/src/index.ts": SCRIPTS["/w/src/index.ts"].replace("{ load }", "{ fetchTodo }"),
        "/w/src/app.tsx": SCRIPTS["/w/src/app.tsx"].replace("load", "fetchTodo"),
        "/w/test.ts": "import * as s from './src/store';\nimport { fetchTodo as l } from './src';\n"
        "s.fetchTodo(1); l(2);\n",
    }


def test_members_of_an_imported_interface_are_followed() -> None:
    assert renamed(SCRIPTS, "/w/src/store.ts", "title", "text") == {
        "/w/src/store.ts": SCRIPTS["/w/src/store.ts"].replace("title", "text"),
        "/w/src/app.tsx": SCRIPTS["/w/src/app.tsx"].replace("title", "text"),
    }


def test_a_shorthand_is_written_out() -> None:
    files = {"a.js": "function f(x) { return { x, y: x } }\n"}
    assert renamed(files, "a.js", "x", "value", after="f(") == {
        "a.js": "function f(value) { return { x: value, y: value } }\n"
    }


def test_a_private_name_keeps_its_mark() -> None:
    files = {"a.js": "class A { #p = 1; m() { return this.#p } }\n"}
    assert renamed(files, "a.js", "p", "q") == {
        "a.js": "class A { #q = 1; m() { return this.#q } }\n"
    }


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("for", "'for' is a keyword of python"),
        ("1x", "'1x' is not an identifier"),
        ("a-b", "'a-b' is not an identifier"),
        ("", "the new name is empty"),
        ("other", r"'other' is already a parameter in the same scope \(line 1\)"),
        ("inner", r"'inner' is already a variable nearer to a use \(line 3\)"),
        ("print", r"'print' is already an outer name that is used here \(line 4\)"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(new: str, message: str) -> None:
    source = "def f(name, other):\n    def g():\n        inner = name\n        print(inner)\n"
    with pytest.raises(BadInput, match=f"^{message}$"):
        renamed({"a.py": source}, "a.py", "name", new)


def test_a_clash_in_another_file_names_the_file() -> None:
    files = {"m.py": "def f(): pass\n", "n.py": "from m import f\ng = 1\nf()\n"}
    with pytest.raises(BadInput, match=r"^n\.py: 'g' is already a variable .*\(line 2\)$"):
        renamed(files, "m.py", "f()", "g")


@pytest.mark.parametrize(
    ("source", "mark", "message"),
    [
        ("x = 1 + 2\n", "+", "no name here"),
        ("print(1)\n", "print", "no name here"),
        ("load(1)\n", "load", "'load' is not declared in this file"),
        ("a = b()\na.go()\n", "go", "cannot be told whose 'go'"),
        ("class A:\n    def __init__(self): pass\n", "__init__", "Python itself looks for"),
        ("import os.path\n", "os", "rename its folder"),
    ],
)
def test_what_cannot_be_renamed_says_why(source: str, mark: str, message: str) -> None:
    file = SourceText("a.py", source)
    with pytest.raises(BadInput, match=message):
        renamable_at(file, source.index(mark))


def test_plain_text_is_not_renamed() -> None:
    with pytest.raises(BadInput, match="plaintext"):
        renamable_at(SourceText("a.txt", "word"), 1)


def test_the_place_of_a_name() -> None:
    place = renamable_at(SourceText("a.py", "größe = 1\nprint(größe)\n"), 3)
    assert (place.start, place.end) == (0, 7)


def test_the_same_name_is_no_edit() -> None:
    assert renamed({"a.py": "x = 1\n"}, "a.py", "x", "x") == {}


def test_the_garbage_collector_waits_until_all_names_are_known() -> None:
    source = "def total(a):\n    return a\n" + "b = total(1)\n" * 2_000
    texts = ("a.py", source), ("b.py", source.replace("1", "2")), ("c.py", source)
    files = [SourceText(path, text) for path, text in texts]
    collected: list[str] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"]:
            collected.append(phase)

    gc.collect()
    gc.callbacks.append(note)
    try:
        plan = plan_rename(files, "a.py", 5, "sum_up")
    finally:
        gc.callbacks.remove(note)
    assert len(plan.edits) == 2_001 and len(collected) <= 2
    assert gc.isenabled()


def test_each_import_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each of the importers gives the name on: chains of them were followed for each of them.
    importers = {f"/w/m{number}.py": "from a import total\n\ntotal([1])\n" for number in range(30)}
    looked_up: list[str] = []

    def noted(origin: Origin, importer: str, paths: Collection[str], language: str) -> str | None:
        looked_up.append(importer)
        return module_path(origin, importer, paths, language)

    monkeypatch.setattr("engine.edits.project_names.module_path", noted)
    files = {"/w/a.py": "def total(items):\n    return sum(items)\n", **importers}
    assert len(renamed(files, "/w/a.py", "total", "add_up")) == 31
    assert sorted(looked_up) == sorted(importers)
