"""
The order of rows in plain torch: a table of who visits whom, and a stable sort by expert.

Shapes: T tokens of this rank, K experts per token, G ranks of the expert axis, E local experts of a rank, F = E + 1, S rows
sent, R rows received, M = 2K, V = T + R rows of the stack, C = V * K choices of theirs, A assignments.
"""

from __future__ import annotations

import torch

from planc_runtime.kernels.routed import ExpertAxis, Layout, Sent, Totals


class EagerRouting:
    """As `kernels.routing.Routing` promises."""

    def __init__(self, experts_TK: torch.Tensor, weights_TK: torch.Tensor, axis: ExpertAxis) -> None:
        self.axis = axis
        self.weights_TK = weights_TK.float()
        self.experts_TK = experts_TK.to(torch.int32)
        # Indices of torch's operators are in 64 bits.
        self.dest_ranks_TK = experts_TK.long() // axis.num_local
        self.local_experts_TK = self.experts_TK % axis.num_local
        num_ranks, num_tokens = axis.num_ranks, experts_TK.shape[0]
        counts_GE = torch.zeros((num_ranks, axis.num_local), dtype=torch.long, device=experts_TK.device)
        choices_C = experts_TK.long().flatten()
        counts_GE.view(-1).scatter_add_(0, choices_C, torch.ones_like(choices_C))
        self.visits_GT = torch.zeros((num_ranks, num_tokens), dtype=torch.bool, device=experts_TK.device)
        self.visits_GT.t().scatter_(1, self.dest_ranks_TK, True)
        self.visits_GT[axis.rank] = False
        self.chosen_GF = torch.cat([counts_GE, self.visits_GT.sum(dim=1, keepdim=True)], dim=1)

    def total(self, received_GF: torch.Tensor) -> Totals:
        # A rank counts itself, too: assignments of its own tokens are among the numbers.
        counts_E = received_GF[:, :-1].sum(dim=0)
        sizes_L = torch.cat([self.chosen_GF[:, -1], received_GF[:, -1], counts_E.sum().view(1)])
        return Totals(sizes_L, counts_E.to(torch.int32), counts_E.cumsum(0).to(torch.int32))

    def send(self, num_sent: int) -> Sent:
        num_tokens, num_local = self.experts_TK.shape[0], self.axis.num_local
        positions_GT = self.visits_GT.flatten().cumsum(0).view_as(self.visits_GT) - 1
        # Writes of rows that stay go to a position after the last, which is cut off: picking them out would make the host
        # wait for their number. A visit is numbered as dest_rank * T + token.
        numbers = torch.arange(self.visits_GT.numel(), device=positions_GT.device)
        with_rest = numbers.new_empty(num_sent + 1)
        with_rest.scatter_(0, torch.where(self.visits_GT, positions_GT, num_sent).flatten(), numbers)
        visits_S = with_rest[:num_sent]
        tokens_S, dest_ranks_S = visits_S % max(num_tokens, 1), visits_S // max(num_tokens, 1)
        is_there_SK = self.dest_ranks_TK[tokens_S] == dest_ranks_S.unsqueeze(1)
        experts_SK = torch.where(is_there_SK, self.local_experts_TK[tokens_S], num_local)
        sent_rows_TK = positions_GT.t().gather(1, self.dest_ranks_TK).to(torch.int32)
        return Sent(
            tokens_S=tokens_S.to(torch.int32),
            sent_rows_TK=torch.where(self.dest_ranks_TK == self.axis.rank, -1, sent_rows_TK),
            messages_SM=torch.cat([experts_SK, self.weights_TK[tokens_S].view(torch.int32)], dim=1),
        )

    def lay_out(self, totals: Totals, num_assignments: int, sent: Sent, messages_RM: torch.Tensor) -> Layout:
        none = self.axis.num_local
        is_own_TK = self.dest_ranks_TK == self.axis.rank
        num_tokens, num_choices = is_own_TK.shape
        experts_RK, bits_RK = messages_RM.chunk(2, dim=1)
        experts_C = torch.cat([torch.where(is_own_TK, self.local_experts_TK, none), experts_RK]).flatten()
        # The fewer bits, the fewer passes a radix sort makes.
        keys_C = experts_C.to(torch.int16) if none < 2**15 else experts_C
        sorted_keys_C, order_C = torch.sort(keys_C, stable=True)
        choices_A = order_C[:num_assignments]
        numbers_A = torch.arange(num_assignments, dtype=torch.int32, device=order_C.device)
        assignments_VK = torch.full_like(experts_C, -1).scatter_(0, choices_A, numbers_A).view(-1, num_choices)
        weights_VK = torch.cat([self.weights_TK, bits_RK.contiguous().view(torch.float32)])
        assignments_TK = assignments_VK[:num_tokens]
        returned_TK = torch.where(self._is_first() & ~is_own_TK, num_assignments + sent.sent_rows_TK, -1)
        return Layout(
            rows_A=(choices_A // num_choices).to(torch.int32),
            local_experts_A=sorted_keys_C[:num_assignments].to(torch.int32),
            weights_A=weights_VK.flatten()[choices_A],
            assignments_RK=assignments_VK[num_tokens:],
            assignments_TK=assignments_TK,
            parts_TK=torch.where(is_own_TK, assignments_TK, returned_TK),
        )

    def _is_first(self) -> torch.Tensor:
        """[T, K]: whether a choice is the first of its token on that rank."""
        num_tokens, num_choices = self.dest_ranks_TK.shape
        choice_TK = torch.arange(num_choices, device=self.dest_ranks_TK.device).expand_as(self.dest_ranks_TK)
        first_TG = torch.full((num_tokens, self.axis.num_ranks), num_choices, device=choice_TK.device)
        first_TG.scatter_reduce_(1, self.dest_ranks_TK, choice_TK, "amin")
        return first_TG.gather(1, self.dest_ranks_TK) == choice_TK
