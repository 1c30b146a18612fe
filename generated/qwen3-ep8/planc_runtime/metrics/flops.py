"""
Floating-point operations that training takes, by the convention of published figures: the lock says how many a token takes.

They are 6 for each parameter that works on it, forward and backward, 4 for one that is frozen, and causal attention's for each key that it sees. What
activation recompute repeats is not counted, nor is the work of activations and the router's softmax.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Flops:
    """Operations of forward and backward for one token."""

    matrices: float
    attention: float

    @property
    def total(self) -> float:
        return self.matrices + self.attention


def flops_of(per_token: dict[str, Any], *, sequence: int, num_layers: int | None = None) -> Flops:
    """
    The operations for a token of a sequence of `sequence` tokens.

    Args:
        per_token: the lock's `model.flops_per_token`.
        num_layers: of a model that has only the first of the layers; None for all.
    """
    matrices, attention = per_token["outside"], 0.0
    for kind in per_token["kinds"]:
        count = len([layer for layer in kind["layers"] if num_layers is None or layer < num_layers])
        matrices += count * kind["matrices"]
        if kind["attention"] is not None:
            attention += count * kind["attention"]["per_key"] * mean_keys(sequence, kind["attention"]["window"])
    return Flops(matrices=matrices, attention=attention)


def mean_keys(sequence: int, window: int | None) -> float:
    """How many keys a token sees on average."""
    if window is None or window >= sequence:
        return sequence / 2
    return window - window * window / (2 * sequence)
