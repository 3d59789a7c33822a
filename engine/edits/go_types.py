"""The types of Go's locals and expressions, as far as one file says them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import tree_sitter

from engine.edits.inlining import text, words
from engine.edits.symbols import NameTable, Symbol, SymbolKind

_LITERALS = {
    "int_literal": "int",
    "float_literal": "float64",
    "imaginary_literal": "complex128",
    "rune_literal": "rune",
    "interpreted_string_literal": "string",
    "raw_string_literal": "string",
    "true": "bool",
    "false": "bool",
}
NUMBERS = frozenset(
    """int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr byte rune float32 float64
    complex64 complex128""".split()
)
_TRUTHS = frozenset("== != < > <= >= && ||".split())
_SHIFTS = frozenset(("<<", ">>"))
_MAP = re.compile(r"map\[([\w.*]+)\](.+)", re.S)
_LIST = re.compile(r"\[(?:\w*)\](.+)", re.S)
# What functions of the standard library give.
_KNOWN = {
    "string": """fmt.Sprintf fmt.Sprint fmt.Sprintln strings.ToLower strings.ToUpper strings.Join
    strings.TrimSpace strings.Trim strings.TrimLeft strings.TrimRight strings.TrimPrefix
    strings.TrimSuffix strings.Replace strings.ReplaceAll strings.Repeat strconv.Itoa strconv.Quote
    strconv.FormatInt filepath.Join filepath.Base filepath.Dir filepath.Ext filepath.Clean
    path.Join path.Base path.Dir path.Ext path.Clean os.Getenv""",
    "int": """strings.Index strings.IndexByte strings.LastIndex strings.Count bytes.Index
    bytes.IndexByte utf8.RuneLen utf8.RuneCountInString utf8.RuneCount bits.Len bits.Len64
    bits.TrailingZeros64 sort.Search bytes.Compare strings.Compare strings.IndexAny""",
    "bool": """strings.HasPrefix strings.HasSuffix strings.Contains bytes.Equal errors.Is
    errors.As strings.EqualFold bytes.HasPrefix bytes.HasSuffix bytes.Contains""",
    "[]string": "strings.Split strings.Fields strings.SplitN",
    "error": "fmt.Errorf errors.New os.Remove os.MkdirAll os.Mkdir os.RemoveAll os.WriteFile",
    "[]byte": "bytes.TrimSpace json.RawMessage",
    "time.Time": "time.Now",
    "time.Duration": "time.Since",
    "reflect.Type": "reflect.TypeOf",
    "reflect.Value": "reflect.ValueOf reflect.Indirect reflect.New reflect.Zero",
    "context.Context": "context.Background context.TODO",
}
_RESULTS = {name: type_ for type_, names in _KNOWN.items() for name in names.split()}
_PAIRS = {
    "strconv.Atoi": ("int", "error"),
    "strconv.ParseInt": ("int64", "error"),
    "strconv.ParseUint": ("uint64", "error"),
    "strconv.ParseFloat": ("float64", "error"),
    "strconv.Unquote": ("string", "error"),
    "os.Open": ("*os.File", "error"),
    "os.Create": ("*os.File", "error"),
    "os.ReadFile": ("[]byte", "error"),
    "io.ReadAll": ("[]byte", "error"),
    "ioutil.ReadAll": ("[]byte", "error"),
    "utf8.DecodeRuneInString": ("rune", "int"),
    "utf8.DecodeRune": ("rune", "int"),
    "strings.Cut": ("string", "string", "bool"),
    "os.Stat": ("os.FileInfo", "error"),
    "os.Lstat": ("os.FileInfo", "error"),
    "fmt.Sscanf": ("int", "error"),
}
_DECLARING = frozenset(
    "short_var_declaration range_clause var_spec type_switch_statement block".split()
)
_PARTIAL = frozenset("index_expression type_assertion_expression unary_expression".split())


def declared_type(table: NameTable, name: tree_sitter.Node) -> str | None:
    """The type of the variable that is declared at ``name``; None where the file does not say."""
    holder = name.parent
    if holder is None:
        return None
    if holder.type in ("parameter_declaration", "variadic_parameter_declaration"):
        dots = "[]" if holder.type.startswith("variadic") else ""
        return dots + words(holder.child_by_field_name("type"))
    if holder.type == "var_spec":
        type_ = holder.child_by_field_name("type")
        values = holder.child_by_field_name("value")
        names = holder.children_by_field_name("name")
        return words(type_) if type_ is not None else _of_value(table, name, names, values)
    outer = holder.parent
    if holder.type != "expression_list" or outer is None:
        return None
    right = outer.child_by_field_name("right")
    if outer.type == "short_var_declaration":
        return _of_value(table, name, holder.named_children, right)
    if outer.type == "range_clause" and right is not None:
        return _of_range(type_of(table, right), holder.named_children.index(name))
    return _of_case(name, outer) if outer.type == "type_switch_statement" else None


def _of_value(
    table: NameTable,
    name: tree_sitter.Node,
    names: Sequence[tree_sitter.Node],
    values: tree_sitter.Node | None,
) -> str | None:
    given = [] if values is None else values.named_children
    index = list(names).index(name)
    if len(given) == len(names):
        found = type_of(table, given[index])
        is_error = text(name) == "err" and given[index].type == "call_expression"
        return "error" if found is None and is_error else found
    if len(given) != 1:
        return None
    if given[0].type in _PARTIAL and len(names) == 2:
        return "bool" if index else type_of(table, given[0])
    results = _results(table, given[0])
    if len(results) == len(names):
        return results[index]
    is_last = index == len(names) - 1
    return "error" if text(name) == "err" and is_last else None


def _of_range(over: str | None, index: int) -> str | None:
    if over is None:
        return None
    over = over.removeprefix("*") if over.startswith("*[") else over
    if over == "string":
        return ("int", "rune")[index]
    if (found := _MAP.fullmatch(over)) is not None:
        return found[index + 1]
    if (found := _LIST.fullmatch(over)) is not None:
        return found[1] if index else "int"
    return over.removeprefix("chan ").strip() if over.startswith("chan ") else None


def _of_case(name: tree_sitter.Node, switch: tree_sitter.Node) -> str | None:
    """``switch x := y.(type)`` gives ``x`` another type in each case: that is not known here."""
    del name, switch
    return None


def type_of(table: NameTable, node: tree_sitter.Node) -> str | None:
    """The type as it would be written; None where the file does not say it."""
    if node.type in _LITERALS:
        return _LITERALS[node.type]
    reader = _READERS.get(node.type)
    return None if reader is None else reader(table, node)


def _named(table: NameTable, node: tree_sitter.Node) -> str | None:
    symbols = table.at.get(node.start_byte, [])
    if len(symbols) != 1 or is_in_own_declaration(symbols[0], node):
        return None
    return declared_symbol(table, symbols[0])


def is_in_own_declaration(symbol: Symbol, node: tree_sitter.Node) -> bool:
    """Whether ``node`` is the second ``x`` of ``x := x``: it stands for another variable."""
    declared = next((site.span.start for site in symbol.sites if site.is_definition), None)
    around = node.parent
    while around is not None and around.type not in _DECLARING:
        around = around.parent
    if declared is None or around is None or around.type == "block":
        return False
    value = around.child_by_field_name("value") if "switch" in around.type else around
    is_in_value = value is not None and value.start_byte <= node.start_byte < value.end_byte
    return is_in_value and around.start_byte <= declared < node.start_byte


def declared_symbol(table: NameTable, symbol: Symbol) -> str | None:
    """The type of a variable or a field."""
    if symbol.kind not in (SymbolKind.VARIABLE, SymbolKind.PARAMETER) or table.tree.root is None:
        return None
    for site in symbol.sites:
        if site.is_definition:
            leaf = table.tree.root.named_descendant_for_byte_range(site.span.start, site.span.end)
            parent = None if leaf is None else leaf.parent
            if leaf is None or parent is None:
                return None
            if parent.type == "field_declaration":
                return words(parent.child_by_field_name("type"))
            return declared_type(table, leaf)
    return None


def _made(table: NameTable, node: tree_sitter.Node) -> str | None:
    del table
    type_ = node.child_by_field_name("type")
    return None if type_ is None or type_.type == "implicit_length_array_type" else words(type_)


def _function(table: NameTable, node: tree_sitter.Node) -> str | None:
    del table
    body = node.child_by_field_name("body")
    return None if body is None else " ".join(text(node)[: -len(text(body))].split())


def _called(table: NameTable, node: tree_sitter.Node) -> str | None:
    results = _results(table, node)
    return results[0] if len(results) == 1 else None


def _results(table: NameTable, node: tree_sitter.Node) -> Sequence[str | None]:
    """What a call gives; nothing where that is not known."""
    function, arguments = (node.child_by_field_name(one) for one in ("function", "arguments"))
    if function is None or arguments is None:
        return ()
    given = arguments.named_children
    name = text(function)
    symbols = table.at.get((function.child_by_field_name("field") or function).start_byte, [])
    if not symbols and function.type == "identifier" and (given or name == "recover"):
        return (_builtin(table, name, given),)
    if symbols and symbols[0].kind is SymbolKind.CLASS and len(given) == 1:
        return (name,)
    if symbols and symbols[0].kind is SymbolKind.FUNCTION:
        return _declared_results(table, symbols)
    owner = function.child_by_field_name("operand")
    owners = [] if owner is None else table.at.get(owner.start_byte, [])
    if owners and owners[0].kind is not SymbolKind.MODULE:
        return ()
    return _PAIRS.get(name) or ((_RESULTS[name],) if name in _RESULTS else ())


def _builtin(table: NameTable, name: str, given: Sequence[tree_sitter.Node]) -> str | None:
    if name == "make":
        return words(given[0])
    if name == "new":
        return f"*{words(given[0])}"
    if name in ("len", "cap", "copy"):
        return "int"
    if name == "recover":
        return "interface{}"
    if name == "append":
        return type_of(table, given[0])
    return name if name in NUMBERS | {"string", "bool"} else None


def _declared_results(table: NameTable, symbols: Sequence[Symbol]) -> Sequence[str | None]:
    found = [one.annotation.node for one in symbols if one.annotation is not None]
    root = table.tree.root
    if len(found) != 1 or root is None:
        return ()
    function = found[0].parent
    if function is None or function.child_by_field_name("type_parameters") is not None:
        return ()
    receiver = function.child_by_field_name("receiver")
    if receiver is not None and "[" in text(receiver):
        return ()
    return [type_ for type_ in result_types(found[0])]


def result_types(result: tree_sitter.Node | None) -> list[str]:
    """The types of a function's result or list of results."""
    if result is None:
        return []
    if result.type != "parameter_list":
        return [words(result)]
    found: list[str] = []
    for one in result.named_children:
        if one.type == "parameter_declaration":
            names = one.children_by_field_name("name")
            found += [words(one.child_by_field_name("type"))] * max(1, len(names))
    return found


def _unary(table: NameTable, node: tree_sitter.Node) -> str | None:
    operand = node.child_by_field_name("operand")
    found = None if operand is None else type_of(table, operand)
    sign = node.children[0].type
    if sign == "!":
        return "bool"
    if found is None:
        return None
    if sign == "&":
        return f"*{found}"
    if sign == "*":
        return found[1:] if found.startswith("*") else None
    if sign == "<-":
        return found.removeprefix("chan ") if found.startswith("chan ") else None
    return found


def _binary(table: NameTable, node: tree_sitter.Node) -> str | None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = text(node.child_by_field_name("operator"))
    if operator in _TRUTHS:
        return "bool"
    if left is None or right is None:
        return None
    types = [type_of(table, one) for one in (left, right)]
    if operator in _SHIFTS:
        return None if _is_bare(left) else types[0]
    if _is_bare(left) != _is_bare(right):
        return types[1] if _is_bare(left) else types[0]
    return types[0] if types[0] == types[1] else None


def _is_bare(node: tree_sitter.Node) -> bool:
    """Whether it is a constant without a type of its own."""
    if node.type in ("binary_expression", "unary_expression", "parenthesized_expression"):
        return all(map(_is_bare, node.named_children))
    return node.type in _LITERALS


def _element(table: NameTable, node: tree_sitter.Node) -> str | None:
    operand = node.child_by_field_name("operand")
    found = None if operand is None else type_of(table, operand)
    return None if found is None else ("byte" if found == "string" else _of_range(found, 1))


def _sliced(table: NameTable, node: tree_sitter.Node) -> str | None:
    operand = node.child_by_field_name("operand")
    found = None if operand is None else type_of(table, operand)
    if found is None or found == "string" or found.startswith("[]"):
        return found
    element = _LIST.fullmatch(found)
    return None if element is None else f"[]{element[1]}"


def _typed(table: NameTable, node: tree_sitter.Node) -> str | None:
    del table
    return words(node.child_by_field_name("type"))


def _converted(table: NameTable, node: tree_sitter.Node) -> str | None:
    """``*(*T)(x)`` is no conversion to a pointer, which has brackets."""
    del table
    found = words(node.child_by_field_name("type"))
    if found.startswith("("):
        return found[1:-1]
    is_pointer = found.startswith("*(*") and found.endswith(")")
    return found[3:-1] if is_pointer else (None if found.startswith("*") else found)


def _inner(table: NameTable, node: tree_sitter.Node) -> str | None:
    return type_of(table, node.named_children[0]) if node.named_child_count == 1 else None


def _field(table: NameTable, node: tree_sitter.Node) -> str | None:
    field = node.child_by_field_name("field")
    return None if field is None else _named(table, field)


_READERS = {
    "identifier": _named,
    "composite_literal": _made,
    "func_literal": _function,
    "call_expression": _called,
    "unary_expression": _unary,
    "binary_expression": _binary,
    "index_expression": _element,
    "slice_expression": _sliced,
    "type_assertion_expression": _typed,
    "type_conversion_expression": _converted,
    "parenthesized_expression": _inner,
    "selector_expression": _field,
}
