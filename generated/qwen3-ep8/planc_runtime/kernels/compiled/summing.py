"""
Weighted sums of rows: reads each row that is picked once, keeps the sum in registers, writes it once.

Shapes: X and Y rows of the sources, N rows summed, K slots of a sum, H hidden size; in the kernel R rows and C columns of a tile.
Arguments of the kernel are pointers and sizes.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from planc_runtime.kernels.compiled.sources import flat_sources, is_aligned, row_pointers, tile_of
from planc_runtime.kernels.compiled.tuning import ROUNDED, tiles, tuned_tiles


def sum_rows(
    first_XH: torch.Tensor, second_YH: torch.Tensor | None, index_NK: torch.Tensor, weights_NK: torch.Tensor | None
) -> torch.Tensor:
    (num_rows, num_slots), columns = index_NK.shape, first_XH.shape[1]
    out_NH = first_XH.new_empty((num_rows, columns))
    if out_NH.numel() == 0:
        return out_NH
    first_XH, second_YH = flat_sources(first_XH, second_YH)
    index_NK = index_NK.contiguous()
    weights_NK = None if weights_NK is None else weights_NK.contiguous()

    strides = first_XH.stride(0), second_YH.stride(0)
    sum_picked[tiles(num_rows, columns)](
        first_XH,
        second_YH,
        index_NK,
        weights_NK,
        out_NH,
        first_XH.shape[0],
        num_rows,
        columns,
        *strides,
        is_aligned(first_XH, second_YH),
        weights_NK is not None,
        num_slots,
        **ROUNDED,
    )
    return out_NH


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
    rows_R, start = tile_of(columns, block_rows, block_columns)
    cols_C = start + tl.arange(0, block_columns)
    is_row_R, is_col_C = rows_R < num_rows, cols_C < columns
    total_RC = tl.zeros([block_rows, block_columns], dtype=tl.float32)
    # Unrolled by four: that many rows are on their way from memory at once.
    for slot in tl.range(0, num_slots, loop_unroll_factor=4):
        picked_R = tl.load(index + rows_R * num_slots + slot, mask=is_row_R, other=-1)
        is_picked_R = picked_R >= 0
        sources_R = row_pointers(first, second, picked_R, num_first, first_stride, second_stride, is_aligned)
        mask_RC = is_picked_R[:, None] & is_col_C[None, :]
        tile_RC = tl.load(sources_R[:, None] + cols_C[None, :], mask=mask_RC, other=0.0).to(tl.float32)
        if has_weights:
            weight_R = tl.load(weights + rows_R * num_slots + slot, mask=is_picked_R, other=0.0)
            tile_RC *= weight_R[:, None]
        total_RC += tile_RC
    target_RC = out + (rows_R * columns)[:, None] + cols_C[None, :]
    tl.store(target_RC, total_RC.to(out.dtype.element_ty), mask=is_row_R[:, None] & is_col_C[None, :])
