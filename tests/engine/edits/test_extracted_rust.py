from __future__ import annotations

import pytest

from engine.edits.extract_function import extract_function
from engine.errors import BadInput
from marked_refactoring import after, selected


def extracted(marked: str) -> str:
    tree, selection = selected(marked, "a.rs")
    return after(tree, extract_function(tree, selection).edits)


def test_what_is_read_is_taken_and_what_is_read_later_is_given_back() -> None:
    made = extracted(
        "fn f(items: &[u32]) -> u32 {\n"
        "    «let mut total = 0u32;\n    for item in items {\n        total += item;\n    }»\n"
        "    total + 1\n}\n"
    )
    assert made == (
        "fn f(items: &[u32]) -> u32 {\n    let mut total = extracted(items);\n    total + 1\n}\n\n"
        "fn extracted(items: &[u32]) -> u32 {\n"
        "    let mut total = 0u32;\n    for item in items {\n        total += item;\n    }\n"
        "    total\n}\n"
    )


@pytest.mark.parametrize(
    ("body", "head", "call"),
    [
        # numbers are copied, and come back when they are set
        ("let n = 1u8;\n«g(n);»\nh(n);", "(n: u8)", "extracted(n);"),
        ("let mut n = 1u8;\n«n += 1;»\nh(n);", "(mut n: u8) -> u8", "n = extracted(n);"),
        ("let n: u8;\n«n = 1;»\nh(n);", "() -> u8", "n = extracted();"),
        # what nobody needs behind is moved
        ("let s: String = g();\n«h(s);»\ni();", "(s: String)", "extracted(s);"),
        # what is needed behind is lent, to be changed only where it may be
        ("let s: String = g();\n«h(s.len());»\ni(s);", "(s: &String)", "extracted(&s);"),
        ("let mut s = String::new();\n«s.push('x');»\ni(s);", "(s: &mut String)", "(&mut s);"),
        ("let mut s = String::new();\n«h(s.len());»\ni(s);", "(s: &String)", "(&s);"),
        ("«let a = g() as u8;\nlet b = a > 2;»\nh(a, b);", "() -> (u8, bool)", "let (a, b) = "),
        ("unsafe {\n«g();»\nh();\n}", "unsafe fn extracted()", "extracted();"),
    ],
)
def test_locals_are_copied_moved_or_lent(body: str, head: str, call: str) -> None:
    made = extracted(f"fn f() {{\n{body}\n}}\n")
    assert head in made.partition("\n\n")[2] and call in made.partition("\n\n")[0]


def test_what_is_lent_is_lent_on() -> None:
    made = extracted("fn f() {\n    let s: String = g();\n    «h(&s, s.len());»\n    i(s);\n}\n")
    assert "fn extracted(s: &String) {\n    h(&*s, s.len());\n}" in made


def test_self_makes_it_a_method_with_the_same_receiver() -> None:
    made = extracted(
        "impl A {\n    fn f(&mut self, n: u8) {\n        «self.n = n;»\n        g();\n    }\n}\n"
    )
    assert "        self.extracted(n);\n" in made
    assert "    fn extracted(&mut self, n: u8) {\n        self.n = n;\n    }\n}\n" in made


def test_the_last_expression_of_a_body_is_its_value() -> None:
    made = extracted("impl A {\n    fn f(n: u8) -> u8 {\n        «g();\n        n + 1»\n    }\n}\n")
    assert "        Self::extracted(n)\n" in made and "fn extracted(n: u8) -> u8 {" in made


def test_a_method_of_a_trait_makes_one_of_the_type() -> None:
    made = extracted("struct A<T>(T);\n\nimpl<T: B> C for A<T> {\n    fn f(&self) -> u8 {\n"
                     "        «self.0.g()»\n    }\n}\n")  # fmt: skip
    assert "impl<T: B> A<T> {\n    fn extracted(&self) -> u8 {\n        self.0.g()\n" in made


def test_type_parameters_and_their_conditions_go_along() -> None:
    made = extracted("fn f<'a, T>(a: &'a T) -> u8 where T: B {\n    «a.g();\n    1»\n}\n")
    assert "fn extracted<'a, T>(a: &'a T) -> u8 where T: B {" in made


def test_a_type_may_hide_how_long_it_lasts() -> None:
    with pytest.raises(BadInput, match="how long"):
        extracted("fn f(a: Cursor) -> Result<Cursor, E> {\n    g(a);\n    «h();\n    i()»\n}\n")


def test_a_question_mark_is_a_return() -> None:
    made = extracted("fn f(n: u8) -> Result<u8, E> {\n    «let a = g(n)?;\n    Ok(a)»\n}\n")
    assert "    extracted(n)\n" in made and "fn extracted(n: u8) -> Result<u8, E> {" in made


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("«g()?;»\nh()", "return in the middle"),
        ("if a {\n«return 1;\n}»\n2", "select whole statements"),
        ("let n = 1;\n«g(n);»\nn", "type of n is not written"),
        ("let s: String = g();\n«h(s);»\ni(s)", "s may be moved"),
        ("let s: S = g();\nlet t = s.iter();\n«s.go();»\nt.go()", "borrowed by t"),
        ("let s: S = g();\n«h(s.name);»\ni(s.age)", "a part of s may be moved"),
        ("let s: S = g();\nfor t in s.all() {\n«s.go();»\n}\n1", "s may be borrowed"),
        ("let c = || {\n«g();»\n};\n1", "in a closure"),
        ("«let _g = m.lock();»\nh()", "_g would be let go"),
        ("«mine!(1);»\nh()", "macro mine"),
        ("«g().await;»\nh()", "await"),
        ("let a = {\n«g()»\n};\n1", "value of a block"),
        ("use m::*;\n«g();»\nh()", "names that are not listed"),
        ("loop {\n«break;»\n}", "a break"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(body: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        extracted(f"fn f() -> u8 {{\n{body}\n}}\n")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("let a = self.all();\n        «self.go();»\n        a.go()", "self may be borrowed by a"),
        ("for a in self.all() {\n            «self.go();»\n        }", "self may be borrowed"),
    ],
)
def test_self_that_is_borrowed_is_not_lent_to_be_changed(body: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        extracted(f"impl A {{\n    fn f(&mut self) {{\n        {body}\n    }}\n}}\n")
