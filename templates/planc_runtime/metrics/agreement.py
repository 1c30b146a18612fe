"""What ranks add up for the figures: over a group of their own, so that a rank that stays away holds up no training."""

from __future__ import annotations

from datetime import timedelta

import torch
import torch.distributed as dist

# A rank that does not come for so long has lost its part in the figures. Shorter than what the trainer's own groups wait.
PATIENCE = timedelta(minutes=5)


class Agreement:
    """All ranks, or the one process of a run that is not distributed. Every rank makes it, before training."""

    def __init__(self) -> None:
        joined = dist.is_available() and dist.is_initialized()
        self.group = dist.new_group(backend="gloo", timeout=PATIENCE) if joined else None
        self.rank = dist.get_rank() if joined else 0
        self.world_size = dist.get_world_size() if joined else 1

    def over_ranks(self, sums: list[float], tops: list[float]) -> tuple[list[float], list[float]]:
        """The sums and the largest values over all ranks, each list as long on every one of them."""
        added, largest = torch.tensor(sums, dtype=torch.float64), torch.tensor(tops, dtype=torch.float64)
        if self.group is not None:
            dist.all_reduce(added, group=self.group)
            dist.all_reduce(largest, dist.ReduceOp.MAX, group=self.group)
        return added.tolist(), largest.tolist()
