"""
The collectives of the dispatch. Rows that stay on their rank take no part in them.

Shapes: G ranks of the expert axis, S rows sent, R rows received, N any number of columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import distributed


@dataclass(frozen=True)
class Exchange:
    """
    Who sends how many rows to whom over one expert axis.

    Attributes:
        group: the process group of the axis.
        sent: rows to each rank of the group; 0 to this one.
        received: rows from each rank.
    """

    group: distributed.ProcessGroup
    sent: list[int]
    received: list[int]

    @property
    def num_sent(self) -> int:
        """S."""
        return sum(self.sent)

    def forward(self, rows_SN: torch.Tensor) -> Pending:
        """Start to bring `rows_SN`, ordered by destination rank, to their ranks; each holds [R, N] afterwards."""
        return self._start(rows_SN, self.sent, self.received)

    def back(self, rows_RN: torch.Tensor) -> Pending:
        """Start the way back: `rows_RN` as they were received to the ranks that sent them, which hold [S, N]."""
        return self._start(rows_RN, self.received, self.sent)

    def _start(self, rows: torch.Tensor, input_sizes: list[int], output_sizes: list[int]) -> Pending:
        result = rows.new_empty((sum(output_sizes), *rows.shape[1:]))
        work = distributed.all_to_all_single(
            result, rows.contiguous(), output_sizes, input_sizes, group=self.group, async_op=True
        )
        return Pending(result, work, rows)


@dataclass(frozen=True)
class Pending:
    """Rows on their way. `sent` is kept so that its memory is not given to others meanwhile."""

    result: torch.Tensor
    work: distributed.Work
    sent: torch.Tensor

    def wait(self) -> torch.Tensor:
        """The rows, once they are here (on a GPU: once work that is queued after this may read them)."""
        self.work.wait()
        return self.result


def exchange_counts(counts_GN: torch.Tensor, group: distributed.ProcessGroup) -> torch.Tensor:
    """Row g of `counts_GN` goes to rank g; row g of the result [G, N] is what rank g counted for this one."""
    received_GN = torch.empty_like(counts_GN)
    distributed.all_to_all_single(received_GN, counts_GN, group=group)
    return received_GN
