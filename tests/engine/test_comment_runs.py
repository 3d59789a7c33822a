"""Long runs of comment lines: few comments, and everything else as it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.languages import language_of
from engine.syntax import parse

PYTHON = language_of("a.py")
HEAD, TAIL = b"def f():\n    x = 1\n", b"def g():\n    return '# no comment'\n"


def run(num_lines: int) -> bytes:
    """Commented-out code with a blank line here and there."""
    return b"".join(b"    # y = %d\n" % n + b"\n" * (n % 40 == 0) for n in range(num_lines))


def kinds_of(data: bytes) -> list[tuple[str, int, tuple[int, int]]]:
    """All nodes but comments, with their ends in bytes and points."""
    stack, found = [parse(data, PYTHON).root], []
    while stack:
        node = stack.pop()
        assert node is not None
        if node.type not in ("comment", "function_definition", "block", "module"):
            found.append((node.type, node.start_byte, (node.start_point.row, node.end_byte)))
        stack += node.children
    return found


def test_a_long_run_is_some_comments_of_many_lines() -> None:
    data = HEAD + run(1_000) + TAIL
    root = parse(data, PYTHON).root
    assert root is not None and not root.has_error
    body = root.children[0].children[-1]
    comments = [node for node in body.children if node.type == "comment"]
    assert len(comments) <= 21
    for node in comments:
        assert node.start_point.row == data.count(b"\n", 0, node.start_byte)
        assert node.end_point.row == data.count(b"\n", 0, node.end_byte)
        assert data[: node.start_byte].endswith(b"    ") and data[node.end_byte] == ord("\n")
    blank = b"\n".join(b" " * len(line) for line in run(1_000).split(b"\n"))
    assert kinds_of(data) == kinds_of(HEAD + blank + TAIL)


def test_a_short_run_stays_comments_of_one_line() -> None:
    root = parse(HEAD + run(150) + TAIL, PYTHON).root
    assert root is not None
    assert [node.type for node in root.children[0].children[-1].children].count("comment") == 150


@given(
    st.sampled_from([195, 200, 260]),
    st.lists(
        st.tuples(
            st.floats(0, 1),
            st.sampled_from([0, 1, 40]),
            st.sampled_from([b"", b"\n", b"x", b"#", b"y = 1\n", b'"""', b"    # z\n" * 30]),
        ),
        max_size=6,
    ),
)
def test_what_is_read_after_a_change_is_what_is_read_at_once(
    num_lines: int, edits: list[tuple[float, int, bytes]]
) -> None:
    data = HEAD + run(num_lines) + TAIL + run(num_lines)
    tree = parse(data, PYTHON)
    for where, length, new in edits:
        at = round(where * len(data))
        data = data[:at] + new + data[at + length :]
        tree = parse(data, PYTHON, tree)
        # How broken code is repaired may depend on the older tree (``ParseCache``).
        afresh = parse(data, PYTHON)
        if afresh.root is not None and not afresh.root.has_error:
            assert str(tree.root) == str(afresh.root)
