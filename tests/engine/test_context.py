"""What is shown around the holes, and that it stays the same from key to key."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.context import Context, ContextLimits, Source, select_context, short_path
from engine.languages import language_of
from engine.mask_plan import plan_masks
from engine.request import Excerpt, OpenDocument, RecentEdit, Request
from engine.spans import ByteOffset, span
from engine.syntax import parse

PATH = "pkg/long.py"
HEADER = "import os\nfrom pkg.near import load_rows\n\n\nclass Table:\n    name = 1\n\n"
METHODS = "".join(
    f"    def column_{index}(self, value):\n        return self.rows[{index}] + value\n\n"
    for index in range(200)
)
TEXT = HEADER + METHODS


EVERYTHING = ContextLimits(sources=frozenset(Source))


def context_of(
    text: str, cursor: int, limits: ContextLimits | None = None, **options: object
) -> Context:
    request = Request(text, ByteOffset(cursor), None, PATH, **options)  # type: ignore[arg-type]
    tree = parse(text.encode(), language_of(PATH))
    return select_context(tree, plan_masks(tree, cursor, request), request, limits)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, len(TEXT)), st.integers(0, 3000))
def test_window_is_whole_lines_within_the_budget(cursor: int, total: int) -> None:
    limits = ContextLimits(total=1000 + total)
    request = Request(TEXT, ByteOffset(cursor))
    tree = parse(TEXT.encode(), language_of(PATH))
    plan = plan_masks(tree, cursor, request)
    window = select_context(tree, plan, request, limits).window
    assert window.start <= cursor <= window.end
    assert window.start == 0 or TEXT[window.start - 1] == "\n"
    assert window.end == len(TEXT) or TEXT[window.end - 1] == "\n"
    assert len(window) <= limits.total - limits.snippets + 80
    line_end = TEXT.find("\n", cursor) + 1 or len(TEXT)
    assert window.end - line_end <= limits.suffix_share * limits.total


@settings(max_examples=4, deadline=None)
@given(st.integers(2000, len(TEXT) - 2000))
def test_typing_rarely_moves_the_window(place: int) -> None:
    line_end = TEXT.index("\n", place)
    typed = "\n        total = self.rows[0] + sum(self.rows[1:])  # everything there is"
    starts, suffixes, snippets = set(), set(), set()
    for size in range(len(typed) + 1):
        text = TEXT[:line_end] + typed[:size] + TEXT[line_end:]
        context = context_of(text, line_end + size)
        starts.add(context.window.start)
        behind = text.index("\n", line_end + size)
        suffixes.add(text[behind : context.window.end])
        snippets.add(context.snippets)
    assert len(starts) <= 2
    assert len(suffixes) == 1
    assert len(snippets) <= len(starts)


def test_own_imports_and_headers_come_first() -> None:
    context = context_of(TEXT, len(TEXT) - 20)
    assert context.snippets[0].path == PATH
    lines = context.snippets[0].text.split("\n")
    assert lines[:3] == ["import os", "from pkg.near import load_rows", "class Table:"]


def test_a_small_file_is_shown_whole() -> None:
    context = context_of(HEADER, 10)
    assert context.window == span(0, len(HEADER))
    assert [(snippet.path, snippet.text) for snippet in context.snippets] == [(PATH, "")]


def test_open_documents_then_recent_edits() -> None:
    documents = (
        OpenDocument("pkg/beside.py", "python", "def help_out(row):\n    return row\n"),
        OpenDocument("pkg/near.py", "python", "def load_rows(path):\n    return []\n"),
        OpenDocument("pkg/copy.py", "python", "def load_rows(path):\n    return []\n"),
        OpenDocument("other/far.py", "python", "def far_away():\n    pass\n"),
    )
    edit = RecentEdit(span(0, 9), "", 2.0)
    limits = ContextLimits(sources=frozenset({Source.OWN_HEAD, Source.OPEN_FILES, Source.EDITS}))
    cursor = len(TEXT) - 20
    context = context_of(TEXT, cursor, limits, open_documents=documents, recent_edits=(edit,))
    assert [snippet.path for snippet in context.snippets] == [PATH, "pkg/near.py", "pkg/beside.py"]
    assert context.snippets[1].text == "def load_rows(path):"
    moved = RecentEdit(span(400, 410), "", 2.0)
    context = context_of(TEXT, cursor, limits, open_documents=documents, recent_edits=(moved,))
    assert context.snippets[-1].path == PATH
    assert context.snippets[-1].text in TEXT and context.snippets[-1].text


def test_other_files_are_not_read_unless_a_source_says_so() -> None:
    near = OpenDocument("pkg/near.py", "python", "def load_rows(path):\n    return []\n")
    context = context_of(TEXT, len(TEXT) - 20, open_documents=(near,))
    assert [snippet.path for snippet in context.snippets] == [PATH]


def test_a_line_without_end_stays_within_the_budget() -> None:
    text = "x = '" + "é" * 200_000 + "'"
    context = context_of(text, 200_001)
    text.encode()[context.window.start : context.window.end].decode()
    assert len(context.window) < 4000


def test_paths_say_nothing_about_the_machine() -> None:
    assert short_path("/home/someone/project/app.py") == "app.py"
    assert short_path("C:\\Users\\someone\\app.py") == "app.py"
    assert short_path("src/web/pages/app.py") == "web/pages/app.py"
    assert short_path("../app.py") == "app.py"
    assert short_path(None, ".py") == "untitled.py"


def test_a_file_of_another_language_beside_it_is_no_context() -> None:
    text = "x = 1\ny = \n"
    tree = parse(text.encode(), language_of("a/m.py"))
    others = (OpenDocument("a/n.js", "javascript", "function helper() {\n  return 1;\n}\n"),)
    request = Request(text, ByteOffset(10), None, "a/m.py", open_documents=others)
    plan = plan_masks(tree, request.cursor, request)
    context = select_context(tree, plan, request, EVERYTHING)
    assert [snippet.path for snippet in context.snippets if "n.js" in snippet.path] == []


def test_definitions_come_behind_the_files_own_head_and_a_source_can_be_off() -> None:
    excerpts = (Excerpt("pkg/near.py", "def load_rows(path):"), Excerpt("pkg/b.py", "def total():"))
    request = Request(TEXT, ByteOffset(len(TEXT)), None, PATH, definitions=excerpts)
    tree = parse(TEXT.encode(), language_of(PATH))
    plan = plan_masks(tree, request.cursor, request)
    shown = select_context(tree, plan, request, EVERYTHING).snippets
    assert [one.path for one in shown] == [PATH, "pkg/near.py", "pkg/b.py"]
    assert "from pkg.near import load_rows" in shown[0].text
    limits = ContextLimits(sources=frozenset({Source.DEFINITIONS}))
    shown = select_context(tree, plan, request, limits).snippets
    assert [(one.path, one.text) for one in shown] == [
        (PATH, ""),
        ("pkg/near.py", "def load_rows(path):"),
        ("pkg/b.py", "def total():"),
    ]
