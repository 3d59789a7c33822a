"""A rename follows imports by the names that a project gives its folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.edits.project_names import SourceText
from engine.edits.rename import Certainty, plan_rename

STORE = "export function load() {}\nexport interface Todo { title: string }\n"


@pytest.mark.parametrize(
    ("config", "module"),
    [
        ("tsconfig.json", "@/store"),
        ("tsconfig.json", "@/store.js"),
        ("tsconfig.json", "src/store"),
        ("package.json", "#store"),
    ],
)
def test_a_name_is_renamed_where_an_alias_imports_it(
    tmp_path: Path, config: str, module: str
) -> None:
    configs = {
        "tsconfig.json": {"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"]}}},
        "package.json": {"imports": {"#*": "./src/*.ts"}},
    }
    files = {
        config: json.dumps(configs[config]),
        "src/store.ts": STORE,
        "app.ts": f'import {{ load, type Todo }} from "{module}";\nload();\n'
        "export const f = (x: Todo) => x.title;\n",
        "all.ts": f'export {{ load }} from "{module}";\n',
        "more.ts": 'import { load } from "./all";\nload();\n',
        "space.ts": f'import * as store from "{module}";\nstore.load();\n',
        "other.ts": 'import { load } from "@other/store";\nload();\n',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    sources = [SourceText(str(tmp_path / name), text) for name, text in files.items()]
    for old in ("load", "title"):
        offset = STORE.index(old)
        plan = plan_rename(sources[1:], str(tmp_path / "src/store.ts"), offset, "fetched")
        sure = [one.edit for one in plan.edits if one.certainty is Certainty.CERTAIN]
        changed = {}
        for source in sources:
            text = source.text
            for one in sorted(sure, key=lambda each: -each.start):
                if one.path == source.path:
                    text = text[: one.start] + one.new_text + text[one.end :]
            if text != source.text:
                changed[Path(source.path).relative_to(tmp_path).as_posix()] = text
        names = ("src/store.ts", "app.ts", "all.ts", "more.ts", "space.ts")
        wanted = names if old == "load" else names[:2]
        assert changed == {name: files[name].replace(old, "fetched") for name in wanted}
