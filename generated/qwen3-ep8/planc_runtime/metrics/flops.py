"""
Floating-point operations that training takes, by the convention of published figures.

A token takes 6 for each parameter that works on it: 2 in forward, 4 in backward. Of routed experts these are the chosen
ones; the input embedding is looked up, not multiplied. Causal attention comes on top: a token sees half of the sequence on
average. What activation recompute repeats is not counted, nor is the work of norms, activations and the router's softmax.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def flops_of(
    config: Any, shapes: Iterable[tuple[str, tuple[int, ...]]], *, sequence: int, experts_per_token: int
) -> Flops:
    """
    The operations for a token of a sequence of `sequence` tokens.

    Args:
        config: transformers' config of the text model.
        shapes: name and whole (unsharded) shape of each of its parameters, those that are tied once.
    """
    active = 0.0
    shapes = list(shapes)
    is_tied = not any(name.endswith("lm_head.weight") for name, _ in shapes)
    for name, shape in shapes:
        size = 1
        for dim in shape:
            size *= dim
        if ".experts." in name:
            active += size * experts_per_token / shape[0]
        elif not name.endswith("embed_tokens.weight") or is_tied:
            active += size
    return Flops(matrices=6 * active, attention=attention_flops(config, sequence=sequence))


def attention_flops(config: Any, *, sequence: int) -> float:
    """Of all layers' attention, forward and backward, for one token: both products, each with every key it sees."""
    heads = config.num_attention_heads
    if getattr(config, "kv_lora_rank", None):
        widths = config.qk_nope_head_dim + config.qk_rope_head_dim + config.v_head_dim
    else:
        widths = 2 * (getattr(config, "head_dim", None) or config.hidden_size // heads)
    return 6 * heads * widths * sum(mean_keys(sequence, window) for window in windows_of(config))


def mean_keys(sequence: int, window: int | None) -> float:
    """How many keys a token sees on average."""
    if window is None or window >= sequence:
        return sequence / 2
    return window - window * window / (2 * sequence)


def windows_of(config: Any) -> list[int | None]:
    """The sliding window of each layer, None where it sees everything before it."""
    window = getattr(config, "sliding_window", None)
    if getattr(config, "use_sliding_window", True) is False:
        window = None
    kinds = getattr(config, "layer_types", None) or ["sliding_attention"] * config.num_hidden_layers
    # Layers of another kind (linear attention, convolutions) have no products of queries and keys.
    return [
        window if kind == "sliding_attention" else None
        for kind in kinds
        if "attention" in kind and "linear" not in kind
    ]
