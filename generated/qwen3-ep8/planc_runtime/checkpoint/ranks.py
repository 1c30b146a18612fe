"""What ranks tell each other about a run: small things, over a group of their own on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist

from planc_runtime.errors import UserError

T = TypeVar("T")

# A rank that has written its part waits for the slowest; one that died is noticed at once.
PATIENCE = timedelta(hours=6)


def is_loss(error: BaseException) -> bool:
    """Whether a collective failed since a rank is gone. gloo says so in words alone."""
    if isinstance(error, dist.DistError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error) for word in ("gloo", "by peer"))


class Ranks:
    """All ranks, or the one process of a run that is not distributed. Every rank makes the same calls in one order."""

    def __init__(self) -> None:
        joined = dist.is_available() and dist.is_initialized()
        self.group = dist.new_group(backend="gloo", timeout=PATIENCE) if joined else None
        self.rank = dist.get_rank() if joined else 0
        self.world_size = dist.get_world_size() if joined else 1

    def gather(self, value: T) -> list[T]:
        """The values of all ranks, on each of them."""
        if self.group is None:
            return [value]
        values: list[Any] = [None] * self.world_size
        dist.all_gather_object(values, value, group=self.group)
        return values

    def any(self, flag: int) -> int:
        """The largest of the ranks' flags."""
        if self.group is None:
            return flag
        flags = torch.tensor(flag)
        dist.all_reduce(flags, op=dist.ReduceOp.MAX, group=self.group)
        return int(flags)

    def from_first(self, function: Callable[[], T]) -> T:
        """
        What `function` returns on rank 0, which alone calls it.

        Raises:
            UserError: the one that it raised there, on every rank.
        """
        outcome: list[Any] = [None, None]
        if self.rank == 0:
            try:
                outcome[0] = function()
            except UserError as error:
                outcome[1] = str(error)
            except OSError as error:
                outcome[1] = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        if self.group is not None:
            dist.broadcast_object_list(outcome, src=0, group=self.group)
        if outcome[1] is not None:
            raise UserError(outcome[1])
        return outcome[0]
