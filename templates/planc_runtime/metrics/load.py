"""How evenly tokens spread over experts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def load_of(counts: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Most over mean of each layer's counts: 1 is even, the number of experts is all on one. Layers without any are left out."""
    return {name: max(each) * len(each) / sum(each) for name, each in counts.items() if sum(each) > 0}
