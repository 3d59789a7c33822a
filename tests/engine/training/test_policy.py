"""Rollouts, their log-probabilities and the three states of a policy (needs torch)."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")

from engine.training.model import Llama, four_bit_values
from engine.training.objective import causal_terms, coupled_terms
from engine.training.policy import Policy
from engine.training.rollouts import Rollouts, Sampling, sample_causal, sample_masked
from tiny_training import MID, SPECIAL, TINY, tiny_tensors

PROMPTS = {
    "short": np.array([4, 20, 21]),
    "long": np.array([4, 33, 34, 35, 36, 37, 38, 39]),
    "other": np.array([4, 50, 51, 52, 53]),
}
NAMES = list(PROMPTS)
SAMPLING = Sampling(group=5, canvas=6, num_steps=3)


def model() -> Llama:
    tensors = {
        # As shipped weights are: on the grid of their four bits.
        name: four_bit_values(tensor) if "_proj" in name else tensor
        for name, tensor in tiny_tensors().items()
    }
    # Nothing is certain, and <eom> is drawn now and then.
    tensors["model.embed_tokens.weight"] /= 6
    tensors["model.embed_tokens.weight"][SPECIAL.eom] *= 5
    return Llama(tensors, TINY, 17, torch.float32)


def policy(num_trained: int = 1, temperature: float = 0.7) -> Policy:
    # An answer to "long" ends with a token of the vocabulary's end, too.
    return Policy(
        model(), SPECIAL, PROMPTS, num_trained, temperature, lines=["long"], breaks=range(80, 97)
    )


def sampled(of: Policy, seed: int = 3) -> Rollouts:
    return sample_causal(of, NAMES, MID, SAMPLING, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("num_trained", [1, 2])
def test_sampled_log_probabilities_are_the_models_own(num_trained: int) -> None:
    of = policy(num_trained)
    rollouts = sampled(of)
    lengths = rollouts.lengths.flatten().tolist()
    assert 1 < len(set(lengths)), "samples of several lengths"
    rounded = model()
    rounded.load_state_dict(of.model.state_dict())
    rounded.rounding.fill_(1.0)
    for row, name in enumerate(NAMES):
        for sample in range(SAMPLING.group):
            ids = rollouts.ids[row, sample, : rollouts.lengths[row, sample]]
            whole = torch.cat([torch.tensor([*PROMPTS[name], MID]), ids[:-1]])
            mask = torch.ones(len(whole), len(whole), dtype=torch.bool).tril()[None, None]
            hidden = rounded(whole[None], torch.arange(len(whole))[None], mask)
            log_p = of.distribution(hidden[0, -len(ids) :])
            expected = log_p[torch.arange(len(ids)), ids]
            found = rollouts.log_p[row, sample, : len(ids)]
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("num_trained", [1, 2])
def test_the_learner_starts_as_the_actor_that_sampled(num_trained: int) -> None:
    of = policy(num_trained)
    rollouts = sampled(of)
    terms = causal_terms(rollouts, MID)
    places = of.contexts.segments(NAMES, terms.num, terms.size, terms.free)
    below = of.below(NAMES, terms.ids, places)
    wanted = rollouts.log_p[rollouts.log_p != 0]
    for tail in (of.learner, of.start, of.actor):
        hidden = of.above(tail, below, places).flatten(0, 1)
        log_p = of.log_p(hidden[terms.places], terms.targets, chunk=7)
        torch.testing.assert_close(log_p.detach(), wanted, rtol=1e-4, atol=1e-4)


def test_only_the_last_blocks_get_gradients() -> None:
    of = policy(1)
    rollouts = sampled(of)
    terms = causal_terms(rollouts, MID)
    places = of.contexts.segments(NAMES, terms.num, terms.size, terms.free)
    hidden = of.above(of.learner, of.below(NAMES, terms.ids, places), places).flatten(0, 1)
    of.log_p(hidden[terms.places], terms.targets).sum().backward()
    with_gradients = {name for name, value in of.model.named_parameters() if value.grad is not None}
    names = {"qkv", "output", "gate_up", "down", "attention_norm", "feed_forward_norm"}
    assert with_gradients == {"final_norm"} | {f"blocks.1.{name}" for name in names}


def test_samples_are_the_same_alone_and_in_a_batch() -> None:
    of = policy()
    together = sampled(of)
    reading = [sampled(policy()), together]
    assert torch.equal(reading[0].ids, reading[1].ids)
    terms = causal_terms(together, MID)
    places = of.contexts.segments(NAMES, terms.num, terms.size, terms.free)
    whole = of.above(of.actor, of.below(NAMES, terms.ids, places), places)
    for row, name in enumerate(NAMES):
        alone = of.contexts.segments([name], terms.num, terms.size, terms.free)
        below = of.below([name], terms.ids[row : row + 1], alone)
        found = of.above(of.actor, below, alone)[0]
        torch.testing.assert_close(found, whole[row], rtol=1e-4, atol=1e-4)


def test_an_answer_of_one_line_ends_with_a_break() -> None:
    of = policy()
    for rollouts in (
        sampled(of),
        sample_masked(of, NAMES, MID, SAMPLING, torch.Generator().manual_seed(2)),
    ):
        for name, rows, lengths, finished in zip(
            NAMES, rollouts.ids, rollouts.lengths, rollouts.are_finished, strict=True
        ):
            ends = {SPECIAL.eom, *(range(80, 97) if name == "long" else ())}
            for ids, length, is_finished in zip(
                rows.tolist(), lengths.tolist(), finished.tolist(), strict=True
            ):
                assert not ends & set(ids[: length - 1])
                assert is_finished == (ids[length - 1] in ends)
                assert is_finished or length == SAMPLING.canvas
        last = rollouts.ids[1].gather(-1, rollouts.lengths[1].unsqueeze(-1) - 1)
        assert (last >= 80).any(), "none of the five ended so"


def test_masked_samples_are_whole_and_drawn_from_what_the_model_says() -> None:
    of = policy()
    config = Sampling(group=5, canvas=6, num_steps=6)
    rollouts = sample_masked(of, NAMES, MID, config, torch.Generator().manual_seed(1))
    assert not (rollouts.ids == SPECIAL.mask).any()
    for ids, length in zip(
        rollouts.ids.flatten(0, 1).tolist(), rollouts.lengths.flatten().tolist(), strict=True
    ):
        assert all(token >= 17 for token in ids[: length - 1])
        assert set(ids[length:]) <= {SPECIAL.eom}
    assert (rollouts.log_p <= 0).all() and rollouts.log_p.isfinite().all()


def test_one_masked_step_is_scored_as_it_was_drawn() -> None:
    """Of a canvas that is masked whole, one step's log-probabilities are exact."""
    of = policy()
    config = Sampling(group=4, canvas=5, num_steps=1)
    rollouts = sample_masked(of, NAMES, MID, config, torch.Generator().manual_seed(1))
    masked = torch.full_like(rollouts.ids, SPECIAL.mask)
    starters = torch.full((*rollouts.ids.shape[:2], 1), MID)
    places = of.contexts.segments(NAMES, 4, 6, True)
    below = of.below(NAMES, torch.cat([starters, masked], -1).flatten(1), places)
    hidden = of.above(of.actor, below, places).view(len(NAMES), 4, 6, -1)[:, :, :-1]
    log_p = of.distribution(hidden.flatten(0, 2)).view(len(NAMES), 4, 5, -1)
    expected = log_p.gather(-1, rollouts.ids.unsqueeze(-1)).squeeze(-1)
    is_text = rollouts.log_p != 0
    torch.testing.assert_close(rollouts.log_p[is_text], expected[is_text], rtol=1e-4, atol=1e-4)


def test_coupled_copies_score_every_token_once_a_pair() -> None:
    rollouts = sampled(policy())
    num_pairs = 3
    terms = coupled_terms(rollouts, MID, SPECIAL.mask, num_pairs, torch.Generator().manual_seed(0))
    num_tokens = int(rollouts.lengths.sum())
    assert len(terms.targets) == num_pairs * num_tokens
    assert float(terms.weights.sum()) == pytest.approx(num_tokens)
    copies = terms.ids.view(len(NAMES), SAMPLING.group, 2 * num_pairs, SAMPLING.canvas + 1)
    assert (copies[..., 0] == MID).all()
    texts = copies[..., 1:]
    is_masked = texts == SPECIAL.mask
    first, second = is_masked[:, :, :num_pairs], is_masked[:, :, num_pairs:]
    behind = torch.arange(SAMPLING.canvas) >= rollouts.lengths.unsqueeze(-1)
    assert (first ^ second == ~behind.unsqueeze(2)).all()
    shown = rollouts.ids.unsqueeze(2).expand_as(texts)
    assert (texts == shown)[~is_masked].all()
    # The row that predicts a token is the one before it, and the token is hidden there.
    flat = terms.ids.flatten()
    assert (flat[terms.places + 1] == SPECIAL.mask).all()


def test_dithered_weights_round_to_those_that_ship_and_move_on_average() -> None:
    of = policy()
    for learner, actor in zip(of.learner.parameters(), of.actor.parameters(), strict=True):
        if learner.ndim > 1:
            assert torch.equal(four_bit_values(learner), actor)
            assert not torch.equal(learner, actor)
    weight = torch.cat(
        [each.detach() for each in of.learner.parameters() if each.ndim > 1 and each.shape[1] == 32]
    )
    step = float((weight.amax() - weight.amin()) / 15) / 20
    # Extremes stay, or the grid would move along.
    rows = weight.view(len(weight), -1, 32)
    inner = (rows != rows.amin(-1, keepdim=True)) & (rows != rows.amax(-1, keepdim=True))
    moved = torch.where(inner, rows + step, rows).view_as(weight)
    mean = (four_bit_values(moved) - four_bit_values(weight)).view_as(rows)[inner].mean()
    assert float(mean) == pytest.approx(step, rel=0.2)
