"""Names that resolve nowhere, and the many that do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.holes import HoleKind
from engine.judging.names import unresolved
from engine.languages import language_of
from engine.planning.hole_spans import hole_spans
from engine.request import OpenDocument
from engine.spans import span
from engine.syntax import parse

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
NAMES = [case["file"] for case in json.loads((FIXTURES / "cases.json").read_text(encoding="utf-8"))]


def unknown(path: str, before: str, text: str, after: str = "") -> list[str]:
    data = (before + text + after).encode()
    tree = parse(data, language_of(path))
    return unresolved(tree, span(len(before.encode()), len((before + text).encode())))


@pytest.mark.parametrize(
    ("path", "before", "text", "expected"),
    [
        ("a.py", "def f(a):\n    return ", "a + b", ["b"]),
        ("a.py", "def f(a):\n    ", "for i in range(a):\n        print(i)", []),
        ("a.py", "def f(a):\n    return ", "a.size(key=missing)", ["missing"]),
        ("a.py", "x = ", "[row for row in rows]", ["rows"]),
        ("a.py", "import os\nx = ", "os.getcwd()", []),
        ("a.py", "x = ", "lambda y: y + len(z)", ["z"]),
        ("a.py", "from os import *\nx = ", "getcwd()", []),
        ("a.py", "", "with open(path) as lines:\n    pass\n", ["path"]),
        ("a.js", "const x = ", "items.map((item) => item.name)", ["items"]),
        ("a.js", "", "const { a, b: c } = require('x');\nuse(a, c);", ["use"]),
        ("a.js", "const y = 1;\nconst x = ", "{ y, size: width }", ["width"]),
        ("a.ts", "const x: ", "Map<string, Row>", ["Row"]),
        ("a.go", "package p\nfunc f(a int) int {\n\treturn ", "a + missing\n}\n", ["missing"]),
        ("a.go", "package p\nfunc f() {\n\t", "helper(fmt.Sprint(1))\n}\n", ["fmt"]),
        ("a.rs", "fn f(a: u32) -> u32 {\n    ", "let b = a;\n    b + missing\n}\n", ["missing"]),
        ("A.java", "class A { int f(int a) { return ", "a + missing; } }", ["missing"]),
        ("A.java", "class A { int f(int a) { return ", "Other.run(a); } }", []),
        ("a.c", "#include <stdio.h>\nint f(int a) { ", 'printf("%d", missing); }', ["missing"]),
        ("a.c", '#include "a.h"\nint f(int a) { ', "return missing; }", []),
        ("a.cpp", "int f(int a) { ", "std::size_t b = a; return b + missing; }", ["missing"]),
        ("a.txt", "", "anything goes", []),
    ],
)
def test_unresolved(path: str, before: str, text: str, expected: list[str]) -> None:
    assert unknown(path, before, text) == expected


def test_open_documents_and_the_rest_of_the_file_resolve() -> None:
    assert unknown("a.py", "x = ", "missing\n", "missing = 1\n") == []
    data = b"x = far()\n"
    tree = parse(data, language_of("a.py"))
    documents = [OpenDocument("b.py", "python", "def far(): pass")]
    assert unresolved(tree, span(4, 9)) == ["far"]
    assert unresolved(tree, span(4, 9), documents) == []
    assert unresolved(tree, span(4, 9), [OpenDocument("b.py", None, "farther")]) == ["far"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_whole_files_resolve(name: str) -> None:
    data = (FIXTURES / name).read_bytes()
    tree = parse(data, language_of(name))
    assert unresolved(tree, span(0, len(data))) == []
    for place in hole_spans(tree, HoleKind.STATEMENT)[::5]:
        assert unresolved(tree, place) == [], place.of(data)


@pytest.mark.parametrize(
    ("path", "before", "filled"),
    [
        ("a.py", "size = 1\n", "x = siez + 1\n"),
        ("a.py", "size = 1\n", "x = siez and size\n"),
        ("a.js", "const size = 1;\n", "let x = siez + 1;\n"),
        ("a.rs", "fn f(size: u8) -> u8 {\n", "    siez + 1\n}\n"),
    ],
)
def test_the_left_operand_declares_nothing(path: str, before: str, filled: str) -> None:
    text = (before + filled).encode()
    place = span(len(before), len(text))
    assert unresolved(parse(text, language_of(path)), place) == ["siez"]
