"""
Where every row goes, worked out from the router's choices.

A rank computes its experts on pairs of a row and an expert. Rows are its own tokens and those it receives, in one virtual
stack: first the T own tokens, then the R received ones. Pairs are ordered by expert, as a grouped matrix product wants
them. Two lists of numbers say it all, one the inverse of the other: which row each pair takes (`pair_rows`), and which
pairs belong to each row (`row_pairs`, `token_parts`). With them nothing is ever added by colliding writes: the backward of
a gather is a sum over the inverse.
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
        num_pairs: P.
        counts: [L] int32, pairs of each expert of this rank.
        chosen: [G, L + 1] what this rank's own tokens asked for: pairs of each expert, and rows, by rank.
    """

    exchange: Exchange
    num_pairs: int
    counts: torch.Tensor
    chosen: torch.Tensor


@dataclass(frozen=True)
class Routing:
    """
    What a rank sends.

    Attributes:
        sizes: how much.
        owner: [T, K] rank of each choice.
        local: [T, K] number of the chosen expert on its rank.
        sent_tokens: [S] the token of each row sent.
        receivers: [S] the rank that it is sent to.
        sent_row: [T, K] for a choice on another rank, the row sent there that carries the token.
    """

    sizes: Sizes
    owner: torch.Tensor
    local: torch.Tensor
    sent_tokens: torch.Tensor
    receivers: torch.Tensor
    sent_row: torch.Tensor

    @property
    def exchange(self) -> Exchange:
        return self.sizes.exchange

    @property
    def num_local(self) -> int:
        return self.sizes.counts.shape[0]

    @property
    def rank(self) -> int:
        return self.exchange.group.rank()


def route(
    experts: torch.Tensor, *, num_local: int, group: distributed.ProcessGroup, known: Sizes | None = None
) -> Routing:
    """
    Exchange how many rows and pairs each rank gets, and order what is sent.

    Args:
        experts: [T, K] numbers of the chosen experts, over all ranks.
        num_local: experts of a rank; rank g has g * num_local and those after it.
        known: the sizes of the same tokens' first pass, of which nothing has to be exchanged or read again.
    """
    num_ranks, rank = group.size(), group.rank()
    num_tokens, _ = experts.shape
    owner, local = experts // num_local, experts % num_local
    pairs = torch.zeros(num_ranks * num_local, dtype=torch.long, device=experts.device)
    pairs = pairs.scatter_add_(0, experts.flatten(), torch.ones_like(experts).flatten()).view(num_ranks, num_local)

    visits = torch.zeros((num_ranks, num_tokens), dtype=torch.bool, device=experts.device)
    visits.t().scatter_(1, owner, True)
    visits[rank] = False
    chosen = torch.cat([pairs, visits.sum(dim=1, keepdim=True)], dim=1)
    if known is None:
        sizes = _exchange_sizes(chosen, group)
    else:
        torch._assert_async((chosen == known.chosen).all(), "a layer chose other experts when it was computed again")
        sizes = known

    # Rows are sent in the order of their receivers, then of their tokens. Writes of those that stay go to a place after
    # the last, which is cut off: picking them out would make the host wait for their number.
    places = visits.flatten().cumsum(0).view_as(visits) - 1
    num_sent = sizes.exchange.num_sent
    visitors = torch.arange(visits.numel(), device=experts.device)
    sent_visits = visitors.new_empty(num_sent + 1)
    sent_visits.scatter_(0, torch.where(visits, places, num_sent).flatten(), visitors)
    sent_visits = sent_visits[:num_sent]
    return Routing(
        sizes=sizes,
        owner=owner,
        local=local,
        sent_tokens=sent_visits % max(num_tokens, 1),
        receivers=sent_visits // max(num_tokens, 1),
        sent_row=places.t().gather(1, owner),
    )


def _exchange_sizes(chosen: torch.Tensor, group: distributed.ProcessGroup) -> Sizes:
    """Tell each rank what it will get, and read the sizes back to the host."""
    num_ranks = chosen.shape[0]
    received = exchange_counts(chosen, group)
    # A rank tells itself, too: pairs of its own tokens are among the counts, rows that stay are none.
    counts = received[:, :-1].sum(dim=0)
    sizes = torch.cat([chosen[:, -1], received[:, -1], counts.sum().view(1)]).tolist()
    exchange = Exchange(group, sizes[:num_ranks], sizes[num_ranks : 2 * num_ranks])
    return Sizes(exchange=exchange, num_pairs=sizes[-1], counts=counts.to(torch.int32), chosen=chosen)


def sent_experts(routing: Routing) -> torch.Tensor:
    """[S, K] int32: for each row sent the receiver's number of each of its choices, L for a choice elsewhere."""
    tokens = routing.sent_tokens
    here = routing.owner[tokens] == routing.receivers.unsqueeze(1)
    return torch.where(here, routing.local[tokens], routing.num_local).to(torch.int32)


@dataclass(frozen=True)
class Layout:
    """
    The pairs of a rank in the order of their experts. Indices are int32, -1 where there is none.

    Attributes:
        pair_rows: [P] the row of each pair: a token below T, else T + a received row.
        pair_slots: [P] which of the row's K choices it is, as row * K + choice.
        pair_experts: [P] number of its expert on this rank.
        row_pairs: [R, K] pairs of each received row.
        own_pairs: [T, K] pairs of each own token.
        token_parts: [T, K] what an own token's output is the sum of: a pair of its own below P, else P + the row that
            came back from another rank, once for each rank.
    """

    pair_rows: torch.Tensor
    pair_slots: torch.Tensor
    pair_experts: torch.Tensor
    row_pairs: torch.Tensor
    own_pairs: torch.Tensor
    token_parts: torch.Tensor


def lay_out(routing: Routing, received_experts: torch.Tensor) -> Layout:
    """
    Order the pairs of this rank.

    Args:
        received_experts: [R, K] what `sent_experts` gave on the ranks that sent the rows.
    """
    own = routing.owner == routing.rank
    num_tokens, num_choices = own.shape
    none = routing.num_local
    experts = torch.cat([torch.where(own, routing.local, none).to(torch.int32), received_experts]).flatten()
    # The fewer bits, the fewer passes a radix sort makes.
    keys = experts.to(torch.int16) if none < 2**15 else experts
    sorted_keys, order = torch.sort(keys, stable=True)
    order = order[: routing.sizes.num_pairs]
    positions = torch.arange(routing.sizes.num_pairs, dtype=torch.int32, device=experts.device)
    inverse = torch.full_like(experts, -1).scatter_(0, order, positions).view(-1, num_choices)
    own_pairs = inverse[:num_tokens]

    choices = torch.arange(num_choices, device=experts.device).expand_as(routing.owner)
    first = torch.full((num_tokens, len(routing.exchange.sent)), num_choices, device=experts.device)
    first = first.scatter_reduce_(1, routing.owner, choices, "amin")
    is_first = first.gather(1, routing.owner) == choices
    back = torch.where(is_first & ~own, routing.sizes.num_pairs + routing.sent_row, -1).to(torch.int32)
    return Layout(
        pair_rows=(order // num_choices).to(torch.int32),
        pair_slots=order.to(torch.int32),
        pair_experts=sorted_keys[: routing.sizes.num_pairs].to(torch.int32),
        row_pairs=inverse[num_tokens:],
        own_pairs=own_pairs,
        token_parts=torch.where(own, own_pairs, back),
    )
