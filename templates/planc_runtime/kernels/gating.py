"""
The activation between an expert's two projections, with the routing weight inside: what comes after is then a plain
sum, and the weight's gradient a dot product of the expert's width.

Shapes: P rows in the experts' order, I the experts' width. Backward keeps the rows as they came in, nothing else.
"""

from __future__ import annotations

import torch
from torch.autograd.function import once_differentiable

from planc_runtime.kernels.choosing import is_compiled
from planc_runtime.kernels.gate import Gate
from planc_runtime.kernels.rows import wide


def gated(
    gate_up: torch.Tensor,
    weights: torch.Tensor | None,
    kind: str,
    *,
    interleaved: bool = False,
    limit: float | None = None,
    alpha: float | None = None,
) -> torch.Tensor:
    """
    [P, I] of `gate_up`'s dtype: activation(gate) * up * weights[p], computed in float32. Differentiable once.

    `gate_up` [P, 2I] holds gate, then up, or with `interleaved` both in turn; `weights` [P] is float32, or None for 1.
    `kind`, `limit` and `alpha` are those of `Gate`. Raises `ValueError` for a shape, dtype or kind that is none.
    """
    if gate_up.dim() != 2 or gate_up.shape[1] % 2:
        raise ValueError(f"gate_up must be [P, 2I], not {list(gate_up.shape)}")
    gate = Gate(kind=kind, is_gated=True, is_interleaved=interleaved, limit=limit, alpha=alpha)
    return _apply(gate_up, weights, gate)


def activated(up: torch.Tensor, weights: torch.Tensor | None, kind: str) -> torch.Tensor:
    """[P, I] of `up`'s dtype: activation(up) * weights[p], for experts without a gate. Otherwise as `gated`."""
    if up.dim() != 2:
        raise ValueError(f"up must be [P, I], not {list(up.shape)}")
    return _apply(up, weights, Gate(kind=kind, is_gated=False))


def _apply(rows: torch.Tensor, weights: torch.Tensor | None, gate: Gate) -> torch.Tensor:
    if weights is not None and (weights.shape != rows.shape[:1] or weights.dtype != wide(rows.dtype)):
        raise ValueError(
            f"weights must be [{rows.shape[0]}] of {wide(rows.dtype)}, not {list(weights.shape)} of {weights.dtype}"
        )
    return _Gating.apply(rows, weights, gate)


class _Gating(torch.autograd.Function):
    @staticmethod
    def forward(ctx, rows: torch.Tensor, weights: torch.Tensor | None, gate: Gate) -> torch.Tensor:
        if is_compiled(rows):
            from planc_runtime.kernels.compiled import gating as making
        else:
            from planc_runtime.kernels.eager import gating as making
        ctx.save_for_backward(rows, weights)
        ctx.gate, ctx.making = gate, making
        return making.gate_rows(rows, weights, gate)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None, None]:
        rows, weights = ctx.saved_tensors
        grad_rows, grad_weights = ctx.making.grad_rows(rows, weights, ctx.gate, grad)
        return grad_rows, grad_weights, None
