"""
Experts that all are on this rank: tokens go to them without an exchange, and nothing is read back to the host.

Shapes: T tokens, K experts per token, H hidden size, A = T * K assignments in the order of their experts, E experts.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from planc_runtime.dispatch.experts import Assignments, run_experts
from planc_runtime.kernels import gather_rows, sum_rows


class _Spread(torch.autograd.Function):
    """[T, H] tokens to the [A, H] rows of their assignments."""

    @staticmethod
    def forward(ctx: Any, tokens_TH: torch.Tensor, rows_A: torch.Tensor, assignments_TK: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(assignments_TK)
        return gather_rows(tokens_TH, None, rows_A)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad_AH: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (assignments_TK,) = ctx.saved_tensors
        return sum_rows(grad_AH.contiguous(), None, assignments_TK), None, None


class _Collect(torch.autograd.Function):
    """[A, H] rows of assignments to their sum by token, [T, H]."""

    @staticmethod
    def forward(ctx: Any, rows_AH: torch.Tensor, rows_A: torch.Tensor, assignments_TK: torch.Tensor) -> torch.Tensor:
        # Not saved as autograd saves tensors: a layer that is recomputed would come back to this point for them.
        ctx.rows_A = rows_A
        return sum_rows(rows_AH, None, assignments_TK)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad_TH: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return gather_rows(grad_TH.contiguous(), None, ctx.rows_A), None, None


class LocalExperts:
    """The forward of an experts module without expert parallelism, assignment after assignment."""

    def __init__(self, experts: nn.Module) -> None:
        self.experts = experts

    def __call__(
        self, hidden_states: torch.Tensor, top_k_index: torch.Tensor, top_k_weights: torch.Tensor
    ) -> torch.Tensor:
        """
        The weighted sum of each token's experts, [T, H].

        Args:
            hidden_states: [T, H].
            top_k_index: [T, K] numbers of the experts.
            top_k_weights: [T, K] routing weights.
        """
        experts = self.experts
        tokens_TH = hidden_states.to(experts.down_proj.dtype).contiguous()
        (num_tokens, num_choices), num_experts = top_k_index.shape, experts.num_experts
        with torch.no_grad():
            experts_A, order_A = torch.sort(top_k_index.flatten(), stable=True)
            counts_E = torch.zeros(num_experts, dtype=torch.long, device=order_A.device)
            counts_E.scatter_add_(0, experts_A, torch.ones_like(experts_A))
            offsets_E = counts_E.cumsum(0).to(torch.int32)
            numbers_A = torch.arange(order_A.shape[0], dtype=torch.int32, device=order_A.device)
            assignments_TK = torch.empty_like(numbers_A).scatter_(0, order_A, numbers_A).view(num_tokens, num_choices)
            rows_A = (order_A // num_choices).to(torch.int32)
        rows_AH = _Spread.apply(tokens_TH, rows_A, assignments_TK)
        weights_A = top_k_weights.float().flatten().gather(0, order_A)
        assignments = Assignments(rows_AH, weights_A, experts_A.to(torch.int32), offsets_E)
        recompute = experts.recomputes_products and experts.training
        output_AH = run_experts(experts, assignments, recompute=recompute)
        return _Collect.apply(output_AH.contiguous(), rows_A, assignments_TK).to(hidden_states.dtype)
