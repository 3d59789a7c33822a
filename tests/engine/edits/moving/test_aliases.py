"""Imports by names that a project gives its folders, when files move."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Plan = Callable[..., dict[str, str]]


def config(**options: Any) -> str:
    return json.dumps({"compilerOptions": options})


APP = {
    "tsconfig.json": config(baseUrl=".", paths={"@/*": ["src/*"], "@ui/*": ["src/ui/*"]}),
    "src/ui/button.ts": "export const b = 1;\n",
    "src/lib/list.ts": "export const l = 1;\n",
    "src/lib/index.ts": "export const i = 1;\n",
}


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("src/lib/list.ts", "src/lib/items.ts", "@/lib/list", "@/lib/items"),
        ("src/lib/list.ts", "src/deep/list.ts", "@/lib/list.js", "@/deep/list.js"),
        ("src/ui/button.ts", "src/ui/key.ts", "@ui/button", "@ui/key"),
        # Where the alias does not reach, another one does; where none does, a path.
        ("src/ui/button.ts", "src/lib/button.ts", "@ui/button", "@/lib/button"),
        ("src/ui", "src/parts", "@ui/button", "@/parts/button"),
        ("src/ui/button.ts", "lib/button.ts", "@ui/button", "lib/button"),
        ("src/lib/index.ts", "src/all/index.ts", "@/lib", "@/all"),
        ("src/lib/index.ts", "src/all.ts", "@/lib", "@/all"),
        ("src/lib", "src/kit", "@/lib", "@/kit"),
        ("src/lib/list.ts", "src/list.ts", "src/lib/list", "src/list"),
        ("src/lib/list.ts", "src/list.ts", "@/lib/list?raw", "@/list?raw"),
    ],
)
def test_who_uses_an_alias_goes_on_to(
    planned: Plan, old: str, new: str, before: str, after: str
) -> None:
    texts = planned(APP | {"src/main.ts": f'import {{ b }} from "{before}";\n'}, (old, new))
    assert texts.pop("src/main.ts") == f'import {{ b }} from "{after}";\n'
    assert texts == {}


@pytest.mark.parametrize(
    "text",
    [
        'import x from "react";\n',
        'import x from "@/lib/gone";\n',
        'const name = "@/lib/list";\n',
        'log("@/lib/list");\n',
        '// import x from "@/lib/list"\n',
        'import x from "@other/list";\n',
    ],
)
def test_what_means_no_file_by_an_alias_stays(planned: Plan, text: str) -> None:
    assert planned(APP | {"src/main.ts": text}, ("src/lib/list.ts", "src/list.ts")) == {}


@pytest.mark.parametrize(
    "text",
    [
        'export * from "@/{}";\n',
        "const x = require('@/{}');\n",
        "const x = await import(`@/{}`);\n",
        'import type {{ X }} from "@/{}";\n',
        'jest.mock("@/{}");\n',
        'declare module "@/{}" {{}}\n',
        'import "@/{}";\n',
    ],
)
def test_every_way_to_import(planned: Plan, text: str) -> None:
    texts = planned(
        APP | {"main.ts": text.format("lib/list")}, ("src/lib/list.ts", "src/lib/items.ts")
    )
    assert texts == {"main.ts": text.format("lib/items")}


def test_a_moved_file_keeps_what_its_aliases_still_mean(planned: Plan) -> None:
    text = 'import "@/lib/list";\nimport "./list";\nimport "@/lib/index";\n'
    texts = planned(APP | {"src/lib/own.ts": text}, ("src/lib/own.ts", "src/ui/own.ts"))
    assert texts == {"src/lib/own.ts": text.replace("./", "../lib/")}


def test_a_file_that_leaves_its_project_is_written_for_the_new_one(planned: Plan) -> None:
    """The name means another file there, or none."""
    parts = {
        "a/tsconfig.json": config(paths={"~/*": ["./src/*"]}),
        "a/src/x.ts": "",
        "a/src/y.ts": "",
        "a/src/main.ts": 'import "~/x";\nimport "~/y";\n',
        "b/tsconfig.json": config(paths={"~/*": ["./src/*"], "#a/*": ["../a/src/*"]}),
        "b/src/x.ts": "",
    }
    texts = planned(parts, ("a/src/main.ts", "b/src/main.ts"))
    assert texts == {"a/src/main.ts": 'import "#a/x";\nimport "#a/y";\n'}


def test_a_project_that_moves_as_a_whole_stays(planned: Plan) -> None:
    files = {f"packages/app/{name}": text for name, text in APP.items()}
    main = {"packages/app/src/main.ts": 'import "@/lib/list";\nimport "../src/ui/button";\n'}
    assert planned(files | main, ("packages/app", "apps/web")) == {}


@pytest.mark.parametrize(
    "configs",
    [
        {
            "tsconfig.json": '{"extends": "./base", /* c */ "include": ["src/**/*"],}\n',
            "base.json": '{\n  // the "@/*" of all\n  "compilerOptions": {"paths": '
            '{"@/*": ["./src/*",],}, "x": "a//b"},\n}',
        },
        {
            "tsconfig.json": '{"files": [], "references": [{"path": "./tsconfig.app.json"}]}',
            "tsconfig.app.json": config(baseUrl="src", paths={"@/*": ["*"]}),
        },
        {"jsconfig.json": config(baseUrl="./src", paths={"@/*": ["./*"]})},
        {"tsconfig.json": config(paths={"@/*": ["./gone/*", "${configDir}/src/*"]})},
        {"tsconfig.json": config(paths={"*": ["./types/*"], "@/*": ["src/*"]})},
    ],
)  # fmt: skip
def test_where_aliases_are_found(planned: Plan, configs: Mapping[str, str]) -> None:
    files = {"src/lib/list.ts": "", "src/main.ts": 'import "@/lib/list";\n'}
    texts = planned(files | configs, ("src/lib/list.ts", "src/list.ts"))
    assert texts == {"src/main.ts": 'import "@/list";\n'}


@pytest.mark.parametrize(
    ("target", "file", "path"),
    [
        ("src/db.ts", "src/db.ts", "./src/new/db"),
        ("src/db", "src/db.ts", "./src/new/db"),
        ("src/db/index.ts", "src/db/index.ts", "./src/new/db"),
        ("src/db.json", "src/db.json", "./src/new/db.json"),
    ],
)
def test_an_alias_of_one_file_gives_way_to_a_path_without_its_ending(
    planned: Plan, target: str, file: str, path: str
) -> None:
    files = {
        "tsconfig.json": config(paths={"@db": [target]}),
        file: "",
        "main.ts": 'import "@db";\n',
    }
    moved = file.replace("src/", "src/new/")
    assert planned(files, (file, moved)) == {"main.ts": f'import "{path}";\n'}


def test_no_config_that_is_broken_or_extends_itself_says_anything(planned: Plan) -> None:
    files = {"src/list.ts": "", "src/main.ts": 'import "@/list";\n'}
    for text in ("{", "[]", '{"extends": "./tsconfig.json"}', '{"compilerOptions": {"paths": 5}}'):
        config = {"tsconfig.json": text, "package.json": '{"imports": 5, "exports": [5]}'}
        assert planned(files | config, ("src/list.ts", "src/items.ts")) == {}


PACKAGE = {
    "package.json": json.dumps(
        {
            "name": "kit",
            "imports": {
                "#db": "./src/db.js",
                "#lib/*": "./src/lib/*.js",
                "#two": {"node": "./src/one.js", "default": "./src/two.js"},
            },
            "exports": {".": "./src/main.js", "./lib/*": {"import": "./src/lib/*.js"}},
        }
    ),
    "src/db.js": "",
    "src/lib/list.js": "",
    "src/one.js": "",
    "src/two.js": "",
}


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("src/lib/list.js", "src/lib/deep/list.js", "#lib/list", "#lib/deep/list"),
        ("src/lib/list.js", "src/list.js", "#lib/list", "./list.js"),
        ("src/db.js", "src/data.js", "#db", "./data.js"),
        ("src/lib/list.js", "src/lib/items.js", "kit/lib/list", "kit/lib/items"),
        ("src/two.js", "src/three.js", "#two", "#two"),
    ],
)
def test_names_of_a_package(planned: Plan, old: str, new: str, before: str, after: str) -> None:
    texts = planned(PACKAGE | {"src/main.js": f"import '{before}';\n"}, (old, new))
    assert texts == ({} if before == after else {"src/main.js": f"import '{after}';\n"})


def test_a_name_that_no_package_gives_any_more_is_left(planned: Plan) -> None:
    files = PACKAGE | {"src/main.js": "import 'kit/lib/list';\n"}
    assert planned(files, ("src/lib/list.js", "src/list.js")) == {"!": "1"}


@pytest.mark.parametrize(
    "how",
    [
        "workspaces",
        "pnpm",
        pytest.param(
            "node_modules",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="links take a privilege"),
        ),
    ],
)
def test_packages_of_a_workspace(planned: Plan, tmp_path: Path, how: str) -> None:
    files = {
        "libs/kit/package.json": '{"name": "@own/kit"}',
        "libs/kit/src/list.ts": "",
        "apps/web/package.json": '{"name": "web"}',
        "apps/web/main.ts": 'import "@own/kit/src/list";\nimport "@own/other/src/list";\n',
    }
    if how == "workspaces":
        files["package.json"] = '{"workspaces": {"packages": ["apps/*", "libs/*"]}}'
    elif how == "pnpm":
        files["pnpm-workspace.yaml"] = "packages:\n  - 'libs/**'\n  - apps/*  # all\n"
    else:
        (tmp_path / "node_modules/@own").mkdir(parents=True)
        (tmp_path / "node_modules/@own/kit").symlink_to(tmp_path / "libs/kit")
    texts = planned(files, ("libs/kit/src/list.ts", "libs/kit/src/deep/items.ts"))
    assert texts == {
        "apps/web/main.ts": 'import "@own/kit/src/deep/items";\nimport "@own/other/src/list";\n'
    }


def test_a_package_that_is_installed_is_none_of_the_workspace(planned: Plan) -> None:
    files = {
        "node_modules/kit/package.json": '{"name": "kit"}',
        "node_modules/kit/list.js": "",
        "main.js": "import 'kit/list';\n",
        "list.js": "",
    }
    assert planned(files, ("list.js", "items.js")) == {}
