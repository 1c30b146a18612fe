"""
Dot products of rows with a gradient.

Shapes: X and Y rows of the sources, N rows of the gradient, K slots, H hidden size.
"""

from __future__ import annotations

import torch

from planc_runtime.kernels.eager.summing import sources_and_zeros
from planc_runtime.kernels.precision import wide


def dot_rows(
    first_XH: torch.Tensor, second_YH: torch.Tensor | None, index_NK: torch.Tensor, grad_NH: torch.Tensor
) -> torch.Tensor:
    """[N, K], as `kernels.dot_rows` promises."""
    rows = sources_and_zeros(first_XH, second_YH)
    grad_NH = grad_NH.to(wide(grad_NH.dtype))
    dots_N = [(rows[index_NK[:, slot]].to(grad_NH.dtype) * grad_NH).sum(1) for slot in range(index_NK.shape[1])]
    return torch.stack(dots_N, dim=1).masked_fill(index_NK < 0, 0.0)
