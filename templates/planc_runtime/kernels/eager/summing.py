"""Weighted sums of rows."""

from __future__ import annotations

import torch

from planc_runtime.kernels.precision import wide


def sum_rows(
    first: torch.Tensor, second: torch.Tensor | None, index: torch.Tensor, weights: torch.Tensor | None
) -> torch.Tensor:
    rows = sources_and_zeros(first, second)
    if weights is not None:
        weights = weights.masked_fill(index < 0, 0.0)
    total = first.new_zeros((index.shape[0], first.shape[1]), dtype=wide(first.dtype))
    for slot in range(index.shape[1]):
        picked = rows[index[:, slot]].to(total.dtype)
        total += picked if weights is None else picked * weights[:, slot, None]
    return total.to(first.dtype)


def sources_and_zeros(first: torch.Tensor, second: torch.Tensor | None) -> torch.Tensor:
    """The sources stacked, and below them a row of zeros: the one that an index of -1 picks."""
    zeros = first.new_zeros((1, first.shape[1]))
    return torch.cat([first, zeros] if second is None else [first, second, zeros])
