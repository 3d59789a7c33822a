"""Inline variable in Go, Rust, Java, C and C++."""

from __future__ import annotations

import pytest

from engine.edits.inline_variable import inline_variable
from marked_refactoring import after, selected

_FRAMES = {
    "go": "package a\n\nfunc f(a int, p *T, g func(int) int) int {\n\t%s\n}\n",
    "rs": "fn f(a: i32, b: &mut B) -> i32 {\n    %s\n}\n",
    "java": "class A {\n  int n;\n  int f(int a, B b) {\n    %s\n  }\n}\n",
    "c": "int g(int);\nint f(int a, struct b *p) {\n  %s\n}\n",
    "cc": "int g(int);\nint f(int a, B* p) {\n  %s\n}\n",
}


def inlined(language: str, body: str) -> str | None:
    """The body with the local inlined whose name stands behind the mark."""
    frame = _FRAMES[language]
    head, _, tail = frame.partition("%s")
    indented = body.replace("\n", "\n" + head.rpartition("\n")[2])
    tree, selection = selected(head + indented + tail, f"A.{language}")
    found = inline_variable(tree, selection.start)
    if found is None:
        return None
    made = after(tree, found.edits).removeprefix(head).removesuffix(tail)
    return made.replace("\n" + head.rpartition("\n")[2], "\n").strip()


@pytest.mark.parametrize(
    ("language", "body", "made"),
    [
        ("go", "«»x := a + 1\nreturn x * 2", "return (a + 1) * 2"),
        ("go", "«»x := a + 1\nif x > 2 {\n}\nreturn x", "if (a + 1) > 2 {\n}\nreturn a + 1"),
        ("go", "«»x := g(a)\nif x > a {\n}\nreturn 1", "if g(a) > a {\n}\nreturn 1"),
        ("go", "«»x := p.n\nreturn x", "return p.n"),
        ("go", "«»x := 5\nreturn x * a", "return 5 * a"),
        ("go", "var «»x int64 = 5\nreturn h(x)", "return h(int64(5))"),
        ("go", "«»x := &T{}\nx.Do()\nreturn 1", "(&T{}).Do()\nreturn 1"),
        ("rs", "let «»x = a + 1;\nx * 2", "(a + 1) * 2"),
        ("rs", "let «»x: u8 = 5;\nh(x)", "h(5u8)"),
        ("rs", "let «»x = h(a);\nP { x, y: 1 }", "P { x: h(a), y: 1 }"),
        ("rs", "let «»x = &b.n;\nh(x);\ni(x)", "h(&b.n);\ni(&b.n)"),
        ("rs", 'let «»x = a + 1;\nprintln!("{}", x);', 'println!("{}", a + 1);'),
        ("rs", "let «»x = h(a)?;\nOk(x)", "Ok(h(a)?)"),
        ("java", "int «»x = a + 1;\nreturn x * 2;", "return (a + 1) * 2;"),
        ("java", "long «»x = a;\nreturn h(x * 2);", "return h((long) a * 2);"),
        ("java", "String «»s = b.name();\nreturn s.length();", "return b.name().length();"),
        ("java", "B «»c = new B(a);\nreturn c.go(a);", "return new B(a).go(a);"),
        ("java", "final var «»x = b.n;\nreturn h(x);", "return h(b.n);"),
        ("java", "int «»x = b.n();\nreturn x;", "return b.n();"),
        ("java", "boolean «»ok = b.is();\nif (ok) go();", "if (b.is()) go();"),
        ("c", "int «»x = a + 1;\nreturn x * 2;", "return (a + 1) * 2;"),
        ("c", "int «»x = 3.5;\nreturn g(x);", "return g((int)3.5);"),
        ("c", "unsigned «»x = a;\nreturn x / 2;", "return (unsigned)a / 2;"),
        ("c", "int «»x = (a + 1);\nreturn g(x);", "return g(a + 1);"),
        ("c", "int «»x = N;\nreturn x * 2;", "return (int)N * 2;"),
        ("c", "int «»x = g(a);\nif (x > 1) a = 2;", "if (g(a) > 1) a = 2;"),
        ("c", 'const char *«»s = "b";\nputs(s);', 'puts("b");'),
        ("c", "char *«»q = p->name;\nputs(q);", "puts(p->name);"),
        ("cc", "const int «»x = a + 1;\nreturn x * 2;", "return (a + 1) * 2;"),
        (
            "cc",
            "const double «»x = p->n;\nreturn x * 2;",
            "return static_cast<double>(p->n) * 2;",
        ),
        ("cc", "auto «»x = a * 2;\nreturn x;", "return a * 2;"),
        ("cc", "auto* «»q = p->next;\nreturn q->go(a);", "return p->next->go(a);"),
    ],
)
def test_the_value_is_written_at_every_use(language: str, body: str, made: str) -> None:
    assert inlined(language, body) == made


@pytest.mark.parametrize(
    ("language", "body"),
    [
        # set again, or changed by somebody else
        ("go", "«»x := a\nx = 2\nreturn x"),
        ("go", "«»x := a\nx++\nreturn x"),
        ("go", "«»x := a\na = 2\nreturn x"),
        ("go", "«»x := a\nh(&x)\nreturn x"),
        ("go", "«»x := a\nh(&a)\nreturn x"),
        ("go", "«»x := a\ndefer func() { a = 2 }()\nreturn x"),
        (
            "go",
            "n := 1\ngo func() {\n\t«»x := n\n\tmu.Unlock()\n\th(x)\n}()\nn = 2\nreturn n",
        ),
        ("go", "«»x := a\nfor {\n\th(x)\n\ta = 2\n}"),
        ("go", "«»x := a\nh(func() int { return x })\nreturn 1"),
        ("go", "«»x := p.n\np.n = 2\nreturn x"),
        ("go", "«»x := p.n\nh()\nreturn x"),
        ("go", "«»x := *p\nx.n = 1\nreturn 1"),  # a copy
        # several names
        ("go", "«»x, y := 1, 2\nreturn x + y"),
        ("go", "«»x, err := h()\nreturn x"),
        ("go", "var «»x, y = 1, 2\nreturn x + y"),
        # computed elsewhere, or not once
        ("go", "«»x := g(a)\nreturn x + x"),
        ("go", "«»x := g(a)\nreturn h(i(), x)"),
        ("go", "«»x := g(a)\nreturn p.n + x"),  # no order is promised
        ("go", "«»x := g(a)\nif a > 1 && x > 1 {\n}\nreturn 1"),
        ("go", "«»x := g(a)\nif a > 1 {\n\treturn x\n}\nreturn 1"),
        ("go", "«»x := g(a)\nfor i := 0; i < x; i++ {\n}\nreturn 1"),
        ("go", "if «»x := g(a); x > 1 {\n}\nreturn 1"),
        ("go", "«»x := 1\na := x\n{\n\ta := 2\n\treturn a\n}\nreturn h(a, b, x, x.y())"),
        ("go", "«»x := a\n{\n\ta := 2\n\treturn h(a, x)\n}"),  # another a
        # types
        ("go", "«»x := 1\nswitch a {\ncase x:\n}\nreturn 1"),
        ("go", "«»x := 10\nreturn x / 4.0"),
        ("go", "«»x := 5\nreturn float32(x) / 3 * 7"),
        ("go", "const c = 3\n«»x := 5\nreturn x * c"),
        ("go", "«»x := 1\nreturn x << a"),
        ("go", "«»x := 1 << a\nreturn uint8(x)"),
        ("go", "«»x := 2.5\nreturn int(x)"),
        ("go", "«»x := p.mu\nx.Lock()\nreturn 1"),  # a method may want the address
        ("go", "«»x := h(a)\nreturn i(x[:])"),
        ("go", "«»x := T{1}\nif x == y {\n}\nreturn 1"),
        ("go", "var «»x uint64 = 0xdeaddeaddeaddead\nreturn int64(x)"),
        ("go", "«»x := uint64(0xdeaddeaddeaddead)\nreturn int64(x)"),
        ("go", "var «»x *T = nil\nreturn h(x)"),
        ("go", "«»x := a // why\nreturn x"),
        # Rust
        ("rs", "let mut «»x = a;\nx += 1;\nx"),
        ("rs", "let «»x = h(a);\ni(x);\ni(x)"),
        ("rs", "let «»x = a;\n|| x"),
        ("rs", "let «»(x, y) = h();\nx"),
        ("rs", "let «»g = m.lock().unwrap();\ng.push(1);\nh()"),
        ("rs", "let «»g = m.lock().unwrap();\nmatch g {\n    _ => h(),\n}"),
        ("rs", "let «»n = c.borrow().len();\nc.borrow_mut().push(n);"),
        ("rs", "let «»n = b.next();\nb.push(n);"),
        ("rs", "let «»n = c.len();\nh(c, n)"),  # c is moved first
        ("rs", "let «»s = h(a);\nlet t = s.as_str();\ni(t)"),  # would be dropped at once
        ("rs", "let «»x = &c.n;\nh(c);\ni(x)"),
        (
            "rs",
            "match self.project() {\n    P(q) => {\n        let «»r = q.poll(a);\n"
            "        self.set(r);\n    }\n}",
        ),
        ("rs", "let «»s = h(a);\ni(&s)"),
        ("rs", "let «»x: Vec<_> = it.collect();\nh(x)"),
        ("rs", "let «»x = a + 1;\nlet q = async { x };\nh(q)"),
        ("rs", "let «»n = c.get().len();\nh(n)"),  # what is borrowed is held for longer
        ("rs", "let «»n = c.len();\nc.into(n)"),
        ("rs", "let «»x = a;\nmatches!(x, 1)"),
        ("rs", "let «»x = 5;\nx.pow(2)"),
        ("rs", "let «»x = 300;\nx as u8"),
        ("rs", "let «»x = h(a);\nassert!(x);"),
        ("rs", 'let «»x = a;\nprintln!("{x}");'),
        ("rs", "let Some(«»x) = h() else { return 1 };\nx"),
        ("rs", "#[allow(b)]\nlet «»x = a;\nx"),
        ("rs", "let «»x = P { a };\nif x == y {\n}"),
        # Java
        ("java", "int «»x = a;\nx++;\nreturn x;"),
        ("java", "int «»x = a;\nreturn h(() -> x);"),
        ("java", "int «»x = a;\nreturn h(new C() { int y = x; });"),
        ("java", "int «»x = a, y = 2;\nreturn x;"),
        ("java", "int «»x[] = h();\nreturn x[0];"),
        ("java", "@B int «»x = a;\nreturn x;"),
        ("java", "Integer «»x = 5;\nreturn list.remove(x);"),
        ("java", "Object «»o = b.name();\nreturn h(o);"),  # another overload
        ("java", "Collection<B> «»c = h();\nreturn c.remove(1);"),
        ("java", "List<B> «»c = new ArrayList<>();\nreturn h(c);"),
        ("java", "Runnable «»r = () -> go();\nh(r);"),
        ("java", "int[] «»x = {1};\nreturn h(x);"),
        ("java", "boolean «»go = true;\nwhile (go) h();\nreturn 1;"),
        ("java", "B «»c = (B) o;\nreturn c.x() + c.y();"),
        ("java", "int «»x = n;\nn = 2;\nreturn x;"),
        ("java", "int «»x = n;\ngo();\nreturn x;"),
        ("java", "int «»x = b.n();\ntry { return x; } catch (E e) { return 1; }"),
        ("java", "int «»x = b.n();\nreturn b.m() + x;"),
        ("java", "int «»x = /* why */ a;\nreturn x;"),
        ("java", "for (int «»x = a; x < 3; ) go();\nreturn 1;"),
        ("java", "switch (a) { case 1: int «»x = a; go(x); case 2: x = 2; go(x); }"),
        # C
        ("c", "int «»x = a;\nreturn g(&x);"),
        ("c", "int «»x = a;\nif (!x++) a = 1;\nreturn 1;"),
        ("c", "static int «»x = 1;\nreturn x;"),
        ("c", "static int n = 1;\nint «»x = n + 1;\ng(1);\nreturn x;"),
        ("c", "int «»x = a;\nagain:\ng(x);\na = 2;\ngoto again;"),
        ("c", "#define twice(v) v + v\nint «»x = g(a);\nreturn twice(x);"),
        ("c", "volatile int «»x = a;\nreturn x;"),
        ("c", "int «»x = a, y = 2;\nreturn x;"),
        ("c", "int «»x[] = {1};\nreturn x[0];"),
        ("c", "struct b «»x = {1};\nreturn h(x);"),
        ("c", "int «»x = a;\nreturn sizeof(x);"),
        ("c", "int «»x = g(a);\nreturn MAX(x, 1);"),
        ("c", "int «»x = a;\nassert(x);\nreturn 1;"),
        ("c", "int «»x = g(a);\nreturn unknown(x);"),  # may be a macro
        ("c", "int «»x = g(a);\n#ifdef B\nreturn x;\n#endif\nreturn 1;"),
        ("c", "int «»x = a;\nagain:\na = g(x);\ngoto again;"),
        ("c", "int «»x = p->n;\nreturn g(1) + x;"),
        ("c", "myint «»x = a + 1;\nreturn g(x);"),
        ("c", "struct b *«»q = p->data;\nreturn q->n;"),  # may be void *
        ("c", "int «»x = a;\n#define B x\nreturn x;"),
        # C++
        ("cc", "std::lock_guard<M> «»g = lock(m);\nreturn a;"),
        ("cc", "auto «»g = lock(m);\ng.go();\nreturn a;"),
        ("cc", "auto& «»x = p->n;\nreturn x;"),
        ("cc", "const auto& «»x = p->n;\nreturn x;"),
        ("cc", "std::string «»s = name();\nconst char* t = s.c_str();\nreturn h(t);"),
        ("cc", "int «»x = 0;\nread(x);\nreturn x;"),  # by reference
        ("cc", "int «»x = 0;\nstd::cin >> x;\nreturn 1;"),
        ("cc", "int «»x = a;\nreturn h([&] { return x; });"),
        ("cc", "int «»x = a;\nread(a);\nreturn x;"),
        ("cc", "int& n = other();\nint «»x = n + 1;\nh();\nreturn x;"),
        ("cc", "auto «»x = {1, 2};\nreturn h(x);"),
        ("cc", "int «»x{3};\nreturn x;"),
        ("cc", "int «»x = lock(m).count();\nreturn g(x);"),  # held for longer
        ("cc", "Base* «»q = make();\nreturn q->go();"),
        ("cc", "int «»x = a;\nreturn sizeof x;"),
        ("cc", "if (int «»x = a) return x;\nreturn 1;"),
    ],
)
def test_what_could_be_another_value_is_left(language: str, body: str) -> None:
    assert inlined(language, body) is None


def test_the_type_that_one_file_says_needs_no_cast() -> None:
    text = (
        "class A {\n  long size() { return 1; }\n"
        "  void f() {\n    long «»n = size();\n    go(n);\n  }\n}\n"
    )
    tree, selection = selected(text, "A.java")
    found = inline_variable(tree, selection.start)
    assert found is not None
    assert "    go(size());\n" in after(tree, found.edits)


def test_a_fault_elsewhere_does_not_matter() -> None:
    """Macros make the parser stumble in half of all C++ files."""
    text = "int f(int a) {\n  int «»x = a + 1;\n  return x;\n}\nclass A { int b G(c) = ; };\n"
    tree, selection = selected(text, "a.cc")
    assert tree.num_faults() > 0
    assert inline_variable(tree, selection.start) is not None


def test_a_function_that_does_not_parse_is_left() -> None:
    tree, selection = selected("int f(int a) {\n  int «»x = a;\n  return x +;\n}\n", "a.c")
    assert inline_variable(tree, selection.start) is None


def test_no_empty_line_stays_at_the_beginning() -> None:
    text = "int f(int a) {\n  int «»x = a + 1;\n\n  return x;\n}\n"
    tree, selection = selected(text, "a.c")
    found = inline_variable(tree, selection.start)
    assert found is not None
    assert after(tree, found.edits) == "int f(int a) {\n  return a + 1;\n}\n"
