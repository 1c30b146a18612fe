"""
What the routing of a rank works out, as values.

Shapes: T tokens of this rank, K experts per token, G ranks of the expert axis, E local experts of a rank, L = 2G + 1 sizes that the
host reads, S rows sent, R rows received, M = 2K numbers that travel with a row, A assignments.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


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
