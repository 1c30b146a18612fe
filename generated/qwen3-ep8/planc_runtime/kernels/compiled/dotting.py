"""Dot products of rows with a gradient: each row that is picked is read once, its gradient row stays in the caches."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from planc_runtime.kernels.compiled.sources import flat, flat_sources, is_aligned, row_pointers
from planc_runtime.kernels.compiled.tuning import ROUNDED, row_blocks, tuned_sums


def dot_rows(first: torch.Tensor, second: torch.Tensor | None, index: torch.Tensor, grad: torch.Tensor) -> torch.Tensor:
    (num_rows, num_slots), columns = index.shape, first.shape[1]
    dots = first.new_empty((num_rows, num_slots), dtype=torch.float32)
    if dots.numel() == 0:
        return dots
    first, second = flat_sources(first, second)
    index, grad = index.contiguous(), flat(grad)

    strides = first.stride(0), second.stride(0), grad.stride(0)
    dot[row_blocks(num_rows)](
        first,
        second,
        index,
        grad,
        dots,
        first.shape[0],
        num_rows,
        columns,
        *strides,
        is_aligned(first, second),
        num_slots,
        **ROUNDED,
    )
    return dots


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
        at = (row + tl.arange(0, 1)).to(tl.int64)
        for slot in range(num_slots):
            picked = tl.load(index + at * num_slots + slot)
            sources = row_pointers(first, second, picked, num_first, first_stride, second_stride, is_aligned)[:, None]
            others = grad + (at * grad_stride)[:, None]
            total = tl.zeros([1, block_columns], dtype=tl.float32)
            for start in range(0, columns, block_columns):
                cols = start + tl.arange(0, block_columns)
                mask = (picked >= 0)[:, None] & (cols < columns)[None, :]
                left = tl.load(sources + cols[None, :], mask=mask, other=0.0).to(tl.float32)
                right = tl.load(others + cols[None, :], mask=mask, other=0.0).to(tl.float32)
                total += left * right
            tl.store(dots + at * num_slots + slot, tl.sum(total, axis=1))
