"""
The order of rows in Triton, without a sort: seven launches for what plain torch does in some sixty.

Shapes: T tokens of this rank, K experts per token, G ranks of the expert axis, E local experts of a rank, F = E + 1, S rows
sent, R rows received, M = 2K, V = T + R rows of the stack, A assignments, B blocks of choices.
"""

from __future__ import annotations

import torch

from planc_runtime.kernels.compiled import counting, ordering
from planc_runtime.kernels.compiled.choice_tiles import COLUMNS, PART, block_of, num_blocks, padded
from planc_runtime.kernels.compiled.tuning import parts
from planc_runtime.kernels.routed import ExpertAxis, Layout, Sent, Totals

# Blocks whose counts are added up together.
ADDED = 64


class CompiledRouting:
    """As `kernels.routing.Routing` promises."""

    def __init__(self, experts_TK: torch.Tensor, weights_TK: torch.Tensor, axis: ExpertAxis) -> None:
        self.axis = axis
        experts_TK = experts_TK.contiguous()
        num_tokens, num_choices = experts_TK.shape
        self.weights_TK = weights_TK.contiguous()
        self.experts_TK = torch.empty_like(experts_TK, dtype=torch.int32)
        self.visits_TK = torch.empty_like(experts_TK, dtype=torch.int16)
        self.before_BGF = self._int32(num_blocks(num_tokens, num_choices), axis.num_ranks, axis.num_local + 1)
        block, slots = block_of(num_choices)
        blocks, columns = self.before_BGF.shape[0], self.before_BGF[0].numel()
        counting.count_choices[(blocks, parts(columns, COLUMNS))](
            experts_TK,
            self.experts_TK,
            self.visits_TK,
            self.before_BGF,
            num_tokens,
            axis.rank,
            columns,
            axis.num_local,
            num_choices,
            slots,
            block,
            COLUMNS,
        )
        self.chosen_GF = torch.empty_like(self.before_BGF[0], dtype=torch.int64)
        _add_up(self.before_BGF, self.chosen_GF)

    def total(self, received_GF: torch.Tensor) -> Totals:
        num_ranks, num_local = self.axis.num_ranks, self.axis.num_local
        totals = Totals(
            sizes_L=received_GF.new_empty(2 * num_ranks + 1),
            counts_E=self._int32(num_local),
            ends_E=self._int32(num_local),
        )
        counting.total[(1,)](
            self.chosen_GF,
            received_GF,
            totals.sizes_L,
            totals.counts_E,
            totals.ends_E,
            num_ranks,
            num_local,
            padded(num_ranks),
            padded(num_local),
        )
        return totals

    def send(self, num_sent: int) -> Sent:
        num_tokens, num_choices = self.experts_TK.shape
        sent = Sent(
            tokens_S=self._int32(num_sent),
            sent_rows_TK=torch.empty_like(self.experts_TK),
            messages_SM=self._int32(num_sent, 2 * num_choices),
        )
        block, slots = block_of(num_choices)
        ordering.order_sent[(self.before_BGF.shape[0],)](
            self.experts_TK,
            self.weights_TK,
            self.visits_TK,
            self.before_BGF,
            self.chosen_GF,
            sent.tokens_S,
            sent.sent_rows_TK,
            sent.messages_SM,
            num_tokens,
            self.axis.rank,
            self.axis.num_ranks,
            self.axis.num_local,
            num_choices,
            slots,
            block,
            PART,
        )
        return sent

    def lay_out(self, totals: Totals, num_assignments: int, sent: Sent, messages_RM: torch.Tensor) -> Layout:
        (num_tokens, num_choices), num_received = self.experts_TK.shape, messages_RM.shape[0]
        num_local = self.axis.num_local
        block, slots = block_of(num_choices)
        before_BE = self._int32(num_blocks(num_received, num_choices), num_local)
        counting.count_received[(before_BE.shape[0], parts(num_local, COLUMNS))](
            messages_RM, before_BE, num_received, num_local, num_choices, slots, block, COLUMNS
        )
        _add_up(before_BE, None)
        assignments_VK = self._int32(num_tokens + num_received, num_choices)
        layout = Layout(
            rows_A=self._int32(num_assignments),
            local_experts_A=self._int32(num_assignments),
            weights_A=self.weights_TK.new_empty(num_assignments, dtype=torch.float32),
            assignments_RK=assignments_VK[num_tokens:],
            assignments_TK=assignments_VK[:num_tokens],
            parts_TK=torch.empty_like(self.experts_TK),
        )
        own_blocks = self.before_BGF.shape[0]
        ordering.order_assignments[(own_blocks + before_BE.shape[0],)](
            self.experts_TK,
            self.weights_TK,
            self.visits_TK,
            sent.sent_rows_TK,
            messages_RM,
            self.before_BGF,
            before_BE,
            self.chosen_GF,
            totals.counts_E,
            totals.ends_E,
            layout.rows_A,
            layout.local_experts_A,
            layout.weights_A,
            assignments_VK,
            layout.parts_TK,
            num_tokens,
            num_received,
            own_blocks,
            num_assignments,
            self.axis.rank,
            self.axis.num_ranks,
            num_local,
            num_choices,
            slots,
            block,
            PART,
        )
        return layout

    def _int32(self, *shape: int) -> torch.Tensor:
        return torch.empty(shape, dtype=torch.int32, device=self.weights_TK.device)


def _add_up(counts: torch.Tensor, totals: torch.Tensor | None) -> None:
    columns = counts[0].numel()
    counting.add_up[(parts(columns, COLUMNS),)](
        counts, totals, counts.shape[0], columns, totals is not None, ADDED, COLUMNS
    )
