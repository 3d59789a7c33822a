"""The model that ships on several devices: the same holes, one after the other on each.

    python -m tests.measure.devices @tests/fixtures/places.txt --devices cpu torch-cpu
    python -m tests.measure.devices @tests/fixtures/places.txt --devices cpu cuda

A device with ``:bfloat16`` behind it runs in that precision. Processor time is what counts where
other programs run, the clock where a GPU does the work.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass, field

import engine
from engine.proposal import Proposal
from lsp_server.source_file import Place, SourceFile


@dataclass
class Arm:
    """A device and what was measured on it: by the clock (ms) and of processor time (ms)."""

    name: str
    infiller: engine.Infiller
    load_s: float
    first: list[tuple[float, float]] = field(default_factory=list)
    again: list[tuple[float, float]] = field(default_factory=list)
    pass_ms: list[float] = field(default_factory=list)
    token_ms: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    num_tokens: int = 0
    denoise_ms: float = 0.0


def loaded(name: str) -> Arm:
    device, _, precision = name.partition(":bfloat16")
    config = engine.InfillConfig(min_confidence=0.0)
    began = time.perf_counter()
    infiller = engine.load(config=config, device=device)
    if name.endswith(":bfloat16") and not precision:
        import torch

        from engine.denoisers.shipped import shipped_denoiser
        from engine.models import resolve

        place = torch.device(device.removeprefix("torch-"))
        infiller = engine.Infiller(
            shipped_denoiser(resolve(), place, torch.bfloat16),
            infiller.calibration,
            config,
            decoding=infiller.decoding,
            has_memory=infiller.has_memory,
        )
    return Arm(name, infiller, time.perf_counter() - began)


def fill(arm: Arm, request: engine.Request, is_first: bool) -> None:
    clock, processor = time.perf_counter(), time.process_time()
    outcome = arm.infiller.infill(request)
    took = 1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - processor)
    (arm.first if is_first else arm.again).append(took)
    if is_first:
        num_read = getattr(outcome, "num_context_tokens", 0)
        if num_read:
            arm.token_ms.append(outcome.timings_ms["prefill"] / num_read)
        arm.texts.append(outcome.text if isinstance(outcome, Proposal) else f"({outcome.reason})")
        return
    denoised = outcome.timings_ms.get("denoise", 0.0)
    if outcome.forwards:
        arm.pass_ms.append(denoised / outcome.forwards)
    if isinstance(outcome, Proposal):
        arm.num_tokens += len(outcome.tokens)
        arm.denoise_ms += denoised


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, fromfile_prefix_chars="@")
    parser.add_argument("places", nargs="+", metavar="FILE:LINE:COL")
    parser.add_argument("--devices", nargs="+", default=["cpu", "torch-cpu"])
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    arms = [loaded(name) for name in arguments.devices]
    for place in arguments.places:
        source = SourceFile.read(Place.parse(place))
        request = engine.Request(source.text, source.cursor, path=str(source.path))
        for repeat in range(1 + arguments.repeats):
            for arm in arms:
                fill(arm, request, repeat == 0)
    print("| device | load, s | first p50, ms (processor) | again p50 (processor) | a pass "
          "| a token read | tokens/s | same texts |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    for arm in arms:
        first, again = (
            "{:,.0f} ({:,.0f})".format(*map(statistics.median, zip(*took, strict=True)))
            for took in (arm.first, arm.again)
        )
        same = sum(map(str.__eq__, arm.texts, arms[0].texts))
        print(f"| {arm.name} | {arm.load_s:.1f} | {first} | {again} "
              f"| {statistics.median(arm.pass_ms):.1f} ms "
              f"| {statistics.median(arm.token_ms or [0.0]):.2f} ms "
              f"| {1000 * arm.num_tokens / max(arm.denoise_ms, 1e-9):,.0f} "
              f"| {same} of {len(arm.texts)} |")  # fmt: skip
    print(f"{len(arguments.places)} places, {arguments.repeats} repeats")
    for arm in arms:
        print(f"{arm.name}: {getattr(arm.infiller.denoiser, 'place', '')}")


if __name__ == "__main__":
    main()
