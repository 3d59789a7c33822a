"""Extract function in Go: a function behind the one that calls it, or a method of the same type."""

from __future__ import annotations

import re
from collections.abc import Sequence

import tree_sitter

from engine.edits.extraction import Extraction, Local, walk
from engine.edits.go_types import NUMBERS, declared_type, is_in_own_declaration, result_types
from engine.edits.inlining import text, words
from engine.edits.leaving import Way, way_of
from engine.edits.lines import indentation
from engine.edits.local_names import unused_name
from engine.edits.moved_statements import moved
from engine.edits.new_function import Given, NewFunction
from engine.edits.symbols import SymbolKind
from engine.edits.writes import is_written
from engine.errors import BadInput
from engine.proposal import Edit
from engine.spans import span

_COPIED = ("*", "[]", "map[", "chan ", "<-chan", "func(", "interface{", "func ")
_BASIC = NUMBERS | {"string", "bool", "error", "any"}
# Types of the standard library whose methods change no variable.
_CALM = frozenset(
    """io.Reader io.Writer io.ReadWriter io.Closer io.ReadCloser io.WriteCloser io.ReaderAt
    io.ByteReader io.RuneScanner io.Seeker io.ReadWriteCloser context.Context reflect.Type
    reflect.Value time.Time time.Duration time.Month http.ResponseWriter http.Handler
    http.RoundTripper http.Header net.Conn net.Listener net.Addr net.IP net.IPMask net.PacketConn
    os.FileInfo os.FileMode os.Signal fs.FS fs.File fs.FileInfo fs.FileMode fs.DirEntry
    fs.ReadDirFile hash.Hash ast.Node ast.Expr ast.Stmt ast.Decl types.Type types.Object
    constant.Value token.Pos token.Token sort.Interface crypto.PublicKey crypto.Signer
    elliptic.Curve color.Color color.Model image.Image image.Rectangle image.Point
    cipher.Block cipher.Stream cipher.AEAD fmt.State fmt.Stringer sql.Result driver.Value
    driver.Conn driver.Stmt driver.Rows url.Values netip.Addr netip.AddrPort netip.Prefix
    types.Sizes template.FuncMap flag.Value expvar.Var""".split()
)
_PATHS = frozenset(("selector_expression", "index_expression", "slice_expression"))


def go_function(x: Extraction) -> NewFunction:
    """Raises BadInput where something that must be written is not known."""
    _refuse(x)
    function_results = x.function.child_by_field_name("result")
    way = way_of(x, is_void=function_results is None)
    receiver = _receiver(x)
    taken = [one for one in x.locals if not one.is_own and one is not receiver]
    results = [one for one in x.locals if way is Way.ON and _is_result(x, one)]
    _refuse_named_results(x, way)
    for local in [*taken, *([] if receiver is None else [receiver])]:
        _refuse_shared(x, local, is_receiver=local is receiver, is_kept=way is Way.ON)
    given = [Given(f"{one.name} {type_}", one.name, type_) for one in taken
             for type_ in [_type(x, one)]]  # fmt: skip
    types = result_types(function_results) if way is Way.RETURN else []
    types = [_type(x, one) for one in results] if results else types
    name = unused_name(x.tree, "extracted")
    generics, arguments = _generics(x, given, types)
    owner = "" if receiver is None else f"{receiver.name}."
    call = f"{owner}{name}{arguments}({', '.join(one.value for one in given)})"
    method = "" if receiver is None else f"{words(x.home.child_by_field_name('receiver'))} "
    result = types[0] if len(types) == 1 else f"({', '.join(types)})"
    head = f"func {method}{name}{generics}({', '.join(one.declared for one in given)})"
    head += f" {result} {{" if types else " {"
    lines = [head, moved(x, "\t")]
    lines += [f"\treturn {', '.join(one.name for one in results)}"] if results else []
    at = span(x.home.end_byte, x.home.end_byte)
    made = "\n\n" + "\n".join([*lines, "}"])
    return NewFunction(name, (Edit(x.place, _call(x, call, way, types, results)), Edit(at, made)))


def _call(x: Extraction, call: str, way: Way, types: list[str], results: list[Local]) -> str:
    indent = indentation(x.tree.data, x.place.start)
    if way is Way.RETURN:
        return f"return {call}" if types else f"{call}\n{indent}return"
    if not results:
        return call
    names = ", ".join(one.name for one in results)
    own = [one for one in results if one.is_own]
    if not own:
        return f"{names} = {call}"
    block = x.statements[0].parent
    blocks = [block, None if block is None else block.parent]
    outer = [one for one in results if not one.is_own]
    if all(one.symbol.scope.node in blocks for one in outer):
        return f"{names} := {call}"
    lines = [f"var {one.name} {_type(x, one)}\n{indent}" for one in own]
    return f"{''.join(lines)}{names} = {call}"


def _refuse(x: Extraction) -> None:
    if x.home.type not in ("function_declaration", "method_declaration"):
        raise BadInput("the statements are in no function: their names are known everywhere")
    if x.holds("defer_statement"):
        raise BadInput("what is deferred would run when the new function ends")
    if "recover" in x.words:
        raise BadInput("recover belongs to the function that is deferred")
    for node in x.nodes:
        symbols = x.table.at.get(node.start_byte, []) if node.type == "identifier" else []
        if any(is_in_own_declaration(one, node) for one in symbols):
            raise BadInput(f"{text(node)} is declared from another {text(node)}")
    gotos = [node for node in walk(x.home) if node.type == "goto_statement"]
    if gotos and (x.holds("labeled_statement") or any(x.within(node) for node in gotos)):
        raise BadInput("a goto leads into the statements or out of them")


def _receiver(x: Extraction) -> Local | None:
    """The receiver of the method around, if the statements use it."""
    list_ = x.home.child_by_field_name("receiver")
    if list_ is None:
        return None
    for local in x.locals:
        if list_.start_byte <= local.declared.start_byte < list_.end_byte:
            return local
    parameters = {text(node) for node in walk(list_) if node.type == "type_identifier"}
    generic = parameters if "[" in text(list_) else set()
    if generic & x.words:
        raise BadInput("the statements use the type parameters of a receiver without a name")
    return None


def _is_result(x: Extraction, local: Local) -> bool:
    """Whether the code behind the statements needs what they leave in the local."""
    if local.is_own:
        if all(is_written(node) for node in local.outside):
            raise BadInput(f"{local.name} would be set and never be used")
        return True
    return _is_set(x, local) and (local.is_needed or _is_named_result(x, local))


def _is_named_result(x: Extraction, local: Local) -> bool:
    result = x.function.child_by_field_name("result")
    return result is not None and (result.start_byte <= local.declared.start_byte < result.end_byte)


def _refuse_named_results(x: Extraction, way: Way) -> None:
    result = x.function.child_by_field_name("result")
    names = set() if result is None else {
        text(one) for node in result.named_children for one in node.children_by_field_name("name")
    }  # fmt: skip
    if not names:
        return
    returns = [node for node in x.own_nodes if node.type == "return_statement"]
    if any(node.named_child_count == 0 for node in returns):
        raise BadInput("a bare return gives back the named results of the function around")
    is_body = x.statements[0].parent is not None and x.statements[0].parent.parent == x.body
    for node in x.own_nodes if is_body and way is Way.ON else ():
        if node.type == "short_var_declaration" and node in x.statements:
            left = node.child_by_field_name("left")
            if left is not None and {text(one) for one in left.named_children} & names:
                raise BadInput("the statements set a named result of the function around")


def _is_set(x: Extraction, local: Local) -> bool:
    return any(_is_set_at(node, _type(x, local)) for node in local.inside)


def _is_set_at(node: tree_sitter.Node, type_: str) -> bool:
    """Whether the variable, or a part of its own memory, is set."""
    if is_written(node) or _is_declared_again(node):
        return True
    return not type_.startswith(_COPIED) and is_written(_path(node))


def _is_declared_again(node: tree_sitter.Node) -> bool:
    parent = node.parent
    holder = None if parent is None else parent.parent
    if parent is None or holder is None or holder.type not in (
        "short_var_declaration", "range_clause", "receive_statement",
    ):  # fmt: skip
        return False
    return holder.child_by_field_name("left") == parent


def _path(node: tree_sitter.Node) -> tree_sitter.Node:
    """``a.b[0]`` for its ``a``."""
    found = node
    while (
        found.parent is not None
        and found.parent.type in _PATHS
        and found.parent.child_by_field_name("operand") == found
    ):
        found = found.parent
    return found


def _type(x: Extraction, local: Local) -> str:
    """The type as it is written, or as the value says it; BadInput where neither does."""
    found = declared_type(x.table, local.declared)
    holder = local.declared.parent
    switch = None if holder is None else holder.parent
    if switch is not None and switch.type == "type_switch_statement":
        found = _case_type(x, switch)
    inner = {
        one.name
        for one in x.table.symbols
        if one.kind is SymbolKind.CLASS and x.is_inner(one.scope.node)
    }
    if found is None or "\n" in found or set(re.findall(r"\w+", found)) & inner:
        raise BadInput(f"the type of {local.name} is not written in the file")
    return found


def _case_type(x: Extraction, switch: tree_sitter.Node) -> str | None:
    """The type that a variable of a type switch has in the case that holds the statements."""
    for node in x.around:
        if node.parent == switch and node.type == "type_case":
            types = node.children_by_field_name("type")
            return words(types[0]) if len(types) == 1 and text(types[0]) != "nil" else None
    return None


def _refuse_shared(x: Extraction, local: Local, *, is_receiver: bool, is_kept: bool) -> None:
    """A parameter is a copy: nobody may hold the variable's own address."""
    type_ = _type(x, local)
    leaves = (*local.inside, *local.outside)
    is_set = any(_is_set_at(node, type_) for node in leaves if node != local.declared)
    if is_set and any(_is_captured(x, local, node) for node in leaves):
        raise BadInput(f"{local.name} is shared with a function literal, and is set")
    if is_receiver and any(_is_set_at(node, type_) for node in local.inside):
        raise BadInput(f"the statements set the receiver {local.name}")
    if any(_is_addressed(node, type_) for node in leaves):
        raise BadInput(f"the address of {local.name} is taken, and a copy has another one")
    if is_receiver or _is_calm(x, type_):
        return
    del is_kept
    for node in local.inside:
        path = _path(node)
        is_called = (
            path.parent is not None
            and path != node
            and (path.parent.child_by_field_name("function") == path)
        )
        if is_called:
            raise BadInput(f"a method may change {local.name}, of which the function has a copy")


def _is_calm(x: Extraction, type_: str) -> bool:
    """Whether no method of the type can change a variable."""
    if type_.startswith(_COPIED) or type_ in _BASIC or type_ in _CALM:
        return True
    for symbol in x.table.symbols:
        is_it = symbol.name == type_ and symbol.kind in (SymbolKind.CLASS, SymbolKind.TYPE)
        if is_it and symbol.kind is SymbolKind.TYPE:
            return True
        body = symbol.body if is_it else None
        kinds = [] if body is None else [child.type for child in body.node.named_children]
        if "interface_type" in kinds:
            return True
    return False


def _is_addressed(node: tree_sitter.Node, type_: str) -> bool:
    path = node if type_.startswith(_COPIED) else _path(node)
    parent = path.parent
    if parent is not None and parent.type == "unary_expression":
        return parent.children[0].type == "&"
    is_array = type_.startswith("[") and not type_.startswith("[]")
    return is_array and node.parent is not None and node.parent.type == "slice_expression"


def _is_captured(x: Extraction, local: Local, node: tree_sitter.Node) -> bool:
    """Whether a function literal that does not declare the local uses it."""
    found = node.parent
    while found is not None and found != x.home:
        if found.type == "func_literal":
            return not found.start_byte <= local.declared.start_byte < found.end_byte
        found = found.parent
    return False


def _generics(x: Extraction, given: Sequence[Given], types: Sequence[str]) -> tuple[str, str]:
    """The type parameters, and what the call must say of them."""
    declared = x.home.child_by_field_name("type_parameters")
    if declared is None:
        return "", ""
    names = [
        text(one) for part in declared.named_children for one in part.children_by_field_name("name")
    ]
    taken = {word for one in given for word in re.findall(r"\w+", one.type)}
    used = x.words | taken | {word for one in types for word in re.findall(r"\w+", one)}
    if not used & set(names):
        return "", ""
    return words(declared), "" if set(names) <= taken else f"[{', '.join(names)}]"
