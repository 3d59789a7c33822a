from __future__ import annotations

import pytest

from engine.edits.extract_function import extract_function
from engine.errors import BadInput
from marked_refactoring import after, selected


def extracted(members: str) -> str:
    tree, selection = selected(f"class A {{\n{members}}}\n", "A.java")
    return after(tree, extract_function(tree, selection).edits)


def test_what_is_read_is_taken_and_what_is_read_later_is_returned() -> None:
    made = extracted(
        "    int f(int[] items, int limit) {\n"
        "        «int total = 0;\n"
        "        for (int item : items) {\n            total += item;\n        }»\n"
        "        return Math.min(total, limit);\n    }\n"
    )
    assert made == (
        "class A {\n"
        "    int f(int[] items, int limit) {\n"
        "        int total = extracted(items);\n"
        "        return Math.min(total, limit);\n    }\n\n"
        "    private int extracted(int[] items) {\n"
        "        int total = 0;\n"
        "        for (int item : items) {\n            total += item;\n        }\n"
        "        return total;\n    }\n}\n"
    )


def test_a_static_method_makes_a_static_one_and_return_keeps_its_type() -> None:
    made = extracted("    static <T> T f(T a) {\n        «g();\n        return a;»\n    }\n")
    assert "        return extracted(a);\n" in made
    assert "    private static <T> T extracted(T a) {\n" in made


def test_a_type_parameter_that_no_argument_tells_is_named_in_the_call() -> None:
    made = extracted("    <T> T f(Object a) {\n        «return (T) a;»\n    }\n")
    assert "return this.<T>extracted(a);" in made


def test_exceptions_that_the_method_lets_out_or_catches_are_declared() -> None:
    made = extracted(
        "    void f() throws java.io.IOException {\n        try {\n            «g();»\n"
        "        } catch (InterruptedException | RuntimeException e) {\n            h();\n"
        "        }\n    }\n"
    )
    assert "private void extracted() throws java.io.IOException, InterruptedException {" in made


def test_an_unset_local_is_declared_where_it_is_set() -> None:
    made = extracted(
        "    int f() {\n        int a;\n        «a = g();»\n        return a;\n    }\n"
    )
    assert (
        "        a = extracted();\n" in made and "        int a = g();\n        return a;" in made
    )


def test_arrays_and_any_number_of_arguments_keep_their_types() -> None:
    made = extracted(
        "    void f(int a[], String... b) {\n        «g(a, b);»\n        h();\n    }\n"
    )
    assert "extracted(int[] a, String[] b)" in made


def test_lines_of_a_text_block_stay_as_they_are() -> None:
    made = extracted('    void f() {\n        if (b) {\n            «g("""\n            x\n'
                     '            """);»\n        }\n    }\n')  # fmt: skip
    assert '        g("""\n            x\n            """);\n' in made


def test_a_method_that_ends_there_may_return_in_the_middle() -> None:
    made = extracted("    void f(int a) {\n        «if (a > 0) {\n            return;\n        }\n"
                     "        g();»\n    }\n")  # fmt: skip
    assert "        extracted(a);\n    }" in made


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("«if (a > 0) {\n return 1;\n }»\n return 2;", "return in the middle"),
        ("for (;;) {\n «break;»\n }", "a break"),
        ("while (a > 0) {\n «if (a > 1) {\n continue;\n }»\n a--;\n }", "a continue"),
        ("«int b = 1;\n int c = 2;»\n return b + c;", "several locals that they set: b, c"),
        ("var b = g();\n «h(b);»\n return 1;", "type of b is not written"),
        (
            "final int b = 1;\n «switch (a) {\n case b: h();\n }»\n return 1;",
            "needs the constant b",
        ),
        ("int b = 0;\n try {\n «b = 1;\n g();»\n } finally {\n h(b);\n }", "may read b too early"),
        ("try {\n «g();»\n } catch (Exception e) {\n throw e;\n }\n return 1;", "thrown again"),
        ("int b;\n if (a > 0) b = 1;\n «b += 1;»\n return b;", "may have no value yet"),
        ("class B {}\n «new B();»\n return 1;", "B is declared in the function"),
        ("g(() -> {\n «h();»\n });\n return 1;", "in a lambda"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(body: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        extracted(f"    int f(int a) {{\n        {body}\n    }}\n")


@pytest.mark.parametrize(
    ("constructor", "words"),
    [
        ("«super();»\n g();", "first statement"),
        ("«this.x = 1;»\n g();", "may be final"),
        ("if (b) {\n «throw new Error();»\n }", "final fields"),
    ],
)
def test_a_constructor_sets_its_final_fields_itself(constructor: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        extracted(f"    final int x;\n    A() {{\n        {constructor}\n    }}\n")


def test_a_constructor_may_give_away_fields_that_are_not_final() -> None:
    made = extracted("    int x;\n    A() {\n        «this.x = 1;»\n        g();\n    }\n")
    assert "    private void extracted() {\n        this.x = 1;\n    }\n" in made
