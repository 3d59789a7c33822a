"""Renames over the files of a Go or Java package, a C program, a Rust crate."""

from __future__ import annotations

import re

import pytest

from engine.edits.project_names import SourceText
from engine.edits.rename import Certainty, is_local_at, plan_rename
from engine.errors import BadInput

GO = {
    "/w/x.org/m/box/box.go": "package box\n\ntype «Box» struct{ size int }\n",
    "/w/x.org/m/box/more.go": "package box\n\nfunc (b *Box) Grow() {}\n\nvar one = Box{}\n",
    "/w/x.org/m/box/own.go": "package box\n\nfunc f() {\n\tBox := 1\n\t_ = Box\n}\n",
    "/w/x.org/m/main.go": 'package main\n\nimport "x.org/m/box"\n\nvar b box.Box\n',
    "/w/x.org/m/other.go": 'package main\n\nimport b "x.org/m/box"\n\nvar c b.Box\n',
    "/w/x.org/m/third.go": 'package main\n\nimport "y.org/n/crate"\n\nvar d crate.Box\n',
}
JAVA = {
    "/w/a/Box.java": "package a;\n\npublic class «Box» {\n  Box() {}\n}\n",
    "/w/a/Same.java": "package a;\n\nclass Same extends Box {}\n",
    "/w/b/User.java": "package b;\n\nimport a.Box;\n\nclass User {\n  Box box;\n}\n",
    "/w/b/All.java": "package b;\n\nimport a.*;\n\nclass All {\n  Box box;\n}\n",
    "/w/b/Else.java": "package b;\n\nimport c.Box;\n\nclass Else {\n  Box box;\n}\n",
}
RUST = {
    "/w/k/src/size.rs": "pub fn «grow»() {}\n",
    "/w/k/src/lib.rs": "mod size;\nuse crate::size::grow;\n\nfn f() {\n    grow();\n"
    "    size::grow();\n}\n",
    "/w/k/src/other.rs": "use std::{a, size::grow};\n\nfn f() {\n    grow();\n"
    "    std::size::grow();\n}\n",
}
C = {
    "/w/box.h": "struct grow { int size; };\nint «grow»(struct grow *b);\n",
    "/w/box.c": '#include "box.h"\n\nint grow(struct grow *b) { return b->size; }\n',
    "/w/main.c": '#include "box.h"\n\nint main(void) { return grow(0); }\n',
    "/w/own.c": "static int grow(void) { return 1; }\nint f(void) { return grow(); }\n",
}
CPP = {
    "/w/box.hpp": "namespace a {\nclass EXPORT Box {\n public:\n  int «grow»();\n"
    "  int size_;\n};\n}\n",
    "/w/box.cc": '#include "box.hpp"\n\nnamespace a {\nint Box::grow() { return size_; }\n}\n',
}


def renamed(marked: dict[str, str], new: str = "fresh", *, ask: bool = False) -> dict[str, str]:
    """The files that a rename of the name behind the mark changes, as it leaves them."""
    path = next(path for path, text in marked.items() if "«" in text)
    offset = len(marked[path].partition("«")[0].encode()) + 1
    texts = {path: text.replace("«", "").replace("»", "") for path, text in marked.items()}
    files = [SourceText(path, text) for path, text in texts.items()]
    plan = plan_rename(files, path, offset, new)
    sure = (Certainty.CERTAIN, Certainty.POSSIBLE) if ask else (Certainty.CERTAIN,)
    made = dict(texts)
    for one in sorted(plan.edits, key=lambda one: one.edit.span, reverse=True):
        if one.certainty in sure and one.edit.path is not None:
            text = made[one.edit.path].encode()
            new_text = one.edit.new_text.encode()
            made[one.edit.path] = (
                text[: one.edit.start] + new_text + text[one.edit.end :]
            ).decode()
    return {path: text for path, text in made.items() if text != texts[path]}


@pytest.mark.parametrize(
    ("files", "left", "word"),
    [
        (GO, ["own.go", "third.go"], "Box"),
        (JAVA, ["Else.java"], "Box"),
        (RUST, ["other.rs"], "grow"),
        (C, ["own.c"], "(?<!struct )grow"),
    ],
)
def test_all_files_that_mean_it_follow(files: dict[str, str], left: list[str], word: str) -> None:
    made = renamed(files)
    wanted = {
        path: re.sub(rf"\b{word}\b", "fresh", re.sub("[«»]", "", text))
        for path, text in files.items()
        if path.rpartition("/")[2] not in left
    }
    assert made == wanted


@pytest.mark.parametrize(
    ("files", "user", "at"),
    [
        (GO, "/w/x.org/m/main.go", "box.«Box"),
        (GO, "/w/x.org/m/box/more.go", "(b *«Box"),
        (JAVA, "/w/b/User.java", "  «Box box"),
        (RUST, "/w/k/src/lib.rs", "size::«grow()"),
        (C, "/w/main.c", "return «grow"),
    ],
)
def test_it_may_begin_at_a_use(files: dict[str, str], user: str, at: str) -> None:
    """The declaration stands in another file."""
    texts = {path: text.replace("«", "").replace("»", "") for path, text in files.items()}
    texts[user] = texts[user].replace(at.replace("«", ""), at)
    assert renamed(texts) == renamed(files)


def test_rust_names_are_followed_through_the_modules_that_give_them_out() -> None:
    files = {
        "/w/k/src/core/size.rs": "pub struct «Size»;\n",
        "/w/k/src/core/mod.rs": "mod size;\npub use self::size::Size;\n",
        "/w/k/src/lib.rs": "pub mod core;\npub use core::*;\n",
        "/w/k/src/a.rs": "use crate::core::{Size, b};\n\nfn f(s: Size) {}\n",
        "/w/k/src/core/c.rs": "use super::Size;\n\nmod tests {\n    use super::Size;\n}\n",
        "/w/k/tests/t.rs": "use k::Size;\n",
        "/w/k/src/other/mod.rs": "pub struct Size;\n",
        "/w/k/src/other/d.rs": "use super::Size;\n\nfn f(s: Size) {}\n",
    }
    made = renamed(files)
    assert {path for path in files if path not in made} == {
        "/w/k/src/lib.rs",  # names everything
        "/w/k/src/other/mod.rs",
        "/w/k/src/other/d.rs",
    }
    assert not any("Size" in text for text in made.values())


def test_a_method_is_followed_where_it_is_defined_outside_of_its_class() -> None:
    made = renamed(CPP)
    assert "int Box::fresh()" in made["/w/box.cc"]
    field = {path: text.replace("«", "").replace("»", "") for path, text in CPP.items()}
    field["/w/box.hpp"] = field["/w/box.hpp"].replace("size_", "«size_")
    assert "return fresh;" in renamed(field)["/w/box.cc"]


def test_what_overrides_it_is_asked_about() -> None:
    files = {
        "/w/a/A.java": "package a;\n\ninterface A {\n  void «go»();\n}\n",
        "/w/a/B.java": "package a;\n\nclass B implements A {\n  public void go() {}\n}\n",
    }
    assert set(renamed(files)) == {"/w/a/A.java"}
    assert "void fresh()" in renamed(files, ask=True)["/w/a/B.java"]


def test_a_name_that_is_another_one_at_a_use_is_refused() -> None:
    files = {
        "/w/m/a.go": "package m\n\nfunc «f»() {}\n",
        "/w/m/b.go": "package m\n\nfunc g() {\n\tfresh := 1\n\tf()\n\t_ = fresh\n}\n",
    }
    with pytest.raises(BadInput, match=r"b.go: 'fresh' is already a variable nearer to a use"):
        renamed(files)


def test_what_only_a_library_declares_is_refused() -> None:
    files = {"/w/a.go": 'package a\n\nimport "os"\n\nvar x = os.«Args\n'}
    with pytest.raises(BadInput, match="'Args' is declared in no file"):
        renamed(files)
    with pytest.raises(BadInput, match="Object declares"):
        renamed({"/w/A.java": "class A {\n  public String «toString() { return null; }\n}\n"})


def test_a_type_that_a_macro_makes_look_like_a_name_is_refused() -> None:
    with pytest.raises(BadInput, match="'void' is a keyword"):
        renamed({"/w/a.h": "API «void (f)(int x);\n"})


def test_the_file_of_a_java_class_is_called_as_it() -> None:
    text = JAVA["/w/a/Box.java"].replace("«", "").replace("»", "")
    files = [SourceText("/w/a/Box.java", text)]
    plan = plan_rename(files, "/w/a/Box.java", text.index("Box"), "Chest")
    assert plan.moved == ("/w/a/Box.java", "/w/a/Chest.java")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/w/a.cc", "namespace a {\nint f() { return 1; }\n}\n"),
        ("/w/a.rs", "mod a {\n    pub fn f() {}\n}\n"),
    ],
)
def test_what_stands_in_a_namespace_is_no_local(path: str, text: str) -> None:
    assert not is_local_at(SourceText(path, text), text.index("f()"))


def test_rust_shorthands_keep_the_other_name() -> None:
    files = {
        "/w/src/a.rs": "struct S { «x»: i32 }\n\nfn f(x: i32) -> i32 {\n    let s = S { x };\n"
        "    let S { x } = s;\n    x\n}\n"
    }
    made = renamed(files)["/w/src/a.rs"]
    assert "S { fresh: x };" in made
    assert "let S { fresh: x } = s;\n    x\n" in made


def test_keys_of_a_go_array_are_no_fields() -> None:
    files = {"/w/a.go": 'package a\n\nconst «One» = 1\n\nvar x = []string{One: "a"}\n'}
    assert 'string{fresh: "a"}' in renamed(files)["/w/a.go"]
