"""
Numbers of choices, picked from those of assignments and from those that came back.

Shapes: A assignments, S rows sent, N rows of a pick, K choices of a row, C = N * K; in the kernel a block of C. Arguments of the
kernel are pointers and sizes.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from planc_runtime.kernels.compiled.tuning import parts

BLOCK = 1024


def pick_weights(
    weights_A: torch.Tensor,
    assignments_NK: torch.Tensor,
    returned_SK: torch.Tensor | None,
    rows_NK: torch.Tensor | None,
    dtype: torch.dtype,
) -> torch.Tensor:
    picked_NK = torch.empty_like(assignments_NK, dtype=dtype, memory_format=torch.contiguous_format)
    num_picks = picked_NK.numel()
    if num_picks == 0:
        return picked_NK
    pick[(parts(num_picks, BLOCK),)](
        weights_A.contiguous(),
        assignments_NK.contiguous(),
        None if returned_SK is None else returned_SK.contiguous(),
        None if rows_NK is None else rows_NK.contiguous(),
        picked_NK,
        num_picks,
        picked_NK.shape[1],
        returned_SK is not None,
        BLOCK,
    )
    return picked_NK


@triton.jit(do_not_specialize=["num_picks"])
def pick(
    weights,
    assignments,
    returned,
    rows,
    picked,
    num_picks,
    num_choices: tl.constexpr,
    has_returned: tl.constexpr,
    block: tl.constexpr,
):
    pick_C = tl.program_id(0) * block + tl.arange(0, block)
    is_pick_C = pick_C < num_picks
    assignment_C = tl.load(assignments + pick_C, mask=is_pick_C, other=-1)
    number_C = tl.load(weights + assignment_C, mask=assignment_C >= 0, other=0.0)
    if has_returned:
        row_C = tl.load(rows + pick_C, mask=is_pick_C & (assignment_C < 0), other=-1)
        number_C += tl.load(returned + row_C * num_choices + pick_C % num_choices, mask=row_C >= 0, other=0.0)
    tl.store(picked + pick_C, number_C.to(picked.dtype.element_ty), mask=is_pick_C)
