from __future__ import annotations

import pytest

from engine.edits.extract_function import extract_function
from engine.errors import BadInput
from marked_refactoring import after, selected


def extracted(marked: str, path: str = "a.py") -> str:
    tree, selection = selected(marked, path)
    return after(tree, extract_function(tree, selection).edits)


def test_what_is_read_is_a_parameter_and_what_is_needed_is_returned() -> None:
    marked = (
        "def f(items, limit):\n    «total = 0\n    for item in items:\n        total += item»\n"
        "    return min(total, limit)\n"
    )
    assert extracted(marked) == (
        "def f(items, limit):\n    total = extracted(items)\n    return min(total, limit)\n\n\n"
        "def extracted(items):\n    total = 0\n    for item in items:\n        total += item\n"
        "    return total\n"
    )


def test_a_return_at_the_end_is_returned() -> None:
    made = extracted("def f(a):\n    «b = a + 1\n    return b»\n")
    assert made == (
        "def f(a):\n    return extracted(a)\n\n\ndef extracted(a):\n    b = a + 1\n    return b\n"
    )


def test_what_uses_self_becomes_a_method() -> None:
    marked = "class A:\n    def f(self, x):\n        «self.y = x»\n        return 1\n\n\nz = 1\n"
    assert extracted(marked) == (
        "class A:\n    def f(self, x):\n        self.extracted(x)\n        return 1\n\n"
        "    def extracted(self, x):\n        self.y = x\n\n\nz = 1\n"
    )


def test_await_makes_it_a_coroutine() -> None:
    made = extracted("async def f(a):\n    «b = await a»\n    return b\n")
    assert "    b = await extracted(a)\n" in made and "async def extracted(a):\n" in made


def test_a_name_that_may_not_be_set_inside_is_passed_in() -> None:
    made = extracted("def f(a):\n    x = 0\n    «if a:\n        x = 1»\n    return x\n")
    assert "x = extracted(a, x)" in made or "x = extracted(x, a)" in made


def test_what_the_next_round_of_a_loop_reads_is_returned() -> None:
    made = extracted(
        "def f(a):\n    n = 0\n    for b in a:\n        print(n)\n        «n = b + n»\n"
    )
    assert "        n = extracted(n, b)\n" in made


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("«if a:\n        return 1»\n    return 2\n", "return in the middle"),
        ("for b in a:\n        «if b:\n            break»\n", "a break"),
        ("for b in a:\n        «continue»\n", "a continue"),
        ("«yield a»\n", "a yield"),
        ("«global g\n    g = a»\n", "a global"),
        ("x = («a»)\n", "select whole statements"),
        ("«# why»\n    return a\n", "select whole statements"),
        ("if a: «print(a)»\n    return a\n", "on the line of other code"),
        ('«x = """b\nc"""»\n    return x\n', "indented less"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(body: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        extracted(f"def f(a):\n    {body}")


def test_statements_of_a_module_are_refused() -> None:
    with pytest.raises(BadInput, match="in no function"):
        extracted("«x = 1»\n")


def test_a_break_of_its_own_loop_is_fine() -> None:
    made = extracted("def f(a):\n    «for b in a:\n        break»\n    return a\n")
    assert "    extracted(a)\n" in made


def test_typescript_keeps_types() -> None:
    marked = "function f(a: number) {\n  «const b = a + 1;\n  log(b);»\n  return b;\n}\n"
    assert extracted(marked, "a.ts") == (
        "function f(a: number) {\n  let b = extracted(a);\n  return b;\n}\n\n"
        "function extracted(a: number) {\n  const b = a + 1;\n  log(b);\n  return b;\n}\n"
    )


def test_this_makes_it_a_method() -> None:
    marked = "class A {\n  f(x) {\n    «this.y = x;»\n    return 1;\n  }\n}\n"
    assert extracted(marked, "a.js") == (
        "class A {\n  f(x) {\n    this.extracted(x);\n    return 1;\n  }\n\n"
        "  extracted(x) {\n    this.y = x;\n  }\n}\n"
    )


def test_this_of_an_inner_function_is_refused() -> None:
    with pytest.raises(BadInput, match="are in no method"):
        extracted("function f() {\n  «this.x = 1;»\n}\n", "a.js")


@pytest.mark.parametrize(
    ("marked", "reason"),
    [
        (
            "const a = {\n  f(x) {\n    «this.g(x);»\n    return 1;\n  },\n};\n",
            "no method of a class",
        ),
        ("class A {\n  f(x) {\n    «this.g(...arguments);»\n    return 1;\n  }\n}\n", "arguments"),
    ],
)
def test_a_method_goes_into_a_class_and_has_arguments_of_its_own(marked: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        extracted(marked, "a.js")
