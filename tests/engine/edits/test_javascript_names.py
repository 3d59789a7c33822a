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
    "literals that can be one arm only": """
type R = { kind: "a"; ⟦n⟧: number } | { kind: "b"; n: number } | { kind: "c" | true; n: number };
const A = "a";
const r: R[] = [{ kind: "a", ⟦n⟧: 1 }, { kind: "b", n: 1 }, { ⟦n⟧: 1, kind: A }];
""",
    "literals that lack what the other arms need": """
type R = { kind: K; ⟦n⟧: number; m?: 1 } | { kind: K; n: number; o: 1 } | { kind: K; p: 1 };
const r: R[] = [{ kind: k(), ⟦n⟧: 1 }, { kind: k(), n: 1, o: 1 }, { kind: k(), p: 1 }];
""",
    "what instanceof says": """
class A { ⟦n⟧ = 1 }
class B extends A {}
function f(x, b: B) {
  if (x instanceof A && x.⟦n⟧) { x.⟦n⟧; x = g(); x.⟨n⟩ }
  x instanceof A ? x.⟦n⟧ : x.⟨n⟩;
  if (b instanceof A) b.⟦n⟧;
}
""",
    "a literal of a known type and another's": """
import { O } from "m";
const o: Readonly<O> & { ⟦closed⟧: true } = { ⟦closed⟧: true, next: 1 };
""",
    "a union of many": f"""
type R = {" | ".join(f"A{number}" for number in range(20))};
{"".join(f"interface A{number} {{ ⟦n⟧: number }}" for number in range(20))}
function f(r: R) {{ r.⟦n⟧ }}
""",
    "accesses to one arm only": """
type R =
  | { kind: "a"; ok: true; ⟦n⟧: number }
  | { kind: "b"; ok: false; n: number }
  | { kind: "c"; ok: false };
function f(r: R) {
  if (r.kind === "a" && r) r.⟦n⟧;
  if (r.kind !== "a") r.n; else r.⟦n⟧;
  switch (r.kind) { case "a": r.⟦n⟧; break; case "c": case "b": r.n; break; default: r }
  r.ok ? r.⟦n⟧ : r.n;
  !r.ok || r.⟦n⟧;
}
""",
    "accesses to several arms": """
type R = { kind: "a"; ⟦n⟧: number } | { kind: "b"; ⟦n⟧: number } | { kind: "c"; n: number; m: 2 };
function f(r: R) {
  if (r.kind === "a") { r = g(); h(r as T) }
  switch (r.kind) { case "a": case "b": r.⟦n⟧ }
  if ("m" in r) r.n;
}
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
    "members of what a table holds": """
class A { ⟦run⟧() {} }
class B { ⟦run⟧() {} }
const table = { a: new A(), b: new B() };
const one = table[name];
one.⟦run⟧();
""",
    "what a type with an index holds": """
interface P { ⟦n⟧: number }
interface Q { all: { [key: string]: P }; more: Record<string, P> }
function f(q: Q) { q.all[k].⟦n⟧ + q.more["k"].⟦n⟧; for (const p of Object.values(q.more)) p.⟦n⟧ }
""",
    "variables that are taken out of an object": """
interface P { ⟦n⟧: number; list: P[]; in: { one: P } }
function f(p: P, { in: { one } }: P) {
  const { list, in: inside } = p;
  list[0].⟦n⟧ + inside.one.⟦n⟧ + one.⟦n⟧;
  list.forEach(({ ⟦n⟧: m }) => m);
}
""",
    "parameter that is taken apart, typed by what its function must be": """
type Handler = (options: { context: { ⟦user⟧: string } }) => void;
const f: Handler = ({ context }) => context.⟦user⟧;
const g: Handler = ({ context: { ⟦user⟧: u } }) => u;
""",
    "what a type of a function returns": """
function make() { return { ⟦n⟧: 1 } }
const all = new Map<string, ReturnType<typeof make>>();
all.get("a").⟦n⟧;
interface O { of: () => ReturnType<typeof make<string>> }
function f(o: O) { o.of().⟦n⟧ }
""",
    "objects that give themselves back": """
class A { ⟦n⟧ = 1; with(): this { return this } }
new A().with().with().⟦n⟧;
function f(a: InstanceType<typeof A>) { a.⟦n⟧ }
""",
    "what a promise gives": """
class A { ⟦n⟧ = 1 }
async function load() { return new A() }
load().then((a) => a.⟦n⟧);
class Own { n = 1; then(f) { f(1) } }
new Own().then((a) => a.⟨n⟩);
""",
    "copies of what is held": """
class A { ⟦n⟧ = 1 }
const some = [new A()];
const all = [...some, ...Array.from(new Set(some))];
all.filter(Boolean).forEach((a) => a.⟦n⟧);
[1].map(() => new A())[0].⟦n⟧;
(more ?? some)[0].⟦n⟧;
""",
    "either type of a condition": """
type C<T> = T extends string ? { ⟦n⟧: 1 } : never;
function f(c: C<string>) { c.⟦n⟧ }
""",
    "what a type is where it was asked for": """
interface Procedure { _def: { types: { ⟦input⟧: 1 } } }
type Def<T> = T extends Procedure ? T["_def"] : never;
type Input<T> = Def<T>["types"]["⟦input⟧"];
""",
    "parts of a tuple": """
interface A { n: number }
interface B { ⟦n⟧: number }
const all: Array<[first: A, second?: B]> = [];
const [a, b] = all.shift()!;
a.n + b.⟦n⟧ + all[0][1].⟦n⟧;
function f(): [A, B] { return g() }
const [, c] = f();
for (const [, one] of all) c.⟦n⟧ + one.⟦n⟧;
const [d] = [c];
d.⟦n⟧;
""",
    "a tuple's labels are no names": "const ⟦a⟧ = 1; type T = [a: string]; ⟦a⟧;\n",
    "entries": """
class A { ⟦n⟧ = 1 }
const all = new Map<string, A>();
for (const [, a] of all) a.⟦n⟧;
for (const [, a] of all.entries()) a.⟦n⟧;
Object.entries({ a: new A() }).forEach(([key, a]) => a.⟦n⟧);
""",
    "another name of a member": """
interface D { call?: (options: { ⟦invoke⟧: 1 }) => void }
function f(d: { def: D }) { const call = d.def.call; call({ ⟦invoke⟧: 1 }) }
""",
    "a named function that is typed by where it stands": """
type Call = (context: 1, options?: { ⟦signal⟧?: 1 }) => void;
function make(): Call { return function inner(context, options) { options?.⟦signal⟧ } }
""",
    "table whose keys are no names": """
class A { ⟦run⟧() {} }
const table = { 12: new A(), "a b": new A(), ...{ c: new A() } };
table[version].⟦run⟧();
""",
    "literals for a type argument": """
interface P { ⟦n⟧: number; m: number }
const state = useState<P>({ ⟦n⟧: 1, m: 2 });
const other = useState<P>({ n: 1, o: 2 });
""",
    "a constant literal of a declared type": """
interface P { ⟦n⟧: number }
const p: P | null = yes ? ({ ⟦n⟧: 1 } as const) : null;
""",
    "pattern of a function type": """
interface P { ⟦n⟧: number }
type F = ({ ⟦n⟧ }: P) => void;
""",
    "what a module exports": """
const proto = module.exports = { ⟦n⟧: 1, m() { return this.⟦n⟧ } };
proto.⟦n⟧ + module.exports.⟦n⟧;
""",
    "put on a class": """
class Base { m() { Base.⟦cursor⟧.up } }
Base.⟦cursor⟧ = { up: 1 };
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


def test_a_line_ends_a_member_before_a_signature() -> None:
    """The grammar would take ``<T>`` for arguments of the type before it."""
    check(
        """
interface F {
  (a: number): Q

  <⟦T⟧>(a: ⟦T⟧): P<⟦T⟧>
}
""",
        "typescript",
    )
