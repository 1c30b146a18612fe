"""Rows in another order: reads a row, writes a row."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from planc_runtime.kernels.compiled.sources import flat_sources, is_aligned, row_pointers, tile_of
from planc_runtime.kernels.compiled.tuning import ROUNDED, tiles, tuned_tiles


def gather_rows(
    first: torch.Tensor, second: torch.Tensor | None, index: torch.Tensor, out: torch.Tensor | None
) -> torch.Tensor:
    num_rows, columns = index.shape[0], first.shape[1]
    if out is None:
        out = first.new_empty((num_rows, columns))
    if out.numel() == 0:
        return out
    first, second = flat_sources(first, second)

    strides = first.stride(0), second.stride(0), out.stride(0)
    gather[tiles(num_rows, columns)](
        first,
        second,
        index.contiguous(),
        out,
        first.shape[0],
        num_rows,
        columns,
        *strides,
        is_aligned(first, second),
        **ROUNDED,
    )
    return out


@tuned_tiles
@triton.jit(do_not_specialize=["num_first", "num_rows"])
def gather(
    first,
    second,
    index,
    out,
    num_first,
    num_rows,
    columns,
    first_stride,
    second_stride,
    out_stride,
    is_aligned: tl.constexpr,
    block_rows: tl.constexpr,
    block_columns: tl.constexpr,
):
    rows, start = tile_of(columns, block_rows, block_columns)
    cols = start + tl.arange(0, block_columns)
    is_row, is_col = rows < num_rows, cols < columns
    picked = tl.load(index + rows, mask=is_row, other=0)
    sources = row_pointers(first, second, picked, num_first, first_stride, second_stride, is_aligned)
    mask = is_row[:, None] & is_col[None, :]
    tile = tl.load(sources[:, None] + cols[None, :], mask=mask)
    tl.store(out + (rows * out_stride)[:, None] + cols[None, :], tile, mask=mask)
