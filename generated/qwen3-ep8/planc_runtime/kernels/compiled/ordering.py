"""
Places of rows that are sent, and of assignments: what the blocks before have, and what stands before in the block.

Shapes: in kernels I slots of a block of choices, J slots of a part of it. Arguments of kernels are pointers and sizes; `before`
are the counts that `counting.add_up` leaves.
"""

from __future__ import annotations

import triton
import triton.language as tl

from planc_runtime.kernels.compiled.choice_tiles import choices_of


@triton.jit(do_not_specialize=["num_tokens", "rank"])
def order_sent(
    experts,
    weights,
    visits,
    before,
    chosen,
    tokens,
    sent_rows,
    messages,
    num_tokens,
    rank,
    num_ranks: tl.constexpr,
    num_local: tl.constexpr,
    num_choices: tl.constexpr,
    padded: tl.constexpr,
    block: tl.constexpr,
    part: tl.constexpr,
):
    """What `Sent` holds."""
    program = tl.program_id(0)
    num_columns: tl.constexpr = num_ranks * (num_local + 1)
    first_token = program * (block // padded)
    slots_I = tl.arange(0, block)
    token_I, choice_I, is_choice_I = choices_of(slots_I, first_token, num_tokens, num_choices, padded)
    offset_I = token_I * num_choices + choice_I
    dest_I = tl.load(experts + offset_I, mask=is_choice_I, other=0) // num_local
    visit_I = tl.load(visits + offset_I, mask=is_choice_I, other=-1).to(tl.int32)

    column_I = dest_I * (num_local + 1) + num_local
    position_I = tl.load(before + program * num_columns + column_I, mask=is_choice_I, other=0)
    for other in range(num_ranks):
        position_I += tl.where(other < dest_I, tl.load(chosen + other * (num_local + 1) + num_local).to(tl.int32), 0)
    for start in range(0, block, part):
        slots_J = start + tl.arange(0, part)
        token_J, choice_J, is_choice_J = choices_of(slots_J, first_token, num_tokens, num_choices, padded)
        visit_J = tl.load(visits + token_J * num_choices + choice_J, mask=is_choice_J, other=-1).to(tl.int32)
        is_before_IJ = (visit_J[None, :] == dest_I[:, None]) & (token_J[None, :] < token_I[:, None])
        position_I += tl.sum(is_before_IJ.to(tl.int32), axis=1)
    tl.store(sent_rows + offset_I, tl.where(dest_I == rank, -1, position_I), mask=is_choice_I)

    is_visit_I = visit_I >= 0
    tl.store(tokens + position_I, token_I, mask=is_visit_I)
    for choice in range(num_choices):
        expert_I = tl.load(experts + token_I * num_choices + choice, mask=is_visit_I, other=0)
        weight_I = tl.load(weights + token_I * num_choices + choice, mask=is_visit_I, other=0.0).to(tl.float32)
        local_I = tl.where(expert_I // num_local == dest_I, expert_I % num_local, num_local)
        message_I = messages + position_I * (2 * num_choices) + choice
        tl.store(message_I, local_I, mask=is_visit_I)
        tl.store(message_I + num_choices, weight_I.to(tl.int32, bitcast=True), mask=is_visit_I)


@triton.jit
def local_expert(experts, messages, row_I, choice_I, is_own_I, is_received_I, rank, num_local, num_choices):
    """The local expert of choices of own tokens and of received rows, `num_local` where there is none."""
    own_I = tl.load(experts + row_I * num_choices + choice_I, mask=is_own_I, other=0)
    is_here_I = is_own_I & (own_I // num_local == rank)
    received_I = tl.load(messages + row_I * (2 * num_choices) + choice_I, mask=is_received_I, other=num_local)
    return tl.where(is_here_I, own_I % num_local, received_I)


@triton.jit(do_not_specialize=["num_tokens", "num_received", "num_own_blocks", "num_assignments", "rank"])
def order_assignments(
    experts,
    weights,
    visits,
    sent_rows,
    messages,
    before_own,
    before_received,
    chosen,
    counts,
    ends,
    rows,
    local_experts,
    assignment_weights,
    assignments,
    parts,
    num_tokens,
    num_received,
    num_own_blocks,
    num_assignments,
    rank,
    num_ranks: tl.constexpr,
    num_local: tl.constexpr,
    num_choices: tl.constexpr,
    padded: tl.constexpr,
    block: tl.constexpr,
    part: tl.constexpr,
):
    """What `Layout` holds: by the first programs of own tokens, by the others of received rows, which come after them."""
    is_own = tl.program_id(0) < num_own_blocks
    program = tl.where(is_own, tl.program_id(0), tl.program_id(0) - num_own_blocks)
    # Only one of the two is not 0.
    num_own, num_received = tl.where(is_own, num_tokens, 0), tl.where(is_own, 0, num_received)
    num_rows = num_own + num_received
    own_row = rank * (num_local + 1)
    first_row = program * (block // padded)
    slots_I = tl.arange(0, block)
    row_I, choice_I, is_choice_I = choices_of(slots_I, first_row, num_rows, num_choices, padded)
    is_own_I, is_received_I = is_choice_I & (row_I < num_own), is_choice_I & (row_I < num_received)
    expert_I = local_expert(experts, messages, row_I, choice_I, is_own_I, is_received_I, rank, num_local, num_choices)

    is_here_I = expert_I < num_local
    number_I = tl.load(ends + expert_I, mask=is_here_I, other=0) - tl.load(counts + expert_I, mask=is_here_I, other=0)
    own_I = before_own + program * (num_ranks * (num_local + 1)) + own_row + expert_I
    number_I += tl.load(own_I, mask=is_here_I & is_own_I, other=0)
    received_I = before_received + program * num_local + expert_I
    number_I += tl.load(received_I, mask=is_here_I & is_received_I, other=0)
    number_I += tl.load(chosen + own_row + expert_I, mask=is_here_I & is_received_I, other=0).to(tl.int32)
    for start in range(0, block, part):
        slots_J = start + tl.arange(0, part)
        row_J, choice_J, is_choice_J = choices_of(slots_J, first_row, num_rows, num_choices, padded)
        is_own_J, is_received_J = is_choice_J & (row_J < num_own), is_choice_J & (row_J < num_received)
        expert_J = local_expert(
            experts, messages, row_J, choice_J, is_own_J, is_received_J, rank, num_local, num_choices
        )
        is_before_IJ = (expert_J[None, :] == expert_I[:, None]) & (slots_J[None, :] < slots_I[:, None])
        number_I += tl.sum(is_before_IJ.to(tl.int32), axis=1)

    stacked_I = tl.where(is_own, row_I, num_tokens + row_I)
    offset_I = row_I * num_choices + choice_I
    weight_I = tl.load(weights + offset_I, mask=is_here_I & is_own_I, other=0.0).to(tl.float32)
    received_I = messages + row_I * (2 * num_choices) + num_choices + choice_I
    bits_I = tl.load(received_I, mask=is_here_I & is_received_I, other=0)
    weight_I = tl.where(is_own_I, weight_I, bits_I.to(tl.float32, bitcast=True))
    tl.store(rows + number_I, stacked_I, mask=is_here_I)
    tl.store(local_experts + number_I, expert_I, mask=is_here_I)
    tl.store(assignment_weights + number_I, weight_I, mask=is_here_I)
    number_I = tl.where(is_here_I, number_I, -1)
    tl.store(assignments + stacked_I * num_choices + choice_I, number_I, mask=is_choice_I)
    is_visit_I = tl.load(visits + offset_I, mask=is_own_I, other=-1) >= 0
    returned_I = num_assignments + tl.load(sent_rows + offset_I, mask=is_visit_I, other=0)
    tl.store(parts + offset_I, tl.where(is_visit_I, returned_I, number_I), mask=is_own_I)
