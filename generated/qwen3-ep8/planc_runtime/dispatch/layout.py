"""
Where every row goes, worked out from the router's choices.

A rank computes assignments of a row to one of its local experts. Rows are its own tokens and those it receives, in one
virtual stack: first the T own tokens, then the R received ones. Assignments are ordered by expert, as a grouped matrix
product wants them. Two lists of numbers say it all, one the inverse of the other: which row each assignment takes
(`rows_A`), and which assignments belong to each row (`assignments_RK`, `parts_TK`). With them nothing is ever added by
colliding writes: the backward of a gather is a sum over the inverse.

Shapes: T tokens of this rank, K experts per token, G ranks of the expert axis, E local experts of a rank, F = E + 1, S rows
sent, R rows received, V = T + R rows of the stack, C = V * K choices of theirs, A assignments.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import distributed

from planc_runtime.dispatch.exchange import Exchange, exchange_counts


@dataclass(frozen=True)
class Sizes:
    """
    How much goes where: what ranks exchange first, and all that the host reads.

    Attributes:
        exchange: rows to and from each rank.
        num_assignments: A.
        counts_E: int32, assignments of each local expert.
        chosen_GF: what this rank's own tokens chose on each rank: assignments of each expert, then rows.
    """

    exchange: Exchange
    num_assignments: int
    counts_E: torch.Tensor
    chosen_GF: torch.Tensor


@dataclass(frozen=True)
class Routing:
    """
    What a rank sends.

    Attributes:
        sizes: how much.
        dest_ranks_TK: rank of each choice.
        local_experts_TK: number of the chosen expert on its rank.
        tokens_S: the token of each row sent.
        dest_ranks_S: the rank that it is sent to.
        sent_rows_TK: for a choice on another rank, the row sent there that carries the token.
    """

    sizes: Sizes
    dest_ranks_TK: torch.Tensor
    local_experts_TK: torch.Tensor
    tokens_S: torch.Tensor
    dest_ranks_S: torch.Tensor
    sent_rows_TK: torch.Tensor

    @property
    def exchange(self) -> Exchange:
        return self.sizes.exchange

    @property
    def num_local(self) -> int:
        """E."""
        return self.sizes.counts_E.shape[0]

    @property
    def rank(self) -> int:
        return self.exchange.group.rank()


def route(
    experts_TK: torch.Tensor, *, num_local: int, group: distributed.ProcessGroup, known: Sizes | None = None
) -> Routing:
    """
    Exchange how many rows and assignments each rank gets, and order what is sent.

    Args:
        experts_TK: numbers of the chosen experts, over all ranks.
        num_local: experts of a rank; rank g has g * num_local and those after it.
        known: the sizes of the same tokens' first pass, of which nothing has to be exchanged or read again.
    """
    num_ranks, rank = group.size(), group.rank()
    num_tokens, _ = experts_TK.shape
    dest_ranks_TK, local_experts_TK = experts_TK // num_local, experts_TK % num_local
    counts_GE = torch.zeros((num_ranks, num_local), dtype=torch.long, device=experts_TK.device)
    counts_GE.view(-1).scatter_add_(0, experts_TK.flatten(), torch.ones_like(experts_TK).flatten())

    visits_GT = torch.zeros((num_ranks, num_tokens), dtype=torch.bool, device=experts_TK.device)
    visits_GT.t().scatter_(1, dest_ranks_TK, True)
    visits_GT[rank] = False
    chosen_GF = torch.cat([counts_GE, visits_GT.sum(dim=1, keepdim=True)], dim=1)
    if known is None:
        sizes = _exchange_sizes(chosen_GF, group)
    else:
        is_same = (chosen_GF == known.chosen_GF).all()
        torch._assert_async(is_same, "a layer chose other experts when it was computed again")
        sizes = known

    # Rows are sent in the order of their destination ranks, then of their tokens. Writes of those that stay go to a position
    # after the last, which is cut off: picking them out would make the host wait for their number.
    positions_GT = visits_GT.flatten().cumsum(0).view_as(visits_GT) - 1
    num_sent = sizes.exchange.num_sent
    # A visit is numbered as dest_rank * T + token.
    numbers = torch.arange(visits_GT.numel(), device=experts_TK.device)
    with_rest = numbers.new_empty(num_sent + 1)
    with_rest.scatter_(0, torch.where(visits_GT, positions_GT, num_sent).flatten(), numbers)
    visits_S = with_rest[:num_sent]
    return Routing(
        sizes=sizes,
        dest_ranks_TK=dest_ranks_TK,
        local_experts_TK=local_experts_TK,
        tokens_S=visits_S % max(num_tokens, 1),
        dest_ranks_S=visits_S // max(num_tokens, 1),
        sent_rows_TK=positions_GT.t().gather(1, dest_ranks_TK),
    )


def _exchange_sizes(chosen_GF: torch.Tensor, group: distributed.ProcessGroup) -> Sizes:
    """Send each rank what it will get, and read the sizes back to the host."""
    num_ranks = chosen_GF.shape[0]
    received_GF = exchange_counts(chosen_GF, group)
    # A rank sends to itself, too: assignments of its own tokens are among the counts, rows that stay are none.
    counts_E = received_GF[:, :-1].sum(dim=0)
    sizes = torch.cat([chosen_GF[:, -1], received_GF[:, -1], counts_E.sum().view(1)]).tolist()
    exchange = Exchange(group, sizes[:num_ranks], sizes[num_ranks : 2 * num_ranks])
    return Sizes(exchange=exchange, num_assignments=sizes[-1], counts_E=counts_E.to(torch.int32), chosen_GF=chosen_GF)


def sent_experts(routing: Routing) -> torch.Tensor:
    """[S, K] int32: for each row sent its choices as local experts of the destination rank, E for a choice elsewhere."""
    dest_ranks_SK = routing.dest_ranks_TK[routing.tokens_S]
    is_there_SK = dest_ranks_SK == routing.dest_ranks_S.unsqueeze(1)
    return torch.where(is_there_SK, routing.local_experts_TK[routing.tokens_S], routing.num_local).to(torch.int32)


@dataclass(frozen=True)
class Layout:
    """
    The assignments of a rank in the order of their experts. Indices are int32, -1 where there is none.

    Attributes:
        rows_A: the row of each assignment: a token below T, else T + a received row.
        choices_A: which of the row's K choices it is, as row * K + choice.
        local_experts_A: its local expert.
        assignments_RK: assignments of each received row.
        assignments_TK: assignments of each own token.
        parts_TK: what an own token's output is the sum of: an assignment of its own below A, else A + the row that came
            back from another rank, once for each rank.
    """

    rows_A: torch.Tensor
    choices_A: torch.Tensor
    local_experts_A: torch.Tensor
    assignments_RK: torch.Tensor
    assignments_TK: torch.Tensor
    parts_TK: torch.Tensor


def lay_out(routing: Routing, received_experts_RK: torch.Tensor) -> Layout:
    """
    Order the assignments of this rank.

    Args:
        received_experts_RK: what `sent_experts` gave on the ranks that sent the rows.
    """
    is_own_TK = routing.dest_ranks_TK == routing.rank
    num_tokens, num_choices = is_own_TK.shape
    none = routing.num_local
    own_experts_TK = torch.where(is_own_TK, routing.local_experts_TK, none).to(torch.int32)
    experts_C = torch.cat([own_experts_TK, received_experts_RK]).flatten()
    # The fewer bits, the fewer passes a radix sort makes.
    keys_C = experts_C.to(torch.int16) if none < 2**15 else experts_C
    sorted_keys_C, order_C = torch.sort(keys_C, stable=True)
    num_assignments = routing.sizes.num_assignments
    choices_A = order_C[:num_assignments]
    numbers_A = torch.arange(num_assignments, dtype=torch.int32, device=experts_C.device)
    assignments_VK = torch.full_like(experts_C, -1).scatter_(0, choices_A, numbers_A).view(-1, num_choices)
    assignments_TK = assignments_VK[:num_tokens]

    choice_TK = torch.arange(num_choices, device=experts_C.device).expand_as(routing.dest_ranks_TK)
    first_TG = torch.full((num_tokens, len(routing.exchange.sent)), num_choices, device=experts_C.device)
    first_TG = first_TG.scatter_reduce_(1, routing.dest_ranks_TK, choice_TK, "amin")
    is_first_TK = first_TG.gather(1, routing.dest_ranks_TK) == choice_TK
    returned_TK = torch.where(is_first_TK & ~is_own_TK, num_assignments + routing.sent_rows_TK, -1).to(torch.int32)
    return Layout(
        rows_A=(choices_A // num_choices).to(torch.int32),
        choices_A=choices_A.to(torch.int32),
        local_experts_A=sorted_keys_C[:num_assignments].to(torch.int32),
        assignments_RK=assignments_VK[num_tokens:],
        assignments_TK=assignments_TK,
        parts_TK=torch.where(is_own_TK, assignments_TK, returned_TK),
    )
