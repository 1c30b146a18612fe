"""
Activations of an expert's inner rows: one pass forward, one pass backward for both gradients.

Shapes: A rows, E experts, I their intermediate size, D what comes in, 2I with a gate and else I.
"""

from __future__ import annotations

import torch

from planc_runtime.kernels.compiled.gate_backward import gate_backward
from planc_runtime.kernels.compiled.gate_forward import gate_forward
from planc_runtime.kernels.compiled.sources import flat
from planc_runtime.kernels.compiled.tuning import ROUNDED, row_blocks, tiles
from planc_runtime.kernels.gate import Bias, Gate


def gate_rows(rows_AD: torch.Tensor, weights_A: torch.Tensor | None, bias: Bias | None, gate: Gate) -> torch.Tensor:
    num_rows, columns = rows_AD.shape[0], rows_AD.shape[1] // (2 if gate.is_gated else 1)
    out_AI = rows_AD.new_empty((num_rows, columns))
    if out_AI.numel() > 0:
        rows_AD = flat(rows_AD)
        gate_forward[tiles(num_rows, columns)](
            rows_AD, out_AI, num_rows, columns, rows_AD.stride(0), *_trailing(weights_A, bias, gate), **ROUNDED
        )
    return out_AI


def grad_rows(
    rows_AD: torch.Tensor, weights_A: torch.Tensor | None, bias: Bias | None, gate: Gate, grad_AI: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor | None]:
    num_rows, columns = grad_AI.shape
    rows_grad_AD = rows_AD.new_empty(rows_AD.shape)
    weights_grad_A = None if weights_A is None else weights_A.new_zeros(weights_A.shape)
    if grad_AI.numel() > 0:
        rows_AD, grad_AI = flat(rows_AD), flat(grad_AI)
        strides = rows_AD.stride(0), grad_AI.stride(0), rows_grad_AD.stride(0)
        gate_backward[row_blocks(num_rows)](
            rows_AD,
            grad_AI,
            rows_grad_AD,
            weights_grad_A,
            num_rows,
            columns,
            *strides,
            *_trailing(weights_A, bias, gate),
            **ROUNDED,
        )
    return rows_grad_AD, weights_grad_A


def _trailing(weights_A: torch.Tensor | None, bias: Bias | None, gate: Gate) -> tuple:
    """The arguments that both kernels end with."""
    weights_A = None if weights_A is None else weights_A.contiguous()
    bias_ED, experts_A = (None, None) if bias is None else (flat(bias.bias_ED), bias.experts_A)
    bias_stride = 0 if bias_ED is None else bias_ED.stride(0)
    numbers = gate.alpha or 0.0, gate.limit or 0.0
    has = weights_A is not None, bias is not None, gate.limit is not None
    return weights_A, bias_ED, experts_A, bias_stride, *numbers, *has, gate.kind, gate.is_gated, gate.is_interleaved
