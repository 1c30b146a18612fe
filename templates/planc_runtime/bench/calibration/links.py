"""Seconds of collectives between the GPUs, at two sizes: what a message takes, and what a byte does."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist

from planc_runtime.bench.calibration.clock import round_of

# Bytes that a rank sends to others.
SIZES, TOY_SIZES = (2**20, 2**28), (2**10, 2**14)

# Rounds that are timed, and calls of one.
ROUNDS, CALLS = 5, 10


def measure_links(device: torch.device, *, toy: bool) -> dict[str, Any]:
    """{operation: [[bytes that a rank sends, seconds on the slowest rank], ...]}."""
    found: dict[str, Any] = {"ranks": dist.get_world_size()}
    for operation in ("all_gather", "reduce_scatter", "all_to_all"):
        found[operation] = [[size, _slowest(operation, size, device)] for size in (TOY_SIZES if toy else SIZES)]
    return found


def _slowest(operation: str, size: int, device: torch.device) -> float:
    ranks = dist.get_world_size()
    # Each of the other ranks gets a part; a float32 takes 4 bytes.
    part = max(1, size // 4 // (ranks - 1))
    whole = torch.zeros(part * ranks, device=device)
    own = torch.zeros(part * ranks if operation == "all_to_all" else part, device=device)

    def call() -> None:
        if operation == "all_gather":
            dist.all_gather_into_tensor(whole, own)
        elif operation == "reduce_scatter":
            dist.reduce_scatter_tensor(own, whole)
        else:
            dist.all_to_all_single(own, whole)

    # Every rank calls as often, whatever it takes there.
    call()
    rounds = sorted(round_of(call, CALLS, device) for _ in range(ROUNDS))
    middle = torch.tensor([rounds[ROUNDS // 2] / CALLS], dtype=torch.float64, device=device)
    dist.all_reduce(middle, op=dist.ReduceOp.MAX)
    return float(middle)
