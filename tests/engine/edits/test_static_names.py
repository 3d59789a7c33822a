"""Which places one name of Go, Rust, Java, C or C++ has, within its file."""

from __future__ import annotations

import pytest

from marked_sites import check, found, marked

CASES = {
    "go: local in an if": (
        "go",
        "func f(m map[int]T, k int) {\n"
        "  if ⟦v⟧, ok := m[k]; ok { use(⟦v⟧) }\n  v := 1; use(v)\n}\n",
    ),
    "go: field and method": (
        "go",
        "type S struct { ⟦F⟧ int }\nfunc (s *S) M() int { return s.⟦F⟧ }\n"
        "func g(o *S) { x := S{⟦F⟧: 1}; use(x.⟦F⟧, o.⟦F⟧); F := 2; use(F) }\n",
    ),
    "go: method": (
        "go",
        "func (s *S) ⟦M⟧() {}\ntype S struct{ a int }\nfunc g(s S) { s.⟦M⟧(); M() }\n",
    ),
    "go: type": ("go", "type ⟦S⟧ struct{}\nfunc f(a []*⟦S⟧) ⟦S⟧ { return ⟦S⟧{} }\n"),
    "go: label": ("go", "func f() {\n⟦L⟧:\n  for { break ⟦L⟧ }\n  L := 1; use(L)\n}\n"),
    "go: closure": (
        "go",
        "func f(⟦a⟧ int) { g := func(b int) int { return ⟦a⟧ + b }; a1 := g(⟦a⟧); use(a1) }\n",
    ),
    "rust: let shadows": (
        "rust",
        "fn f(x: u32) -> u32 { let ⟦x⟧ = x + 1; let y = ⟦x⟧; let x = ⟦x⟧; x + y }\n",
    ),
    "rust: patterns": (
        "rust",
        "fn f(o: Option<u32>) { if let Some(⟦v⟧) = o { use_(⟦v⟧); } match o "
        "{ Some(v) => use_(v), None => {} } }\n",
    ),
    "rust: field": (
        "rust",
        "struct S { ⟦f⟧: u32 }\nimpl S { fn new(f: u32) -> S { S { ⟦f⟧: f } }\n"
        "fn g(&self) -> u32 { self.⟦f⟧ } }\n"
        "fn h(s: &S) -> u32 { let t = S::new(1); t.⟦f⟧ + s.⟦f⟧ }\n",
    ),
    "rust: method": (
        "rust",
        "struct S;\nimpl S { fn ⟦go⟧(&self) {}\n"
        "fn all(&self) { self.⟦go⟧(); S::⟦go⟧(self); go(); } }\n",
    ),
    "rust: formatted": (
        "rust",
        'fn f(⟦name⟧: &str) { println!("{⟦name⟧} name {}", ⟦name⟧); }\n',
    ),
    "rust: variant": ("rust", "enum E { ⟦A⟧, B }\nfn f(e: E) -> bool { matches(e, E::⟦A⟧) }\n"),
    "java: field and parameter": (
        "java",
        "class A { int ⟦n⟧; A(int n) { this.⟦n⟧ = n; } int get() { return ⟦n⟧; }\n"
        "static int of(A a) { return a.⟦n⟧; } }\n",
    ),
    "java: field and method of one name": (
        "java",
        "class A { int size; int ⟦size⟧() { return size; }\n"
        "int twice() { return 2 * ⟦size⟧(); } }\n",
    ),
    "java: overridden": (
        "java",
        "class A { void ⟦run⟧() {} } class B extends A { void ⟦run⟧() { super.⟦run⟧(); } }\n"
        "class C { void run() {} }\n",
    ),
    "java: class and constructor": (
        "java",
        "class ⟦A⟧ { ⟦A⟧() {} static ⟦A⟧ of() { return new ⟦A⟧(); } }\n",
    ),
    "java: record": ("java", "record R(int ⟦x⟧) { int twice() { return 2 * ⟦x⟧() + ⟦x⟧; } }\n"),
    "java: lambda and loop": (
        "java",
        "class A { void f(List<A> all) {\n"
        "for (A ⟦each⟧ : all) { g(⟦each⟧); } h(each -> each); } }\n",
    ),
    "c: local and label": (
        "c",
        "int f(int ⟦n⟧) { int *p = &⟦n⟧; for (int i = 0; i < ⟦n⟧; i++) {} return *p; }\nint n;\n",
    ),
    "c: field": (
        "c",
        "struct s { int ⟦a⟧; };\nint f(struct s *p) { struct s k = {.⟦a⟧ = 1}; int a = k.⟦a⟧;\n"
        "return p->⟦a⟧ + a; }\n",
    ),
    "c: tag, variable and field": (
        "c",
        "struct ring { int ⟦head⟧; };\nstruct ring *f(void) { struct ring *ring = g();\n"
        "ring->⟦head⟧ = 1; int head = 2; return ring; }\nint h(struct ring *ring) "
        "{ return ring->⟦head⟧; }\n",
    ),
    "c: typedef": ("c", "typedef struct { int q; } ⟦T⟧;\n⟦T⟧ f(⟦T⟧ *p) { return *p; }\n"),
    "c: macro": ("c", "#define ⟦N⟧ 3\n#define M(a) (a + ⟦N⟧)\nint f(void) { return ⟦N⟧; }\n"),
    "c: prototype": (
        "c",
        "int ⟦f⟧(int a);\nint g(void) { return ⟦f⟧(1); }\nint ⟦f⟧(int a) { return a; }\n",
    ),
    "c: enum": ("c", "enum e { ⟦X⟧, Y };\nint f(void) { return ⟦X⟧; }\n"),
    "cpp: method defined outside": (
        "cpp",
        "class A { public: A(int p) : ⟦f⟧(p) {} int m(); int ⟦f⟧; };\n"
        "int A::m() { return this->⟦f⟧ + ⟦f⟧; }\nint g(A a) { return a.⟦f⟧; }\n",
    ),
    "cpp: namespace and class": (
        "cpp",
        "namespace ns { class ⟦A⟧ { ⟦A⟧(); void m(); }; }\nns::⟦A⟧::⟦A⟧() {}\n"
        "void ns::⟦A⟧::m() {}\nns::⟦A⟧ *f();\n",
    ),
    "cpp: lambda and range": (
        "cpp",
        "int f(std::vector<int> w, int ⟦x⟧) { auto l = [⟦x⟧](int q) { return q + ⟦x⟧; };\n"
        "for (auto &v : w) v += ⟦x⟧; return l(1); }\n",
    ),
    "cpp: template parameters": (
        "cpp",
        "template <typename ⟦T⟧> class A { ⟦T⟧ a; };\n"
        "template <typename T> T f(A<T> a) { return a.a; }\nA<int> g;\n",
    ),
    "cpp: template": (
        "cpp",
        "template <typename T> class ⟦A⟧ { ⟦A⟧(); };\n"
        "template <typename T> T f(⟦A⟧<T> a) { return a.a; }\n⟦A⟧<int> g;\n",
    ),
    "cpp: enum class": ("cpp", "enum class E { ⟦X⟧, Y };\nint X; E f() { return E::⟦X⟧; }\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_all_places_of_a_name(name: str) -> None:
    language, source = CASES[name]
    check(source, language)


def test_a_field_shorthand_is_written_out() -> None:
    case = marked("fn f(⟦x⟧: u32) -> S { S { ⟦x⟧ } }\n")
    got = found(case.text, "rust", case.certain[0].start)
    assert got is not None
    assert [site.prefix for site in got.sites] == ["", "x: "]
