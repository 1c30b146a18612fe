"""Activations of an expert's inner rows: one pass forward, one pass backward for both gradients."""

from __future__ import annotations

import torch

from planc_runtime.kernels.compiled.gate_backward import gate_backward
from planc_runtime.kernels.compiled.gate_forward import gate_forward
from planc_runtime.kernels.compiled.sources import flat
from planc_runtime.kernels.compiled.tuning import ROUNDED, row_blocks, tiles
from planc_runtime.kernels.gate import Bias, Gate


def gate_rows(rows: torch.Tensor, weights: torch.Tensor | None, bias: Bias | None, gate: Gate) -> torch.Tensor:
    num_rows, columns = rows.shape[0], rows.shape[1] // (2 if gate.is_gated else 1)
    out = rows.new_empty((num_rows, columns))
    if out.numel() > 0:
        rows = flat(rows)
        gate_forward[tiles(num_rows, columns)](
            rows, out, num_rows, columns, rows.stride(0), *_others(weights, bias, gate), **ROUNDED
        )
    return out


def grad_rows(
    rows: torch.Tensor, weights: torch.Tensor | None, bias: Bias | None, gate: Gate, grad: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor | None]:
    num_rows, columns = grad.shape
    into_rows = rows.new_empty(rows.shape)
    into_weights = None if weights is None else weights.new_zeros(weights.shape)
    if grad.numel() > 0:
        rows, grad = flat(rows), flat(grad)
        strides = rows.stride(0), grad.stride(0), into_rows.stride(0)
        gate_backward[row_blocks(num_rows)](
            rows, grad, into_rows, into_weights, num_rows, columns, *strides, *_others(weights, bias, gate), **ROUNDED
        )
    return into_rows, into_weights


def _others(weights: torch.Tensor | None, bias: Bias | None, gate: Gate) -> tuple:
    """The arguments that both kernels end with."""
    weights = None if weights is None else weights.contiguous()
    bias_rows, experts = (None, None) if bias is None else (flat(bias.rows), bias.experts)
    bias_stride = 0 if bias_rows is None else bias_rows.stride(0)
    numbers = gate.alpha or 0.0, gate.limit or 0.0
    there = weights is not None, bias is not None, gate.limit is not None
    return weights, bias_rows, experts, bias_stride, *numbers, *there, gate.kind, gate.is_gated, gate.is_interleaved
