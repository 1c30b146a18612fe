"""
Activations of an expert's inner rows, differentiable by autograd.

Shapes: A rows, E experts, I their intermediate size, D what comes in, 2I with a gate and else I.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from planc_runtime.kernels.gate import Bias, Gate
from planc_runtime.kernels.precision import wide


def gate_rows(rows_AD: torch.Tensor, weights_A: torch.Tensor | None, bias: Bias | None, gate: Gate) -> torch.Tensor:
    """[A, I]: what `gated` and `activated` promise, term by term; float32 inside (float64 for float64)."""
    inner_AD = rows_AD.to(wide(rows_AD.dtype))
    if bias is not None:
        inner_AD = inner_AD + bias.bias_ED.to(inner_AD.dtype)[bias.experts_A]
    if gate.is_gated:
        halves = (inner_AD[:, ::2], inner_AD[:, 1::2]) if gate.is_interleaved else inner_AD.chunk(2, dim=1)
        gate_AI, up_AI = halves
        if gate.limit is not None:
            gate_AI = gate_AI.clamp(max=gate.limit)
            up_AI = up_AI.clamp(min=-gate.limit, max=gate.limit)
        if gate.kind == "swiglu_oai":
            up_AI = up_AI + 1
        out_AI = _curve(gate_AI, gate) * up_AI
    else:
        out_AI = _curve(inner_AD, gate)
    if weights_A is not None:
        out_AI = out_AI * weights_A[:, None]
    return out_AI.to(rows_AD.dtype)


def grad_rows(
    rows_AD: torch.Tensor, weights_A: torch.Tensor | None, bias: Bias | None, gate: Gate, grad_AI: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The gradients of `gate_rows` for its rows [A, D] and its weights [A]."""
    inputs = [tensor.detach().requires_grad_() for tensor in (rows_AD, weights_A) if tensor is not None]
    with torch.enable_grad():
        out_AI = gate_rows(inputs[0], None if weights_A is None else inputs[1], bias, gate)
    grads = torch.autograd.grad(out_AI, inputs, grad_AI)
    return grads[0], None if weights_A is None else grads[1]


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
