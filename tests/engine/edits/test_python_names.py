"""Which places one Python name has."""

from __future__ import annotations

import pytest

from marked_sites import check, found, marked

CASES = {
    "types in quotes": """
import typing as t
class ⟦A⟧: pass
T = t.TypeVar("T", bound="⟦A⟧")
As = t.List[t.Union["⟦A⟧", t.Literal["A"]]]
d["A"]
x = t.cast("list[⟦A⟧]", y) + other.cast("A", y)
""",
    "keywords of a partial call": """
import functools
def f(a, *, ⟦b⟧): pass
g = functools.partial(f, 1, ⟦b⟧=2)
h = partial(f, b=2)
""",
    "variables of types, and classes as values": """
from typing import TypeVar
class A:
    ⟦n⟧ = 1
T = TypeVar("T", bound="type[A]")
U = TypeVar("U", bound=A)
def get(name) -> type[A] | None: ...
def f(a: T, b: U, c: "A | None", d: "type[A]"):
    a.⟦n⟧ + a().⟦n⟧ + b.⟦n⟧ + c.⟦n⟧ + d().⟦n⟧
    cls = get("a")
    cls().⟦n⟧
""",
    "what is held": """
import typing as t
class A:
    ⟦n⟧ = 1
class B:
    make: t.Callable[[int], A]
    def __init__(self, some: list[A], named: dict[str, A]):
        self.all = [A()]
        self.some = some
        self.named = named
        self.table = {"a": A(), "b": A()}
    def m(self):
        self.all[0].⟦n⟧ + self.some[1].⟦n⟧ + self.named["a"].⟦n⟧ + self.table[k].⟦n⟧
        self.make(1).⟦n⟧ + self.some[1:].⟨n⟩
        for one in sorted(self.all):
            one.⟦n⟧
        {"a": A(), "b": B()}["a"].⟨n⟩
        return [one.⟦n⟧ for one in list(self.named.values())]
""",
    "several names at once": """
class A:
    ⟦n⟧ = 1
class B:
    n = 2
def get() -> tuple[A, B]: ...
def f(some: list[A], named: dict[str, A], pair: tuple[B, A]):
    a, b = get()
    a.⟦n⟧ + b.n
    c, (d, e) = A(), (B(), 1)
    c.⟦n⟧ + d.⟨n⟩
    for i, one in enumerate(some):
        one.⟦n⟧
    for key, one in named.items():
        one.⟦n⟧
    for one, other in zip(some, [B()]):
        one.⟦n⟧ + other.n
    g, h = pair
    h.⟦n⟧ + g.n
    first, *rest = some
    first.⟨n⟩
""",
    "what cast says": """
from typing import cast
class A:
    ⟦n⟧ = 1
cast(A, x).⟦n⟧ + cast("A", y).⟦n⟧
""",
    "parameters of overloads": """
@overload
def f(⟦a⟧: int, **b) -> int: ...
@overload
def f(⟦a⟧: str, **b) -> str: ...
def f(⟦a⟧, **b): return ⟦a⟧, b
f(⟦a⟧=1)
def g(a): return a
def g(a): return a
""",
    "what isinstance says": """
class A:
    ⟦n⟧ = 1
class B(A): pass
def f(x, y, b: B):
    if isinstance(x, A) and y:
        x.⟦n⟧
        x = y
        x.⟨n⟩
    z = isinstance(y.o, (A, C)) and y.o.⟦n⟧
    w = y.⟦n⟧ if isinstance(y, A) else y.⟨n⟩
    [one.⟦n⟧ for one in y if isinstance(one, A)]
    assert isinstance(y, A)
    if isinstance(b, A):
        b.⟦n⟧
    return y.⟦n⟧
""",
    "local": """
def f(a):
    ⟦x⟧ = a
    ⟦x⟧ += 1
    return ⟦x⟧
x = 1
""",
    "shadowed global": """
⟦x⟧ = 1
def f(x): return x
def g(): return ⟦x⟧
class C:
    x = 2
    y = x
    def m(self): return ⟦x⟧
""",
    "global statement": """
⟦x⟧ = 1
def f():
    global ⟦x⟧
    ⟦x⟧ = 2
    def g(): return ⟦x⟧
def h():
    x = 3
""",
    "nonlocal statement": """
x = 0
def f():
    ⟦x⟧ = 1
    def g():
        nonlocal ⟦x⟧
        ⟦x⟧ += 1
    return ⟦x⟧
""",
    "closure and lambda": """
def f(⟦n⟧):
    return lambda m: m + ⟦n⟧, lambda n: n
""",
    "comprehension": """
⟦x⟧ = [1]
y = [x for x in ⟦x⟧ if x]
z = {x: ⟦y⟧ for x, ⟦y⟧ in ⟦x⟧}
""".replace("⟦y⟧", "y"),
    "inner variable of a comprehension": """
x = [1]
y = [⟦x⟧ + 1 for ⟦x⟧ in x if ⟦x⟧]
""",
    "walrus leaves the comprehension": """
def f(a):
    b = [⟦last⟧ := x for x in a]
    return ⟦last⟧
""",
    "default value and annotation are outside": """
⟦size⟧ = 1
def f(size: ⟦size⟧ = ⟦size⟧): return size
""",
    "keyword argument": """
def f(a, ⟦count⟧=1): return ⟦count⟧
f(1, ⟦count⟧=2)
g(count=3)
count = 4
f(⟦count⟧=count)
""",
    "keyword argument of a method": """
class C:
    def m(self, ⟦n⟧): return ⟦n⟧
    def o(self): self.m(⟦n⟧=1)
C().m(⟦n⟧=2)
""",
    "keyword argument of a constructor": """
class C:
    def __init__(self, ⟦n⟧): self.n = ⟦n⟧
C(⟦n⟧=2)
""",
    "field of a dataclass": """
@dataclass
class C:
    ⟦n⟧: int = 0
    def m(self): return self.⟦n⟧
c = C(⟦n⟧=2)
c.⟦n⟧ = 3
""",
    "attribute on self": """
class C:
    def __init__(self): self.⟦x⟧ = 1
    def m(self): return self.⟦x⟧ + x
    @classmethod
    def k(cls): return cls.⟦x⟧
class D:
    def __init__(self): self.x = 1
other.⟨x⟩
""",
    "method of base and derived": """
class A:
    def ⟦run⟧(self): pass
class B(A):
    def ⟦run⟧(self): super().⟦run⟧()
class E:
    def run(self): pass
def f(b: B, e: E): b.⟦run⟧(); e.run()
""",
    "object of a known class": """
class C:
    def ⟦go⟧(self): pass
    def __enter__(self): return self
class H:
    def __init__(self, c: "C"): self.c = c
    def m(self): self.c.⟦go⟧()
def make() -> C: return C()
make().⟦go⟧()
with C() as c: c.⟦go⟧()
for each in list[C](): pass
""",
    "elements of a list": """
class C:
    ⟦go⟧ = 1
def f(all: list[C], some: "Optional[C]", either: C | None):
    some.⟦go⟧
    either.⟦go⟧
    return [one.⟦go⟧ for one in all]
""",
    "property stands for what it returns": """
class A:
    ⟦n⟧ = 1
class B:
    @property
    def a(self) -> A: return A()
B().a.⟦n⟧
""",
    "class": """
class ⟦C⟧:
    def m(self, o: "⟦C⟧") -> ⟦C⟧: return ⟦C⟧()
x: "list[⟦C⟧]" = []
y: Literal["C"] = "C"
""",
    "exception": """
try: pass
except E as ⟦e⟧: print(⟦e⟧)
""",
    "match captures": """
match p:
    case {"k": ⟦v⟧}: print(⟦v⟧)
    case A(b=⟦v⟧): ⟦v⟧
    case [⟦v⟧, *w]: ⟦v⟧
    case other.v: pass
""",
    "members of a union share a name": """
class A:
    def ⟦run⟧(self): pass
class B:
    def ⟦run⟧(self): pass
class C:
    def run(self): pass
def f(x: A | B): x.⟦run⟧()
""",
    "dotted pattern": """
class A:
    class B:
        ⟦C⟧ = 1
match p:
    case A.B.⟦C⟧: pass
    case A.C | C: pass
""",
    "f-string": """
⟦n⟧ = 1
f"{⟦n⟧!r:>{⟦n⟧}} n {⟦n⟧=}"
""",
    "exported list": """
__all__ = ["⟦f⟧", "g"]
__all__ += ["⟦f⟧"]
def ⟦f⟧(): return "f"
""",
    "slots": """
class C:
    __slots__ = ("⟦x⟧",)
    def m(self): return self.⟦x⟧
""",
    "attribute by string": """
class C:
    ⟦x⟧ = 1
    def m(self): return getattr(self, "⟦x⟧", "x")
""",
    "star targets": """
a, *⟦b⟧ = c
for (a, ⟦b⟧) in c: ⟦b⟧
del ⟦b⟧
with open(a) as ⟦b⟧: pass
""",
    "module alias": """
import os.path as ⟦p⟧
⟦p⟧.join
""",
    "type parameter": """
def f[⟦T⟧: int](x: ⟦T⟧) -> ⟦T⟧: return x
T = 1
""",
    "decorated property": """
class C:
    @property
    def ⟦x⟧(self): return 1
    @⟦x⟧.setter
    def ⟦x⟧(self, v): pass
C().⟦x⟧ = 2
""",
}


@pytest.mark.parametrize("name", CASES)
def test_all_places_of_a_name(name: str) -> None:
    check(CASES[name], "python")


def test_other_names_are_nobodys() -> None:
    assert found("print(1)\n", "python", 2) is None
    assert found("x = 'y'\n", "python", 6) is None


def test_broken_code_still_has_names() -> None:
    check("def f(⟦a⟧):\n    b = \n    return ⟦a⟧\n\ndef g(a):\n    b = (\n", "python")


def test_deep_nesting_is_no_problem() -> None:
    source = "⟦x⟧ = 1\ny = " + " + ".join(["⟦x⟧"] * 3000) + "\n"
    case = marked(source)
    got = found(case.text, "python", case.certain[0].start)
    assert got is not None
    assert [one.span for one in got.sites] == list(case.certain)
