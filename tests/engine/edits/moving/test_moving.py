"""What imports become when files move; every project here lies on disk, as it is asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Plan = Callable[..., dict[str, str]]
PACKAGE = {
    "pkg/__init__.py": "",
    "pkg/a.py": "from .b import f\nfrom . import b\n",
    "pkg/b.py": "",
    "pkg/c.py": "",
    "pkg/sub/__init__.py": "",
}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import pkg.b as x\nx.f\n", "import pkg.sub.d as x\nx.f\n"),
        ("import os, pkg.b\npkg.b.f(os)\n", "import os, pkg.sub.d\npkg.sub.d.f(os)\n"),
        ("from pkg.b import *\n", "from pkg.sub.d import *\n"),
        ("from pkg import b as x, c\n", "from pkg.sub import d as x\nfrom pkg import c\n"),
        (
            "def g():\n    from pkg import c, b  # here\n    return b.f(c)\n",
            "def g():\n    from pkg.sub import d\n    from pkg import c  # here\n"
            "    return d.f(c)\n",
        ),
        ("if 1: from pkg import b, c\n", "if 1: from pkg.sub import d; from pkg import c\n"),
        (
            "from pkg import (\n    b,\n    c,\n)\nb\n",
            "from pkg.sub import d\nfrom pkg import (\n    c,\n)\nd\n",
        ),
        ("from pkg import c, b, sub\n", "from pkg.sub import d\nfrom pkg import c, sub\n"),
        # What the name stands for besides keeps its name.
        ("from pkg import b\n__all__ = ['b']\n", "from pkg.sub import d as b\n__all__ = ['b']\n"),
        ("from pkg import b\nd = b.f\n", "from pkg.sub import d as b\nd = b.f\n"),
        (
            "try:\n    from pkg import b\nexcept ImportError:\n    b = None\n",
            "try:\n    from pkg.sub import d as b\nexcept ImportError:\n    b = None\n",
        ),
        (
            "import pkg.b\ndef g(x: 'pkg.b.F'): ...\n",
            "import pkg.sub.d\ndef g(x: 'pkg.sub.d.F'): ...\n",
        ),
        (
            "import pkg.b\ndef g(pkg):\n    pkg.b.f\n",
            "import pkg.sub.d\ndef g(pkg):\n    pkg.b.f\n",
        ),
        ("import pkg\npkg.b.f\n", "import pkg\npkg.sub.d.f\n"),
        ("from pkg.b import f\nb = f\nb.x\n", "from pkg.sub.d import f\nb = f\nb.x\n"),
    ],
)  # fmt: skip
def test_how_a_module_is_imported(planned: Plan, old: str, new: str) -> None:
    files = PACKAGE | {"main.py": old}
    assert planned(files, ("pkg/b.py", "pkg/sub/d.py"))["main.py"] == new


@pytest.mark.parametrize(
    "text",
    [
        "import b\nfrom b import f\n",  # not a module of the workspace from here
        "from pkg import sub\nfrom other.pkg import b\n",
        "'pkg.b'\n# import pkg.b\n",
        "from pkg.c import b\n",
        "from .pkg.b import (\n",  # broken
    ],
)
def test_what_means_something_else_stays(planned: Plan, text: str) -> None:
    files = PACKAGE | {"main.py": text}
    assert set(planned(files, ("pkg/b.py", "pkg/d.py"))) == {"pkg/a.py"}


def test_a_name_that_the_package_gives_itself_is_not_the_module(planned: Plan) -> None:
    files = PACKAGE | {
        "pkg/__init__.py": "from .b import b\n",
        "main.py": "from pkg import b\nimport pkg\npkg.b.x\n",
    }
    texts = planned(files, ("pkg/b.py", "pkg/d.py"))
    assert texts["pkg/__init__.py"] == "from .d import b\n"
    assert "main.py" not in texts


def test_what_others_import_from_a_file_keeps_its_name(planned: Plan) -> None:
    files = PACKAGE | {"main.py": "from pkg import b\n", "again.py": "from main import b\n"}
    texts = planned(files, ("pkg/b.py", "pkg/d.py"))
    assert texts["main.py"] == "from pkg import d as b\n"
    assert "again.py" not in texts


def test_relative_imports_end_at_the_package(planned: Plan) -> None:
    texts = planned(PACKAGE | {"other/__init__.py": ""}, ("pkg/a.py", "other/a.py"))
    assert texts == {"pkg/a.py": "from pkg.b import f\nfrom pkg import b\n"}


def test_packages_without_init_are_followed(planned: Plan) -> None:
    files = {
        "space/one/a.py": "from ..two import b\nfrom ..two.b import f\n",
        "space/two/b.py": "",
        "main.py": "import space.two.b as x\nfrom space.two import b\n",
    }
    texts = planned(files, ("space/two", "space/three"))
    assert texts["space/one/a.py"] == "from ..three import b\nfrom ..three.b import f\n"
    assert texts["main.py"] == "import space.three.b as x\nfrom space.three import b\n"


def test_a_module_becomes_a_package(planned: Plan) -> None:
    files = PACKAGE | {"main.py": "from pkg import a, b\nimport pkg.a\n"}
    texts = planned(files, ("pkg/a.py", "pkg/a/__init__.py"))
    assert texts == {"pkg/a.py": "from ..b import f\nfrom .. import b\n"}


@pytest.mark.parametrize("root", ["src", ""])
def test_tests_beside_the_sources_find_them(planned: Plan, root: str) -> None:
    files = {f"{root}/{name}".lstrip("/"): text for name, text in PACKAGE.items()}
    test = {"tests/test_b.py": "from pkg.b import f\nfrom tests import helpers\n"}
    texts = planned(files | test, (f"{root}/pkg".lstrip("/"), f"{root}/kit".lstrip("/")))
    assert texts == {"tests/test_b.py": "from kit.b import f\nfrom tests import helpers\n"}


def test_of_two_files_none_is_certain(planned: Plan) -> None:
    files = {"src/tool.py": "", "tool.py": "", "main.py": "import tool\n"}
    assert planned(files, ("tool.py", "tools.py")) == {}


def test_projects_side_by_side_are_kept_apart(planned: Plan) -> None:
    one = {f"one/{name}": "" for name in ("pyproject.toml", "tests/__init__.py", "tests/h.py")}
    two = {name.replace("one", "two"): "" for name in one}
    importers = {f"{name}/tests/test_x.py": "from tests.h import f\n" for name in ("one", "two")}
    texts = planned(one | two | importers, ("two/tests/h.py", "two/tests/k.py"))
    assert texts == {"two/tests/test_x.py": "from tests.k import f\n"}


def test_names_of_the_standard_library_are_not_the_workspaces(planned: Plan) -> None:
    files = {"queue.py": "", "main.py": "import queue\nfrom queue import Queue\n"}
    assert planned(files, ("queue.py", "rows.py")) == {}


def test_scripts_that_move_together_stay(planned: Plan) -> None:
    files = {"run/main.py": "import helper\n", "run/helper.py": ""}
    assert planned(files, ("run", "bin")) == {}
    assert planned(files, ("run/main.py", "main.py")) == {"!": "1"}


def test_a_file_without_a_module_name_leaves_its_importers(planned: Plan) -> None:
    texts = planned(PACKAGE | {"main.py": "import pkg.b\n"}, ("pkg/b.py", "pkg/my-b.py"))
    assert texts == {"!": "3"}


def test_the_old_name_stays_bound_where_it_is_used(planned: Plan) -> None:
    files = PACKAGE | {"kit/__init__.py": "", "main.py": "import pkg.b\npkg.b.f(pkg.VALUE)\n"}
    texts = planned(files, ("pkg/b.py", "kit/b.py"))
    assert texts["main.py"] == "import pkg, kit.b\nkit.b.f(pkg.VALUE)\n"


SCRIPTS = {
    "src/a.ts": "",
    "src/lib/index.ts": "",
    "src/lib/c.tsx": "",
    "src/data.json": "",
    "src/both.js": "",
    "src/both/index.js": "",
}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import { x } from './lib';", "import { x } from './kit/lib';"),
        ("import { x } from './lib/';", "import { x } from './kit/lib/';"),
        ("import { x } from './lib/index';", "import { x } from './kit/lib/index';"),
        ("import { x } from './lib/index.js';", "import { x } from './kit/lib/index.js';"),
        ("import x = require('./lib/c');", "import x = require('./kit/lib/c');"),
        ('type T = import("./lib/c").T;', 'type T = import("./kit/lib/c").T;'),
        ("declare module './lib/c' {}", "declare module './kit/lib/c' {}"),
        ("await import(`./lib/c.js`);", "await import(`./kit/lib/c.js`);"),
        ("vi.mock('./lib/c', f);", "vi.mock('./kit/lib/c', f);"),
        (
            "new URL('./lib/c.tsx', import.meta.url);",
            "new URL('./kit/lib/c.tsx', import.meta.url);",
        ),
        ("import './lib/gone.css?inline';", "import './kit/lib/gone.css?inline';"),
        ("/// <reference path=\"./lib/c.tsx\" />", "/// <reference path=\"./kit/lib/c.tsx\" />"),
        ("export { x } from './lib', y;", "export { x } from './kit/lib', y;"),
    ],
)  # fmt: skip
def test_how_a_script_is_imported(planned: Plan, old: str, new: str) -> None:
    files = SCRIPTS | {"src/main.ts": old + "\n"}
    assert planned(files, ("src/lib", "src/kit/lib")) == {"src/main.ts": new + "\n"}


@pytest.mark.parametrize(
    "text",
    [
        "const text = './lib/c';",
        "fs.readFileSync('./lib/c.tsx');",
        "// import './lib/c';",
        "import x from 'lib/c';",
        "import x from './library';",
        "f('./lib/c', import.meta.url);",
    ],
)
def test_other_strings_stay(planned: Plan, text: str) -> None:
    assert planned(SCRIPTS | {"src/main.ts": text}, ("src/lib", "src/kit")) == {}


@pytest.mark.parametrize(
    ("move", "old", "new"),
    [
        (("src/a.ts", "src/a/index.ts"), "'./a'", "'./a'"),
        (("src/a.ts", "src/b/index.ts"), "'./a'", "'./b'"),
        (("src/a.ts", "src/b.mts"), "'./a'", "'./b.mjs'"),
        (("src/a.ts", "src/b.mts"), "'./a.js'", "'./b.mjs'"),
        (("src/lib/index.ts", "src/lib/main.ts"), "'./lib'", "'./lib/main'"),
        (("src/lib/c.tsx", "src/lib/d.tsx"), "'./lib/c.jsx'", "'./lib/d.jsx'"),
        (("src/a.ts", "src/both.ts"), "'./a'", "'./both'"),
        (("src/both/index.js", "src/a/index.js"), "'./both'", "'./both'"),
    ],
)
def test_endings_and_folders(planned: Plan, move: tuple[str, str], old: str, new: str) -> None:
    files = SCRIPTS | {"src/main.ts": f"import x from {old};\n"}
    texts = planned(files, move)
    assert texts.get("src/main.ts", files["src/main.ts"]) == f"import x from {new};\n"


def test_a_moved_script_still_finds_what_stays(planned: Plan) -> None:
    text = "import a from './a';\nimport d from './data.json';\nimport g from './gone.css';\n"
    assert planned(SCRIPTS | {"src/main.ts": text}, ("src/main.ts", "main.ts")) == {
        "src/main.ts": "import a from './src/a';\nimport d from './src/data.json';\n"
        "import g from './src/gone.css';\n"
    }


def test_moves_that_change_nothing_write_nothing(planned: Plan) -> None:
    files = PACKAGE | SCRIPTS | {"src/main.ts": "import a from './a';\n", "x/y.h": ""}
    assert planned(files, ("pkg/sub", "pkg/sub2"), ("x/y.h", "x/z.h")) == {}


def test_two_files_that_change_places(planned: Plan) -> None:
    files = PACKAGE | {"main.py": "from pkg import b, c\nimport pkg.b\nimport pkg.c\n"}
    texts = planned(files, ("pkg/b.py", "pkg/c.py"), ("pkg/c.py", "pkg/b.py"))
    assert texts["main.py"] == ("from pkg import c as b, b as c\nimport pkg.c\nimport pkg.b\n")
    assert texts["pkg/a.py"] == "from .c import f\nfrom . import c\n"


def test_a_file_that_another_one_replaces_stays_as_it_is(planned: Plan) -> None:
    """What it says goes away with it; one that moves away itself is no such file."""
    files = PACKAGE | {"js/a.ts": "import './b';\n", "js/b.ts": "", "js/c.ts": "import './b';\n"}
    assert planned(files, ("pkg/b.py", "pkg/a.py"), ("js/b.ts", "js/a.ts")) == {
        "js/c.ts": "import './a';\n"
    }
    chained = planned(files, ("pkg/b.py", "pkg/a.py"), ("pkg/a.py", "pkg/d.py"))
    assert chained == {"pkg/a.py": "from .a import f\nfrom . import a\n"}
    onto = {"kit/a.py": "from pkg.b import f\n", "kit/own.py": "from pkg.b import f\n"}
    assert planned(PACKAGE | onto, ("pkg", "kit")) == {"kit/own.py": "from kit.b import f\n"}


def test_nothing_outside_of_the_workspace_has_a_dotted_name(planned: Plan) -> None:
    files = PACKAGE | {"main.py": "import pkg.b\nfrom pkg.b import f\n"}
    assert planned(files, ("pkg/b.py", "../elsewhere/b.py")) == {"!": "4"}


def test_a_path_that_no_import_can_say_is_left(planned: Plan) -> None:
    files = {"a.ts": "import './b';\nimport(`./b/${c}`);\n", "b.ts": ""}
    assert planned(files, ("b.ts", "b#.ts")) == {"!": "1"}
    assert planned(files, ("a.ts", "sub/a.ts")) == {
        "a.ts": "import '../b';\nimport(`./b/${c}`);\n",
        "!": "1",
    }
