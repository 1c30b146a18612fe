"""
Rows in another order.

Shapes: X and Y rows of the sources, P rows picked, H hidden size.
"""

from __future__ import annotations

import torch


def gather_rows(
    first_XH: torch.Tensor, second_YH: torch.Tensor | None, index_P: torch.Tensor, out_PH: torch.Tensor | None
) -> torch.Tensor:
    """[P, H], as `kernels.gather_rows` promises."""
    rows = first_XH if second_YH is None else torch.cat([first_XH, second_YH])
    return torch.index_select(rows, 0, index_P, out=out_PH)
