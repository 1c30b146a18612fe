"""Activations of an expert's inner rows: one pass forward, one pass backward for both gradients."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from planc_runtime.kernels.compiled.curves import at_least, at_most, curve
from planc_runtime.kernels.compiled.sources import flat, tile_of
from planc_runtime.kernels.compiled.tuning import ROUNDED, row_blocks, tiles, tuned_sums, tuned_tiles
from planc_runtime.kernels.gate import Gate


def gate_rows(rows: torch.Tensor, weights: torch.Tensor | None, gate: Gate) -> torch.Tensor:
    num_rows, columns = rows.shape[0], rows.shape[1] // (2 if gate.is_gated else 1)
    out = rows.new_empty((num_rows, columns))
    if out.numel() == 0:
        return out
    rows, weights = flat(rows), None if weights is None else weights.contiguous()

    _gate[tiles(num_rows, columns)](
        rows, weights, out, num_rows, columns, rows.stride(0), *_settings(gate), weights is not None, **ROUNDED
    )
    return out


def grad_rows(
    rows: torch.Tensor, weights: torch.Tensor | None, gate: Gate, grad: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor | None]:
    num_rows, columns = grad.shape
    into_rows = rows.new_empty(rows.shape)
    into_weights = None if weights is None else torch.zeros_like(weights, memory_format=torch.contiguous_format)
    if grad.numel() == 0:
        return into_rows, into_weights
    rows, grad, weights = flat(rows), flat(grad), None if weights is None else weights.contiguous()

    strides = rows.stride(0), grad.stride(0), into_rows.stride(0)
    _grad[row_blocks(num_rows)](
        rows,
        weights,
        grad,
        into_rows,
        into_weights,
        num_rows,
        columns,
        *strides,
        *_settings(gate),
        weights is not None,
        **ROUNDED,
    )
    return into_rows, into_weights


def _settings(gate: Gate) -> tuple[float, float, bool, str, bool, bool]:
    limit = gate.limit is not None
    return gate.alpha or 0.0, gate.limit if limit else 0.0, limit, gate.kind, gate.is_gated, gate.is_interleaved


@tuned_tiles
@triton.jit(do_not_specialize=["num_rows"])
def _gate(
    rows,
    weights,
    out,
    num_rows,
    columns,
    row_stride,
    alpha,
    limit,
    has_limit: tl.constexpr,
    kind: tl.constexpr,
    is_gated: tl.constexpr,
    is_interleaved: tl.constexpr,
    has_weights: tl.constexpr,
    block_rows: tl.constexpr,
    block_columns: tl.constexpr,
):
    at, start = tile_of(columns, block_rows, block_columns)
    is_row = at < num_rows
    starts = rows + (at * row_stride)[:, None]
    left, right = _load(starts, start, is_row, columns, is_gated, is_interleaved, block_columns)
    if has_limit:
        left = at_most(left, limit)
        right = at_least(at_most(right, limit), -limit)
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


@tuned_sums
@triton.jit(do_not_specialize=["num_rows"])
def _grad(
    rows,
    weights,
    grad,
    into_rows,
    into_weights,
    num_rows,
    columns,
    row_stride,
    grad_stride,
    into_stride,
    alpha,
    limit,
    has_limit: tl.constexpr,
    kind: tl.constexpr,
    is_gated: tl.constexpr,
    is_interleaved: tl.constexpr,
    has_weights: tl.constexpr,
    block_rows: tl.constexpr,
    block_columns: tl.constexpr,
):
    begin = tl.program_id(0).to(tl.int64) * block_rows
    for row in range(begin, tl.minimum(begin + block_rows, num_rows)):
        at = row + tl.arange(0, 1)
        is_row = at < num_rows
        weight = 1.0
        if has_weights:
            weight = tl.load(weights + row)
        total = tl.zeros([1, block_columns], dtype=tl.float32)
        for start in range(0, columns, block_columns):
            cols = start + tl.arange(0, block_columns)
            starts = rows + (at * row_stride)[:, None]
            left, right = _load(starts, start, is_row, columns, is_gated, is_interleaved, block_columns)
            mask = (cols < columns)[None, :]
            out = tl.load(grad + (at * grad_stride)[:, None] + cols[None, :], mask=mask, other=0.0).to(tl.float32)
            if has_limit:
                moves_left = left <= limit
                moves_right = (right <= limit) & (right >= -limit)
                left = at_most(left, limit)
                right = at_least(at_most(right, limit), -limit)
            if kind == "swiglu_oai":
                right += 1
            value, slope = curve(left, alpha, kind)
            into_left = out * weight * slope
            into_right = out * weight * value
            if is_gated:
                into_left *= right
                value *= right
            if has_limit:
                into_left = tl.where(moves_left, into_left, 0.0)
                into_right = tl.where(moves_right, into_right, 0.0)
            total += out * value
            into = into_rows + (at * into_stride)[:, None]
            _store(into, start, columns, into_left, into_right, is_gated, is_interleaved, block_columns)
        if has_weights:
            tl.store(into_weights + at, tl.sum(total, axis=1))


@triton.jit
def _load(
    starts,
    start,
    is_row,
    columns,
    is_gated: tl.constexpr,
    is_interleaved: tl.constexpr,
    block_columns: tl.constexpr,
):
    """Gate and up of a tile in float32; of rows that have no gate, the same tile twice."""
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
def _store(
    starts,
    start,
    columns,
    left,
    right,
    is_gated: tl.constexpr,
    is_interleaved: tl.constexpr,
    block_columns: tl.constexpr,
):
    """The other way, of one row."""
    dtype = starts.dtype.element_ty
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
