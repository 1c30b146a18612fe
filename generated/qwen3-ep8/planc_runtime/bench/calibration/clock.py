"""Seconds of a call on a GPU: the median of a few rounds of as many calls as take a while."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

# Rounds, and what one of them should take on a GPU; seconds.
ROUNDS, ROUND = 5, 0.02


def seconds_of(call: Callable[[], object], device: torch.device) -> float:
    """Seconds of one `call`, after those that tune and warm it."""
    for _ in range(3):
        call()
    once = max(round_of(call, 1, device), 1e-6)
    count = max(1, min(1000, round(ROUND / once))) if device.type == "cuda" else 1
    return statistics.median(round_of(call, count, device) for _ in range(ROUNDS)) / count


def round_of(call: Callable[[], object], count: int, device: torch.device) -> float:
    """Seconds of `count` calls, one after another."""
    if device.type != "cuda":
        began = time.perf_counter()
        for _ in range(count):
            call()
        return time.perf_counter() - began
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    for _ in range(count):
        call()
    end.record()
    torch.cuda.synchronize(device)
    return begin.elapsed_time(end) / 1000
