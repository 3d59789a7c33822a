"""Likelihood of kept positions under weights of ``engine.memory.evidence``, and the best ones.

For ``tests.measure.evidence``, which collects the positions.
"""

# N positions of all holes, K tokens that are kept of them, C places

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.evaluation.statistics import calibration_error, compare, reliability
from engine.memory.evidence import OTHER_FILES, OWN_FILE, SHARPNESS, EvidenceWeights, Places

LANGUAGES = ("python", "javascript", "typescript")
# Precisions of the distance from the present weights: how far they follow what is rare.
PRIORS = (1.0, 4.0, 16.0, 64.0)
MAX_ITERATIONS = 300
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Positions:
    """Positions (N,) of holes: ``log_p`` (K,) of tokens that belong to ``owner`` (K,) positions.

    ``truth`` (N,) and ``token`` (C,) are indices into these. ``file`` (C,): 0 for places in the own
    file, 1 in others; ``kinds`` (C, 2) and ``likeness`` (C, 2): what ``engine.memory.evidence``
    makes of them. ``rest`` (N, 3): of the tokens that are not kept.
    """

    log_p: torch.Tensor
    owner: torch.Tensor
    truth: torch.Tensor
    rest: torch.Tensor
    token: torch.Tensor
    file: torch.Tensor
    kinds: torch.Tensor
    likeness: torch.Tensor

    @staticmethod
    def of(rows: Sequence[Row]) -> Positions:
        """All positions of ``rows``, one hole after the other."""
        positions = [each for row in rows for each in row["positions"]]
        sizes = [len(each["log_p"]) for each in positions]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        places = [
            (file, start + np.array(found["token"], np.int64), _places(found))
            for start, each in zip(starts, positions, strict=True)
            for file, found in enumerate(each["places"])
        ]
        kinds = [np.stack([each.match_kinds, each.suffix_kinds], 1) for _, _, each in places]
        likeness = [np.stack([each.before, each.behind], 1) for _, _, each in places]
        return Positions(
            torch.tensor(np.concatenate([each["log_p"] for each in positions])),
            torch.tensor(np.repeat(np.arange(len(sizes)), sizes)),
            torch.tensor(starts + [each["truth"] for each in positions]),
            torch.tensor([each["rest"] for each in positions], dtype=torch.float64),
            torch.tensor(np.concatenate([token for _, token, _ in places])),
            torch.tensor(np.concatenate([np.full(len(each), file) for file, each, _ in places])),
            torch.tensor(np.concatenate(kinds)),
            torch.tensor(np.concatenate(likeness)),
        )

    def mixed(self, weights: Weights) -> torch.Tensor:
        """Log p (K,) of the kept tokens, with the places' weights added."""
        match, suffix = self.kinds.unbind(1)
        worth = weights.match[self.file, match] + weights.suffix[self.file, suffix]
        worth = worth + (weights.likeness[self.file] * self.likeness).sum(1)
        p = self.log_p.exp().index_add(0, self.token, worth.exp())
        return self._normalised(p.log(), weights.sharpness)

    def plain(self) -> torch.Tensor:
        """Log p (K,) of the kept tokens, the model's own."""
        return self._normalised(self.log_p, torch.ones(()))

    def _normalised(self, log_p: torch.Tensor, power: torch.Tensor) -> torch.Tensor:
        mass, mean, spread = self.rest.unbind(1)
        rest = (mass + mean * (power - 1) + spread * (power - 1) ** 2).exp()
        total = rest.index_add(0, self.owner, (power * log_p).exp())
        return power * log_p - total.log()[self.owner]


def _places(found: Mapping[str, Sequence[float]]) -> Places:
    lengths, agreeing = (np.array(found[name], np.int64) for name in ("lengths", "agreeing"))
    return Places(lengths, agreeing, np.array(found["before"]), np.array(found["behind"]))


@dataclass(frozen=True, slots=True)
class Weights:
    """``EvidenceWeights`` of the own file (row 0) and of others (row 1), and the sharpness."""

    match: torch.Tensor
    suffix: torch.Tensor
    likeness: torch.Tensor
    sharpness: torch.Tensor

    @staticmethod
    def present() -> Weights:
        """Those of the engine."""
        both = (OWN_FILE, OTHER_FILES)
        return Weights(
            torch.tensor([each.match for each in both], dtype=torch.float64),
            torch.tensor([each.suffix for each in both], dtype=torch.float64),
            torch.tensor([(each.before, each.behind) for each in both], dtype=torch.float64),
            torch.tensor(SHARPNESS, dtype=torch.float64),
        )

    def tensors(self) -> list[torch.Tensor]:
        return [self.match, self.suffix, self.likeness, self.sharpness]

    def source(self) -> str:
        """As ``engine/memory/evidence.py`` holds them."""
        lines = []
        for name, row in (("OWN_FILE", 0), ("OTHER_FILES", 1)):
            match, suffix, (before, behind) = (
                [round(each, 2) for each in part[row].tolist()]
                for part in (self.match, self.suffix, self.likeness)
            )
            made = EvidenceWeights(tuple(match), tuple(suffix), before, behind)
            written = [f"    {item.name}={getattr(made, item.name)},\n" for item in fields(made)]
            lines.append(f"{name} = EvidenceWeights(\n{''.join(written)})\n")
        return "".join(lines) + f"SHARPNESS = {self.sharpness.item():.2f}\n"


def fit(positions: Positions, prior: float) -> Weights:
    """The weights of greatest posterior, from the present ones on.

    ``prior`` is the precision of their distance, but for what all places of a file are worth more
    or less, and the sharpness: these two are free.
    """
    present = Weights.present().tensors()
    wanted = [each.clone().requires_grad_() for each in present]
    optimiser = torch.optim.LBFGS(
        wanted, max_iter=MAX_ITERATIONS, history_size=20, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        match, suffix, likeness, _ = (
            one - other for one, other in zip(wanted, present, strict=True)
        )
        match = match - match.mean(1, keepdim=True)
        distance = sum((each**2).sum() for each in (match, suffix, likeness))
        log_p = positions.mixed(Weights(*wanted))[positions.truth]
        total = 0.5 * prior * distance - log_p.sum()
        total.backward()
        return total

    optimiser.step(loss)
    return Weights(*(each.detach() for each in wanted))


@dataclass(frozen=True, slots=True)
class Scores:
    """Of each position (N,): log p of the truth, p of the best token, whether that is the truth."""

    log_p: NDArray[np.float64]
    p_best: NDArray[np.float64]
    is_right: NDArray[np.bool_]

    @staticmethod
    def of(positions: Positions, log_p: torch.Tensor) -> Scores:
        num = len(positions.truth)
        best = torch.full((num,), -torch.inf, dtype=log_p.dtype)
        best = best.scatter_reduce(0, positions.owner, log_p, "amax")
        truth = log_p[positions.truth]
        return Scores(truth.numpy(), best.exp().numpy(), (truth >= best).numpy())

    def holes_right(self, rows: Sequence[Row]) -> list[bool]:
        """Whether the best token is the truth all along, hole by hole."""
        ends = np.cumsum([len(row["positions"]) for row in rows])[:-1]
        return [bool(part.all()) for part in np.split(self.is_right, ends)]


def halves(rows: Sequence[Row]) -> dict[str, int]:
    """Which half a package belongs to: the largest first, each to the smaller half."""
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row["package"]] = sizes.get(row["package"], 0) + 1
    totals, found = [0, 0], {}
    for package in sorted(sizes, key=lambda each: (-sizes[each], each)):
        found[package] = int(totals[1] < totals[0])
        totals[found[package]] += sizes[package]
    return found


def report(known: Mapping[str, Row]) -> None:
    """The table, cross-fitted, and the weights over all."""
    rows = [row for row in known.values() if row["positions"]]
    half_of = halves(rows)
    parts = [[row for row in rows if half_of[row["package"]] == half] for half in (0, 1)]
    if not all(parts):
        raise SystemExit(f"{len(rows)} holes with positions: two packages at least are needed")
    rows = [*parts[0], *parts[1]]
    positions, present = Positions.of(rows), Weights.present()
    print(f"{len(rows)} holes of {len(known)}, {len(positions.truth)} positions", end="; ")
    print("packages: " + " / ".join(f"{len(part)} holes" for part in parts))
    plain = Scores.of(positions, positions.plain())
    arms = {"no memory": plain, "present": Scores.of(positions, positions.mixed(present))}
    halved = [Positions.of(part) for part in parts]
    refitted = {prior: crossed(*halved, prior) for prior in PRIORS}
    for prior, log_p in refitted.items():
        arms[f"refitted, prior {prior:g}"] = Scores.of(positions, log_p)
    print("| weights | nats a token | positions | holes | against none | wins : losses | ECE |")
    print("|---|---|---|---|---|---|---|")
    for name, scores in arms.items():
        print(_line(name, scores, plain, rows))
    for language in LANGUAGES:
        _print_language(language, arms, rows)
    best = max(PRIORS, key=lambda prior: refitted[prior][positions.truth].sum().item())
    recalled = [each["recalled"] for row in rows for each in row["positions"]]
    print(f"The engine's own weights when these were collected: {-np.mean(recalled):.4f} nats.")
    print(f"Over all, prior {best:g}:\n{fit(positions, best).source()}", end="")


def crossed(first: Positions, second: Positions, prior: float) -> torch.Tensor:
    """Log p of the kept tokens of both, each under the weights of the other."""
    return torch.cat([first.mixed(fit(second, prior)), second.mixed(fit(first, prior))])


def _line(name: str, scores: Scores, plain: Scores, rows: Sequence[Row]) -> str:
    right, before = scores.holes_right(rows), plain.holes_right(rows)
    paired = compare(right, before)
    gain = paired.difference
    error = calibration_error(reliability(scores.p_best.tolist(), scores.is_right.tolist()))
    return (
        f"| {name} | {-scores.log_p.mean():.4f} | {100 * scores.is_right.mean():.1f} % |"
        f" {100 * np.mean(right):.1f} % ({sum(right)}) |"
        f" {_points(gain.mean)} [{_points(gain.low)}, {_points(gain.high)}] |"
        f" {paired.num_only_first} : {paired.num_only_second} | {error:.3f} |"
    )


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def _print_language(language: str, arms: Mapping[str, Scores], rows: Sequence[Row]) -> None:
    index = [at for at, row in enumerate(rows) if row["language"] == language]
    right = {name: scores.holes_right(rows) for name, scores in arms.items()}
    said = ", ".join(f"{name} {sum(right[name][at] for at in index)}" for name in arms)
    print(f"{language}: of {len(index)} holes {said}")
