"""
The activation between an expert's two projections, with the routing weight inside: what comes after is then a plain
sum, and the weight's gradient a dot product of the expert's width.

Shapes: P rows in the experts' order, I the experts' width. Backward keeps the rows as they came in, nothing else.
"""

from __future__ import annotations

import torch
from torch.autograd.function import once_differentiable

from planc_runtime.kernels.choosing import is_compiled
from planc_runtime.kernels.gate import Bias, Gate
from planc_runtime.kernels.precision import wide


def gated(
    gate_up: torch.Tensor,
    weights: torch.Tensor | None,
    kind: str,
    *,
    interleaved: bool = False,
    limit: float | None = None,
    alpha: float | None = None,
    bias: torch.Tensor | None = None,
    ends: torch.Tensor | None = None,
) -> torch.Tensor:
    """
    [P, I] of `gate_up`'s dtype: activation(gate) * up * weights[p], computed in float32. Differentiable once.

    `gate_up` [P, 2I] holds gate, then up, or with `interleaved` both in turn; `weights` [P] is float32, or None for 1.
    `kind`, `limit` and `alpha` are those of `Gate`. `bias` [E, 2I] is added first, to every row that of its expert:
    expert e has the rows from ends[e - 1] up to ends[e], and the last of `ends` [E] (int32) is P.

    Raises `ValueError` for a shape, dtype or kind that is none of these.
    """
    if gate_up.dim() != 2 or gate_up.shape[1] % 2:
        raise ValueError(f"gate_up must be [P, 2I], not {list(gate_up.shape)}")
    gate = Gate(kind=kind, is_gated=True, is_interleaved=interleaved, limit=limit, alpha=alpha)
    return _apply(gate_up, weights, bias, _experts(gate_up, bias, ends), gate)


def activated(up: torch.Tensor, weights: torch.Tensor | None, kind: str) -> torch.Tensor:
    """[P, I] of `up`'s dtype: activation(up) * weights[p], for experts without a gate. Otherwise as `gated`."""
    if up.dim() != 2:
        raise ValueError(f"up must be [P, I], not {list(up.shape)}")
    return _apply(up, weights, None, None, Gate(kind=kind, is_gated=False))


def _experts(gate_up: torch.Tensor, bias: torch.Tensor | None, ends: torch.Tensor | None) -> torch.Tensor | None:
    """The expert of every row, [P] int32."""
    if bias is None and ends is None:
        return None
    if bias is None or ends is None:
        raise ValueError("bias and ends belong together: give both or none")
    if ends.dtype != torch.int32 or ends.dim() != 1 or bias.shape != (ends.shape[0], gate_up.shape[1]):
        raise ValueError(
            f"ends must be [E] of torch.int32 and bias [E, {gate_up.shape[1]}], "
            f"not {list(ends.shape)} of {ends.dtype} and {list(bias.shape)}"
        )
    at = torch.arange(gate_up.shape[0], dtype=torch.int32, device=ends.device)
    return torch.searchsorted(ends, at, right=True, out_int32=True)


def _apply(
    rows: torch.Tensor,
    weights: torch.Tensor | None,
    bias: torch.Tensor | None,
    experts: torch.Tensor | None,
    gate: Gate,
) -> torch.Tensor:
    if weights is not None and (weights.shape != rows.shape[:1] or weights.dtype != wide(rows.dtype)):
        raise ValueError(
            f"weights must be [{rows.shape[0]}] of {wide(rows.dtype)}, not {list(weights.shape)} of {weights.dtype}"
        )
    return _Gating.apply(rows, weights, bias, experts, gate)


class _Gating(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx,
        rows: torch.Tensor,
        weights: torch.Tensor | None,
        bias: torch.Tensor | None,
        experts: torch.Tensor | None,
        gate: Gate,
    ) -> torch.Tensor:
        if is_compiled(rows):
            from planc_runtime.kernels.compiled import gating as making
        else:
            from planc_runtime.kernels.eager import gating as making
        ctx.save_for_backward(rows, weights, bias, experts)
        ctx.gate, ctx.making = gate, making
        return making.gate_rows(rows, weights, _bias(bias, experts), gate)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        rows, weights, bias, experts = ctx.saved_tensors
        into_rows, into_weights = ctx.making.grad_rows(rows, weights, _bias(bias, experts), ctx.gate, grad)
        into_bias = None
        if ctx.needs_input_grad[2]:
            # A sum of each expert's rows, as a product: it reads them once, however unequal the experts are.
            every = torch.arange(bias.shape[0], dtype=experts.dtype, device=experts.device)
            into_bias = (every[:, None] == experts).to(into_rows.dtype) @ into_rows
        return into_rows, into_weights, into_bias, None, None


def _bias(rows: torch.Tensor | None, experts: torch.Tensor | None) -> Bias | None:
    return None if rows is None else Bias(rows=rows, experts=experts)
