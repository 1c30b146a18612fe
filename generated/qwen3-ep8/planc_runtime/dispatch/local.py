"""
Experts that all are on this rank: tokens go to them without an exchange, and nothing is read back to the host.

Shapes: T tokens, K experts per token, H hidden size, A = T * K assignments in the order of their experts, E experts.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from planc_runtime.dispatch.experts import Assignments, run_experts
from planc_runtime.kernels import ExpertAxis, Layout, Totals, gather_rows, pick_weights, start_routing, sum_rows


def lay_out(experts_TK: torch.Tensor, weights_TK: torch.Tensor, num_experts: int) -> tuple[Totals, Layout]:
    """The order of the assignments: as on a rank that has no other beside it, which sends and receives no rows."""
    routing = start_routing(experts_TK, weights_TK, ExpertAxis(num_ranks=1, num_local=num_experts, rank=0))
    totals, sent = routing.total(routing.chosen_GF), routing.send(0)
    return totals, routing.lay_out(totals, experts_TK.numel(), sent, sent.messages_SM)


class _Spread(torch.autograd.Function):
    """[T, H] tokens and their [T, K] routing weights to the [A, H] rows of their assignments and the [A] weights."""

    @staticmethod
    def forward(
        ctx: Any, tokens_TH: torch.Tensor, weights_TK: torch.Tensor, layout: Layout
    ) -> tuple[torch.Tensor, torch.Tensor]:
        ctx.save_for_backward(layout.assignments_TK)
        ctx.weights_dtype = weights_TK.dtype
        # Not the tensor of `layout` itself, which would hold the graph that this one gets.
        return gather_rows(tokens_TH, None, layout.rows_A), layout.weights_A.detach()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(
        ctx: Any, grad_AH: torch.Tensor, weights_grad_A: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, None]:
        (assignments_TK,) = ctx.saved_tensors
        weights_grad_TK = pick_weights(weights_grad_A, assignments_TK, dtype=ctx.weights_dtype)
        return sum_rows(grad_AH.contiguous(), None, assignments_TK), weights_grad_TK, None


class _Collect(torch.autograd.Function):
    """[A, H] rows of assignments to their sum by token, [T, H]."""

    @staticmethod
    def forward(ctx: Any, rows_AH: torch.Tensor, layout: Layout) -> torch.Tensor:
        # Not saved as autograd saves tensors: a layer that is recomputed would come back to this point for them.
        ctx.rows_A = layout.rows_A
        return sum_rows(rows_AH, None, layout.assignments_TK)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad_TH: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gather_rows(grad_TH.contiguous(), None, ctx.rows_A), None


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
        with torch.no_grad():
            totals, layout = lay_out(top_k_index, top_k_weights, experts.num_experts)
        rows_AH, weights_A = _Spread.apply(tokens_TH, top_k_weights, layout)
        assignments = Assignments(rows_AH, weights_A, layout.local_experts_A, totals.ends_E)
        recompute = experts.recomputes_products and experts.training
        output_AH = run_experts(experts, assignments, recompute=recompute)
        return _Collect.apply(output_AH.contiguous(), layout).to(hidden_states.dtype)
