"""
The two linear operators of the dispatch, each the other's transpose.

`dispatch` brings tokens [T, H] to the assignments of their experts, over all ranks; `combine` sums what the assignments give
[A, H] back to the tokens, over all ranks. The backward of one is the forward of the other, so both directions move the same
bytes: one row for each token and rank that it visits.

Shapes: T tokens of this rank, K experts per token, H hidden size, S rows sent, R rows received, V = T + R, A assignments of
such a row to a local expert, B = A + 1.
"""

from __future__ import annotations

from typing import Any

import torch

from planc_runtime.dispatch.exchange import Exchange, Pending
from planc_runtime.dispatch.layout import Layout, Routing, lay_out, sent_experts
from planc_runtime.kernels import gather_rows, sum_rows
from planc_runtime.metrics.sources import dispatch_time


def scatter_rows(rows_TH: torch.Tensor, tokens_S: torch.Tensor, exchange: Exchange) -> Pending:
    """Start to send rows of this rank's tokens to the ranks that they visit: [R, H] there."""
    return exchange.forward(gather_rows(rows_TH, None, tokens_S))


def sum_back(
    rows_AH: torch.Tensor, assignments_RK: torch.Tensor, parts_TK: torch.Tensor, exchange: Exchange
) -> torch.Tensor:
    """Sum assignments by received row, send the sums back and sum by token: [T, H]."""
    pending = exchange.back(sum_rows(rows_AH, None, assignments_RK))
    return sum_rows(rows_AH, pending.wait(), parts_TK)


class Dispatch(torch.autograd.Function):
    """[T, H] tokens and their [T, K] routing weights to [A, H] assignments in expert order and their [A] weights."""

    @staticmethod
    def forward(
        ctx: Any, tokens_TH: torch.Tensor, weights_TK: torch.Tensor, routing: Routing, out: list[Layout]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        with dispatch_time.span(tokens_TH.device):
            exchange, tokens_S = routing.exchange, routing.tokens_S
            # What the layout needs goes first: it is worked out while the rows, which are large, are on their way.
            weights_SK = weights_TK.float()[tokens_S]
            choices = torch.cat([sent_experts(routing), weights_SK.view(torch.int32)], dim=1)  # [S, 2K]
            choices_pending = exchange.forward(choices)
            rows_pending = scatter_rows(tokens_TH, tokens_S.to(torch.int32), exchange)
            experts_RK, bits_RK = choices_pending.wait().chunk(2, dim=1)
            layout = lay_out(routing, experts_RK)
            weights_VK = torch.cat([weights_TK.float(), bits_RK.contiguous().view(torch.float32)])
            weights_A = weights_VK.flatten()[layout.choices_A]
            rows_AH = gather_rows(tokens_TH, rows_pending.wait(), layout.rows_A)
        out.append(layout)
        ctx.exchange = exchange
        ctx.save_for_backward(
            layout.assignments_RK,
            layout.parts_TK,
            layout.assignments_TK,
            routing.sent_rows_TK,
            routing.dest_ranks_TK,
        )
        ctx.rank, ctx.weights_dtype = routing.rank, weights_TK.dtype
        return rows_AH, weights_A

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad_AH: torch.Tensor, weights_grad_A: torch.Tensor) -> tuple[Any, ...]:
        assignments_RK, parts_TK, assignments_TK, sent_rows_TK, dest_ranks_TK = ctx.saved_tensors
        with dispatch_time.span(grad_AH.device):
            # A weight of a received row goes back to where it came from; each belongs to one assignment. The last number, a
            # zero, is what an index of -1 picks.
            weights_grad_B = torch.cat([weights_grad_A, weights_grad_A.new_zeros(1)])
            weights_pending = ctx.exchange.back(weights_grad_B[assignments_RK])
            tokens_grad_TH = sum_back(grad_AH, assignments_RK, parts_TK, ctx.exchange)
            returned_SK = weights_pending.wait()
            weights_grad_TK = weights_grad_B[assignments_TK]
            if ctx.exchange.num_sent:
                num_choices = dest_ranks_TK.shape[1]
                choices_K = torch.arange(num_choices, device=dest_ranks_TK.device)
                remote_TK = returned_SK.flatten()[sent_rows_TK.clamp(min=0) * num_choices + choices_K]
                weights_grad_TK = torch.where(dest_ranks_TK == ctx.rank, weights_grad_TK, remote_TK)
        return tokens_grad_TH, weights_grad_TK.to(ctx.weights_dtype), None, None


class Combine(torch.autograd.Function):
    """[A, H] assignments in expert order to [T, H] sums over each token's experts on all ranks."""

    @staticmethod
    def forward(ctx: Any, rows_AH: torch.Tensor, routing: Routing, layout: Layout) -> torch.Tensor:
        # Kept here and not saved as autograd saves tensors: a layer that is recomputed would otherwise come back to this
        # point, through the down projection and the way back, for two lists of numbers.
        ctx.exchange = routing.exchange
        ctx.tokens_S, ctx.rows_A = routing.tokens_S.to(torch.int32), layout.rows_A
        with dispatch_time.span(rows_AH.device):
            return sum_back(rows_AH, layout.assignments_RK, layout.parts_TK, routing.exchange)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad_TH: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        grad_TH = grad_TH.contiguous()
        with dispatch_time.span(grad_TH.device):
            received_RH = scatter_rows(grad_TH, ctx.tokens_S, ctx.exchange).wait()
            return gather_rows(grad_TH, received_RH, ctx.rows_A), None, None


def dispatch(
    tokens_TH: torch.Tensor, weights_TK: torch.Tensor, routing: Routing
) -> tuple[torch.Tensor, torch.Tensor, Layout]:
    """
    Bring tokens to their experts.

    Args:
        weights_TK: routing weights.

    Returns:
        The rows of this rank's assignments [A, H] in expert order, their routing weights [A] in float32, and the layout.
    """
    out: list[Layout] = []
    rows_AH, weights_A = Dispatch.apply(tokens_TH.contiguous(), weights_TK, routing, out)
    return rows_AH, weights_A, out[0]


def combine(rows_AH: torch.Tensor, routing: Routing, layout: Layout) -> torch.Tensor:
    """Sum over each token's experts on all ranks: [T, H], every token back on its rank."""
    return Combine.apply(rows_AH.contiguous(), routing, layout)
