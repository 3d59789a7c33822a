"""Which places one name of JavaScript or TypeScript has."""

from __future__ import annotations

import pytest

from marked_sites import check, found, marked

CASES = {
    "var is the function's, let the block's": """
function f() {
  if (a) { var ⟦x⟧ = 1; let y = 2 }
  return ⟦x⟧ + y;
}
x;
""",
    "shadowing": """
const ⟦x⟧ = 1;
function f(x) { return x }
{ const x = 2; x }
const g = () => ⟦x⟧;
""",
    "hoisted function": """
⟦f⟧();
function ⟦f⟧() { return ⟦f⟧ }
o.f();
""",
    "catch and loops": """
try {} catch (⟦e⟧) { log(⟦e⟧) }
for (const e of es) e;
""",
    "destructuring": """
const { ⟦a⟧, b: { c: d = ⟦a⟧ }, ...rest } = o;
const [ , ...q] = [⟦a⟧];
({ ⟦a⟧ } = { ⟦a⟧ });
o.⟨a⟩
""".replace("\no.⟨a⟩", ""),
    "default values": """
function f(⟦a⟧, b = ⟦a⟧, { c = ⟦a⟧ } = {}) {}
""",
    "template string": "const ⟦x⟧ = 1; `x ${⟦x⟧} ${`${⟦x⟧}`}`;\n",
    "class and its members": """
class A { ⟦n⟧ = 1; m() { return this.⟦n⟧ + n; } static of() { return new A().⟦n⟧ } }
class B extends A { m() { return super.m() + this.⟦n⟧ } }
class C { n = 2 }
""",
    "private field": "class A { #⟦p⟧ = 1; m() { return this.#⟦p⟧ } }\n".replace("#⟦p⟧", "⟦#p⟧"),
    "field set in the constructor": """
class A { constructor(n) { this.⟦n⟧ = n } m() { return () => this.⟦n⟧ } }
""",
    "object literal": """
const o = { ⟦n⟧: 1, m() { return this.⟦n⟧ } };
o.⟦n⟧; o["⟦n⟧"]; p.⟨n⟩;
""",
    "interface": """
interface P { ⟦n⟧: number }
function f(p: P, { ⟦n⟧: m }: P) { return p.⟦n⟧ }
const a: P = { ⟦n⟧: 1 };
f({ ⟦n⟧: 2 }, a);
const all = (ps: P[]) => { for (const p of ps) p.⟦n⟧ };
q.⟨n⟩;
""",
    "arms of a union": """
type R = { ⟦ok⟧: true; value: 1 } | { ⟦ok⟧: false } | null;
const r: R = { ⟦ok⟧: true, value: 1 };
r.⟦ok⟧;
""",
    "callback of a declared type": """
interface Options { onError?: (info: { ⟦path⟧: string }) => void; url(): { path: string } }
function f(options: Options) {
  options.onError?.({ ⟦path⟧: "" });
  options.onError = (info) => info.⟦path⟧;
}
const o: Options = { onError: (info) => info.⟦path⟧, url() { return { path: "" } } };
""",
    "result of a declared method": """
interface Options { url(): { ⟦path⟧: string }; get: () => { path: string } }
const o: Options = { url() { return { ⟦path⟧: "" } }, get: () => ({ path: "" }) };
o.url().⟦path⟧;
""",
    "indexed access type": """
interface P { ⟦n⟧: { m: number } }
type M = P["⟦n⟧"]["m"];
function f<T extends P>(a: T["⟦n⟧"], b: T) { b.⟦n⟧ }
""",
    "literals of one variable": """
let o = { ⟦n⟧: 1 };
o = { ⟦n⟧: 2 };
const p = { n: 2 } as const;
o.⟦n⟧; p.n;
""",
    "what a generator yields": """
interface P { ⟦n⟧: number }
async function* f(): AsyncGenerator<P> { yield { ⟦n⟧: 1 } }
const g = (): ReturnType<typeof h> => ({ n: 1 });
function h(): Q { return { n: 2 } }
interface Q { n: number }
""",
    "constant object": """
const CODES = { ⟦BAD⟧: 1 } as const;
CODES.⟦BAD⟧;
""",
    "methods put on a prototype": """
class A { constructor() { this.⟦n⟧ = 1 } }
A.prototype.get = function () { return this.⟦n⟧ };
new A().⟦n⟧;
""",
    "function that makes objects": """
function A() { this.⟦n⟧ = 1; this.m = 2 }
A.prototype.get = function () { return this.⟦n⟧ };
A.prototype.set = function (n) { var self = this; self.⟦n⟧ = n };
new A().⟦n⟧;
function plain() { this.⟨n⟩ = 1 }
""",
    "property of a function": """
function Base() {}
Base.⟦cursor⟧ = { up: 1 };
Base.⟦cursor⟧.up;
""",
    "this in a named function of an object": """
const o = { ⟦make⟧: function make() { make }, only: function only() { this.⟦make⟧() } };
""",
    "type and value of one name": """
interface ⟦T⟧ { a: number }
const ⟦T⟧ = 1;
function f(T: ⟦T⟧): ⟦T⟧ { return T }
function g(a = ⟦T⟧) { type T = 1; let b: T }
""",
    "type parameter": """
function f<⟦T⟧ extends U<⟦T⟧>>(a: ⟦T⟧): ⟦T⟧ { return a as ⟦T⟧ }
type T = 1;
""",
    "parameter property": """
class A { constructor(private ⟦n⟧: number) { ⟦n⟧ } m() { return this.⟦n⟧ } }
""",
    "enum": "enum E { ⟦A⟧ = 1, B }\nE.⟦A⟧;\nA;\n",
    "imports": 'import { ⟦a⟧ } from "m";\n⟦a⟧(); export { ⟦a⟧ as b };\n',
    "import under another name": 'import { a as ⟦b⟧ } from "m";\n⟦b⟧(a);\n',
    "jsx": "const ⟦Row⟧ = () => <div Row='1'/>;\nconst b = <⟦Row⟧ x={1}><⟦Row⟧/></⟦Row⟧>;\n",
    "label": "⟦out⟧: for (;;) { const out = 1; break ⟦out⟧ }\n",
    "function expression's own name": "const f = function ⟦g⟧() { ⟦g⟧() }; g();\n",
    "a var hides the function expression's name": """
o.range = function range() { var ⟦range⟧ = get(); return ⟦range⟧ };
""",
    "this in an object literal": """
class A { ⟦bail⟧ = 1; json() { return { x: this.⟦bail⟧, all: () => this.⟦bail⟧ } } }
""",
    "this in a function of an object literal": """
const o = { ⟦n⟧: 1, m: function () { return this.⟦n⟧ } };
""",
    "inferred type": """
type A<T> = T extends { a: infer ⟦U⟧ } ? ⟦U⟧ : T extends { b: infer U } ? U : never;
""",
    "members of a union share a name": """
interface A { ⟦run⟧(): void }
interface B { ⟦run⟧(): void }
interface C { run(): void }
function f(x: A | B) { x.⟦run⟧() }
""",
    "type predicate and typeof": """
function f(⟦a⟧: unknown): ⟦a⟧ is string { return typeof ⟦a⟧ === "a" }
type T = typeof a;
""",
    "namespace": "namespace N { export const ⟦w⟧ = 1; ⟦w⟧ }\nN.⟦w⟧;\n",
}


@pytest.mark.parametrize("name", CASES)
def test_all_places_of_a_name(name: str) -> None:
    check(CASES[name], "typescriptreact")


@pytest.mark.parametrize("language", ["javascript", "javascriptreact", "typescript"])
def test_other_dialects(language: str) -> None:
    check(CASES["destructuring"], language)


def test_a_shorthand_keeps_the_property() -> None:
    case = marked("const ⟦x⟧ = 1; f({ ⟦x⟧ }); const { ⟦x⟧: y } = o;\n")
    got = found(case.text, "javascript", case.certain[0].start)
    assert got is not None
    assert [(site.prefix, site.suffix) for site in got.sites] == [("", ""), ("x: ", "")]


def test_destructuring_keeps_the_property_too() -> None:
    got = found("const { x } = o; x;\n", "javascript", 8)
    assert got is not None
    assert [(site.prefix, site.suffix) for site in got.sites] == [("x: ", ""), ("", "")]


def test_a_property_keeps_the_variable() -> None:
    text = "interface P { x: number }\nconst f = ({ x }: P) => x;\n"
    got = found(text, "typescript", 14)
    assert got is not None
    assert [(site.prefix, site.suffix) for site in got.sites] == [("", ""), ("", ": x")]
