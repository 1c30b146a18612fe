"""
The two linear operators of the dispatch, each the other's transpose.

`dispatch` brings tokens [T, H] to the pairs of their experts, over all ranks; `combine` sums what the pairs give [P, H] back
to the tokens, over all ranks. The backward of one is the forward of the other, so both directions move the same bytes:
one row for each token and rank that it visits.
"""

from __future__ import annotations

from typing import Any

import torch

from planc_runtime.dispatch.exchange import Exchange, Pending
from planc_runtime.dispatch.layout import Layout, Routing, lay_out, sent_experts
from planc_runtime.kernels import gather_rows, sum_rows
from planc_runtime.metrics.sources import dispatch_time


def scatter_rows(rows: torch.Tensor, sent_tokens: torch.Tensor, exchange: Exchange) -> Pending:
    """Start to send `rows` [T, H] of this rank's tokens to the ranks that they visit: [R, H] there."""
    return exchange.forward(gather_rows(rows, None, sent_tokens))


def sum_back(
    pairs: torch.Tensor, row_pairs: torch.Tensor, token_parts: torch.Tensor, exchange: Exchange
) -> torch.Tensor:
    """Sum `pairs` [P, H] by received row, send the sums back and sum by token: [T, H]."""
    pending = exchange.back(sum_rows(pairs, None, row_pairs))
    return sum_rows(pairs, pending.wait(), token_parts)


class Dispatch(torch.autograd.Function):
    """[T, H] tokens and their [T, K] routing weights to [P, H] pairs in expert order and their [P] weights."""

    @staticmethod
    def forward(
        ctx: Any, tokens: torch.Tensor, weights: torch.Tensor, routing: Routing, out: list[Layout]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        with dispatch_time.span(tokens.device):
            exchange = routing.exchange
            sent = routing.sent_tokens.to(torch.int32)
            # What the layout needs goes first: it is worked out while the rows, which are large, are on their way.
            facts = torch.cat([sent_experts(routing), weights.float()[routing.sent_tokens].view(torch.int32)], dim=1)
            facts_pending = exchange.forward(facts)
            rows_pending = scatter_rows(tokens, sent, exchange)
            received_experts, received_weights = facts_pending.wait().chunk(2, dim=1)
            layout = lay_out(routing, received_experts)
            row_weights = torch.cat([weights.float(), received_weights.contiguous().view(torch.float32)])
            pair_weights = row_weights.flatten()[layout.pair_slots]
            pairs = gather_rows(tokens, rows_pending.wait(), layout.pair_rows)
        out.append(layout)
        ctx.exchange = routing.exchange
        ctx.save_for_backward(layout.row_pairs, layout.token_parts, layout.own_pairs, routing.sent_row, routing.owner)
        ctx.rank, ctx.weights_dtype = routing.rank, weights.dtype
        return pairs, pair_weights

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, pairs: torch.Tensor, pair_weights: torch.Tensor) -> tuple[Any, ...]:
        row_pairs, token_parts, own_pairs, sent_row, owner = ctx.saved_tensors
        with dispatch_time.span(pairs.device):
            # A weight of a received row goes back to where it came from; each belongs to one pair.
            padded = torch.cat([pair_weights, pair_weights.new_zeros(1)])
            weights_pending = ctx.exchange.back(padded[row_pairs])
            tokens = sum_back(pairs, row_pairs, token_parts, ctx.exchange)
            back = weights_pending.wait()
            weights = padded[own_pairs]
            if ctx.exchange.num_sent:
                choices = torch.arange(owner.shape[1], device=owner.device)
                remote = back.flatten()[sent_row.clamp(min=0) * owner.shape[1] + choices]
                weights = torch.where(owner == ctx.rank, weights, remote)
        return tokens, weights.to(ctx.weights_dtype), None, None


class Combine(torch.autograd.Function):
    """[P, H] pairs in expert order to [T, H] sums over each token's experts on all ranks."""

    @staticmethod
    def forward(ctx: Any, pairs: torch.Tensor, routing: Routing, layout: Layout) -> torch.Tensor:
        # Kept here and not saved as autograd saves tensors: a layer that is recomputed would otherwise come back to this
        # point, through the down projection and the way back, for two lists of numbers.
        ctx.exchange = routing.exchange
        ctx.sent, ctx.pair_rows = routing.sent_tokens.to(torch.int32), layout.pair_rows
        with dispatch_time.span(pairs.device):
            return sum_back(pairs, layout.row_pairs, layout.token_parts, routing.exchange)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, tokens: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        tokens = tokens.contiguous()
        with dispatch_time.span(tokens.device):
            received = scatter_rows(tokens, ctx.sent, ctx.exchange).wait()
            return gather_rows(tokens, received, ctx.pair_rows), None, None


def dispatch(
    tokens: torch.Tensor, weights: torch.Tensor, routing: Routing
) -> tuple[torch.Tensor, torch.Tensor, Layout]:
    """
    Bring tokens to their experts.

    Args:
        tokens: [T, H].
        weights: [T, K] routing weights.

    Returns:
        The pairs of this rank's experts [P, H] in expert order, their routing weights [P] in float32, and the layout.
    """
    out: list[Layout] = []
    pairs, pair_weights = Dispatch.apply(tokens.contiguous(), weights, routing, out)
    return pairs, pair_weights, out[0]


def combine(pairs: torch.Tensor, routing: Routing, layout: Layout) -> torch.Tensor:
    """Sum [P, H] over each token's experts on all ranks: [T, H], every token back on its rank."""
    return Combine.apply(pairs.contiguous(), routing, layout)
