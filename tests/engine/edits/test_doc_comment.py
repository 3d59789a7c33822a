"""Documentation comments: the frame stands, the code below it stays byte for byte."""

from __future__ import annotations

import pytest

from engine.edits.docstring import docstring_edit
from engine.edits.template import HOLE
from marked_refactoring import after, selected


def plain(marked: str, path: str) -> str | None:
    tree, selection = selected(marked, path)
    found = docstring_edit(tree, selection.start)
    return None if found is None else after(tree, found.plain)


@pytest.mark.parametrize(
    ("path", "marked", "comment"),
    [
        ("a.go", "¶func «»ReadAll(p string) (int, error) {}\n", "// ReadAll reads all.\n"),
        ("a.go", "¶func (t *T) «»Len() int {}\n", "// Len returns the len.\n"),
        ("a.go", "¶func «»isOdd(n int) bool {}\n", "// isOdd reports whether it is odd.\n"),
        ("a.go", "¶type «»RingBuffer struct {\n}\n", "// RingBuffer is the ring buffer.\n"),
        ("a.go", "type (\n\t¶«»A int\n)\n", "// A is the a.\n\t"),
        ("a.go", "type I interface {\n\t¶«»Do(a int)\n}\n", "// Do does.\n\t"),
        ("a.go", "¶//go:noinline\nfunc «»f() {}\n", "// f fs.\n//\n"),
        ("a.rs", "¶#[inline]\npub fn «»read_all(p: &str) {}\n", "/// Read all.\n"),
        (
            "a.rs",
            "impl A {\n    ¶pub unsafe fn «»f(&self) -> io::Result<()> {}\n}\n",
            "/// F.\n    ///\n    /// # Errors\n    ///\n    /// Fails if it cannot be done.\n"
            "    ///\n    /// # Safety\n    ///\n"
            "    /// The caller answers for what the compiler cannot check.\n    ",
        ),
        (
            "A.java",
            "class A {\n    ¶@Override\n    public <T> int «»readAll(T one, int... more)\n"
            "            throws IOException, E {}\n}\n",
            "/**\n     * Read all.\n     *\n     * @param <T> the type of T\n"
            "     * @param one the one\n     * @param more the more\n     * @return the result\n"
            "     * @throws IOException if it fails\n     * @throws E if it fails\n     */\n    ",
        ),
        ("A.java", "class A {\n    ¶void «»f() {}\n}\n", "/** F. */\n    "),
        ("A.java", "class A {\n    ¶«»A() {}\n}\n", "/** A. */\n    "),
        (
            "a.c",
            "¶static char *«»name_of(const struct a *it, int (*by)(int), ...)\n{\n}\n",
            "/**\n * Name of.\n *\n * @param it the it\n * @param by the by\n"
            " * @param ... the rest\n * @return the result\n */\n",
        ),
        ("a.c", "¶void «»f(void);\n", "/** F. */\n"),
        ("a.c", "¶typedef int (*«»on_read)(int a /* x */);\n", "/** The on read. */\n"),
        ("a.c", "/// One.\nint x;\n\n¶int «»f(int a);\n",
         "/// F.\n///\n/// @param a the a\n/// @return the result\n"),
        ("a.c", "/** \\param x it */\nint g(int x);\n\n¶int «»f(int a);\n",
         "/**\n * F.\n *\n * \\param a the a\n * \\return the result\n */\n"),
        (
            "a.cpp",
            "¶template <class T>\n[[nodiscard]] auto «»f(T &&...all) -> void;\n",
            "/**\n * F.\n *\n * @tparam T the type of T\n * @param all the all\n */\n",
        ),
        ("a.cpp", "¶extern \"C\" void «»f() {}\n", "/** F. */\n"),
        (
            "a.ts",
            "¶export function «»f(a: number, ...rest: string[]): Promise<void> {}\n",
            "/**\n * F.\n *\n * @param a - the a\n * @param rest - the rest\n */\n",
        ),
        ("a.js", "¶const «»f = a => a + 1;\n",
         "/**\n * F.\n *\n * @param a - the a\n * @returns the result\n */\n"),
    ],
)  # fmt: skip
def test_the_frame_of_each_language(path: str, marked: str, comment: str) -> None:
    assert plain(marked.replace("¶", ""), path) == marked.replace("«»", "").replace("¶", comment)


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("a.go", "// F is here.\nfunc «»f() {}\n"),
        ("a.go", "// f is here.\n//go:noinline\nfunc «»f() {}\n"),
        ("a.rs", "/// F.\n#[inline]\nfn «»f(a: u8) {}\n"),
        ("a.rs", '#[doc = "F."]\nfn «»f() {}\n'),
        ("A.java", "class A {\n    /* F. */\n    void «»f() {}\n}\n"),
        ("A.java", "class A { void «»f() {} }\n"),
        ("A.java", "class A {\n    void f() {\n        «»g();\n    }\n}\n"),
        ("a.c", "// F.\nint «»f(int a) { return a; }\n"),
        ("a.c", "int (*«»f)(int a);\n"),
        ("a.c", "int f(int a)\n{\n    int «»g(int);\n}\n"),
        ("a.c", "int «»x;\n"),
        ("a.c", "int «»f(int a, { return a; }\n"),
    ],
)
def test_where_one_stands_or_nothing_is_declared_nothing_is_offered(path: str, marked: str) -> None:
    assert plain(marked, path) is None


def test_a_blank_line_parts_a_comment_from_what_follows() -> None:
    made = plain("// A section.\n\nvoid «»f(void);\n", "a.c")
    assert made == "// A section.\n\n/** F. */\nvoid f(void);\n"


def test_line_ends_of_the_file_are_kept() -> None:
    made = plain("int x;\r\n\r\nvoid «»f(int a);\r\n", "a.c")
    assert made == (
        "int x;\r\n\r\n/**\r\n * F.\r\n *\r\n * @param a the a\r\n */\r\nvoid f(int a);\r\n"
    )


def test_every_description_is_a_hole_up_to_eight() -> None:
    names = ", ".join(f"int a{number}" for number in range(9))
    tree, selection = selected(f"int «»f({names});\n", "a.c")
    found = docstring_edit(tree, selection.start)
    assert found is not None
    (edit,) = found.template
    assert edit.new_text.count(HOLE) == 8
    assert "@param a7 the a7\n" in edit.new_text


@pytest.mark.parametrize(
    ("path", "marked", "made"),
    [
        (
            "A.java",
            "class A {\n    /**\n     * F.\n     * @param a one,\n     *     or two\n"
            "     * @param gone it\n     * @return it\n     */\n    int «»f(int b, int a) {}\n}\n",
            "class A {\n    /**\n     * F.\n     * @param b the b\n     * @param a one,\n"
            "     *     or two\n     * @return it\n     */\n    int f(int b, int a) {}\n}\n",
        ),
        (
            "a.cpp",
            "/// \\param[in] a it\n/// \\return x\nint «»f(int a, int b);\n",
            "/// \\param[in] a it\n/// \\param[in] b the b\n/// \\return x\nint f(int a, int b);\n",
        ),
        (
            "a.js",
            "/**\n * @param {A} a - one\n * @param {B} a.b - two\n */\nfunction «»f(a, c) {}\n",
            "/**\n * @param {A} a - one\n * @param {B} a.b - two\n * @param c - the c\n */\n"
            "function f(a, c) {}\n",
        ),
    ],
)
def test_tags_are_brought_up_to_the_signature(path: str, marked: str, made: str) -> None:
    assert plain(marked, path) == made


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("a.c", "/** @param a one */\nint «»f(int a, int b);\n"),
        ("a.c", "/**\n * @param a one\n */\nint «»f(int a);\n"),
        ("a.c", "/**\n * F.\n */\nint «»f(int a);\n"),
        ("a.c", "/**\n * @param a one\n * @return it\n * @param c two\n */\nint «»f(int a);\n"),
    ],
)
def test_a_comment_that_is_right_or_of_another_form_stays(path: str, marked: str) -> None:
    assert plain(marked, path) is None
