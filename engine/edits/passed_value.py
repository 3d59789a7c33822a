"""What a caller passes for a parameter: its own value of the name, or nothing worth a name."""

from __future__ import annotations

import re

from engine.syntax import SyntaxTree

_GO_NUMBERS = re.compile(r"u?int(?:8|16|32|64|ptr)?|byte|rune|float(?:32|64)|complex(?:64|128)")
_GO_NIL = re.compile(r"\*|\[\]|map\[|chan\b|<-chan\b|func\(|interface\b|error$|any$")
_JAVA = {
    "int": "0", "long": "0L", "float": "0f", "double": "0.0", "boolean": "false",
    "byte": "(byte) 0", "short": "(short) 0", "char": "'\\0'",
}  # fmt: skip
_RUST = {"bool": "false", "char": "'\\0'", "&str": '""', "String": "String::new()", "()": "()",
         "&'static str": '""'}  # fmt: skip
_RUST_NUMBER = re.compile(r"[iu](?:8|16|32|64|128|size)")
_RUST_COPIES = re.compile(
    r"(?:[iu](?:8|16|32|64|128|size)|f32|f64|bool|char|\(\)|&(?!mut\b).*|\*(?:const|mut)\b.*)", re.S
)
_C_NUMBERS = re.compile(
    r"(?:const )?(?:(?:unsigned|signed|long|short|int|char|float|double|size_t|ssize_t|ptrdiff_t|"
    r"u?int(?:8|16|32|64|ptr|max)_t|off_t|time_t)\s*)+"
)


def parameter_type(tree: SyntaxTree, written: str) -> str:
    """What a parameter is declared as, where callers have something of the type ``written``."""
    if tree.language.id == "rust" and not _RUST_COPIES.fullmatch(written):
        return written if written.startswith("&") else f"&{written}"
    is_value = not written.endswith(("*", "&"))
    if tree.language.id == "cpp" and is_value and not is_c_number(written):
        return f"const {written.removeprefix('const ')} &"
    return written


def is_c_number(written: str) -> bool:
    """Whether a type of C or C++ is a number's or a truth value's."""
    base = written.removeprefix("const ")
    return base in ("bool", "_Bool") or _C_NUMBERS.fullmatch(base) is not None


def known_value(tree: SyntaxTree, name: str, written: str | None, declared: str | None) -> str:
    """``name`` as a caller passes it whose own has the type ``written``."""
    is_lent = written is not None and declared == f"&{written}"
    return f"&{name}" if tree.language.id == "rust" and is_lent else name


def no_value(tree: SyntaxTree, type_: str | None) -> str | None:
    """What stands for no value of a type; None for an unknown type."""
    if type_ is None:
        return None
    return {"go": _go, "java": _java, "rust": _rust, "c": _c, "cpp": _cpp}[tree.language.id](
        tree, type_
    )


def _go(tree: SyntaxTree, type_: str) -> str:
    if type_ == "string":
        return '""'
    if type_ == "bool":
        return "false"
    if type_ == "context.Context":
        return "context.TODO()"
    if _GO_NUMBERS.fullmatch(type_):
        return "0"
    if _GO_NIL.match(type_):
        return "nil"
    is_struct = re.search(rb"(?m)^type %s struct\b" % re.escape(type_.encode()), tree.data)
    return f"{type_}{{}}" if is_struct else f"*new({type_})"


def _java(tree: SyntaxTree, type_: str) -> str:
    del tree
    return _JAVA.get(type_, "null")


def _rust(tree: SyntaxTree, type_: str) -> str:
    del tree
    if type_ in _RUST:
        return _RUST[type_]
    if _RUST_NUMBER.fullmatch(type_):
        return "0"
    if type_ in ("f32", "f64"):
        return "0.0"
    if type_.startswith("Option<"):
        return "None"
    if type_.startswith("Vec<"):
        return "Vec::new()"
    if re.fullmatch(r"&\[[^;\]]*\]", type_):
        return "&[]"
    return "todo!()"


def _c(tree: SyntaxTree, type_: str) -> str:
    if type_.endswith("*"):
        return "NULL" if re.search(rb"\bNULL\b", tree.data) else "0"
    if type_ in ("bool", "_Bool"):
        return "false" if re.search(rb"\bfalse\b", tree.data) else "0"
    return "0" if is_c_number(type_) else f"({type_.removeprefix('const ')}){{0}}"


def _cpp(tree: SyntaxTree, type_: str) -> str | None:
    del tree
    if type_.endswith("*"):
        return "nullptr"
    if type_.removeprefix("const ") == "bool":
        return "false"
    if is_c_number(type_):
        return "0"
    is_written_to = type_.endswith("&") and not type_.startswith("const ")
    return None if is_written_to else "{}"
