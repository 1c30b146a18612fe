"""
Weighted sums of rows.

Shapes: X and Y rows of the sources, N rows summed, K slots of a sum, H hidden size.
"""

from __future__ import annotations

import torch

from planc_runtime.kernels.precision import wide


def sum_rows(
    first_XH: torch.Tensor,
    second_YH: torch.Tensor | None,
    index_NK: torch.Tensor,
    weights_NK: torch.Tensor | None,
) -> torch.Tensor:
    """[N, H], as `kernels.sum_rows` promises."""
    rows = sources_and_zeros(first_XH, second_YH)
    if weights_NK is not None:
        weights_NK = weights_NK.masked_fill(index_NK < 0, 0.0)
    total_NH = first_XH.new_zeros((index_NK.shape[0], first_XH.shape[1]), dtype=wide(first_XH.dtype))
    for slot in range(index_NK.shape[1]):
        picked_NH = rows[index_NK[:, slot]].to(total_NH.dtype)
        total_NH += picked_NH if weights_NK is None else picked_NH * weights_NK[:, slot, None]
    return total_NH.to(first_XH.dtype)


def sources_and_zeros(first_XH: torch.Tensor, second_YH: torch.Tensor | None) -> torch.Tensor:
    """The sources stacked, and below them a row of zeros, [X + Y + 1, H]: the one that an index of -1 picks."""
    zeros = first_XH.new_zeros((1, first_XH.shape[1]))
    return torch.cat([first_XH, zeros] if second_YH is None else [first_XH, second_YH, zeros])
