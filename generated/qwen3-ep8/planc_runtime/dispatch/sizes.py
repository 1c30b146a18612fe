"""
How much goes where: what ranks exchange first, and all that the host reads.

Shapes: G ranks of the expert axis, E local experts of a rank, F = E + 1, N numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import distributed

from planc_runtime.dispatch.exchange import Exchange, exchange_counts
from planc_runtime.kernels import Routing, Totals


@dataclass(frozen=True)
class Sizes:
    """
    Attributes:
        exchange: rows to and from each rank.
        num_assignments: A.
        totals: the same on the device, and how many assignments each local expert has.
        chosen_GF: what this rank's own tokens chose on each rank: assignments of each expert, then rows.
    """

    exchange: Exchange
    num_assignments: int
    totals: Totals
    chosen_GF: torch.Tensor

    def check(self, chosen_GF: torch.Tensor) -> None:
        """Have the run end where other experts were chosen when a layer was computed again. The host does not wait for it."""
        assert_same(self.chosen_GF, chosen_GF)


def exchange_sizes(routing: Routing, group: distributed.ProcessGroup) -> Sizes:
    """Tell each rank what it will get, and read the sizes back to the host."""
    totals = routing.total(exchange_counts(routing.chosen_GF, group))
    sizes = to_host(totals.sizes_L)
    num_ranks = group.size()
    exchange = Exchange(group, sizes[:num_ranks], sizes[num_ranks : 2 * num_ranks])
    return Sizes(exchange=exchange, num_assignments=sizes[-1], totals=totals, chosen_GF=routing.chosen_GF)


def to_host(numbers_N: torch.Tensor) -> list[int]:
    """Numbers of a device. The host waits here, the only time in a layer: for one copy, into memory that a GPU writes itself."""
    if not numbers_N.is_cuda:
        return numbers_N.tolist()
    pinned_N = _pinned(numbers_N.shape[0], numbers_N.dtype)
    pinned_N.copy_(numbers_N, non_blocking=True)
    torch.cuda.current_stream(numbers_N.device).synchronize()
    return pinned_N.tolist()


@cache
def _pinned(num_numbers: int, dtype: torch.dtype) -> torch.Tensor:
    """The same for every layer, since the host reads what it asked for before it asks again."""
    return torch.empty(num_numbers, dtype=dtype, pin_memory=True)


def assert_same(first: torch.Tensor, again: torch.Tensor) -> None:
    """Have the run end, without the host waiting for it, unless both are equal."""
    torch._assert_async((first == again).all(), "a layer chose other experts when it was computed again")
