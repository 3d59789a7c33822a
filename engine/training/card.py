"""The model card: what the weights are, what they saw, what they score. Written, never edited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.training.progress import Counts

_CARD = """# {name}

A code-infilling diffusion model, trained on from an autoregressive base. One set of weights reads
the context causally and fills canvases of 8, 16 or 32 tokens, which are bidirectional and see all
of the context; the same weights judge a text from left to right. All layers were trained, at the
end with the four bits that they ship in; the embedding is the base's in eight bits, but for the
special tokens. Apache-2.0; `NOTICE` lists the packages it learned from.

| | |
|---|---|
| base | {base} |
| positions seen (context and canvas) | {positions:,} |
| optimiser steps | {steps:,} |
| minutes of training | {minutes:,.0f} |
| training data | {data} |
| recipe's commit | {recipe_commit} |
| size | {megabytes:.0f} MB |

## What it scores

Holes cut from packages that gave nothing to training; floors on the same holes. Identical holes,
settings and code give identical numbers (`midfill eval`).

```
{report}
```

## Calibration

`{calibration}`

Fitted on another draw of validation holes. Confidence is the probability that the whole text is
exactly right; below `min_confidence` nothing is shown.

## Limits

It is small and has seen little. Expect the ends of lines, names that stand nearby, brackets and
idioms, and silence elsewhere. The base was pretrained on web and code data, so
leakage of public benchmarks into it cannot be excluded; only the fine-tuning's cleanliness is
ours to state.
"""


def write_card(manifest: Path, counts: Counts, report: str, out: Path) -> None:
    """Write the card of the model that ``manifest`` describes."""
    facts: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    text = _CARD.format(
        **{name: facts[name] for name in ("name", "base", "data", "recipe_commit")},
        positions=counts.tokens,
        steps=counts.steps,
        minutes=counts.seconds / 60,
        megabytes=sum(entry["bytes"] for entry in facts["files"].values()) / 1e6,
        report=report.strip(),
        calibration=json.dumps(facts["calibration"]),
    )
    out.write_text(text, encoding="utf-8")
