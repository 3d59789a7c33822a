"""Counters for Prometheus: how requests ended, how long they took. Never any text."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from engine.proposal import Outcome, Proposal

_SECONDS = (0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)


class Metrics:
    """One server's counters, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.num_outcomes = Counter(
            "midfill_outcomes", "Requests by how they ended", ["outcome"], registry=self.registry
        )
        self.num_rejected = Counter(
            "midfill_rejected", "Requests answered with 429", registry=self.registry
        )
        self.num_waiting = Gauge(
            "midfill_waiting", "Requests in line or under way", registry=self.registry
        )
        self.seconds = Histogram(
            "midfill_seconds", "Time in the engine", buckets=_SECONDS, registry=self.registry
        )
        self.num_forwards = Counter(
            "midfill_forwards", "Passes through the model", registry=self.registry
        )
        self.num_tokens = Counter("midfill_tokens", "Tokens proposed", registry=self.registry)

    def record(self, outcome: Outcome, took_s: float) -> None:
        """Count one outcome."""
        name = "proposal" if isinstance(outcome, Proposal) else outcome.reason.value
        self.num_outcomes.labels(name).inc()
        self.seconds.observe(took_s)
        self.num_forwards.inc(outcome.forwards)
        if isinstance(outcome, Proposal):
            self.num_tokens.inc(len(outcome.tokens))

    def exposition(self) -> bytes:
        """All counters in Prometheus' text format."""
        return generate_latest(self.registry)
