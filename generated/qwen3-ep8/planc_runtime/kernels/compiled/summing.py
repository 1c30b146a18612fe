"""Weighted sums of rows: reads each row that is picked once, keeps the sum in registers, writes it once."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from planc_runtime.kernels.compiled.sources import flat_sources, is_aligned, row_pointers, tile_of
from planc_runtime.kernels.compiled.tuning import ROUNDED, tiles, tuned_tiles


def sum_rows(
    first: torch.Tensor, second: torch.Tensor | None, index: torch.Tensor, weights: torch.Tensor | None
) -> torch.Tensor:
    (num_rows, num_slots), columns = index.shape, first.shape[1]
    out = first.new_empty((num_rows, columns))
    if out.numel() == 0:
        return out
    first, second = flat_sources(first, second)
    index = index.contiguous()
    weights = None if weights is None else weights.contiguous()

    strides = first.stride(0), second.stride(0)
    sum_picked[tiles(num_rows, columns)](
        first,
        second,
        index,
        weights,
        out,
        first.shape[0],
        num_rows,
        columns,
        *strides,
        is_aligned(first, second),
        weights is not None,
        num_slots,
        **ROUNDED,
    )
    return out


@tuned_tiles
@triton.jit(do_not_specialize=["num_first", "num_rows"])
def sum_picked(
    first,
    second,
    index,
    weights,
    out,
    num_first,
    num_rows,
    columns,
    first_stride,
    second_stride,
    is_aligned: tl.constexpr,
    has_weights: tl.constexpr,
    num_slots: tl.constexpr,
    block_rows: tl.constexpr,
    block_columns: tl.constexpr,
):
    rows, start = tile_of(columns, block_rows, block_columns)
    cols = start + tl.arange(0, block_columns)
    is_row, is_col = rows < num_rows, cols < columns
    total = tl.zeros([block_rows, block_columns], dtype=tl.float32)
    # Unrolled by four: that many rows are on their way from memory at once.
    for slot in tl.range(0, num_slots, loop_unroll_factor=4):
        picked = tl.load(index + rows * num_slots + slot, mask=is_row, other=-1)
        is_picked = picked >= 0
        sources = row_pointers(first, second, picked, num_first, first_stride, second_stride, is_aligned)
        mask = is_picked[:, None] & is_col[None, :]
        tile = tl.load(sources[:, None] + cols[None, :], mask=mask, other=0.0).to(tl.float32)
        if has_weights:
            weight = tl.load(weights + rows * num_slots + slot, mask=is_picked, other=0.0)
            tile *= weight[:, None]
        total += tile
    target = out + (rows * columns)[:, None] + cols[None, :]
    tl.store(target, total.to(out.dtype.element_ty), mask=is_row[:, None] & is_col[None, :])
