"""
What a pass through a layer has worked out of the router's choices: all that moves its rows, and moves them again.

Shapes: T tokens of this rank, K experts per token, S rows sent, R rows received, A assignments.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from planc_runtime.dispatch.exchange import Exchange
from planc_runtime.dispatch.sizes import Sizes, assert_same
from planc_runtime.kernels import Layout


@dataclass(frozen=True)
class Places:
    """
    Indices are int32, -1 where there is none.

    Attributes:
        sizes: how much goes where.
        experts_TK: the chosen experts, over all ranks.
        tokens_S: the token of each row sent.
        sent_rows_TK: for a choice on another rank, the row sent there that carries the token.
        layout: the order of the assignments.
    """

    sizes: Sizes
    experts_TK: torch.Tensor
    tokens_S: torch.Tensor
    sent_rows_TK: torch.Tensor
    layout: Layout

    @property
    def exchange(self) -> Exchange:
        return self.sizes.exchange

    def check(self, experts_TK: torch.Tensor) -> None:
        """Have the run end where the layer chose other experts when it was computed again. The host does not wait for it."""
        assert_same(self.experts_TK, experts_TK)
