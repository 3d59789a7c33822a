from __future__ import annotations

import pytest

from engine.edits.extract_variable import extract_variable
from marked_refactoring import after, selected


def extracted(marked: str, path: str = "a.py") -> str | None:
    tree, selection = selected(marked, path)
    found = extract_variable(tree, selection)
    return None if found is None else after(tree, found.edits)


@pytest.mark.parametrize(
    ("marked", "made"),
    [
        (
            "def f(x):\n    return g(«x.size») + 1\n",
            "def f(x):\n    size2 = x.size\n    return g(size2) + 1\n",
        ),
        ("total = 1 + «get_price(a)»\n", "price = get_price(a)\ntotal = 1 + price\n"),
        (
            "x = (\n    «a +\n    b»\n)\n",
            "value = (a +\n    b)\nx = (\n    value\n)\n",
        ),
        ("x = f(« a + b »)\n", "value = a + b\nx = f( value )\n"),
        ("for x in «read_all(p)»:\n    g(x)\n", "all2 = read_all(p)\nfor x in all2:\n    g(x)\n"),
        (
            "x = f([a for a in «b.items»])\n",
            None,  # the first list could stand outside, but no comprehension is taken apart
        ),
    ],
)
def test_python(marked: str, made: str | None) -> None:
    assert extracted(marked) == made


@pytest.mark.parametrize(
    "marked",
    [
        "x = [«f(a)» for a in b]\n",  # a is known inside only
        "x = lambda a: «a + 1»\n",
        "while «f(x)»:\n    x = 1\n",  # computed again each time
        "«x» = 1\n",
        "x.«y» = f(x.y)\n",
        "def f(a=«g()»):\n    pass\n",
        "if a:\n    pass\nelif «g(a)»:\n    pass\n",
        "x = «f(» a)\n",  # no whole expression
        "«f(a)»\n",  # a statement of its own
        "x = («1\n",
        "if a: x = «f(a)»\n",
        "x = ('a'\n     «'b'»)\n",  # one string with its neighbour
        "del «a.b»\n",
        "«a.b», c = f(a.b)\n",
        "match a:\n    case «'b'»:\n        pass\n",
    ],
)
def test_what_would_not_be_the_same_outside(marked: str) -> None:
    assert extracted(marked) is None


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("a.ts", "import { a } from «'./a'»;\n"),
        ("a.ts", "export * from «'./a'»;\n"),
        ("a.ts", "let x: «'a'» | 'b' = 'a';\n"),
        ("a.ts", "x = { «'a'»: 1 };\n"),
        ("a.tsx", "x = <A b=«'c'» />;\n"),
        ("a.ts", "x = f«`a`»;\n"),
        ("a.ts", "«a.b»(1);\n"),  # would lose its ``this``
        ("a.ts", "x = «a.b» = 1;\n"),
        ("a.ts", "x = «a.b»++;\n"),
        ("a.ts", "(«0, a.b»)(1);\n"),
        ("a.ts", "class A {\n  x = «f()»;\n}\n"),
        ("a.ts", "if (a) f(«a.b»);\n"),
        ("a.ts", "if (a) {\n} else if («f(a)») {\n}\n"),
        ("a.ts", "switch (a) {\n  case 1:\n    f(«a.b»);\n}\n"),
        ("a.go", "package a\n\nvar x = «1 + 2»\n"),
        ("a.go", 'package a\n\nimport «"fmt"»\n'),
        ("a.go", "package a\n\nfunc f() {\n\t«a.b», c = 1, 2\n}\n"),
        ("a.rs", "const X: i32 = «1 + 2»;\n"),
        ("a.rs", "fn f() {\n    match x {\n        «1» => g(),\n    }\n}\n"),
        ("a.rs", "fn f() {\n    g(&«a.b»);\n}\n"),
        ("A.java", "class A {\n  int x = «1 + 2»;\n}\n"),
        ("A.java", "import «java».util.List;\n"),
        ("A.java", "class A {\n  A() {\n    super(«f(1)»);\n  }\n}\n"),
        ("A.java", "class A {\n  void f() {\n    g(A.«B»);\n  }\n}\n"),
        ("A.java", "class A {\n  void f() {\n    this.«b» = c;\n  }\n}\n"),
        ("A.java", "class A {\n  void f() {\n    g(«x -> x + 1»);\n  }\n}\n"),
        ("A.java", "class A {\n  void f() {\n    g(«new B<>()»);\n  }\n}\n"),
        ("A.java", "class A {\n  void f() {\n    «A.Inner».g();\n  }\n}\n"),
        (
            "A.java",
            "class A {\n  void f() {\n    if (a) g();\n    else\n      g(«h(1)»);\n  }\n}\n",
        ),
        ("A.java", "class A {\n  void f() {\n    for (B b : c)\n      g(«h(1)»);\n  }\n}\n"),
        ("a.go", "package a\n\nfunc f() {\n\tg(«os».Args)\n}\n"),
        ("a.go", "package a\n\nfunc f() {\n\tx := T{«a»: 1}\n}\n"),
        ("a.go", "package a\n\nfunc f() {\n\t«x», err := g()\n}\n"),
        ("a.go", "package a\n\nfunc f() {\n\tx, err := «g()»\n}\n"),
        ("a.go", "package a\n\nfunc f() {\n\tif v, ok := «m[k]»; ok {\n\t}\n}\n"),
        ("a.go", "package a\n\nfunc f() (int, error) {\n\treturn «g()»\n}\n"),
        ("a.go", "package a\n\nfunc f() {\n\tif err := g(); «err != nil» {\n\t}\n}\n"),
        ("a.go", "package a\n\nfunc f() {\n\tif a {\n\t} else if «g(a)» {\n\t}\n}\n"),
        ("a.go", "package a\n\nfunc f() {\n\tdefer «g()»\n}\n"),
        ("a.go", "package a\n\nfunc f() {\n\t«s.mu».Lock()\n}\n"),
        ("a.go", "package a\n\nfunc f() {\n\t«s.a».b = 1\n}\n"),
        ("a.go", "package a\n\nfunc f() {\n\tg(&«s.a»)\n}\n"),
        ("a.go", "package a\n\nfunc f() {\n\tg(«nil»)\n}\n"),
        ("a.rs", "fn f() {\n    g::<'«a»>();\n}\n"),
        ("a.rs", "fn f() {\n    «println»!();\n}\n"),
        ("a.rs", 'fn f() {\n    println!(«"{}"», a);\n}\n'),
        ("a.rs", "fn f() {\n    while «g(1)» {\n    }\n}\n"),
        ("a.rs", "fn f() {\n    «Box::new»(1);\n}\n"),
        ("a.rs", "fn f() {\n    if let Some(«1») = g() {\n    }\n}\n"),
        ("a.rs", "fn f() {\n    #[cfg(a)]\n    g(«h(1)»);\n}\n"),
        ("a.cc", "void f() {\n  char a[«1 + 2»];\n}\n"),
        ("a.cc", "void f() {\n  «LOG»(1);\n}\n"),
        ("a.cc", "void f() {\n  g(sizeof«(a.b)»);\n}\n"),
        ("a.cc", "void f() {\n  constexpr int a = «g(1)»;\n}\n"),
    ],
)
def test_what_is_no_value_there(path: str, marked: str) -> None:
    assert extracted(marked, path) is None


@pytest.mark.parametrize(
    ("path", "marked", "made"),
    [
        (
            "a.ts",
            "f(«getUserName()» + 1);\n",
            "const userName = getUserName();\nf(userName + 1);\n",
        ),
        (
            "A.java",
            "class A { void f() {\n  g(«h(1)»);\n} }\n",
            "  var value = h(1);\n  g(value);\n",
        ),
        ("a.go", "package a\n\nfunc f() {\n\tg(«h(1)»)\n}\n", "\tvalue := h(1)\n\tg(value)\n"),
        ("a.go", "package a\n\nfunc f() {\n\tg(«1 << 3»)\n}\n", "\tconst value = 1 << 3\n"),
        (
            "a.go",
            "package a\n\nfunc f() {\n\tfor _, x := range «g(1)» {\n\t}\n}\n",
            "\tvalue := g(1)\n\tfor _, x := range value {\n",
        ),
        (
            "a.rs",
            "fn f() {\n    g(«a.b».len());\n}\n",
            "    let value = &a.b;\n    g(value.len());\n",
        ),
        (
            "A.java",
            "class A {\n  A() {\n    switch (a) {\n    case 1:\n      g(«h(1)»);\n    }\n  }\n}\n",
            "    case 1:\n      var value = h(1);\n      g(value);\n",
        ),
        ("a.cc", "void f() {\n  g(«a.b».c());\n}\n", "  auto&& value = a.b;\n  g(value.c());\n"),
        (
            "a.cc",
            "void f() {\n#if A\n  int x = 1;\n  g(«x + 1»);\n#endif\n}\n",
            "  int x = 1;\n  auto value = x + 1;\n  g(value);\n",
        ),
        ("a.rs", "fn f() {\n    g(«h(1)»);\n}\n", "    let value = h(1);\n    g(value);\n"),
        ("a.ts", "if «(a < b)» {\n}\n", "const value = a < b;\nif (value) {\n}\n"),
        ("a.c.js", "x = typeof«(a + 1)»;\n", "const value = (a + 1);\nx = typeof value;\n"),
        ("a.ts", "f(«a.b»)(1);\n", "const value = a.b;\nf(value)(1);\n"),
        (
            "a.ts",
            "export const x = f(«g(1)»);\n",
            "const value = g(1);\nexport const x = f(value);",
        ),
    ],
)
def test_other_languages(path: str, marked: str, made: str) -> None:
    text = extracted(marked, path)
    assert text is not None
    assert made in text


def test_a_fault_elsewhere_does_not_matter() -> None:
    """Macros make the parser stumble in half of all C++ files."""
    text = "void f() {\n  g(«h(1)»);\n}\nclass A { int b GUARDED_BY(c) = ; };\n"
    tree, selection = selected(text, "a.cc")
    assert tree.num_faults() > 0
    assert extract_variable(tree, selection) is not None
