from __future__ import annotations

import pytest

from engine.edits.extract_function import extract_function
from engine.errors import BadInput
from marked_refactoring import after, selected


def extracted(marked: str) -> str:
    tree, selection = selected(marked, "a.c")
    return after(tree, extract_function(tree, selection).edits)


def test_the_function_stands_before_its_user_and_the_comments_of_that() -> None:
    made = extracted(
        "/* Sums. */\nint sum(const int *items, int n)\n{\n"
        "    «int total = 0;\n    for (int i = 0; i < n; i++)\n        total += items[i];»\n"
        "    return total + 1;\n}\n"
    )
    assert made == (
        "static int extracted(int n, const int *items)\n{\n"
        "    int total = 0;\n    for (int i = 0; i < n; i++)\n        total += items[i];\n"
        "    return total;\n}\n\n"
        "/* Sums. */\nint sum(const int *items, int n)\n{\n"
        "    int total = extracted(n, items);\n    return total + 1;\n}\n"
    )


@pytest.mark.parametrize(
    ("body", "head", "call"),
    [
        # what is set and read later is returned, several go by their addresses
        ("int a = 1;\n«a += n;»\nreturn a;", "int extracted(int a, int n)", "a = extracted(a, n);"),
        (
            "int a = 1, b = 2;\n«a += n;\nb = a;»\nreturn a + b;",
            "void extracted(int *a, int n, int *b)",
            "extracted(&a, n, &b);",
        ),
        # an array is its first element's address
        ("char a[10];\n«g(a);»\nreturn n;", "void extracted(char a[])", "extracted(a);"),
        # a struct of which fields are named is shared
        ("struct s a = {0};\n«a.x = n;»\nreturn a.x;", "(struct s *a, int n)", "(&a, n)"),
        # an object whose address others have is shared, too
        ("int a = 1;\ng(&a);\n«h(a);»\nreturn n;", "void extracted(int *a)", "extracted(&a);"),
        ("static int a;\n«a++;»\nreturn n;", "void extracted(int *a)", "extracted(&a);"),
        # what has no value yet is not read
        ("int a;\n«a = n;»\nreturn a;", "int extracted(int n)", "a = extracted(n);"),
        ("int a = 0;\n«for (a += n; a < 9; a++)\n g(a);»\nreturn n;", "(int a, int n)", "(a, n);"),
        ("«return n;»", "int extracted(int n)", "return extracted(n);"),
        ("«g();»\nreturn n;", "void extracted(void)", "extracted();"),
    ],
)
def test_locals_get_in_and_out(body: str, head: str, call: str) -> None:
    made = extracted(f"int f(int n) {{\n{body}\n}}\n")
    assert head in made.partition("int f(")[0] and call in made.partition("int f(")[2]


def test_a_shared_local_is_written_through_its_address() -> None:
    made = extracted("void f(void) {\n    struct s a;\n    «a.x = g(&a, a);»\n    h(a);\n}\n")
    assert "    a->x = g(a, (*a));\n" in made


def test_a_call_of_the_function_around_needs_its_declaration() -> None:
    made = extracted("int f(int n) {\n    «n = f(n - 1);»\n    return n;\n}\n")
    assert made.startswith("int f(int n);\n\nstatic int extracted(int n) {\n")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("«if (n)\n return 1;»\nreturn 2;", "return in the middle"),
        ("«if (n)\n goto end;»\nend:\nreturn 2;", "a goto"),
        ("for (;;) {\n«break;»\n}", "a break"),
        ("«int a = 1;\nint b = 2;»\nreturn a + b;", "several locals of theirs: a, b"),
        ("«char a[3];\ng(a);»\nreturn h(a);", "cannot be returned"),
        ("«int a = 1;\ng(&a);»\nreturn a;", "address of a is taken"),
        ("char a[3];\n«g(sizeof(a));»\nreturn 1;", "size or the address of a"),
        ("int a[n];\n«g(a);»\nreturn 1;", "size of an array is another local"),
        ("va_list a;\n«g(a);»\nreturn 1;", "type of a is not written"),
        ("struct { int x; } a;\n«g(a.x);»\nreturn 1;", "type of a is not written"),
        ("«DONE(n);»\nreturn 1;", "DONE may be a macro"),
        ("«LEAVE(n);\ng();»\nreturn 1;", "LEAVE may leave"),
        ("«g(__func__);»\nreturn 1;", "__func__"),
        ("switch (n) {\n«case 1:\ng();\nbreak;»\n}\nreturn 1;", "cases of a switch"),
        ("#ifdef X\n{\n«g();»\n}\n#endif\nreturn 1;", "compiled under a condition"),
        ("#define X 1\n«g(X);»\nreturn 1;", "macro is defined"),
        ("#ifdef X\nint a = 1;\n#endif\n«g(a);»\nreturn 1;", "between #if and #endif"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(body: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        extracted(f"#define LEAVE(x) do {{ return x; }} while (0)\nint f(int n) {{\n{body}\n}}\n")
