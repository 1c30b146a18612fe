"""
From the routers' choices to an order of rows: how much goes where, what is sent, and what a rank computes.

A rank computes assignments of a row to one of its local experts. Rows are its own tokens and those it receives, in one
virtual stack: first the T own tokens, then the R received ones. Assignments are ordered by expert, as a grouped matrix
product wants them, and within an expert by row. Two lists of numbers say it all, one the inverse of the other: which row
each assignment takes (`rows_A`), and which assignments belong to each row (`assignments_RK`, `parts_TK`). With them nothing
is ever added by colliding writes: the backward of a gather is a sum over the inverse.

Nothing here talks to other ranks, and none of it is recorded by autograd: between the steps the caller exchanges what they give.

Shapes: T tokens of this rank, K experts per token, G ranks of the expert axis, E local experts of a rank, F = E + 1, L = 2G + 1
sizes that the host reads, S rows sent, R rows received, M = 2K numbers that travel with a row, A assignments, N rows of a pick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

from planc_runtime.kernels.backend import is_compiled


@dataclass(frozen=True)
class ExpertAxis:
    """G ranks share the experts: rank g has g * `num_local` and those after it. `rank` is this one."""

    num_ranks: int
    num_local: int
    rank: int


@dataclass(frozen=True)
class Totals:
    """
    How much this rank sends, receives and computes.

    Attributes:
        sizes_L: int64; rows to each rank, rows from each rank, A. Rows that stay are none.
        counts_E: int32, assignments of each local expert.
        ends_E: int32 end of each expert's assignments.
    """

    sizes_L: torch.Tensor
    counts_E: torch.Tensor
    ends_E: torch.Tensor


@dataclass(frozen=True)
class Sent:
    """
    What a rank sends, in the order of destination ranks, then of tokens. All are int32.

    Attributes:
        tokens_S: the token of each row.
        sent_rows_TK: for a choice on another rank, the row that carries the token there; -1 for one that stays.
        messages_SM: what travels with each row: its choices as local experts of the destination rank, E for a choice
            elsewhere, then the bits of their float32 routing weights.
    """

    tokens_S: torch.Tensor
    sent_rows_TK: torch.Tensor
    messages_SM: torch.Tensor


@dataclass(frozen=True)
class Layout:
    """
    The assignments of a rank in the order of their experts. Indices are int32, -1 where there is none.

    Attributes:
        rows_A: the row of each assignment: a token below T, else T + a received row.
        local_experts_A: its local expert.
        weights_A: its float32 routing weight.
        assignments_RK: assignments of each received row.
        assignments_TK: assignments of each own token.
        parts_TK: what an own token's output is the sum of: an assignment of its own below A, else A + the row that came
            back from another rank, once for each rank.
    """

    rows_A: torch.Tensor
    local_experts_A: torch.Tensor
    weights_A: torch.Tensor
    assignments_RK: torch.Tensor
    assignments_TK: torch.Tensor
    parts_TK: torch.Tensor


class Routing(Protocol):
    """
    One rank's choices on their way to an order of rows, step by step.

    Attributes:
        experts_TK: int32, the chosen experts over all ranks.
        chosen_GF: int64, what the tokens chose on each rank: assignments of each expert, then rows that go there, which are
            none for this rank. What other ranks' tokens chose here is the only thing that a rank must be told to go on.
    """

    experts_TK: torch.Tensor
    chosen_GF: torch.Tensor

    def total(self, received_GF: torch.Tensor) -> Totals:
        """Row g of `received_GF` is row `rank` of what rank g has as `chosen_GF`."""

    def send(self, num_sent: int) -> Sent:
        """Order what is sent: S rows, the first G numbers of `sizes_L` summed."""

    def lay_out(self, totals: Totals, num_assignments: int, sent: Sent, messages_RM: torch.Tensor) -> Layout:
        """Order the assignments, A of them; `messages_RM` is what other ranks sent, in the order of ranks."""


@torch.no_grad()
def start_routing(experts_TK: torch.Tensor, weights_TK: torch.Tensor, axis: ExpertAxis) -> Routing:
    """
    Count the choices of this rank's tokens.

    Args:
        experts_TK: numbers of the chosen experts over all ranks; one out of range is not detected.
        weights_TK: their routing weights.
    """
    if experts_TK.dim() != 2 or experts_TK.shape != weights_TK.shape:
        raise ValueError(f"experts and weights must be [T, K], not {[*experts_TK.shape]} and {[*weights_TK.shape]}")
    if is_compiled(weights_TK):
        from planc_runtime.kernels.compiled.routing import CompiledRouting as Chosen
    else:
        from planc_runtime.kernels.eager.routing import EagerRouting as Chosen
    return Chosen(experts_TK, weights_TK, axis)


@torch.no_grad()
def pick_weights(
    weights_A: torch.Tensor,
    assignments_NK: torch.Tensor,
    returned_SK: torch.Tensor | None = None,
    rows_NK: torch.Tensor | None = None,
    *,
    dtype: torch.dtype = torch.float32,
) -> torch.Tensor:
    """
    [N, K] of `dtype`: number `assignments_NK[n, k]` of `weights_A` where that is not -1, else `returned_SK[rows_NK[n, k], k]`
    where there is such a row, else 0. Both indices are int32, and `weights_A` and `returned_SK` float32.
    """
    if is_compiled(weights_A):
        from planc_runtime.kernels.compiled.picking import pick_weights as compute
    else:
        from planc_runtime.kernels.eager.picking import pick_weights as compute
    return compute(weights_A, assignments_NK, returned_SK, rows_NK, dtype)
