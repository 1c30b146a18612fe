"""The routing of every rank of an expert axis, in one process: what the ranks exchange is handed over as they would."""

from dataclasses import dataclass

import torch

from planc_runtime.kernels import ExpertAxis, Layout, Sent, Totals, start_routing


@dataclass(frozen=True)
class Routed:
    """What one rank has worked out."""

    chosen: torch.Tensor
    experts: torch.Tensor
    totals: Totals
    sent: Sent
    layout: Layout

    def tensors(self) -> dict[str, torch.Tensor]:
        parts = {**vars(self.totals), **vars(self.sent), **vars(self.layout)}
        return {"chosen": self.chosen, "experts": self.experts, **parts}


def routed(choices: list[torch.Tensor], weights: list[torch.Tensor], num_local: int) -> list[Routed]:
    """`choices` and `weights` [T, K] of each rank; each has `num_local` experts."""
    num_ranks = len(choices)
    axes = [ExpertAxis(num_ranks=num_ranks, num_local=num_local, rank=rank) for rank in range(num_ranks)]
    routings = [start_routing(*each) for each in zip(choices, weights, axes, strict=True)]
    received = [torch.stack([each.chosen_GF[rank] for each in routings]) for rank in range(num_ranks)]
    totals = [routing.total(counts) for routing, counts in zip(routings, received, strict=True)]
    sizes = [each.sizes_L.tolist() for each in totals]
    sent = [routing.send(sum(own[:num_ranks])) for routing, own in zip(routings, sizes, strict=True)]
    pieces = [each.messages_SM.split(own[:num_ranks]) for each, own in zip(sent, sizes, strict=True)]
    answers = []
    for rank, routing in enumerate(routings):
        messages = torch.cat([each[rank] for each in pieces])
        assert sizes[rank][num_ranks:-1] == [len(each[rank]) for each in pieces]
        layout = routing.lay_out(totals[rank], sizes[rank][-1], sent[rank], messages)
        answers.append(Routed(routing.chosen_GF, routing.experts_TK, totals[rank], sent[rank], layout))
    return answers
