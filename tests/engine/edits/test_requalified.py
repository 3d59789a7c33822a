"""Uses of imports that the edit wrote in another form."""

from __future__ import annotations

import pytest

from engine.edits.applied import applied
from engine.edits.next_edit import analysed
from typed_edits import typed


@pytest.mark.parametrize(
    ("path", "marked", "wanted"),
    [
        (
            "a.py",
            "⟦import os⟧from os import path⟦⟧\nx = os.path.join(os.sep)\n",
            "path.join(os.sep)",
        ),
        ("a.py", "⟦from os import path⟧import os⟦⟧\nx = path.join(y)\n", "x = os.path.join(y)"),
        (
            "a.py",
            "⟦import datetime⟧from datetime import datetime⟦⟧\nx = datetime.datetime.now()\n",
            "x = datetime.now()",
        ),
        (
            "a.py",
            "⟦from datetime import datetime⟧import datetime⟦⟧\nx = datetime.now()\n",
            "x = datetime.datetime.now()",
        ),
        ("a.py", "⟦import os⟧from os import path as p⟦⟧\nx = os.path\n", "x = p\n"),
        (
            "a.ts",
            "⟦import * as fs from 'fs';⟧import { readFile } from 'fs';⟦⟧\nfs.readFile(x);\n",
            "\nreadFile(x);",
        ),
        (
            "A.java",
            "⟦import org.junit.Assert;⟧import static org.junit.api.Assertions.assertTrue;⟦⟧\n"
            "class A { void f() { Assert.assertTrue(x); } }\n",
            "{ assertTrue(x); }",
        ),
    ],
)
def test_uses_follow_the_form_of_an_import(path: str, marked: str, wanted: str) -> None:
    request = typed(marked, path)
    assert wanted in applied(request.text.encode(), analysed(request)).decode()


@pytest.mark.parametrize(
    "marked",
    [
        pytest.param("import os⟦⟧, sys⟦⟧\nx = os.path\n", id="still there"),
        pytest.param("⟦import os⟧from sys import path⟦⟧\nx = y.path\n", id="another object"),
        pytest.param("⟦import os⟧from sys import argv⟦⟧\nx = os.path\n", id="another member"),
    ],
)
def test_other_uses_stay(marked: str) -> None:
    request = typed(marked)
    text = applied(request.text.encode(), analysed(request)).decode()
    assert text.splitlines()[-1] == request.text.splitlines()[-1]
