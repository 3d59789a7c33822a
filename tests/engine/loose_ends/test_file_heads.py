"""A file's place says what stands at its head."""

from __future__ import annotations

import pytest

from engine.languages import language_of
from engine.loose_ends.file_heads import BESIDE_SHARE, FOLDER_SHARE, FileHeads, file_heads
from engine.request import OpenDocument
from engine.spans import span
from engine.syntax import parse


def heads(path: str, text: str = "‸", **others: str) -> FileHeads:
    """Of the line at ‸; ``others`` by their paths, with __ for a slash and _DOT_ for a dot."""
    above, below = text.split("‸")
    at = len(above.encode())
    tree = parse((above + below).encode(), language_of(path, None))
    documents = tuple(
        OpenDocument(name.replace("__", "/").replace("_DOT_", "."), None, content)
        for name, content in others.items()
    )
    return file_heads(tree, span(at, at), path, documents)


def test_a_go_file_is_of_the_package_of_those_beside_it() -> None:
    found = heads("net/dial.go", net__listen_DOT_go="// Package netio\npackage netio\n")
    assert found.lines == {"package netio": BESIDE_SHARE}
    assert found.behind("") == (BESIDE_SHARE, ["package netio"])
    assert found.behind("package net") == (BESIDE_SHARE, ["io"])
    assert found.behind("package netio") == (BESIDE_SHARE, [""])
    assert found.behind("import") == (0.0, [])


def test_tests_of_go_are_inside_or_outside_as_those_beside_them() -> None:
    beside = "package netio\n"
    both = ["package netio", "package netio_test"]
    assert list(heads("net/a_test.go", net__b_DOT_go=beside).lines) == both
    outside = '‸\n\nimport "x.org/netio"\n'
    assert list(heads("net/a_test.go", outside, net__b_DOT_go=beside).lines) == both[1:]
    no_test = heads("net/a.go", net__b_test_DOT_go="package netio_test\n")
    assert list(no_test.lines) == both[:1]


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("pkg/cache/lru.go", {"package cache": FOLDER_SHARE}),
        ("cmd/tool/run.go", {"package main": BESIDE_SHARE}),
        ("notcmd/tool/run.go", {"package tool": FOLDER_SHARE}),
        ("main.go", {"package main": BESIDE_SHARE}),
        ("pkg/not-a-name/lru.go", {}),
    ],
)
def test_a_go_file_alone_is_of_its_folder(path: str, lines: dict[str, float]) -> None:
    assert heads(path).lines == lines


def test_one_package_clause_is_enough_and_it_is_at_the_head() -> None:
    assert not heads("a/b.go", "‸\npackage b\n")
    assert not heads("a/b.go", "var x = 1\n‸\n")
    assert heads("a/b.go", "// Copyright\n\n//go:build linux\n\n‸\n")


def test_a_java_package_follows_the_folders_below_a_root_that_is_known() -> None:
    other = "package org.shop.cart;\nclass Cart {}\n"
    beside = heads("src/org/shop/cart/Item.java", src__org__shop__cart__Cart_DOT_java=other)
    assert list(beside.lines) == ["package org.shop.cart;"]
    below = heads("src/org/shop/till/Till.java", src__org__shop__cart__Cart_DOT_java=other)
    assert list(below.lines) == ["package org.shop.till;"]
    assert not heads("lib/Till.java", src__org__shop__cart__Cart_DOT_java=other).lines


def test_a_java_type_bears_the_name_of_its_file_once() -> None:
    found = heads("a/Till.java", "package a;\n\n‸\n")
    assert found.behind("public final class ")[1] == ["Till"]
    assert found.behind("public final class")[1] == [" Till"]
    assert found.behind("interface Ti")[1] == ["ll"]
    assert found.behind("class Till")[1] == []
    assert found.behind("class Cart")[1] == []
    assert found.behind("import ")[1] == []
    assert not heads("a/Till.java", "package a;\nclass Till {\n‸\n}\n")
    assert not heads("a/Till.java", "package a;\nclass Other {\n‸\n}\n")
    assert not heads("a/package-info.java", "/** Docs. */\npackage a;\n‸\n")


def test_a_header_is_guarded_as_those_beside_it() -> None:
    other = "// x\n#ifndef SHOP_CART_H_\n#define SHOP_CART_H_\n#endif\n"
    assert list(heads("shop/till.h", shop__cart_DOT_h=other).lines) == ["#ifndef SHOP_TILL_H_"]
    once = heads("shop/till.hpp", shop__cart_DOT_hpp="#pragma once\nclass Cart;\n")
    assert list(once.lines) == ["#pragma once"]
    assert not heads("shop/till.c", shop__cart_DOT_h=other)
    assert not heads("shop/till.h", "‸\n#pragma once\n", shop__cart_DOT_h=other)
    assert not heads("shop/till.h", "#include <a.h>\n‸\n", shop__cart_DOT_h=other)


def test_the_two_lines_of_a_guard_have_one_name() -> None:
    assert list(heads("till.h", "#ifndef TILL\n‸\n").lines) == ["#define TILL"]
    assert list(heads("till.h", "/* x */\n‸\n#define TILL\n#endif\n").lines) == ["#ifndef TILL"]
    assert not heads("till.h", "#ifndef TILL\n‸\n#define TILL\n")


def test_other_languages_and_files_without_a_path_say_nothing() -> None:
    assert not heads("a/b.py", a__c_DOT_py="package a;")
    tree = parse(b"", language_of("x.go", None))
    assert not file_heads(tree, span(0, 0), None, ())
