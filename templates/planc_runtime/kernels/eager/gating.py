"""Activations of an expert's inner rows, differentiable by autograd."""

from __future__ import annotations

import torch
from torch.nn import functional

from planc_runtime.kernels.gate import Bias, Gate
from planc_runtime.kernels.precision import wide


def gate_rows(rows: torch.Tensor, weights: torch.Tensor | None, bias: Bias | None, gate: Gate) -> torch.Tensor:
    """What `gated` and `activated` promise, term by term; float32 inside (float64 for float64)."""
    inner = rows.to(wide(rows.dtype))
    if bias is not None:
        inner = inner + bias.rows.to(inner.dtype)[bias.experts]
    if gate.is_gated:
        left, right = (inner[:, ::2], inner[:, 1::2]) if gate.is_interleaved else inner.chunk(2, dim=1)
        if gate.limit is not None:
            left = left.clamp(max=gate.limit)
            right = right.clamp(min=-gate.limit, max=gate.limit)
        if gate.kind == "swiglu_oai":
            right = right + 1
        out = _curve(left, gate) * right
    else:
        out = _curve(inner, gate)
    if weights is not None:
        out = out * weights[:, None]
    return out.to(rows.dtype)


def grad_rows(
    rows: torch.Tensor, weights: torch.Tensor | None, bias: Bias | None, gate: Gate, grad: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The gradients of `gate_rows` for its rows and its weights."""
    inputs = [tensor.detach().requires_grad_() for tensor in (rows, weights) if tensor is not None]
    with torch.enable_grad():
        out = gate_rows(inputs[0], None if weights is None else inputs[1], bias, gate)
    grads = torch.autograd.grad(out, inputs, grad)
    return grads[0], None if weights is None else grads[1]


def _curve(x: torch.Tensor, gate: Gate) -> torch.Tensor:
    match gate.kind:
        case "silu":
            return functional.silu(x)
        case "gelu":
            return functional.gelu(x)
        case "gelu_tanh":
            return functional.gelu(x, approximate="tanh")
        case "relu2":
            return functional.relu(x).square()
        case "swiglu_oai":
            return x * torch.sigmoid(gate.alpha * x)
