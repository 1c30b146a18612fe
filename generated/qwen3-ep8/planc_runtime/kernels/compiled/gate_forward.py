"""Activation times up times weight, in tiles: reads gate and up, writes the product."""

from __future__ import annotations

import triton
import triton.language as tl

from planc_runtime.kernels.compiled.curves import clamp, curve
from planc_runtime.kernels.compiled.gate_tiles import load_biased_gate
from planc_runtime.kernels.compiled.sources import tile_of
from planc_runtime.kernels.compiled.tuning import tuned_tiles


@tuned_tiles
@triton.jit(do_not_specialize=["num_rows"])
def gate_forward(
    rows,
    out,
    num_rows,
    columns,
    row_stride,
    weights,
    bias,
    experts,
    bias_stride,
    alpha,
    limit,
    has_weights: tl.constexpr,
    has_bias: tl.constexpr,
    has_limit: tl.constexpr,
    kind: tl.constexpr,
    is_gated: tl.constexpr,
    is_interleaved: tl.constexpr,
    block_rows: tl.constexpr,
    block_columns: tl.constexpr,
):
    at, start = tile_of(columns, block_rows, block_columns)
    is_row = at < num_rows
    left, right = load_biased_gate(
        rows + at * row_stride,
        start,
        is_row,
        columns,
        bias,
        experts + at if has_bias else None,
        bias_stride,
        has_bias,
        is_gated,
        is_interleaved,
        block_columns,
    )
    if has_limit:
        left, right = clamp(left, right, limit)
    if kind == "swiglu_oai":
        right += 1
    value, _ = curve(left, alpha, kind)
    if is_gated:
        value *= right
    if has_weights:
        value *= tl.load(weights + at, mask=is_row, other=0.0)[:, None]
    cols = start + tl.arange(0, block_columns)
    target = out + (at * columns)[:, None] + cols[None, :]
    tl.store(target, value.to(out.dtype.element_ty), mask=is_row[:, None] & (cols < columns)[None, :])
