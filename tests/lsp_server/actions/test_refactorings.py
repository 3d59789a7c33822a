"""Refactorings through the protocol: by analysis, with a name by the model where it has one."""

from __future__ import annotations

from typing import Any


async def test_a_variable_is_extracted_with_the_models_name(actions: Any) -> None:
    asked = await actions("total = 1 + «get_price(a)»\n", scripts=["cost", "cost"])
    assert await asked.applied("Extract variable") == "cost = get_price(a)\ntotal = 1 + cost\n"


async def test_a_name_that_is_taken_is_not_used(actions: Any) -> None:
    asked = await actions("total = 1 + «get_price(a)»\n", scripts=["total", "total"])
    assert await asked.applied("Extract variable") == "price = get_price(a)\ntotal = 1 + price\n"


async def test_a_function_is_extracted(actions: Any) -> None:
    asked = await actions("def f(a):\n    «b = a + 1\n    return b»\n", scripts=["raised"] * 2)
    assert await asked.applied("Extract function") == (
        "def f(a):\n    return raised(a)\n\n\ndef raised(a):\n    b = a + 1\n    return b\n"
    )


async def test_new_lines_end_as_the_others_do(actions: Any) -> None:
    text = "def f(a):\r\n    «b = a + 1\r\n    return b»\r\n"
    asked = await actions(text, scripts=["raised"] * 2)
    assert await asked.applied("Extract function") == (
        "def f(a):\r\n    return raised(a)\r\n\r\n\r\n"
        "def raised(a):\r\n    b = a + 1\r\n    return b\r\n"
    )


async def test_why_a_function_cannot_be_extracted_is_said(actions: Any) -> None:
    asked = await actions("def f(a):\n    for b in a:\n        «if b:\n            break»\n")
    response = await asked.resolve("Extract function")
    assert "a break that belongs to the code around" in response["error"]["message"]


async def test_a_variable_is_inlined(actions: Any) -> None:
    asked = await actions("def f(a):\n    «»x = a + 1\n    return x * 2\n")
    assert await asked.applied("Inline x") == "def f(a):\n    return (a + 1) * 2\n"


async def test_a_variable_of_c_is_inlined_with_the_type_that_it_had(actions: Any) -> None:
    asked = await actions("int f(long a) {\n  int «»x = a;\n  return x * 2;\n}\n", "c")
    assert await asked.applied("Inline x") == "int f(long a) {\n  return (int)a * 2;\n}\n"


async def test_one_unused_import_and_all_redundant_code(actions: Any) -> None:
    text = "«»import os\nimport sys\n\n\ndef f():\n    return 1\n    g()\n"
    asked = await actions(text)
    assert await asked.applied("Remove unused import os") == text.removeprefix("«»import os\n")
    assert await asked.applied("Remove all") == "\n\ndef f():\n    return 1\n"
    annotations = (await asked.resolve("Remove all"))["result"]["edit"]["changeAnnotations"]
    assert [one["needsConfirmation"] for one in annotations.values()] == [True]


async def test_a_secret_is_moved_unharmed_and_no_model_sees_it(actions: Any) -> None:
    secret = "AKIA" + "QWERTYUIOPASDFGH"
    asked = await actions(f'connect(«key("{secret}")», 1)\n', scripts=["name", "name"])
    made = await asked.applied("Extract variable")
    assert made == f'key2 = key("{secret}")\nconnect(key2, 1)\n'


async def test_a_syntax_error_is_repaired(actions: Any) -> None:
    asked = await actions("x = 1\ny = («»1\nz = 2\n", scripts=["y = (1)"])
    assert await asked.applied("Repair the syntax") == "x = 1\ny = (1)\nz = 2\n"


async def test_a_repair_names_the_diagnostic_that_it_mends(actions: Any) -> None:
    asked = await actions("x = 1\ny = («»1\nz = 2\n")
    place = {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 5}}
    listed = await asked.listed(diagnostics=[{"range": place, "message": "never closed"}])
    (repair,) = [one for one in listed if one["title"] == "Repair the syntax"]
    assert repair["isPreferred"] and repair["diagnostics"][0]["message"] == "never closed"


async def test_what_a_macro_makes_of_a_declaration_is_no_syntax_error(actions: Any) -> None:
    """Unless another tool finds fault with it, too."""
    asked = await actions("class A {\n  int «»b GUARDED_BY(c) = ;\n};\n", "cpp")
    assert "Repair the syntax" not in await asked.titles()
    place = {"start": {"line": 1, "character": 6}, "end": {"line": 1, "character": 7}}
    listed = await asked.listed(diagnostics=[{"range": place, "message": "no value"}])
    assert "Repair the syntax" in [one["title"] for one in listed]


async def test_the_statement_at_the_cursor_is_regenerated(actions: Any) -> None:
    asked = await actions("x = 1\ny = «»2\n", scripts=["y = 3"])
    assert await asked.applied("Regenerate the statement") == "x = 1\ny = 3\n"


async def test_a_pinned_line_stays(actions: Any) -> None:
    text = "def f():\n    «a = 1\n    b = 2  # midfill: keep\n    c = 3»\n"
    asked = await actions(text, scripts=["a = 4", "c = 5"])
    assert await asked.applied("Regenerate the selection") == (
        "def f():\n    a = 4\n    b = 2  # midfill: keep\n    c = 5\n"
    )


async def test_a_docstring_is_written_by_the_model(actions: Any) -> None:
    asked = await actions("def «»area(w, h):\n    return w * h\n", scripts=["The area."])
    made = await asked.applied("Write the docstring")
    assert made == 'def area(w, h):\n    """The area."""\n    return w * h\n'


async def test_without_the_models_words_the_signature_speaks(actions: Any) -> None:
    asked = await actions("def «»area(w, h):\n    return w * h\n", scripts=[""])
    made = await asked.applied("Write the docstring")
    assert made == 'def area(w, h):\n    """Area."""\n    return w * h\n'


C_AREA = "int «»area(int w)\n{\n    return w * w;\n}\n"


async def test_a_comment_is_written_by_the_model(actions: Any) -> None:
    asked = await actions(C_AREA, scripts=["The area.", " a side", "it"], language="c")
    made = await asked.applied("Write the documentation comment")
    assert made.startswith("/**\n * The area.\n *\n * @param w a side\n * @return it\n */\nint")


async def test_a_comment_is_not_ended_by_the_model(actions: Any) -> None:
    asked = await actions(C_AREA, scripts=["It. */ int x; /*", "a", "b"], language="c")
    made = await asked.applied("Write the documentation comment")
    assert made.startswith("/**\n * Area.\n *\n * @param w the w\n")


async def test_missing_cases_get_bodies_by_the_model(actions: Any) -> None:
    enum = "from enum import Enum\n\n\nclass A(Enum):\n    B = 1\n    C = 2\n\n\n"
    match = "def f(a):\n    match a:\n        «»case A.B:\n            return 1\n"
    asked = await actions(enum + match, scripts=["return 2"])
    made = await asked.applied("Add the missing case of A")
    assert made.endswith("            return 1\n        case A.C:\n            return 2\n")


LOOP = "a = []\n«»for x in b:\n    a.append(x)\n"


async def test_a_loop_is_converted_where_the_score_gains(actions: Any) -> None:
    asked = await actions(LOOP, scripts=["a = [x for x in b]"])
    assert await asked.applied("Convert the loop") == "a = [x for x in b]\n"


async def test_a_loop_stays_where_it_does_not(actions: Any) -> None:
    asked = await actions(LOOP, scripts=[LOOP.replace("«»", "").rstrip()])
    assert "nats" in (await asked.resolve("Convert the loop"))["error"]["message"]


async def test_a_parameter_is_added_and_passed(actions: Any) -> None:
    asked = await actions("def f(a):\n    return a + «»b\n\n\nf(1)\n", scripts=["2"])
    made = await asked.applied("Make b a parameter")
    assert made == "def f(a, b):\n    return a + b\n\n\nf(1, 2)\n"
