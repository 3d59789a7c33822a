"""What a file that exports all of others does not list yet."""

from __future__ import annotations

from engine.loose_ends.barrels import missing_exports
from engine.request import OpenDocument

FILES = [
    OpenDocument(path, None, "")
    for path in ("src/a.ts", "src/b.ts", "src/k/c.ts", "src/k/d/index.ts", "src/other/e.ts", "n.py")
]


def test_files_of_the_same_folders_in_the_style_of_the_others() -> None:
    text = "export * from './a.js'\nexport * from './k/x.js'\n"
    assert missing_exports(FILES, "src/index.ts", text) == [
        "export * from './b.js'",
        "export * from './k/c.js'",
        "export * from './k/d/index.js'",
    ]


def test_a_file_that_exports_little_or_has_no_name() -> None:
    text = 'export * from "./a";\nexport * from "./b";\n'
    assert missing_exports(FILES, "src/index.ts", text) == []
    assert missing_exports(FILES, None, text) == []
    assert missing_exports(FILES, "src/index.ts", 'export * from "./a";\n') == []
