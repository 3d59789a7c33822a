"""What is missing, or not used yet, gets probability where it may stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine import InfillConfig, Infiller, OpenDocument, Proposal, Request
from engine.canvas import Canvas
from engine.context import select_context
from engine.decoding.posterior import IMPOSSIBLE
from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.effort import Decoding
from engine.languages import language_of
from engine.lexicon import Lexicon
from engine.loose_ends.declarations import Kind
from engine.loose_ends.file_heads import FileHeads
from engine.loose_ends.loose_ends import OPENED_SHARE, SHARES, Line, LooseEnds
from engine.loose_ends.loose_names import FreeName
from engine.mask_plan import plan_masks
from engine.spans import ByteOffset
from engine.syntax import parse
from engine.tokenizer import BPETokenizer

WEIGHTS = Path(__file__).parents[3] / "engine" / "weights"
TOKENIZER = BPETokenizer(WEIGHTS / "tokenizer.json")
LEXICON = Lexicon(TOKENIZER)


def ends(
    *free: str,
    unused: tuple[str, ...] = (),
    lines: tuple[str, ...] = (),
    heads: tuple[str, ...] = (),
    before: str = "",
    language: str = "javascript",
    is_in_body: bool = False,
    of_file: FileHeads | None = None,
) -> LooseEnds:
    names = [FreeName(name.removesuffix("("), name.endswith("(")) for name in free]
    line = Line(before.encode(), language, is_in_body=is_in_body)
    return LooseEnds(names, unused, lines, line, LEXICON, heads, of_file)


def recalled(made: LooseEnds, written: str = "") -> tuple[str, float]:
    """What a model that knows nothing says next, and its p."""
    logits = np.zeros(TOKENIZER.vocab_size, np.float32)
    made.recall(logits, TOKENIZER.encode(written))
    p = np.exp(logits) / np.exp(logits).sum()
    best = int(p.argmax())
    is_end = best == TOKENIZER.eom_id
    return "<eom>" if is_end else TOKENIZER.token_bytes(best).decode(), float(p[best])


def drafted(made: LooseEnds, written: str) -> str:
    ids = made.draft(TOKENIZER.encode(written)).tolist()
    return b"".join(map(TOKENIZER.token_bytes, ids)).decode()


def test_a_line_begins_to_declare_what_other_files_import() -> None:
    made = ends(heads=("export const total",))
    assert recalled(made)[0] == "export"
    assert drafted(made, "export") == " const total"
    assert drafted(made, "export const total") == ""
    assert drafted(made, "import") == ""


def test_a_name_that_is_whole_does_not_go_on() -> None:
    made = ends(heads=("export const total",))
    logits = np.zeros(TOKENIZER.vocab_size, np.float32)
    made.recall(logits, TOKENIZER.encode("export const total"))
    more, end = int(TOKENIZER.encode("s")[0]), int(TOKENIZER.encode(" =")[0])
    assert logits[more] < logits[end]


@pytest.mark.parametrize(
    ("written", "is_over"),
    [
        ("if (x) {", True),
        ("if (x", False),
        ("if (x) { y(", False),
        ("f({", False),
        ("a = 1", False),
    ],
)
def test_a_line_ends_where_it_has_opened_what_stands_below(written: str, is_over: bool) -> None:
    made = LooseEnds([], [], [], Line(b"", "javascript", opens="{"), LEXICON)
    token, p = recalled(made, written)
    assert (token == "<eom>") == is_over
    assert not is_over or p == pytest.approx(OPENED_SHARE, abs=0.01)


OTHERS = (OpenDocument("p/b.ts", None, "import { total } from './a';\ntotal(1);\n"),)


@pytest.mark.parametrize(
    ("marked", "begins"),
    [
        ("const x = 1;\n‸\n", True),
        ("export function total() {}\n‸\n", False),
        ("export {\n‸\n", False),
        ("function f() {\n  ‸\n}\n", False),
    ],
)
def test_only_a_line_at_the_top_gives_others_a_name(marked: str, begins: bool) -> None:
    before, after = marked.split("‸")
    request = Request(before + after, ByteOffset(len(before)), path="p/a.ts")
    data = request.text.encode()
    tree = parse(data, language_of("p/a.ts"))
    plan = plan_masks(tree, request.cursor, request)
    canvas = Canvas.from_plan(plan, select_context(tree, plan, request), data, TOKENIZER)
    made = LooseEnds.of(tree, plan, canvas, request.path, OTHERS, LEXICON)
    drafts = "" if made is None else drafted(made, "export")
    assert ("total" in drafts) == begins


def test_a_declaration_is_of_what_is_missing() -> None:
    token, p = recalled(ends("total"), "const")
    assert token == " total"
    assert p == pytest.approx(SHARES[Kind.CONSTANT], abs=0.01)
    assert recalled(ends("total"), "x =")[1] < 0.001
    assert drafted(ends("EVENT_TEST_PENDING"), "var EVENT") == "_TEST_PENDING"
    assert drafted(ends("total"), "var total") == ""


def test_what_is_called_or_named_like_a_type_is_no_module() -> None:
    made = ends("Shape", "json", "make(", language="python")
    assert recalled(made, "import")[0] == " json"
    assert drafted(made, "import Sh") == "" and drafted(made, "import ma") == ""
    assert drafted(made, "from shapes import Sh") == "ape"


def test_what_only_a_parameter_may_be_is_declared_as_nothing_else() -> None:
    names = [FreeName("value", False, is_parameter=True), FreeName("load", True, is_parameter=True)]
    made = LooseEnds(names, (), (), Line(b"    ", "python", is_in_body=True), LEXICON)
    assert drafted(made, "def f(self, va") == "lue"
    assert drafted(made, "def lo") == "" and drafted(made, "va") == ""


def test_words_on_the_line_count_as_what_is_written() -> None:
    assert recalled(ends("total", before="let"))[0] == " total"
    assert recalled(ends("total", before="let to"), "tal")[1] < 0.001


def test_only_what_fits_is_declared() -> None:
    assert recalled(ends("value", "make("), "function")[0] == " make"
    assert recalled(ends("value", "Pair"), "type")[0] == " Pair"
    assert recalled(ends("Pair", "TKey"), "type Pair<")[0].startswith("T")
    assert recalled(ends("value"), "  val")[1] < 0.001
    assert recalled(ends("value", language="python", is_in_body=True), "  val")[0] == "ue"
    assert recalled(ends("value", language="python", is_in_body=True), "   ")[0] == " value"
    assert recalled(ends("value", language="python", is_in_body=True), "\t")[0] == "value"
    assert recalled(ends("value", language="python", is_in_body=True), "val")[1] < 0.001
    assert recalled(ends("value", language="python"), "val")[1] < 0.001


def test_words_that_declare_become_likelier_while_something_is_missing() -> None:
    logits = np.zeros(TOKENIZER.vocab_size, np.float32)
    ends("total").recall(logits, TOKENIZER.encode(""))
    assert logits[TOKENIZER.encode("const")[0]] == pytest.approx(2.0)
    logits[:] = 0
    ends("total", language="python", is_in_body=True).recall(logits, TOKENIZER.encode(""))
    ends(unused=("total",)).recall(logits, TOKENIZER.encode("x"))
    assert logits[TOKENIZER.encode("const")[0]] == logits[TOKENIZER.encode("def")[0]] == 0


def test_import_lines_of_other_files_are_written_to_their_end() -> None:
    line = 'import { Base } from "./base.js";'
    made = ends("Base", lines=(line,))
    assert drafted(made, "import { Ba") == 'se } from "./base.js";'
    assert recalled(made, line)[0] == "<eom>"
    assert drafted(made, "const") == " Base"


def test_an_import_goes_on_behind_what_stands_of_it_and_behind_an_indentation() -> None:
    line = "from .shapes import Shape"
    made = ends("Shape", lines=(line,), before="    from .sha", language="python")
    assert drafted(made, "") == "pes import Shape"
    assert drafted(made, "pes imp") == "ort Shape"
    assert drafted(made, "rp") == ""


def test_a_list_of_imports_may_go_on_until_it_is_closed() -> None:
    made = ends("Shape", lines=("} from './shapes';",))
    assert recalled(made, "")[0] != "}"
    assert drafted(made, "}") == " from './shapes';"


def test_what_is_not_used_becomes_likelier_where_it_can_be_used() -> None:
    made = ends(unused=("total",))
    assert recalled(made, "return")[0] == " total"
    assert recalled(made, "call(")[0] in ("total", " total")
    assert recalled(made, "   ")[0] == " total"
    for written in ("const", "a.", '"', "// ", "total"):
        assert recalled(made, written)[0] not in ("total", " total")


def test_what_is_assigned_again_is_no_constant() -> None:
    line = Line(b"", "javascript")
    made = LooseEnds([FreeName("total", False, is_changed=True)], [], [], line, LEXICON)
    assert recalled(made, "const")[0] != " total"
    assert recalled(made, "let")[0] == " total"
    logits = np.zeros(TOKENIZER.vocab_size, np.float32)
    made.recall(logits, TOKENIZER.encode(""))
    assert logits[TOKENIZER.encode("let")[0]] > 0
    assert logits[TOKENIZER.encode("const")[0]] == 0


def test_words_in_strings_and_comments_declare_nothing() -> None:
    for written in ("x = 'such as", "# such as", '  raise ValueError("lambda '):
        assert recalled(ends("total", language="python", is_in_body=True), written)[1] < 0.001
    assert recalled(ends("total", language="python"), "import numpy as")[0] == " total"


@pytest.mark.parametrize(("line", "is_code"), [("", True), ("# ", False), ('"""Say.\n    ', False)])
def test_nothing_is_missing_in_a_comment(line: str, is_code: bool) -> None:
    end = '\n    """' if line.startswith('"') else ""
    before = f"def f():\n    {line}"
    data = f"{before}{end}\n    print(left)\n".encode()
    request = Request(data.decode(), ByteOffset(len(before)), "python", "a.py")
    tree = parse(data, language_of("a.py"))
    plan = plan_masks(tree, request.cursor, request)
    canvas = Canvas.from_plan(plan, select_context(tree, plan, request), data, TOKENIZER)
    found = LooseEnds.of(tree, plan, canvas, request.path, (), LEXICON)
    assert (found is not None) == is_code


def test_impossible_tokens_stay_impossible() -> None:
    logits = np.zeros(TOKENIZER.vocab_size, np.float32)
    token = int(TOKENIZER.encode(" total")[0])
    logits[token] = IMPOSSIBLE
    ends("total").recall(logits, TOKENIZER.encode("const"))
    assert logits[token] <= IMPOSSIBLE / 2


def test_an_import_that_is_missing_is_proposed() -> None:
    """The model would write another; a file beside this one knows where the name comes from."""
    text = "\n\nprint(left)\n"
    other = OpenDocument("p/b.py", "python", "from .side import left, right\n")
    tokenizer = ByteTokenizer(("from", "import", "left", "right", ".side", ".other"))
    denoiser = ScriptedDenoiser(tokenizer, (Script(("from .other import right",)),))
    config = InfillConfig(decoding=Decoding.VERIFIED, has_memory=True, min_confidence=0.0)
    request = Request(text, ByteOffset(0), "python", "p/a.py", open_documents=(other,))
    outcome = Infiller(denoiser, config=config).infill(request)
    assert isinstance(outcome, Proposal)
    assert outcome.text == "from .side import left"


def test_the_head_of_a_file_is_written_to_its_end() -> None:
    of_file = FileHeads({"package netio": 0.97}, None)
    made = ends(language="go", of_file=of_file)
    assert recalled(made)[0] == "package"
    assert recalled(made)[1] == pytest.approx(0.97, abs=0.01)
    assert drafted(made, "package") == " netio"
    assert recalled(made, "package netio")[0] == "<eom>"
    typed = ends(language="java", before="public class ", of_file=FileHeads({}, "Till"))
    assert recalled(typed)[0] == "T"
