"""
What a pass through a layer has worked out of the router's choices: all that moves its rows, and moves them again.

Shapes: T tokens of this rank, K experts per token, S rows sent, R rows received, A assignments.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from planc_runtime.dispatch.exchange import Exchange
from planc_runtime.dispatch.layout import Layout, Routing, Sizes


@dataclass(frozen=True)
class Places:
    """
    Indices are int32, -1 where there is none, but for `sent_rows_TK`.

    Attributes:
        sizes: how much goes where.
        experts_TK: the chosen experts, over all ranks.
        tokens_S: the token of each row sent.
        sent_rows_TK: int64; for a choice on another rank, the row sent there that carries the token.
        rows_A: the row of each assignment, a token below T, else T + a received row.
        local_experts_A: its local expert.
        weights_A: its float32 routing weight.
        assignments_RK: assignments of each received row.
        assignments_TK: assignments of each own token.
        parts_TK: what an own token's output is the sum of, as in `Layout`.
    """

    sizes: Sizes
    experts_TK: torch.Tensor
    tokens_S: torch.Tensor
    sent_rows_TK: torch.Tensor
    rows_A: torch.Tensor
    local_experts_A: torch.Tensor
    weights_A: torch.Tensor
    assignments_RK: torch.Tensor
    assignments_TK: torch.Tensor
    parts_TK: torch.Tensor

    @property
    def exchange(self) -> Exchange:
        return self.sizes.exchange

    @classmethod
    def of(
        cls,
        experts_TK: torch.Tensor,
        tokens_S: torch.Tensor,
        routing: Routing,
        layout: Layout,
        weights_A: torch.Tensor,
    ) -> Places:
        return cls(
            sizes=routing.sizes,
            experts_TK=experts_TK,
            tokens_S=tokens_S,
            sent_rows_TK=routing.sent_rows_TK,
            rows_A=layout.rows_A,
            local_experts_A=layout.local_experts_A,
            weights_A=weights_A,
            assignments_RK=layout.assignments_RK,
            assignments_TK=layout.assignments_TK,
            parts_TK=layout.parts_TK,
        )

    def check(self, experts_TK: torch.Tensor) -> None:
        """Have the run end where the layer chose other experts when it was computed again. The host does not wait for it."""
        is_same = (self.experts_TK == experts_TK).all()
        torch._assert_async(is_same, "a layer chose other experts when it was computed again")
