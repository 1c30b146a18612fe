"""Rows in another order."""

from __future__ import annotations

import torch


def gather_rows(
    first: torch.Tensor, second: torch.Tensor | None, index: torch.Tensor, out: torch.Tensor | None
) -> torch.Tensor:
    rows = first if second is None else torch.cat([first, second])
    return torch.index_select(rows, 0, index, out=out)
