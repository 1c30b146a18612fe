"""Matrix products and sums over consecutive groups of rows, one group an expert."""

from __future__ import annotations

from typing import Any

import torch

# Strides of a grouped matrix product must be multiples of this many bytes.
ALIGNMENT = 16


def grouped_linear(
    rows: torch.Tensor, weight: torch.Tensor, offsets: torch.Tensor, *, transposed: bool
) -> torch.Tensor:
    """
    Each group of rows times its expert's matrix: [P, N].

    Args:
        rows: [P, M], group after group.
        weight: [L, N, M], or [L, M, N] where `transposed`.
        offsets: [L] int32 end of each group.
    """
    matrix = weight if transposed else weight.transpose(1, 2)
    rows = rows.to(weight.dtype)
    aligned = all(size * rows.element_size() % ALIGNMENT == 0 for size in matrix.shape[1:])
    # No rows at all are no group for the kernel; the product of one expert keeps gradients flowing, of zeros.
    if rows.shape[0] == 0:
        return rows @ matrix[0]
    if not aligned:
        return _one_by_one(rows, matrix, offsets)
    return torch.nn.functional.grouped_mm(rows, matrix, offs=offsets)


def _one_by_one(rows: torch.Tensor, matrix: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    parts = torch.tensor_split(rows, offsets[:-1].tolist())
    return torch.cat([part @ each for part, each in zip(parts, matrix.unbind(), strict=True)])


def grouped_sum(rows: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """Sums of each group's rows [P, N]: [L, N], accumulated in float32, in an order that is always the same."""
    if rows.shape[0] == 0:
        return rows.new_zeros((offsets.shape[0], rows.shape[1]))
    if rows.is_cuda and rows.shape[1] * rows.element_size() % ALIGNMENT == 0:
        # A product with ones: the kernel sums in float32 and knows the groups.
        ones = rows.new_ones((rows.shape[0], ALIGNMENT // rows.element_size()))
        return torch.nn.functional.grouped_mm(ones.t(), rows, offs=offsets)[:, 0]
    parts = torch.tensor_split(rows, offsets[:-1].tolist())
    return torch.stack([part.float().sum(dim=0) for part in parts]).to(rows.dtype)


class _AddBias(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Any, bias: Any, experts: Any, offsets: Any, weights: Any) -> torch.Tensor:
        ctx.save_for_backward(bias, experts, offsets, weights)
        each = bias[experts]
        return rows + (each if weights is None else each * weights.unsqueeze(1).to(each.dtype))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[Any, ...]:
        bias, experts, offsets, weights = ctx.saved_tensors
        if weights is None:
            return grad, grouped_sum(grad, offsets), None, None, None
        weights_grad = (grad * bias[experts]).sum(dim=1, dtype=torch.float32)
        weighted = grad * weights.unsqueeze(1).to(grad.dtype)
        return grad, grouped_sum(weighted, offsets), None, None, weights_grad


def add_bias(
    rows: torch.Tensor,
    bias: torch.Tensor,
    experts: torch.Tensor,
    offsets: torch.Tensor,
    *,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """
    Rows [P, N] plus their expert's bias, times their weight where weights are given.

    Args:
        bias: [L, N].
        experts: [P] int32 number of the expert of each row, in order.
        offsets: [L] int32 end of each expert's rows.
        weights: [P] float32.
    """
    return _AddBias.apply(rows, bias, experts, offsets, weights)
