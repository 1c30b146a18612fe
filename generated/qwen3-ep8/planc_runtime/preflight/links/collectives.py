"""One all-gather and one all-to-all over a group: are the numbers right, and how long do they take."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
import torch.distributed as dist

# Calls that are timed together.
CALLS = 10


def numbers(source: int, destination: int, count: int, device: torch.device) -> torch.Tensor:
    """What one rank sends another: `count` int32 that tell who sent them, to whom, and where each belongs."""
    offset = (source * 1_000_003 + destination * 7_919) % 2**30
    return torch.arange(offset, offset + count, dtype=torch.int32, device=device)


def check_numbers(
    operation: str, size: int, *, rank: int, ranks: Sequence[int], group: dist.ProcessGroup, device: torch.device
) -> list[int]:
    """
    Exchange `size` bytes and return the ranks whose numbers came wrong.

    Args:
        ranks: of the group, in its order.
    """
    count = max(1, size // 4 // len(ranks))
    if operation == "all_gather":
        counts, pieces = [count] * len(ranks), [numbers(source, 0, count, device) for source in ranks]
        found = torch.empty(count * len(ranks), dtype=torch.int32, device=device)
        dist.all_gather_into_tensor(found, numbers(rank, 0, count, device), group=group)
    else:
        # Uneven, as tokens are.
        position, num_ranks = ranks.index(rank), len(ranks)
        counts = [count * (1 + (position + index) % num_ranks) // num_ranks for index in range(num_ranks)]
        sent = [numbers(rank, to, each, device) for to, each in zip(ranks, counts, strict=True)]
        pieces = [numbers(source, rank, each, device) for source, each in zip(ranks, counts, strict=True)]
        found = torch.empty(sum(counts), dtype=torch.int32, device=device)
        dist.all_to_all_single(found, torch.cat(sent), counts, counts, group=group)
    received = found.split(counts)
    return [
        source for source, piece, right in zip(ranks, received, pieces, strict=True) if not torch.equal(piece, right)
    ]


def time_calls(operation: str, size: int, *, num_ranks: int, group: dist.ProcessGroup, device: torch.device) -> float:
    """
    Seconds of one call that moves buffers of `size` bytes: the mean of several after one that does not count, on the
    slowest rank of the group, so that all of its ranks go on alike.
    """
    count = max(1, size // 4 // num_ranks)
    whole = torch.zeros(count * num_ranks, dtype=torch.int32, device=device)
    other = torch.zeros(count if operation == "all_gather" else count * num_ranks, dtype=torch.int32, device=device)

    def call() -> None:
        if operation == "all_gather":
            dist.all_gather_into_tensor(whole, other, group=group)
        else:
            dist.all_to_all_single(other, whole, group=group)

    call()
    finish(device)
    began = time.perf_counter()
    for _ in range(CALLS):
        call()
    finish(device)
    own = torch.tensor([(time.perf_counter() - began) / CALLS], dtype=torch.float64, device=device)
    everyones = torch.empty(num_ranks, dtype=torch.float64, device=device)
    dist.all_gather_into_tensor(everyones, own, group=group)
    return float(everyones.max())


def finish(device: torch.device) -> None:
    """Wait for what was asked of a GPU; a CPU has done it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
