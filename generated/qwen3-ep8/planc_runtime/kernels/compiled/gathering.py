"""
Rows in another order: reads a row, writes a row.

Shapes: X and Y rows of the sources, P rows picked, H hidden size; in the kernel R rows and C columns of a tile. Arguments of the
kernel are pointers and sizes.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from planc_runtime.kernels.compiled.sources import flat_sources, is_aligned, row_pointers, tile_of
from planc_runtime.kernels.compiled.tuning import ROUNDED, tiles, tuned_tiles


def gather_rows(
    first_XH: torch.Tensor, second_YH: torch.Tensor | None, index_P: torch.Tensor, out_PH: torch.Tensor | None
) -> torch.Tensor:
    num_rows, columns = index_P.shape[0], first_XH.shape[1]
    if out_PH is None:
        out_PH = first_XH.new_empty((num_rows, columns))
    if out_PH.numel() == 0:
        return out_PH
    first_XH, second_YH = flat_sources(first_XH, second_YH)

    strides = first_XH.stride(0), second_YH.stride(0), out_PH.stride(0)
    gather[tiles(num_rows, columns)](
        first_XH,
        second_YH,
        index_P.contiguous(),
        out_PH,
        first_XH.shape[0],
        num_rows,
        columns,
        *strides,
        is_aligned(first_XH, second_YH),
        **ROUNDED,
    )
    return out_PH


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
    rows_R, start = tile_of(columns, block_rows, block_columns)
    cols_C = start + tl.arange(0, block_columns)
    is_row_R, is_col_C = rows_R < num_rows, cols_C < columns
    picked_R = tl.load(index + rows_R, mask=is_row_R, other=0)
    sources_R = row_pointers(first, second, picked_R, num_first, first_stride, second_stride, is_aligned)
    mask_RC = is_row_R[:, None] & is_col_C[None, :]
    tile_RC = tl.load(sources_R[:, None] + cols_C[None, :], mask=mask_RC)
    tl.store(out + (rows_R * out_stride)[:, None] + cols_C[None, :], tile_RC, mask=mask_RC)
