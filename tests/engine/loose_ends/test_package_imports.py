"""What a file uses is imported as other files import it, in Go and Java."""

from __future__ import annotations

import pytest

from engine.languages import language_of
from engine.loose_ends.package_imports import MAX_LINES, package_imports
from engine.request import OpenDocument
from engine.spans import span
from engine.syntax import parse

GO = OpenDocument(
    "a/other.go",
    None,
    'package a\n\nimport (\n\t"net/http"\n\tyaml "gopkg.in/yaml.v3"\n'
    '\t"x.org/go-cache/v2"\n\t"io"\n)\n',
)
JAVA = OpenDocument(
    "src/org/shop/Till.java",
    None,
    "package org.shop;\n\nimport java.util.List;\nimport java.util.Map;\n"
    "import org.shop.cart.Cart;\nimport static java.lang.Math.max;\n",
)


def lines(path: str, text: str, other: OpenDocument, rest: str = "") -> list[str]:
    """What may stand at ‸, behind what its line has before it."""
    above, below = text.split("‸")
    before, _, own = above.rpartition("\n")
    start = len(before.encode()) + 1
    end = len(above.encode())
    tree = parse((above + below).encode(), language_of(path, None))
    return package_imports(tree, span(start, end), own, rest, (other,))


def test_a_list_of_imports_gets_the_package_that_is_used() -> None:
    text = 'package a\n\nimport (\n\t"io"\n‸\n)\n\nfunc f(c cache.Cache) { http.Get(c.Url) }\n'
    assert lines("a/b.go", text, GO) == ['"net/http"', '"x.org/go-cache/v2"']
    begun = text.replace("‸", '\t"net‸')
    assert lines("a/b.go", begun, GO) == ['"net/http"', '"x.org/go-cache/v2"']
    assert lines("a/b.go", begun, GO, rest='"') == []


def test_an_import_of_go_outside_a_list_is_whole() -> None:
    text = "package a\n‸\nvar x yaml.Node\n"
    assert lines("a/b.go", text, GO) == ['import yaml "gopkg.in/yaml.v3"']
    assert lines("a/b.go", text.replace("‸", "im‸"), GO) == []
    assert lines("a/b.go", text.replace("‸", "import ‸"), GO) == ['import yaml "gopkg.in/yaml.v3"']


@pytest.mark.parametrize(
    "body",
    [
        "func f(http Client) { http.Get() }",  # a parameter
        'func f() { say("http.Get") } // http.Get',
        "func f() { a.http.Get() }",
        "func f() { https.Get() }",
    ],
)
def test_what_is_no_package_is_not_imported(body: str) -> None:
    assert lines("a/b.go", f"package a\n\nimport (\n‸\n)\n\n{body}\n", GO) == []


def test_java_imports_what_is_neither_of_its_package_nor_declared() -> None:
    text = (
        "package org.shop.cart;\n\n‸\n\nclass Bill { List<Cart> all; Map at; int n = max(1, 2); }\n"
    )
    both = ["import java.util.List;", "import java.util.Map;"]
    assert lines("src/org/shop/cart/Bill.java", text, JAVA) == both
    starred = text.replace("‸", "import java.util.*;\n‸")
    assert lines("src/org/shop/cart/Bill.java", starred, JAVA) == []
    declared = text.replace("Bill", "List")
    assert lines("src/org/shop/cart/List.java", declared, JAVA) == both[1:]


def test_nothing_is_imported_behind_code() -> None:
    assert lines("B.java", "package b;\nclass B {\n‸\nList x; }\n", JAVA) == []
    assert lines("a/b.go", "package a\n\nfunc f() {\n‸\n\thttp.Get()\n}\n", GO) == []


def test_of_a_file_that_lacks_very_many_nothing_is_known() -> None:
    names = [f"pkg{number}" for number in range(MAX_LINES + 1)]
    listed = "\n".join(f'\t"x.org/{name}"' for name in names)
    many = OpenDocument("a/other.go", None, f"package a\n\nimport (\n{listed}\n)\n")
    uses = "\n".join(f"var _ = {name}.X" for name in names)
    text = f"package a\n\nimport (\n‸\n)\n\n{uses}\n"
    assert lines("a/b.go", text, many) == []
    assert len(lines("a/b.go", text.replace("pkg0.", "pkg1."), many)) == MAX_LINES
