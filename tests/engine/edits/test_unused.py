from __future__ import annotations

import pytest

from engine.edits.names_of import name_table
from engine.edits.unused import unused_names
from engine.languages import language_of
from engine.syntax import parse


def cleaned(text: str, path: str = "a.py") -> str:
    data = text.encode()
    table = name_table(parse(data, language_of(path)))
    assert table is not None
    for unused in reversed(unused_names(table, path)):
        data = data[: unused.span.start] + data[unused.span.end :]
    return data.decode()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("import os\nimport sys\n\nprint(sys.path)\n", "import sys\n\nprint(sys.path)\n"),
        ("from a import b, c\n\nb()\n", "from a import b\n\nb()\n"),
        ("from a import b, c\n\nc()\n", "from a import c\n\nc()\n"),
        (
            "from a import (\n    b,\n    c,\n)\n\nc()\n",
            "from a import (\n    c,\n)\n\nc()\n",
        ),
        ("from a import b, c, d\n\nb()\n", "from a import b\n\nb()\n"),
        ("from a import (b, c,\n    d)\n\nd()\n", "from a import (d)\n\nd()\n"),
        ("import a.b as c, d\n\nd()\n", "import d\n\nd()\n"),
        ("def f():\n    x = 1\n    return 2\n", "def f():\n    return 2\n"),
    ],
)
def test_what_nothing_uses_goes(text: str, left: str) -> None:
    assert cleaned(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "import a as a\n",
        "import a  # noqa: F401\n",
        "from __future__ import annotations\n",
        "from a import B\n\nx: 'B' = None\n",
        "from a import b\n\n__all__ = ['b']\n",
        "def f():\n    x = g()\n    return 2\n",  # the call may do something
        "def f():\n    x = 1\n",  # the body would be empty
        "x = 1\n",  # what a module defines may be used elsewhere
        "def f():\n    _ = 1\n    return 2\n",
        "import (\n",
        "try:\n    import a\n    import b\nexcept ImportError:\n    c = 1\n",  # would be empty
        "from a import (\n    b,  # why\n    c,\n)\n\nc()\n",
    ],
)
def test_what_may_be_used_stays(text: str) -> None:
    assert cleaned(text) == text


def test_a_package_gives_out_what_it_imports() -> None:
    assert cleaned("from .a import b\n", "pkg/__init__.py") == "from .a import b\n"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("import { a, b } from './c';\n\na();\n", "import { a } from './c';\n\na();\n"),
        ("import a from './c';\nb();\n", "b();\n"),
        ("import a, { b } from './c';\na();\n", "import a, { b } from './c';\na();\n"),
        ("import './side-effect';\n", "import './side-effect';\n"),
        ("import React from 'react';\n", "import React from 'react';\n"),
        (
            "function f() {\n  const x = 1;\n  return 2;\n}\n",
            "function f() {\n  return 2;\n}\n",
        ),
    ],
)
def test_typescript(text: str, left: str) -> None:
    assert cleaned(text, "a.ts") == left


def test_a_property_that_a_parameter_declares_has_no_place_of_its_own() -> None:
    text = "class A {\n  constructor(readonly label: string) {\n    f();\n  }\n}\n"
    assert cleaned(text, "a.ts") == text
