"""
The two linear operators of the dispatch, each the other's transpose.

`dispatch` brings tokens [T, H] to the assignments of their experts, over all ranks; `combine` sums what the assignments give
[A, H] back to the tokens, over all ranks. The backward of one is the forward of the other, so both directions move the same
bytes: one row for each token and rank that it visits.

Shapes: T tokens of this rank, K experts per token, H hidden size, S rows sent, R rows received, A assignments of a row to a
local expert, E local experts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed

from planc_runtime.dispatch.exchange import Exchange, Pending
from planc_runtime.dispatch.places import Places
from planc_runtime.dispatch.sizes import Sizes, exchange_sizes
from planc_runtime.kernels import ExpertAxis, gather_rows, pick_weights, start_routing, sum_rows
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
            rows_AH = gather_rows(tokens_TH, rows_pending.wait(), places.layout.rows_A)
        out.append(places)
        layout, ctx.exchange, ctx.weights_dtype = places.layout, places.exchange, weights_TK.dtype
        ctx.save_for_backward(layout.assignments_RK, layout.parts_TK, layout.assignments_TK, places.sent_rows_TK)
        # Not the tensor of `places` itself, which would hold the graph that this one gets.
        return rows_AH, layout.weights_A.detach()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad_AH: torch.Tensor, weights_grad_A: torch.Tensor) -> tuple[Any, ...]:
        assignments_RK, parts_TK, assignments_TK, sent_rows_TK = ctx.saved_tensors
        with dispatch_time.span(grad_AH.device):
            # A weight of a received row goes back to where it came from; each belongs to one assignment.
            weights_pending = ctx.exchange.back(pick_weights(weights_grad_A, assignments_RK))
            tokens_grad_TH = sum_back(grad_AH, assignments_RK, parts_TK, ctx.exchange)
            returned_SK = weights_pending.wait()
            weights_grad_TK = pick_weights(
                weights_grad_A, assignments_TK, returned_SK, sent_rows_TK, dtype=ctx.weights_dtype
            )
        return tokens_grad_TH, weights_grad_TK, None, None


def _send(tokens_TH: torch.Tensor, weights_TK: torch.Tensor, choices: Choices) -> tuple[Places, Pending]:
    """Work out where everything goes while the rows, which are large, are on their way."""
    group, sizes = choices.group, choices.known
    axis = ExpertAxis(num_ranks=group.size(), num_local=choices.num_local, rank=group.rank())
    routing = start_routing(choices.experts_TK, weights_TK, axis)
    if sizes is None:
        sizes = exchange_sizes(routing, group)
    else:
        sizes.check(routing.chosen_GF)
    exchange = sizes.exchange
    sent = routing.send(exchange.num_sent)
    # What the layout needs goes first.
    messages_pending = exchange.forward(sent.messages_SM)
    rows_pending = scatter_rows(tokens_TH, sent.tokens_S, exchange)
    layout = routing.lay_out(sizes.totals, sizes.num_assignments, sent, messages_pending.wait())
    return Places(sizes, routing.experts_TK, sent.tokens_S, sent.sent_rows_TK, layout), rows_pending


class Combine(torch.autograd.Function):
    """[A, H] assignments in expert order to [T, H] sums over each token's experts on all ranks."""

    @staticmethod
    def forward(ctx: Any, rows_AH: torch.Tensor, places: Places) -> torch.Tensor:
        # Kept here and not saved as autograd saves tensors: a layer that is recomputed would otherwise come back to this
        # point, through the down projection and the way back, for two lists of numbers.
        ctx.exchange, ctx.tokens_S, ctx.rows_A = places.exchange, places.tokens_S, places.layout.rows_A
        with dispatch_time.span(rows_AH.device):
            return sum_back(rows_AH, places.layout.assignments_RK, places.layout.parts_TK, places.exchange)

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
