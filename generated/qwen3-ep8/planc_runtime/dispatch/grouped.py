"""
Matrix products and sums over consecutive groups of rows, one group for each local expert.

Shapes: A rows, group after group, E local experts, M columns of the rows, N columns of the result, H columns of a sum.
"""

from __future__ import annotations

from typing import Any

import torch

# Strides of a grouped matrix product must be multiples of this many bytes.
ALIGNMENT = 16


def grouped_linear(
    rows_AM: torch.Tensor, weight: torch.Tensor, offsets_E: torch.Tensor, *, transposed: bool
) -> torch.Tensor:
    """
    Each group of rows times its expert's matrix: [A, N].

    Args:
        weight: [E, N, M], or [E, M, N] where `transposed`.
        offsets_E: int32 end of each group.
    """
    weight_EMN = weight if transposed else weight.transpose(1, 2)
    rows_AM = rows_AM.to(weight.dtype)
    aligned = all(size * rows_AM.element_size() % ALIGNMENT == 0 for size in weight_EMN.shape[1:])
    # No rows at all are no group for the kernel; the product of one expert keeps gradients flowing, of zeros.
    if rows_AM.shape[0] == 0:
        return rows_AM @ weight_EMN[0]
    if not aligned:
        return _one_by_one(rows_AM, weight_EMN, offsets_E)
    return torch.nn.functional.grouped_mm(rows_AM, weight_EMN, offs=offsets_E)


def _one_by_one(rows_AM: torch.Tensor, weight_EMN: torch.Tensor, offsets_E: torch.Tensor) -> torch.Tensor:
    groups = torch.tensor_split(rows_AM, offsets_E[:-1].tolist())
    return torch.cat([group @ weight_MN for group, weight_MN in zip(groups, weight_EMN.unbind(), strict=True)])


def grouped_sum(rows_AH: torch.Tensor, offsets_E: torch.Tensor) -> torch.Tensor:
    """Sums of each group's rows: [E, H], accumulated in float32, in an order that is always the same."""
    if rows_AH.shape[0] == 0:
        return rows_AH.new_zeros((offsets_E.shape[0], rows_AH.shape[1]))
    if rows_AH.is_cuda and rows_AH.shape[1] * rows_AH.element_size() % ALIGNMENT == 0:
        # A product with ones: the kernel sums in float32 and knows the groups.
        ones = rows_AH.new_ones((rows_AH.shape[0], ALIGNMENT // rows_AH.element_size()))
        return torch.nn.functional.grouped_mm(ones.t(), rows_AH, offs=offsets_E)[:, 0]
    groups = torch.tensor_split(rows_AH, offsets_E[:-1].tolist())
    return torch.stack([group.float().sum(dim=0) for group in groups]).to(rows_AH.dtype)


class _AddBias(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, rows_AH: Any, bias_EH: Any, local_experts_A: Any, offsets_E: Any, weights_A: Any
    ) -> torch.Tensor:
        ctx.save_for_backward(bias_EH, local_experts_A, offsets_E, weights_A)
        bias_AH = bias_EH[local_experts_A]
        return rows_AH + (bias_AH if weights_A is None else bias_AH * weights_A.unsqueeze(1).to(bias_AH.dtype))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad_AH: torch.Tensor) -> tuple[Any, ...]:
        bias_EH, local_experts_A, offsets_E, weights_A = ctx.saved_tensors
        if weights_A is None:
            return grad_AH, grouped_sum(grad_AH, offsets_E), None, None, None
        weights_grad_A = (grad_AH * bias_EH[local_experts_A]).sum(dim=1, dtype=torch.float32)
        weighted_AH = grad_AH * weights_A.unsqueeze(1).to(grad_AH.dtype)
        return grad_AH, grouped_sum(weighted_AH, offsets_E), None, None, weights_grad_A


def add_bias(
    rows_AH: torch.Tensor,
    bias_EH: torch.Tensor,
    local_experts_A: torch.Tensor,
    offsets_E: torch.Tensor,
    *,
    weights_A: torch.Tensor | None = None,
) -> torch.Tensor:
    """
    Rows plus their expert's bias, times their weight where weights are given: [A, H].

    Args:
        local_experts_A: int32 number of the expert of each row, in order.
        offsets_E: int32 end of each expert's rows.
        weights_A: float32.
    """
    return _AddBias.apply(rows_AH, bias_EH, local_experts_A, offsets_E, weights_A)
