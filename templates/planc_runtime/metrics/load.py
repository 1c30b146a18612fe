"""How evenly tokens spread over experts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def load_of(counts: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Most over mean of each layer's counts: 1 is even, the number of experts is all on one. Layers without any are left out."""
    return {name: max(each) * len(each) / sum(each) for name, each in counts.items() if sum(each) > 0}


def rank_load_of(counts: Mapping[str, Sequence[float]], num_ranks: int) -> float | None:
    """
    Most over mean of what the ranks of an ep group get, in the layer where that is worst; None without any tokens.

    Args:
        counts: of each layer, tokens an expert; each rank has as many experts as the next, in their order.
    """
    loads = []
    for each in counts.values():
        held, total = len(each) // num_ranks, sum(each)
        if total > 0:
            by_rank = [sum(each[begin : begin + held]) for begin in range(0, len(each), held)]
            loads.append(max(by_rank) * num_ranks / total)
    return max(loads, default=None)
