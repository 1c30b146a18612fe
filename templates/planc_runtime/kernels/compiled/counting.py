"""
Counts of choices: by block, then, for each block, how many there are in the blocks before.

Shapes: G ranks, E local experts of a rank, F = E + 1, L = 2G + 1; in kernels I slots of a block of choices, N columns of a table
of counts, B blocks. Arguments of kernels are pointers and sizes.
"""

from __future__ import annotations

import triton
import triton.language as tl

from planc_runtime.kernels.compiled.choice_tiles import choices_of, count_of, store_counts


@triton.jit(do_not_specialize=["num_tokens", "rank"])
def count_choices(
    experts,
    narrow_experts,
    visits,
    counts,
    num_tokens,
    rank,
    num_columns: tl.constexpr,
    num_local: tl.constexpr,
    num_choices: tl.constexpr,
    padded: tl.constexpr,
    block: tl.constexpr,
    block_columns: tl.constexpr,
):
    """
    Of own tokens: what a block's choose, by column of `chosen_GF`; `visits`, the rank that a choice has its token visit if it is
    the first to, else -1; and experts in 32 bits.
    """
    program = tl.program_id(0)
    slots_I = tl.arange(0, block)
    token_I, choice_I, is_choice_I = choices_of(slots_I, program * (block // padded), num_tokens, num_choices, padded)
    offset_I = token_I * num_choices + choice_I
    expert_I = tl.load(experts + offset_I, mask=is_choice_I, other=0).to(tl.int32)
    dest_I = expert_I // num_local
    is_visit_I = is_choice_I & (dest_I != rank)
    for before in range(num_choices):
        is_before_I = is_choice_I & (before < choice_I)
        other_I = tl.load(experts + token_I * num_choices + before, mask=is_before_I, other=0).to(tl.int32)
        is_visit_I = is_visit_I & ~(is_before_I & (other_I // num_local == dest_I))
    if tl.program_id(1) == 0:
        tl.store(narrow_experts + offset_I, expert_I, mask=is_choice_I)
        tl.store(visits + offset_I, tl.where(is_visit_I, dest_I, -1).to(tl.int16), mask=is_choice_I)
    columns_N = tl.program_id(1) * block_columns + tl.arange(0, block_columns)
    row_I = dest_I * (num_local + 1)
    chosen_N = count_of(tl.where(is_choice_I, row_I + expert_I % num_local, -1), columns_N)
    visited_N = count_of(tl.where(is_visit_I, row_I + num_local, -1), columns_N)
    store_counts(counts, program, num_columns, columns_N, chosen_N + visited_N)


@triton.jit(do_not_specialize=["num_rows"])
def count_received(
    messages,
    counts,
    num_rows,
    num_local: tl.constexpr,
    num_choices: tl.constexpr,
    padded: tl.constexpr,
    block: tl.constexpr,
    block_columns: tl.constexpr,
):
    """Of received rows: a block's assignments, by local expert."""
    program = tl.program_id(0)
    slots_I = tl.arange(0, block)
    row_I, choice_I, is_choice_I = choices_of(slots_I, program * (block // padded), num_rows, num_choices, padded)
    expert_I = tl.load(messages + row_I * (2 * num_choices) + choice_I, mask=is_choice_I, other=num_local)
    columns_N = tl.program_id(1) * block_columns + tl.arange(0, block_columns)
    store_counts(counts, program, num_local, columns_N, count_of(expert_I, columns_N))


@triton.jit(do_not_specialize=["num_blocks"])
def add_up(
    counts,
    totals,
    num_blocks,
    num_columns: tl.constexpr,
    has_totals: tl.constexpr,
    block_rows: tl.constexpr,
    block_columns: tl.constexpr,
):
    """Each block's counts become those of the blocks before; `totals` are those of all."""
    columns_N = tl.program_id(0) * block_columns + tl.arange(0, block_columns)
    total_N = tl.zeros([block_columns], dtype=tl.int32)
    for first in range(0, num_blocks, block_rows):
        blocks_B = first + tl.arange(0, block_rows)
        mask_BN = (blocks_B < num_blocks)[:, None] & (columns_N < num_columns)[None, :]
        offsets_BN = (blocks_B * num_columns)[:, None] + columns_N[None, :]
        counts_BN = tl.load(counts + offsets_BN, mask=mask_BN, other=0)
        until_BN = tl.cumsum(counts_BN, axis=0)
        tl.store(counts + offsets_BN, total_N[None, :] + until_BN - counts_BN, mask=mask_BN)
        total_N += tl.sum(counts_BN, axis=0)
    if has_totals:
        tl.store(totals + columns_N, total_N.to(tl.int64), mask=columns_N < num_columns)


@triton.jit
def total(
    chosen,
    received,
    sizes,
    counts,
    ends,
    num_ranks: tl.constexpr,
    num_local: tl.constexpr,
    padded_ranks: tl.constexpr,
    padded_local: tl.constexpr,
):
    """What `Totals` holds, by one program."""
    rank_G, expert_E = tl.arange(0, padded_ranks), tl.arange(0, padded_local)
    is_rank_G, is_expert_E = rank_G < num_ranks, expert_E < num_local
    row_G = rank_G * (num_local + 1)
    mask_GE = is_rank_G[:, None] & is_expert_E[None, :]
    counts_E = tl.sum(tl.load(received + row_G[:, None] + expert_E[None, :], mask=mask_GE, other=0), axis=0)
    tl.store(counts + expert_E, counts_E.to(tl.int32), mask=is_expert_E)
    tl.store(ends + expert_E, tl.cumsum(counts_E, axis=0).to(tl.int32), mask=is_expert_E)
    tl.store(sizes + rank_G, tl.load(chosen + row_G + num_local, mask=is_rank_G), mask=is_rank_G)
    tl.store(sizes + num_ranks + rank_G, tl.load(received + row_G + num_local, mask=is_rank_G), mask=is_rank_G)
    tl.store(sizes + 2 * num_ranks, tl.sum(counts_E, axis=0))
