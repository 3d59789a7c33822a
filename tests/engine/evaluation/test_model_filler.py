from __future__ import annotations

from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.evaluation.holes import CutKind, EvalHole
from engine.evaluation.infilling import measure
from engine.evaluation.model_filler import ModelFiller
from engine.infill import Infiller
from engine.spans import span

DATA = b"def area(width, height):\n    size = width * height\n    return size\n"


def filler(*texts: str) -> ModelFiller:
    scripts = [Script((text,)) for text in texts]
    return ModelFiller("scripted", Infiller(ScriptedDenoiser(ByteTokenizer(), scripts)))


def hole(kind: CutKind, *places: tuple[int, int]) -> EvalHole:
    spans = tuple(span(*place) for place in places)
    return EvalHole("id", "python", "a.py", DATA, spans, kind, is_single_line=True)


def test_a_single_line_hole_is_filled_at_its_cursor() -> None:
    line = hole(CutKind.REST_OF_LINE, (36, 50))
    assert line.gold == ("width * height",)
    result = measure(line, filler("width * height").fill(line))
    assert result.is_exact and result.parses_no_worse
    assert result.answer.forwards > 0 and result.answer.milliseconds > 0
    assert result.answer.confidence is not None
    assert not measure(line, filler("height").fill(line)).is_exact


def test_several_places_are_filled_together() -> None:
    names = hole(CutKind.NAMES, (29, 33), (62, 66))
    assert names.gold == ("size", "size")
    answer = filler("size", "size").fill(names)
    assert answer.texts == ("size", "size")
    assert measure(names, answer).is_exact


def test_the_model_never_sees_what_stood_in_the_hole() -> None:
    names = hole(CutKind.NAMES, (29, 33), (62, 66))
    text, spans = names.without_gold()
    assert "size" not in text
    assert spans == (span(29, 29), span(58, 58))


def test_a_refusal_is_a_silent_answer_with_its_reason() -> None:
    line = hole(CutKind.REST_OF_LINE, (36, 50))
    answer = filler("").fill(line)
    assert answer.is_silent and answer.reason == "EMPTY"
    assert not measure(line, answer).is_exact
