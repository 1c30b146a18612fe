"""The collectives of the dispatch. Rows that stay on their rank take no part in them."""

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
        return sum(self.sent)

    def forward(self, rows: torch.Tensor) -> Pending:
        """Start to bring `rows` [S, ...], ordered by receiver, to their receivers; they hold [R, ...] afterwards."""
        return self._start(rows, self.sent, self.received)

    def back(self, rows: torch.Tensor) -> Pending:
        """Start the way back: `rows` [R, ...] as they were received to those who sent them, who hold [S, ...]."""
        return self._start(rows, self.received, self.sent)

    def _start(self, rows: torch.Tensor, inputs: list[int], outputs: list[int]) -> Pending:
        result = rows.new_empty((sum(outputs), *rows.shape[1:]))
        work = distributed.all_to_all_single(
            result, rows.contiguous(), outputs, inputs, group=self.group, async_op=True
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


def exchange_counts(counts: torch.Tensor, group: distributed.ProcessGroup) -> torch.Tensor:
    """Row g of `counts` [G, N] goes to rank g; the result's row g is what rank g counted for this one."""
    received = torch.empty_like(counts)
    distributed.all_to_all_single(received, counts, group=group)
    return received
