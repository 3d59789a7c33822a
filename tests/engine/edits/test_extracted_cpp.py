from __future__ import annotations

import pytest

from engine.edits.extract_function import extract_function
from engine.errors import BadInput
from marked_refactoring import after, selected


def extracted(marked: str) -> str:
    tree, selection = selected(marked, "a.cpp")
    return after(tree, extract_function(tree, selection).edits)


@pytest.mark.parametrize(
    ("body", "head", "call"),
    [
        ("«g(n);»\nreturn n;", "static void extracted(int n)", "extracted(n);"),
        ("«n += 1;\ng(n);»\nreturn n;", "static void extracted(int &n)", "extracted(n);"),
        ("T t;\n«t.go(n);»\nreturn n;", "static void extracted(T &t, int n)", "extracted(t, n);"),
        ("const T t;\n«t.go();»\nreturn n;", "(const T &t)", "extracted(t);"),
        ("const T &t = g();\n«t.go();»\nreturn n;", "(const T &t)", "extracted(t);"),
        ("T &&t = g();\n«t.go();»\nreturn n;", "(T &t)", "extracted(t);"),
        ("char t[9];\n«g(t, sizeof t);»\nreturn n;", "(char (&t)[9])", "extracted(t);"),
        ("T t(n);\n«t.go();»\nreturn n;", "(T &t)", "extracted(t);"),
        ("«T t = g();\nt.go();»\nreturn t;", "static T extracted()", "T t = extracted();"),
        ("const int c = 2;\n«g<c>();»\nreturn n;", "()", "extracted();"),
    ],
)
def test_what_may_be_changed_is_given_by_reference(body: str, head: str, call: str) -> None:
    made = extracted(f"int f(int n) {{\n{body}\n}}\n")
    assert head in made.partition("int f(")[0] and call in made.partition("int f(")[2]


def test_a_method_in_its_class_makes_another_one() -> None:
    made = extracted(
        "class A {\n public:\n  int f(int n) const {\n    «g(n);»\n    return x;\n  }\n"
        "  int x;\n};\n"
    )
    assert "  void extracted(int n) const {\n    g(n);\n  }\n\n  int f(int n) const {" in made


def test_a_method_outside_of_its_class_is_declared_in_it() -> None:
    made = extracted(
        "class A {\n  B f(int n) const;\n};\n\nB A::f(int n) const {\n  «return b(n);»\n}\n"
    )
    assert "  B f(int n) const;\n  B extracted(int n) const;\n" in made
    assert "auto A::extracted(int n) const -> B {\n  return b(n);\n}\n\nB A::f" in made


def test_a_template_goes_along() -> None:
    made = extracted("template <class T>\nvoid f(T a) {\n  «g(a);»\n  h(a);\n}\n")
    assert made.startswith("template <class T>\nstatic void extracted(T &a) {\n  g(a);\n}\n")
    assert "  extracted<T>(a);\n" in made


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("auto t = g();\n«h(t);»\nreturn 1;", "type of t is not written"),
        ("auto [a, b] = g();\n«h(a);»\nreturn 1;", "bound to parts"),
        ("«std::lock_guard<M> l(m);\ng();»\nreturn h();", "l would end"),
        ("«T t(n, 1);»\nreturn t.x;", "cannot be copied"),
        ("«const T &t = g();»\nreturn t.x;", "t cannot be returned"),
        (
            "const char *p;\n«std::string s = g();\np = s.c_str();»\nreturn h(p);",
            "still point to s",
        ),
        ("g([&] {\n«h(n);»\n});\nreturn 1;", "a lambda"),
        ("using U = int;\nU u = 1;\n«h(u);»\nreturn 1;", "type of u is declared"),
        ("const int c = g();\n«h<c>();»\nreturn 1;", "compiler must know c"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(body: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        extracted(f"int f(int n) {{\n{body}\n}}\n")


@pytest.mark.parametrize("body", ["«this->g();»", "«g();»", "«size_type n = 1;\nstd::f(n);»"])
def test_what_may_be_a_member_of_a_class_elsewhere_is_refused(body: str) -> None:
    with pytest.raises(BadInput, match="declared in another file"):
        extracted(f"void A::f() {{\n  {body}\n  h();\n}}\n")
