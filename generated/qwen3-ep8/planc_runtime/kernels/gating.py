"""
The activation between an expert's two projections, with the routing weight inside: what comes after is then a plain
sum, and the weight's gradient a dot product of the expert's width.

Shapes: A assignments, in the order of their experts, E experts, I their intermediate size, D what comes in, 2I with a gate
and else I. Backward keeps the rows as they came in, nothing else.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from planc_runtime.kernels.backend import is_compiled
from planc_runtime.kernels.gate import Bias, Gate
from planc_runtime.kernels.precision import wide


def gated(
    gate_up_AD: torch.Tensor,
    weights_A: torch.Tensor | None,
    kind: str,
    *,
    interleaved: bool = False,
    limit: float | None = None,
    alpha: float | None = None,
    bias_ED: torch.Tensor | None = None,
    offsets_E: torch.Tensor | None = None,
) -> torch.Tensor:
    """
    [A, I] of `gate_up_AD`'s dtype: activation(gate) * up * weights_A[a], computed in float32. Differentiable once.

    `gate_up_AD` [A, 2I] holds gate, then up, or with `interleaved` both in turn; `weights_A` is float32, or None for 1.
    `kind`, `limit` and `alpha` are those of `Gate`. `bias_ED` [E, 2I] is added first, to every row that of its expert:
    expert e has the rows from offsets_E[e - 1] up to offsets_E[e], and the last of `offsets_E` (int32) is A.

    Raises:
        ValueError: a shape, dtype or kind is none of these.
    """
    if gate_up_AD.dim() != 2 or gate_up_AD.shape[1] % 2:
        raise ValueError(f"gate_up must be [A, 2I], not {list(gate_up_AD.shape)}")
    gate = Gate(kind=kind, is_gated=True, is_interleaved=interleaved, limit=limit, alpha=alpha)
    return _apply(gate_up_AD, weights_A, bias_ED, _experts_of(gate_up_AD, bias_ED, offsets_E), gate)


def activated(up_AI: torch.Tensor, weights_A: torch.Tensor | None, kind: str) -> torch.Tensor:
    """[A, I] of `up_AI`'s dtype: activation(up) * weights_A[a], for experts without a gate. Otherwise as `gated`."""
    if up_AI.dim() != 2:
        raise ValueError(f"up must be [A, I], not {list(up_AI.shape)}")
    return _apply(up_AI, weights_A, None, None, Gate(kind=kind, is_gated=False))


def _experts_of(
    gate_up_AD: torch.Tensor, bias_ED: torch.Tensor | None, offsets_E: torch.Tensor | None
) -> torch.Tensor | None:
    """The expert of every row, [A] int32."""
    if bias_ED is None and offsets_E is None:
        return None
    if bias_ED is None or offsets_E is None:
        raise ValueError("bias and offsets belong together: give both or none")
    wanted = (offsets_E.shape[0], gate_up_AD.shape[1])
    if offsets_E.dtype != torch.int32 or offsets_E.dim() != 1 or bias_ED.shape != wanted:
        raise ValueError(
            f"offsets must be [E] of torch.int32 and bias [E, {gate_up_AD.shape[1]}], "
            f"not {list(offsets_E.shape)} of {offsets_E.dtype} and {list(bias_ED.shape)}"
        )
    numbers_A = torch.arange(gate_up_AD.shape[0], dtype=torch.int32, device=offsets_E.device)
    return torch.searchsorted(offsets_E, numbers_A, right=True, out_int32=True)


def _apply(
    rows_AD: torch.Tensor,
    weights_A: torch.Tensor | None,
    bias_ED: torch.Tensor | None,
    experts_A: torch.Tensor | None,
    gate: Gate,
) -> torch.Tensor:
    dtype = wide(rows_AD.dtype)
    if weights_A is not None and (weights_A.shape != rows_AD.shape[:1] or weights_A.dtype != dtype):
        raise ValueError(
            f"weights must be [{rows_AD.shape[0]}] of {dtype}, not {list(weights_A.shape)} of {weights_A.dtype}"
        )
    return _Gating.apply(rows_AD, weights_A, bias_ED, experts_A, gate)


class _Gating(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        rows_AD: torch.Tensor,
        weights_A: torch.Tensor | None,
        bias_ED: torch.Tensor | None,
        experts_A: torch.Tensor | None,
        gate: Gate,
    ) -> torch.Tensor:
        if is_compiled(rows_AD):
            from planc_runtime.kernels.compiled import gating as backend
        else:
            from planc_runtime.kernels.eager import gating as backend
        ctx.save_for_backward(rows_AD, weights_A, bias_ED, experts_A)
        ctx.gate, ctx.backend = gate, backend
        return backend.gate_rows(rows_AD, weights_A, _bias(bias_ED, experts_A), gate)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_AI: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        rows_AD, weights_A, bias_ED, experts_A = ctx.saved_tensors
        bias = _bias(bias_ED, experts_A)
        rows_grad_AD, weights_grad_A = ctx.backend.grad_rows(rows_AD, weights_A, bias, ctx.gate, grad_AI)
        bias_grad_ED = None
        if ctx.needs_input_grad[2]:
            # A sum of each expert's rows, as a product: it reads them once, however unequal the experts are.
            numbers_E = torch.arange(bias_ED.shape[0], dtype=experts_A.dtype, device=experts_A.device)
            bias_grad_ED = (numbers_E[:, None] == experts_A).to(rows_grad_AD.dtype) @ rows_grad_AD
        return rows_grad_AD, weights_grad_A, bias_grad_ED, None, None


def _bias(bias_ED: torch.Tensor | None, experts_A: torch.Tensor | None) -> Bias | None:
    return None if bias_ED is None else Bias(bias_ED=bias_ED, experts_A=experts_A)
