"""
Numbers of choices, picked from those of assignments and from those that came back.

Shapes: A assignments, S rows sent, N rows of a pick, K choices of a row.
"""

from __future__ import annotations

import torch


def pick_weights(
    weights_A: torch.Tensor,
    assignments_NK: torch.Tensor,
    returned_SK: torch.Tensor | None,
    rows_NK: torch.Tensor | None,
    dtype: torch.dtype,
) -> torch.Tensor:
    """[N, K], as `kernels.pick_weights` promises."""
    # The last number, a zero, is what an index of -1 picks.
    picked_NK = torch.cat([weights_A, weights_A.new_zeros(1)])[assignments_NK]
    if returned_SK is not None and len(returned_SK):
        returned_NK = returned_SK.gather(0, rows_NK.clamp(min=0).long())
        picked_NK = torch.where((assignments_NK < 0) & (rows_NK >= 0), returned_NK, picked_NK)
    return picked_NK.to(dtype)
