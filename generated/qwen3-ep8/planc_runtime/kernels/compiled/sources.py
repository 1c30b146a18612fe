"""
Rows of two stacked sources, without stacking them: the pointer is chosen for each row.

Shapes: X and Y rows of the sources, H hidden size, N any number of columns; in a kernel R rows.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl


def flat(rows: torch.Tensor) -> torch.Tensor:
    """`rows` [R, N] as the kernels read them: neighbours in a row are neighbours in memory."""
    return rows if rows.stride(-1) == 1 else rows.contiguous()


def flat_sources(first_XH: torch.Tensor, second_YH: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Both sources; where there is no second one, no row is ever read from what stands for it."""
    first_XH = flat(first_XH)
    return first_XH, first_XH if second_YH is None else flat(second_YH)


def is_aligned(first_XH: torch.Tensor, second_YH: torch.Tensor) -> bool:
    """Whether every row of both begins at a multiple of 16 bytes, the most that a thread reads at once."""
    return all(
        rows.data_ptr() % 16 == 0 and rows.stride(0) * rows.element_size() % 16 == 0 for rows in (first_XH, second_YH)
    )


@triton.jit
def tile_of(columns, block_rows: tl.constexpr, block_columns: tl.constexpr):
    """This program's rows, in 64 bits, and its first column. Neighbouring programs share rows."""
    program = tl.program_id(0)
    num_column_blocks = tl.cdiv(columns, block_columns)
    rows_R = (program // num_column_blocks).to(tl.int64) * block_rows + tl.arange(0, block_rows)
    return rows_R, (program % num_column_blocks) * block_columns


@triton.jit
def row_pointers(first, second, picked_R, num_first, first_stride, second_stride, is_aligned: tl.constexpr):
    """Where the rows `picked_R` of the two sources begin."""
    picked_R = picked_R.to(tl.int64)
    in_first_R = first + picked_R * first_stride
    in_second_R = second + (picked_R - num_first) * second_stride
    pointers_R = tl.where(picked_R < num_first, in_first_R, in_second_R)
    # A choice of pointers forgets what both are multiples of, and rows would be read two bytes at a time.
    if is_aligned:
        pointers_R = tl.multiple_of(pointers_R, [16])
    return pointers_R
