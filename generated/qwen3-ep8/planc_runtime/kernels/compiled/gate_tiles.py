"""Gate and up of a tile of rows into registers and back, in both layouts."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def load_biased_gate(
    starts,
    start,
    is_row,
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
    left, right = load_gate(starts, start, is_row, columns, is_gated, is_interleaved, block_columns)
    if has_bias:
        expert = tl.load(experts, mask=is_row, other=0).to(tl.int64)
        bias_starts = bias + expert * bias_stride
        more_left, more_right = load_gate(bias_starts, start, is_row, columns, is_gated, is_interleaved, block_columns)
        left += more_left
        right += more_right
    return left, right


@triton.jit
def load_gate(
    starts,
    start,
    is_row,
    columns,
    is_gated: tl.constexpr,
    is_interleaved: tl.constexpr,
    block_columns: tl.constexpr,
):
    """Gate and up, in float32, of the rows at `starts` from column `start`; without a gate the same tile twice."""
    starts = starts[:, None]
    if is_interleaved:
        # Both in one read of neighbours, taken apart in registers.
        pairs = 2 * start + tl.arange(0, 2 * block_columns)
        mask = is_row[:, None] & (pairs < 2 * columns)[None, :]
        both = tl.load(starts + pairs[None, :], mask=mask, other=0.0).to(tl.float32)
        left, right = tl.split(tl.reshape(both, (starts.shape[0], block_columns, 2)))
    else:
        cols = start + tl.arange(0, block_columns)
        mask = is_row[:, None] & (cols < columns)[None, :]
        left = tl.load(starts + cols[None, :], mask=mask, other=0.0).to(tl.float32)
        right = left
        if is_gated:
            right = tl.load(starts + columns + cols[None, :], mask=mask, other=0.0).to(tl.float32)
    return left, right


@triton.jit
def store_gate(
    starts,
    start,
    columns,
    left,
    right,
    is_gated: tl.constexpr,
    is_interleaved: tl.constexpr,
    block_columns: tl.constexpr,
):
    """The other way, for one row."""
    dtype = starts.dtype.element_ty
    starts = starts[:, None]
    if is_interleaved:
        pairs = 2 * start + tl.arange(0, 2 * block_columns)
        both = tl.reshape(tl.join(left, right), (1, 2 * block_columns))
        tl.store(starts + pairs[None, :], both.to(dtype), mask=(pairs < 2 * columns)[None, :])
    else:
        cols = start + tl.arange(0, block_columns)
        mask = (cols < columns)[None, :]
        tl.store(starts + cols[None, :], left.to(dtype), mask=mask)
        if is_gated:
            tl.store(starts + columns + cols[None, :], right.to(dtype), mask=mask)
