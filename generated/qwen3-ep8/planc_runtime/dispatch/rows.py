"""
The two linear operators of the dispatch, each the other's transpose.

`dispatch` brings tokens [T, H] to the assignments of their experts, over all ranks; `combine` sums what the assignments give
[A, H] back to the tokens, over all ranks. The backward of one is the forward of the other, so both directions move the same
bytes: one row for each token and rank that it visits.

Shapes: T tokens of this rank, K experts per token, H hidden size, S rows sent, R rows received, V = T + R, A assignments of
such a row to a local expert, E local experts, B = A + 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed

from planc_runtime.dispatch.exchange import Exchange, Pending
from planc_runtime.dispatch.layout import Sizes, lay_out, route, sent_experts
from planc_runtime.dispatch.places import Places
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


@dataclass(frozen=True)
class Choices:
    """
    What a first pass is to work out.

    Attributes:
        experts_TK: the chosen experts, over all ranks.
        num_local: E.
        group: the ranks that share the experts.
        known: the sizes, where they are known.
    """

    experts_TK: torch.Tensor
    num_local: int
    group: distributed.ProcessGroup
    known: Sizes | None


class Dispatch(torch.autograd.Function):
    """[T, H] tokens and their [T, K] routing weights to [A, H] assignments in expert order and their [A] weights."""

    @staticmethod
    def forward(
        ctx: Any, tokens_TH: torch.Tensor, weights_TK: torch.Tensor, choices: Choices | Places, out: list[Places]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        with dispatch_time.span(tokens_TH.device):
            if isinstance(choices, Places):
                places = choices
                rows_pending = scatter_rows(tokens_TH, places.tokens_S, places.exchange)
            else:
                places, rows_pending = _send(tokens_TH, weights_TK, choices)
            rows_AH = gather_rows(tokens_TH, rows_pending.wait(), places.rows_A)
        out.append(places)
        ctx.exchange, ctx.num_local = places.exchange, places.sizes.counts_E.shape[0]
        ctx.save_for_backward(
            places.assignments_RK,
            places.parts_TK,
            places.assignments_TK,
            places.sent_rows_TK,
            places.experts_TK,
        )
        ctx.weights_dtype = weights_TK.dtype
        # Not the tensor of `places` itself, which would hold the graph that this one gets.
        return rows_AH, places.weights_A.detach()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad_AH: torch.Tensor, weights_grad_A: torch.Tensor) -> tuple[Any, ...]:
        assignments_RK, parts_TK, assignments_TK, sent_rows_TK, experts_TK = ctx.saved_tensors
        with dispatch_time.span(grad_AH.device):
            # A weight of a received row goes back to where it came from; each belongs to one assignment. The last number, a
            # zero, is what an index of -1 picks.
            weights_grad_B = torch.cat([weights_grad_A, weights_grad_A.new_zeros(1)])
            weights_pending = ctx.exchange.back(weights_grad_B[assignments_RK])
            tokens_grad_TH = sum_back(grad_AH, assignments_RK, parts_TK, ctx.exchange)
            returned_SK = weights_pending.wait()
            weights_grad_TK = weights_grad_B[assignments_TK]
            if ctx.exchange.num_sent:
                num_choices = experts_TK.shape[1]
                choices_K = torch.arange(num_choices, device=experts_TK.device)
                remote_TK = returned_SK.flatten()[sent_rows_TK.clamp(min=0) * num_choices + choices_K]
                weights_grad_TK = torch.where(
                    experts_TK // ctx.num_local == ctx.exchange.group.rank(), weights_grad_TK, remote_TK
                )
        return tokens_grad_TH, weights_grad_TK.to(ctx.weights_dtype), None, None


def _send(tokens_TH: torch.Tensor, weights_TK: torch.Tensor, choices: Choices) -> tuple[Places, Pending]:
    """Work out where everything goes while the rows, which are large, are on their way."""
    routing = route(choices.experts_TK, num_local=choices.num_local, group=choices.group, known=choices.known)
    exchange, tokens_S = routing.exchange, routing.tokens_S
    # What the layout needs goes first.
    weights_SK = weights_TK.float()[tokens_S]
    sent = torch.cat([sent_experts(routing), weights_SK.view(torch.int32)], dim=1)  # [S, 2K]
    sent_pending = exchange.forward(sent)
    tokens_S = tokens_S.to(torch.int32)
    rows_pending = scatter_rows(tokens_TH, tokens_S, exchange)
    experts_RK, bits_RK = sent_pending.wait().chunk(2, dim=1)
    layout = lay_out(routing, experts_RK)
    weights_VK = torch.cat([weights_TK.float(), bits_RK.contiguous().view(torch.float32)])
    weights_A = weights_VK.flatten()[layout.choices_A]
    experts_TK = choices.experts_TK.to(torch.int32)
    return Places.of(experts_TK, tokens_S, routing, layout, weights_A), rows_pending


class Combine(torch.autograd.Function):
    """[A, H] assignments in expert order to [T, H] sums over each token's experts on all ranks."""

    @staticmethod
    def forward(ctx: Any, rows_AH: torch.Tensor, places: Places) -> torch.Tensor:
        # Kept here and not saved as autograd saves tensors: a layer that is recomputed would otherwise come back to this
        # point, through the down projection and the way back, for two lists of numbers.
        ctx.exchange, ctx.tokens_S, ctx.rows_A = places.exchange, places.tokens_S, places.rows_A
        with dispatch_time.span(rows_AH.device):
            return sum_back(rows_AH, places.assignments_RK, places.parts_TK, places.exchange)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad_TH: torch.Tensor) -> tuple[torch.Tensor, None]:
        grad_TH = grad_TH.contiguous()
        with dispatch_time.span(grad_TH.device):
            received_RH = scatter_rows(grad_TH, ctx.tokens_S, ctx.exchange).wait()
            return gather_rows(grad_TH, received_RH, ctx.rows_A), None


def dispatch(
    tokens_TH: torch.Tensor, weights_TK: torch.Tensor, choices: Choices | Places
) -> tuple[torch.Tensor, torch.Tensor, Places]:
    """
    Bring tokens to their experts.

    Args:
        weights_TK: routing weights.
        choices: of a first pass, or the places that it returned, for one that computes the same again.

    Returns:
        The rows of this rank's assignments [A, H] in expert order, their routing weights [A] in float32, and their places.
    """
    out: list[Places] = []
    rows_AH, weights_A = Dispatch.apply(tokens_TH.contiguous(), weights_TK, choices, out)
    return rows_AH, weights_A, out[0]


def combine(rows_AH: torch.Tensor, places: Places) -> torch.Tensor:
    """Sum over each token's experts on all ranks: [T, H], every token back on its rank."""
    return Combine.apply(rows_AH.contiguous(), places)
