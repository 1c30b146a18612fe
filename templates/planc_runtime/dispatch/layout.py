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
class Routing:
    """
    What a rank sends, known after the counts were exchanged; the only numbers that the host reads are in it.

    Attributes:
        exchange: rows to and from each rank.
        owner: [T, K] rank of each choice.
        local: [T, K] number of the chosen expert on its rank.
        sent_tokens: [S] the token of each row sent.
        receivers: [S] the rank that it is sent to.
        sent_row: [T, K] for a choice on another rank, the row sent there that carries the token.
        rank: this rank on the expert axis.
        num_local: L.
        counts: [L] int32, pairs of each expert of this rank.
        num_pairs: P.
    """

    exchange: Exchange
    owner: torch.Tensor
    local: torch.Tensor
    sent_tokens: torch.Tensor
    receivers: torch.Tensor
    sent_row: torch.Tensor
    rank: int
    num_local: int
    counts: torch.Tensor
    num_pairs: int


def route(experts: torch.Tensor, *, num_local: int, group: distributed.ProcessGroup) -> Routing:
    """
    Exchange how many rows and pairs each rank gets. Reads the sizes back to the host, once.

    Args:
        experts: [T, K] numbers of the chosen experts, over all ranks.
        num_local: experts of a rank; rank g has g * num_local and those after it.
    """
    num_ranks, rank = group.size(), group.rank()
    num_tokens, _ = experts.shape
    owner, local = experts // num_local, experts % num_local
    pairs = torch.zeros(num_ranks * num_local, dtype=torch.long, device=experts.device)
    pairs = pairs.scatter_add_(0, experts.flatten(), torch.ones_like(experts).flatten()).view(num_ranks, num_local)

    visits = torch.zeros((num_ranks, num_tokens), dtype=torch.bool, device=experts.device)
    visits.t().scatter_(1, owner, True)
    visits[rank] = False
    rows = visits.sum(dim=1, keepdim=True)
    received = exchange_counts(torch.cat([pairs, rows], dim=1), group)
    # Pairs of rows that stay are counted here, not received from this rank: what it sent itself is the same.
    counts = received[:, :num_local].sum(dim=0)
    sizes = torch.cat([rows.flatten(), received[:, num_local], counts.sum().view(1)]).tolist()
    sent, arriving, num_pairs = sizes[:num_ranks], sizes[num_ranks : 2 * num_ranks], sizes[-1]

    # Rows are sent in the order of their receivers, then of their tokens. Writes of those that stay go to a place after
    # the last, which is cut off: picking them out would make the host wait for their number.
    places = visits.flatten().cumsum(0).view_as(visits) - 1
    num_sent = sum(sent)
    visitors = torch.arange(visits.numel(), device=experts.device)
    sent_visits = visitors.new_empty(num_sent + 1)
    sent_visits.scatter_(0, torch.where(visits, places, num_sent).flatten(), visitors)
    sent_visits = sent_visits[:num_sent]
    return Routing(
        exchange=Exchange(group, sent, arriving),
        owner=owner,
        local=local,
        sent_tokens=sent_visits % max(num_tokens, 1),
        receivers=sent_visits // max(num_tokens, 1),
        sent_row=places.t().gather(1, owner),
        rank=rank,
        num_local=num_local,
        counts=counts.to(torch.int32),
        num_pairs=num_pairs,
    )


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
    order = order[: routing.num_pairs]
    positions = torch.arange(routing.num_pairs, dtype=torch.int32, device=experts.device)
    inverse = torch.full_like(experts, -1).scatter_(0, order, positions).view(-1, num_choices)
    own_pairs = inverse[:num_tokens]

    choices = torch.arange(num_choices, device=experts.device).expand_as(routing.owner)
    first = torch.full((num_tokens, len(routing.exchange.sent)), num_choices, device=experts.device)
    first = first.scatter_reduce_(1, routing.owner, choices, "amin")
    is_first = first.gather(1, routing.owner) == choices
    back = torch.where(is_first & ~own, routing.num_pairs + routing.sent_row, -1).to(torch.int32)
    return Layout(
        pair_rows=(order // num_choices).to(torch.int32),
        pair_slots=order.to(torch.int32),
        pair_experts=sorted_keys[: routing.num_pairs].to(torch.int32),
        row_pairs=inverse[num_tokens:],
        own_pairs=own_pairs,
        token_parts=torch.where(own, own_pairs, back),
    )
