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

from typing import Protocol

import torch

from planc_runtime.kernels.backend import is_compiled
from planc_runtime.kernels.routed import ExpertAxis, Layout, Sent, Totals


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
