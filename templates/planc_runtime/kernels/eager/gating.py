"""Activations of an expert's inner rows, differentiable by autograd."""

from __future__ import annotations

import torch
from torch.nn import functional

from planc_runtime.kernels.gate import Gate


def gate_rows(rows: torch.Tensor, weights: torch.Tensor | None, gate: Gate) -> torch.Tensor:
    """What `gated` and `activated` promise, term by term; float32 inside (float64 for float64)."""
    wide = rows.to(torch.promote_types(rows.dtype, torch.float32))
    if gate.is_gated:
        left, right = (wide[:, ::2], wide[:, 1::2]) if gate.is_interleaved else wide.chunk(2, dim=1)
        if gate.limit is not None:
            left = left.clamp(max=gate.limit)
            right = right.clamp(min=-gate.limit, max=gate.limit)
        if gate.kind == "swiglu_oai":
            right = right + 1
        out = _curve(left, gate) * right
    else:
        out = _curve(wide, gate)
    if weights is not None:
        out = out * weights[:, None]
    return out.to(rows.dtype)


def grad_rows(
    rows: torch.Tensor, weights: torch.Tensor | None, gate: Gate, grad: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The gradients of `gate_rows` for its rows and its weights."""
    with torch.enable_grad():
        inputs = [rows.detach().requires_grad_()]
        if weights is not None:
            inputs.append(weights.detach().requires_grad_())
        out = gate_rows(inputs[0], inputs[1] if weights is not None else None, gate)
    grads = torch.autograd.grad(out, inputs, grad)
    return grads[0], grads[1] if weights is not None else None


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
