"""A sampler over a canvas that a script fills: what the sampler's tests share."""

from __future__ import annotations

from engine.budget import Budget
from engine.canvas import Canvas, HoleCanvas
from engine.constraints import Constraint, Draft, Fault
from engine.decoding.spelling import Spelling
from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.effort import SamplerConfig
from engine.holes import Hole, HoleKind
from engine.lexicon import Lexicon
from engine.proposal import Reason
from engine.sampler import ModelView, Sampler
from engine.spans import span

WORDS = ("return", " value", " other", "print", "(", ")", "\n    ", "foo", "bar", "forbidden")
TOKENIZER = ByteTokenizer(WORDS)
LEXICON = Lexicon(TOKENIZER)


def sampler(
    *scripts: Script,
    sizes: tuple[int, ...] = (8,),
    forced: bytes = b"",
    single_line: bool = True,
    config: SamplerConfig | None = None,
    constraints: tuple[Constraint, ...] = (),
    budget: Budget | None = None,
    seed: tuple[int, int] = (0, 0),
    denoiser: ScriptedDenoiser | None = None,
    context: tuple[str, ...] = (),
    proposed: str = "",
    least_p: float = 0.0,
) -> Sampler:
    """One run over holes of ``sizes`` between ``context`` pieces, filled by ``scripts``.

    It is given up when the product of the p is under ``least_p``.
    """
    holes = [
        HoleCanvas.masked(size, TOKENIZER.mask_id, forced if number == 0 else b"")
        for number, size in enumerate(sizes)
    ]
    pieces = context or tuple(f"piece {n} " for n in range(len(sizes) + 1))
    encoded = tuple(TOKENIZER.encode(piece) for piece in pieces)
    canvas = Canvas(TOKENIZER.encode(""), encoded, holes, 0, 0)
    denoiser = denoiser or ScriptedDenoiser(TOKENIZER, scripts)
    planned = [
        Hole(span(n, n), HoleKind.SPAN, single_line, size, "") for n, size in enumerate(sizes)
    ]
    model = ModelView(denoiser, LEXICON, Spelling(TOKENIZER))
    handle = denoiser.prefill(canvas)
    config = config or SamplerConfig(is_scored=False)
    return Sampler(
        canvas,
        handle,
        planned,
        model,
        config,
        constraints,
        budget,
        seed,
        proposed,
        is_hopeless=lambda p: float(p.prod()) < least_p,
    )


def run(made: Sampler) -> str:
    """All steps; the text of the first hole."""
    for _ in made.steps():
        pass
    return made.texts()[0]


class Forbid:
    """Objects to one word, once no further token can change it."""

    def __init__(self, word: str) -> None:
        self.word = word

    def fault(self, draft: Draft) -> Fault | None:
        """Where the word stands."""
        at = draft.text.find(self.word)
        return None if at < 0 else Fault(at, Reason.DOES_NOT_PARSE, self.word)
