"""In which format kernels compute."""

from __future__ import annotations

import torch


def wide(dtype: torch.dtype) -> torch.dtype:
    """What rows of `dtype` are summed in: float32, and float64 only for float64."""
    return torch.promote_types(dtype, torch.float32)
