from __future__ import annotations

import pytest

from engine.edits.extract_function import extract_function
from engine.errors import BadInput
from marked_refactoring import after, selected

_HEAD = "package p\n\ntype T struct{ n int }\n\n"


def extracted(marked: str) -> str:
    tree, selection = selected(_HEAD + marked, "a.go")
    return after(tree, extract_function(tree, selection).edits).removeprefix(_HEAD)


def test_what_is_set_and_read_later_are_results() -> None:
    made = extracted(
        "func f(items []int) int {\n\ttotal := 0\n"
        "\t«count := len(items)\n\tfor _, item := range items {\n\t\ttotal += item\n\t}»\n"
        "\treturn total / count\n}\n"
    )
    assert made == (
        "func f(items []int) int {\n\ttotal := 0\n"
        "\tcount, total := extracted(items, total)\n"
        "\treturn total / count\n}\n\n"
        "func extracted(items []int, total int) (int, int) {\n"
        "\tcount := len(items)\n\tfor _, item := range items {\n\t\ttotal += item\n\t}\n"
        "\treturn count, total\n}\n"
    )


def test_a_new_name_beside_one_of_a_block_around_is_declared_before() -> None:
    made = extracted(
        "func f(a int) int {\n\tif a > 0 {\n\t\t«b := 1\n\t\ta = b»\n"
        "\t\treturn b\n\t}\n\treturn a\n}\n"
    )
    assert "\t\tvar b int\n\t\tb, a = extracted(a)\n" in made


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("[]string{}", "[]string"),
        ("&T{}", "*T"),
        ("make(map[string]int)", "map[string]int"),
        ("new(T)", "*T"),
        ("'x'", "rune"),
        ("1.5", "float64"),
        ("len(g) > 2", "bool"),
        ("uint8(3)", "uint8"),
        ("[]byte(s)", "[]byte"),
        ("*(*[]int)(q)", "[]int"),
        ("s[1:]", "string"),
        ("s[0]", "byte"),
        ("t.n", "int"),
        ("other()", "*T"),
        ("func(a int) bool { return true }", "func(a int) bool"),
        ("x.(T)", "T"),
        ("fmt.Sprint(s)", "string"),
    ],
)
def test_the_type_of_a_value_is_said_by_the_file(value: str, type_: str) -> None:
    made = extracted(
        f"func f(s string, t *T) {{\n\tv := {value}\n\t«use(v)»\n\tdone()\n}}\n\n"
        "func other() *T { return nil }\n"
    )
    assert f"func extracted(v {type_}) {{\n\tuse(v)\n}}" in made


def test_parts_of_several_values_and_of_what_a_loop_runs_over() -> None:
    made = extracted(
        "func f(m map[string]*T) {\n\tv, ok := m[k]\n\tw, err := g()\n\tfor i, e := range m {\n"
        "\t\t«use(v, ok, err, i, e)»\n\t}\n}\n"
    )
    assert "extracted(v *T, ok bool, err error, i string, e *T)" in made


def test_a_variable_of_a_type_switch_has_the_type_of_its_case() -> None:
    made = extracted(
        "func f(x any) {\n\tswitch y := x.(type) {\n\tcase *T:\n\t\t«use(y)»\n\t}\n}\n"
    )
    assert "func extracted(y *T) {" in made


def test_the_receiver_makes_it_a_method_and_its_results_stay() -> None:
    made = extracted("func (t *T) f(a int) (int, error) {\n\t«t.n = a\n\treturn t.n, nil»\n}\n")
    assert "\treturn t.extracted(a)\n" in made
    assert "func (t *T) extracted(a int) (int, error) {" in made


def test_type_parameters_go_along() -> None:
    made = extracted("func f[K comparable, V any](k K) V {\n\t«var v V\n\treturn v»\n}\n")
    assert "return extracted[K, V]()" in made and "extracted[K comparable, V any]() V {" in made


def test_statements_of_a_function_literal_take_what_it_has_captured() -> None:
    made = extracted("func f(a int) {\n\tg(func() {\n\t\t«use(a)\n\t\tuse(a)»\n\t})\n}\n")
    assert "\t\textracted(a)\n" in made and made.endswith(
        "\nfunc extracted(a int) {\n\tuse(a)\n\tuse(a)\n}\n"
    )


def test_a_switch_of_which_all_cases_return_returns() -> None:
    made = extracted("func f(a int) int {\n\t«switch a {\n\tcase 1:\n\t\treturn 2\n\tdefault:\n"
                     "\t\tpanic(a)\n\t}»\n}\n")  # fmt: skip
    assert "\treturn extracted(a)\n}" in made


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("«if a > 0 {\nreturn 1\n}»\nreturn 2", "return in the middle"),
        ("v := q.Get()\n«use(v)»\nreturn 2", "type of v is not written"),
        ("p := &a\n«use(a)»\nreturn *p", "address of a is taken"),
        ("g(func() { a++ })\n«a = 2»\nreturn a", "a is shared with a function literal"),
        ("var b bytes.Buffer\n«b.Reset()»\nuse(b)\nreturn 2", "a method may change b"),
        ("«defer g()»\nreturn 2", "what is deferred"),
        ("«v := 1\nuse(v)»\nv = 2\nreturn 2", "never be used"),
        ("const c = 1\n«use(c)»\nreturn 2", "type of c is not written"),
        ("type U int\nvar u U\n«use(u)»\nreturn 2", "type of u is not written"),
        ("if a > 0 {\n«a := a\nuse(a)»\n}\nreturn 2", "a is declared from another a"),
        ("for {\n«break»\n}\nreturn 2", "a break"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(body: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        extracted(f"func f(a int) int {{\n{body}\n}}\n")


def test_a_bare_return_of_named_results_is_refused() -> None:
    with pytest.raises(BadInput, match="bare return"):
        extracted("func f() (n int) {\n\t«n = 1\n\treturn»\n}\n")


def test_a_named_result_that_is_set_comes_back() -> None:
    made = extracted("func f() (n int, err error) {\n\t«n = g()»\n\treturn\n}\n")
    assert "\tn = extracted(n)\n" in made
