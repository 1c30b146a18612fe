"""Dot products of rows with a gradient."""

from __future__ import annotations

import torch

from planc_runtime.kernels.eager.summing import sources_and_zeros
from planc_runtime.kernels.precision import wide


def dot_rows(first: torch.Tensor, second: torch.Tensor | None, index: torch.Tensor, grad: torch.Tensor) -> torch.Tensor:
    rows = sources_and_zeros(first, second)
    grad = grad.to(wide(grad.dtype))
    dots = [(rows[index[:, slot]].to(grad.dtype) * grad).sum(1) for slot in range(index.shape[1])]
    return torch.stack(dots, dim=1).masked_fill(index < 0, 0.0)
