"""
Dot products of rows with a gradient: each row that is picked is read once, its gradient row stays in the caches.

Shapes: X and Y rows of the sources, N rows of the gradient, K slots, H hidden size; in the kernel R rows (one) and C columns
of a tile. Arguments of the kernel are pointers and sizes.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from planc_runtime.kernels.compiled.sources import flat, flat_sources, is_aligned, row_pointers
from planc_runtime.kernels.compiled.tuning import ROUNDED, row_blocks, tuned_sums


def dot_rows(
    first_XH: torch.Tensor, second_YH: torch.Tensor | None, index_NK: torch.Tensor, grad_NH: torch.Tensor
) -> torch.Tensor:
    (num_rows, num_slots), columns = index_NK.shape, first_XH.shape[1]
    dots_NK = first_XH.new_empty((num_rows, num_slots), dtype=torch.float32)
    if dots_NK.numel() == 0:
        return dots_NK
    first_XH, second_YH = flat_sources(first_XH, second_YH)
    index_NK, grad_NH = index_NK.contiguous(), flat(grad_NH)

    strides = first_XH.stride(0), second_YH.stride(0), grad_NH.stride(0)
    dot[row_blocks(num_rows)](
        first_XH,
        second_YH,
        index_NK,
        grad_NH,
        dots_NK,
        first_XH.shape[0],
        num_rows,
        columns,
        *strides,
        is_aligned(first_XH, second_YH),
        num_slots,
        **ROUNDED,
    )
    return dots_NK


@tuned_sums
@triton.jit(do_not_specialize=["num_first", "num_rows"])
def dot(
    first,
    second,
    index,
    grad,
    dots,
    num_first,
    num_rows,
    columns,
    first_stride,
    second_stride,
    grad_stride,
    is_aligned: tl.constexpr,
    num_slots: tl.constexpr,
    block_rows: tl.constexpr,
    block_columns: tl.constexpr,
):
    begin = tl.program_id(0) * block_rows
    for row in range(begin, tl.minimum(begin + block_rows, num_rows)):
        rows_R = (row + tl.arange(0, 1)).to(tl.int64)
        for slot in range(num_slots):
            picked_R = tl.load(index + rows_R * num_slots + slot)
            sources_R1 = row_pointers(first, second, picked_R, num_first, first_stride, second_stride, is_aligned)[
                :, None
            ]
            others_R1 = grad + (rows_R * grad_stride)[:, None]
            total_RC = tl.zeros([1, block_columns], dtype=tl.float32)
            for start in range(0, columns, block_columns):
                cols_C = start + tl.arange(0, block_columns)
                mask_RC = (picked_R >= 0)[:, None] & (cols_C < columns)[None, :]
                left_RC = tl.load(sources_R1 + cols_C[None, :], mask=mask_RC, other=0.0).to(tl.float32)
                right_RC = tl.load(others_R1 + cols_C[None, :], mask=mask_RC, other=0.0).to(tl.float32)
                total_RC += left_RC * right_RC
            tl.store(dots + rows_R * num_slots + slot, tl.sum(total_RC, axis=1))
