"""
Activation times up times weight, in tiles: reads gate and up, writes the product.

Shapes: R rows and C columns of a tile. Arguments of the kernel are pointers and sizes.
"""

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
    rows_R, start = tile_of(columns, block_rows, block_columns)
    is_row_R = rows_R < num_rows
    gate_RC, up_RC = load_biased_gate(
        rows + rows_R * row_stride,
        start,
        is_row_R,
        columns,
        bias,
        experts + rows_R if has_bias else None,
        bias_stride,
        has_bias,
        is_gated,
        is_interleaved,
        block_columns,
    )
    if has_limit:
        gate_RC, up_RC = clamp(gate_RC, up_RC, limit)
    if kind == "swiglu_oai":
        up_RC += 1
    value_RC, _ = curve(gate_RC, alpha, kind)
    if is_gated:
        value_RC *= up_RC
    if has_weights:
        value_RC *= tl.load(weights + rows_R, mask=is_row_R, other=0.0)[:, None]
    cols_C = start + tl.arange(0, block_columns)
    target_RC = out + (rows_R * columns)[:, None] + cols_C[None, :]
    tl.store(target_RC, value_RC.to(out.dtype.element_ty), mask=is_row_R[:, None] & (cols_C < columns)[None, :])
