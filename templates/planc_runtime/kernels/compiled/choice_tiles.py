"""
Choices as the kernels of the routing hold them: a block is a power of two of slots, row after row, each row's choices padded to
a power of two. How a block is cut depends on the number of choices alone, so that one kernel's counts are another's.

Nothing is sorted and nothing is atomic: a choice's place among those of its expert is how many there are in blocks before,
plus how many stand before it in its block, which every slot finds out by looking at all of them.

Shapes: I slots of a block, J slots of a part of it, N columns of a table of counts, all in kernels.
"""

from __future__ import annotations

import triton
import triton.language as tl

from planc_runtime.kernels.compiled.tuning import parts

# Slots of a block, of the part of a block that all slots look at together, and columns that a program counts.
BLOCK, PART, COLUMNS = 256, 32, 32


def padded(number: int) -> int:
    """The next power of two."""
    return 1 << max(number - 1, 0).bit_length()


def block_of(num_choices: int) -> tuple[int, int]:
    """Slots of a block, and of a row in it."""
    slots = padded(num_choices)
    return max(BLOCK, slots), slots


def num_blocks(num_rows: int, num_choices: int) -> int:
    """Blocks of so many rows; there is one where there are no rows."""
    block, slots = block_of(num_choices)
    return max(parts(num_rows, block // slots), 1)


@triton.jit
def choices_of(slots_I, first_row, num_rows, num_choices: tl.constexpr, padded: tl.constexpr):
    """Of slots of a block: the row, which of its choices it is, and whether there is such a choice."""
    row_I = first_row + slots_I // padded
    choice_I = slots_I % padded
    return row_I, choice_I, (row_I < num_rows) & (choice_I < num_choices)


@triton.jit
def store_counts(counts, row, num_columns, columns_N, counts_N):
    tl.store(counts + row * num_columns + columns_N, counts_N, mask=columns_N < num_columns)


@triton.jit
def count_of(values_I, columns_N):
    """How many slots have each column as their value, [N]."""
    return tl.sum((values_I[:, None] == columns_N[None, :]).to(tl.int32), axis=0)
