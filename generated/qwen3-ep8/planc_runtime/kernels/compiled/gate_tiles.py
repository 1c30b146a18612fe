"""
Gate and up of a tile of rows into registers and back, in both layouts.

Shapes: R rows and C columns of a tile, P = 2C columns of both side by side.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def load_biased_gate(
    starts_R,
    start,
    is_row_R,
    columns,
    bias,
    experts,
    bias_stride,
    has_bias: tl.constexpr,
    is_gated: tl.constexpr,
    is_interleaved: tl.constexpr,
    block_columns: tl.constexpr,
):
    """`load_gate`, and to each row the bias of the expert that `experts` points to."""
    gate_RC, up_RC = load_gate(starts_R, start, is_row_R, columns, is_gated, is_interleaved, block_columns)
    if has_bias:
        experts_R = tl.load(experts, mask=is_row_R, other=0).to(tl.int64)
        bias_starts_R = bias + experts_R * bias_stride
        gate_bias_RC, up_bias_RC = load_gate(
            bias_starts_R, start, is_row_R, columns, is_gated, is_interleaved, block_columns
        )
        gate_RC += gate_bias_RC
        up_RC += up_bias_RC
    return gate_RC, up_RC


@triton.jit
def load_gate(
    starts_R,
    start,
    is_row_R,
    columns,
    is_gated: tl.constexpr,
    is_interleaved: tl.constexpr,
    block_columns: tl.constexpr,
):
    """Gate and up, in float32, of the rows at `starts_R` from column `start`; without a gate the same tile twice."""
    starts_R1 = starts_R[:, None]
    if is_interleaved:
        # Both in one read of neighbours, taken apart in registers.
        cols_P = 2 * start + tl.arange(0, 2 * block_columns)
        mask = is_row_R[:, None] & (cols_P < 2 * columns)[None, :]
        both_RP = tl.load(starts_R1 + cols_P[None, :], mask=mask, other=0.0).to(tl.float32)
        gate_RC, up_RC = tl.split(tl.reshape(both_RP, (starts_R1.shape[0], block_columns, 2)))
    else:
        cols_C = start + tl.arange(0, block_columns)
        mask = is_row_R[:, None] & (cols_C < columns)[None, :]
        gate_RC = tl.load(starts_R1 + cols_C[None, :], mask=mask, other=0.0).to(tl.float32)
        up_RC = gate_RC
        if is_gated:
            up_RC = tl.load(starts_R1 + columns + cols_C[None, :], mask=mask, other=0.0).to(tl.float32)
    return gate_RC, up_RC


@triton.jit
def store_gate(
    starts_R,
    start,
    columns,
    gate_RC,
    up_RC,
    is_gated: tl.constexpr,
    is_interleaved: tl.constexpr,
    block_columns: tl.constexpr,
):
    """The other way, for one row."""
    dtype = starts_R.dtype.element_ty
    starts_R1 = starts_R[:, None]
    if is_interleaved:
        cols_P = 2 * start + tl.arange(0, 2 * block_columns)
        both_RP = tl.reshape(tl.join(gate_RC, up_RC), (1, 2 * block_columns))
        tl.store(starts_R1 + cols_P[None, :], both_RP.to(dtype), mask=(cols_P < 2 * columns)[None, :])
    else:
        cols_C = start + tl.arange(0, block_columns)
        mask = (cols_C < columns)[None, :]
        tl.store(starts_R1 + cols_C[None, :], gate_RC.to(dtype), mask=mask)
        if is_gated:
            tl.store(starts_R1 + columns + cols_C[None, :], up_RC.to(dtype), mask=mask)
