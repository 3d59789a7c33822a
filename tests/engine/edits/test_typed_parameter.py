"""Add a parameter where parameters have types: all calls and declarations follow, or none does."""

from __future__ import annotations

import pytest

from engine.edits.add_parameter import AddParameter, add_parameter, needed_files, wanted_parameter
from engine.edits.applied import applied
from engine.edits.parameter_home import NeededFiles, Reach
from engine.edits.project_names import SourceText
from engine.edits.template import HOLE
from engine.errors import BadInput
from marked_refactoring import after, selected


def found(marked: str, path: str, *others: tuple[str, str]) -> AddParameter:
    tree, selection = selected(marked, path)
    texts = [SourceText(name, text) for name, text in others]
    return add_parameter(tree, selection.start, path, texts)


def added(marked: str, path: str) -> str:
    tree, _ = selected(marked, path)
    return after(tree, found(marked, path).plain)


@pytest.mark.parametrize(
    ("path", "marked", "made"),
    [
        (  # the caller's own, its type; recursion passes it on
            "a.go",
            "func f(a int) int {\n\treturn f(a) + «»b\n}\n\nfunc g(b int) { f(1) }\n",
            "func f(a int, b int) int {\n\treturn f(a, b) + b\n}\n\nfunc g(b int) { f(1, b) }\n",
        ),
        (  # by its use; who does not know it passes nothing of the type
            "a.go",
            "func f() string {\n\treturn «»s\n}\n\nfunc g() { f() }\n",
            'func f(s string) string {\n\treturn s\n}\n\nfunc g() { f("") }\n',
        ),
        (  # before what takes any number
            "a.go",
            "func f(a ...int) {\n\tif «»ok {\n\t}\n}\n\nfunc g(x []int) { f(x...); f(1, 2) }\n",
            "func f(ok bool, a ...int) {\n\tif ok {\n\t}\n}\n\n"
            "func g(x []int) { f(false, x...); f(false, 1, 2) }\n",
        ),
        (  # a method of this package alone
            "a.go",
            "type T struct{}\n\nfunc (t *T) f() {\n\tvar x *T = «»y\n}\n\n"
            "func g(a any) { h(a).f() }\n",
            "type T struct{}\n\nfunc (t *T) f(y *T) {\n\tvar x *T = y\n}\n\n"
            "func g(a any) { h(a).f(nil) }\n",
        ),
        (
            "a.rs",
            "fn f(a: u8) -> u8 { a + «»b }\nfn g(b: u8) { assert_eq!(f(1), 2); f(\n    1,\n); }\n",
            "fn f(a: u8, b: u8) -> u8 { a + b }\n"
            "fn g(b: u8) { assert_eq!(f(1, b), 2); f(\n    1,\n    b,\n); }\n",
        ),
        (  # what would be moved is lent
            "a.rs",
            "fn f() { «»b.len(); }\nfn g(b: Vec<u8>) { f(); drop(b) }\n",
            "fn f(b: &Vec<u8>) { b.len(); }\nfn g(b: Vec<u8>) { f(&b); drop(b) }\n",
        ),
        (
            "a.rs",
            "struct S;\nimpl S { fn f(&self) { let a: u8 = «»b; }\n"
            "fn g(&self) { self.f(); Self::f(self); S::f(self) } }\n",
            "struct S;\nimpl S { fn f(&self, b: u8) { let a: u8 = b; }\n"
            "fn g(&self) { self.f(0); Self::f(self, 0); S::f(self, 0) } }\n",
        ),
        (  # other numbers of arguments are other methods
            "A.java",
            "class A { private int f(int a) { return «»b; }"
            " int f(int a, int b, int c) { return 1; }\n"
            "int g(final int b) { return f(1, 2, 3) + this.f(b); } }\n",
            "class A { private int f(int a, int b) { return b; }"
            " int f(int a, int b, int c) { return 1; }\n"
            "int g(final int b) { return f(1, 2, 3) + this.f(b, b); } }\n",
        ),
        (  # what a lambda cannot see is not passed
            "A.java",
            "class A { static void f() { String t = «»s; }\n"
            'void g(String s) { s = ""; Runnable r = () -> f(); } }\n',
            "class A { static void f(String s) { String t = s; }\n"
            'void g(String s) { s = ""; Runnable r = () -> f(null); } }\n',
        ),
        (
            "a.c",
            "static int f(void);\n\nstatic int f(void) { return «»n; }\n\n"
            "int g(int n) { return f(); }\n",
            "static int f(int n);\n\nstatic int f(int n) { return n; }\n\n"
            "int g(int n) { return f(n); }\n",
        ),
        (
            "a.c",
            "int f(int a /* one */) { const char *p = «»q; return !p; }\n"
            "int g() { return f(1 // x\n); }\n",
            "int f(int a, const char *q /* one */) { const char *p = q; return !p; }\n"
            "int g() { return f(1, 0 // x\n); }\n",
        ),
        (  # before what calls may leave out
            "a.cpp",
            "int f(int a, int b = 1) { return «»c; }\nint g() { return f(1) + f(1, 2); }\n",
            "int f(int a, int c, int b = 1) { return c; }\n"
            "int g() { return f(1, 0) + f(1, 0, 2); }\n",
        ),
        (
            "a.cpp",
            "template <class T> T f(T a) { use(«»s); return a; }\n"
            'int g(std::string s) { return f<int>(1); }\n',
            "template <class T> T f(T a, const std::string &s) { use(s); return a; }\n"
            "int g(std::string s) { return f<int>(1, s); }\n",
        ),
    ],
)  # fmt: skip
def test_all_that_must_follow_does(path: str, marked: str, made: str) -> None:
    assert added(marked, path) == made


@pytest.mark.parametrize(
    ("path", "marked", "words"),
    [
        ("a.go", "func f() int { return «»b }\nvar g = f\n", "f is no call in line 2"),
        ("a.go", "func main() { var x int = «»b }\n", "called by the system"),
        ("a.go", "type T int\nfunc (t T) Less(a, b int) bool { return «»c }\n", "library asks for"),
        (
            "a.go",
            "type I interface{ f() }\ntype T int\nfunc (t T) f() { var x int = «»c }\n",
            "line 1 may mean another f",
        ),
        ("a.go", "//go:linkname f\nfunc f() int { return «»b }\n", "called from elsewhere"),
        ("a.rs", "trait T { fn f(&self) { let a: u8 = «»b; } }\n", "of a trait"),
        ("a.rs", "impl Drop for S { fn drop(&mut self) { let a: u8 = «»b; } }\n", "trait Drop"),
        ("a.rs", "#[test]\nfn f() { let a: u8 = «»b; }\n", "is #\\[test\\]"),
        ("a.rs", "fn f() { let a: u8 = «»b; }\nfn g() { foo!(f()); }\n", "no call in line 2"),
        ("a.rs", "fn f() { let a: u8 = «»b; }\nmacro_rules! m { () => { f() } }\n", "line 2"),
        ("a.rs", "fn f(a: &str) -> &str { let x: &str = «»b; a }\n", "is borrowed"),
        ("a.rs", "fn f() { «»b.len(); }\nfn g(b: Vec<u8>) { drop(b); f(); }\n", "given its b away"),
        ("A.java", "class A { @Override int f() { return «»b; } }\n", "is @Override"),
        ("A.java", "class A extends B { int f() { return «»b; } }\n", "may override"),
        ("A.java", "class A { A() { int a = «»b; } }\n", "constructor"),
        ("A.java", "class A { int f(int a) { return «»b; } int f(String a) { return 1; } }\n",
         "overloaded"),
        ("A.java", "class A { int f() { return «»b; } Runnable g = this::f; }\n", "no call"),
        ("A.java", "class A { int f() { return «»b; } }\nclass B extends A { int f() {} }\n",
         "is overridden"),
        ("a.c", "int f(int a, ...) { return «»b; }\n", "any number of arguments"),
        ("a.c", "#define F() f()\nint f(void) { return «»b; }\n", "line 1"),
        ("a.c", "int f(a) int a; { return «»b; }\n", "stand elsewhere"),
        ("a.c", "int f(void) { return «»b; }\nint (*g)(void) = &f;\n", "no call in line 2"),
        ("a.cpp", "struct A { virtual int f() { return «»b; } };\n", "is virtual"),
        ("a.cpp", "struct A : B { int f() { return «»b; } };\n", "may override"),
        ("a.cpp", "int f(int a) { return «»b; }\nint f(char a) { return 1; }\n", "overloaded"),
        ("a.cpp", "int f() { return «»b; }\nint g(int &b) { return f(); }\nint h = f();\n",
         "not all callers of f have a b"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_named(path: str, marked: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        added(marked, path)


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("a.go", "func f(b int) int { return «»b }\n"),
        ("a.go", "func f() { «»g() }\n"),
        ("a.go", 'func f() { «»strings.Join(nil, "") }\n'),
        ("a.rs", "fn f() { «»m::g(); }\n"),
        ("a.rs", "fn f() { «»foo!(); }\n"),
        ("A.java", "class A { int b; int f() { return «»b; } }\n"),
        ("A.java", "class A { int f() { return «»Other.x; } }\n"),
        ("a.c", "int f(void) { return «»MAX_SIZE; }\n"),
        ("a.c", "int x = «»b;\n"),
        ("a.c", "int f(void) { return «»b + ; }\n"),
    ],
)
def test_where_nothing_is_missing_nothing_is_offered(path: str, marked: str) -> None:
    tree, selection = selected(marked, path)
    assert wanted_parameter(tree, selection.start) is None


def test_a_prototype_in_a_header_follows_and_other_files_pass_nothing() -> None:
    header = "#pragma once\nint f(int);\n"
    other = '#include "a.h"\nstatic int g(void) { return f(2); }\n'
    plain = found("int f(int a) { return «»b; }\n", "a.c", ("a.h", header), ("b.c", other)).plain
    texts = {"a.h": header, "b.c": other}
    made = {
        path: applied(text.encode(), [one for one in plain if one.path == path]).decode()
        for path, text in texts.items()
    }
    assert made["a.h"] == "#pragma once\nint f(int, int b);\n"
    assert made["b.c"] == '#include "a.h"\nstatic int g(void) { return f(2, 0); }\n'
    assert [one.new_text for one in plain if one.path is None] == [", int b"]


def test_what_the_file_keeps_for_itself_is_not_looked_for_elsewhere() -> None:
    marked = "static int f(void) { return «»b; }\n"
    assert len(found(marked, "a.c", ("b.c", "int g(void) { return f() + h(f); }\n")).plain) == 1
    marked = "package p\nfunc F() int { return «»b }\n"
    assert len(found(marked, "p/a.go", ("q/a.go", "package q\nvar x = F\n")).plain) == 1


def test_a_method_is_declared_in_the_header() -> None:
    header = "struct A {\n  int f(int a, int b = 1);\n};\n"
    plain = found("int A::f(int a, int b) { return «»c; }\n", "a.cpp", ("a.h", header)).plain
    assert {one.path: one.new_text for one in plain} == {None: "int c, ", "a.h": "int c, "}


@pytest.mark.parametrize(
    ("path", "marked", "other", "words"),
    [
        ("p/a.go", "package p\nfunc f() int { return «»b }\n", ("p/b.go", "package p\nvar b = 1\n"),
         "b is declared in p/b.go"),
        ("p/a.go", "package p\nfunc f() int { return «»b }\n", ("p/b.go", "package p\nvar x = f\n"),
         "f is no call in p/b.go line 2"),
        ("p/a.go", "package p\ntype T int\nfunc (t T) Walk() { var x int = «»b }\n",
         ("q/a.go", "package q\ntype I interface {\n\tWalk()\n}\n"), "q/a.go line 3 may mean"),
        ("a.c", "struct s { int x; };\nvoid f(void) { struct s *p = «»q; }\n",
         ("a.h", "void f(void);\n"), "s is not declared before f in a.h"),
        ("A.java", "package p;\nclass A { int f() { return «»b; } }\n",
         ("B.java", "package p;\nclass B extends A { int f() { return 1; } }\n"),
         "B.java line 2 may mean another f"),
        ("A.java", "class A extends B { private int f() { return «»b; } }\n",
         ("B.java", "class B { int b; }\n"), "b is declared in A or a base"),
    ],
)  # fmt: skip
def test_what_other_files_do_with_it_is_known(
    path: str, marked: str, other: tuple[str, str], words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        found(marked, path, other)


def test_a_field_of_a_class_in_a_header_is_no_parameter() -> None:
    marked = "int A::f() { return «»b; }\n"
    with pytest.raises(BadInput, match="b is declared in A"):
        found(marked, "a.cpp", ("a.h", "struct A {\n  int b;\n  int f();\n};\n"))
    tree, selection = selected(marked, "a.cpp")
    wanted = wanted_parameter(tree, selection.start)
    assert wanted is not None and not wanted.is_sure


def test_bases_that_are_known_and_do_not_have_the_method_are_no_obstacle() -> None:
    marked = "class A extends B implements Runnable { int f() { return «»b; } }\n"
    plain = found(marked, "A.java", ("B.java", "class B extends Exception {}\n")).plain
    assert [one.new_text for one in plain] == ["int b"]
    tree, selection = selected(marked, "A.java")
    needed = needed_files(tree, selection.start, "A.java")
    assert needed == NeededFiles("f", Reach.WORKSPACE, ("b", "B", "Runnable"))


@pytest.mark.parametrize(
    ("path", "marked", "reach"),
    [
        ("a.c", "static int f(void) { return «»b; }\n", Reach.FILE),
        ("a.h", "static inline int f(void) { return «»b; }\n", Reach.WORKSPACE),
        ("a.cpp", "struct A {\n  static int f() { return «»b; }\n};\n", Reach.WORKSPACE),
        ("A.java", "class A { private int f() { return «»b; } }\n", Reach.FILE),
        ("a.go", "func f() int { return «»b }\n", Reach.FOLDER),
        ("a.go", "func F() int { return «»b }\n", Reach.WORKSPACE),
        ("a.rs", "fn f() -> u8 { «»b }\n", Reach.WORKSPACE),
    ],
)
def test_no_file_is_read_that_cannot_call_it(path: str, marked: str, reach: Reach) -> None:
    tree, selection = selected(marked, path)
    needed = needed_files(tree, selection.start, path)
    assert needed is not None and needed.reach is reach


def test_a_type_of_the_callers_class_is_not_seen_outside() -> None:
    marked = "int f() { use(«»b); }\nint A::g(Inner *b) { return f(); }\n"
    made = found(marked, "a.cpp")
    assert [one.new_text for one in made.template] == [f"{HOLE} b", HOLE]


def test_an_unknown_type_is_the_models_and_so_is_what_callers_pass() -> None:
    made = found("func f() { use(«»b) }\n\nfunc g() { f() }\n", "a.go")
    assert [one.new_text for one in made.template] == [f"b {HOLE}", HOLE]
    assert made.plain == ()
