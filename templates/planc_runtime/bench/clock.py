"""How long steps take, without making the GPU wait for the host between them."""

from __future__ import annotations

import itertools
import time
from typing import Any

import torch


class Clock:
    """Starts when it is made; `tick` ends a step, `stop` says how long each was."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.marks: list[Any] = []
        if device.type == "cuda":
            torch.cuda.synchronize(device)
            torch.cuda.reset_peak_memory_stats(device)
        torch.distributed.barrier()
        self.tick()

    def tick(self) -> None:
        if self.device.type == "cuda":
            event = torch.cuda.Event(enable_timing=True)
            event.record()
            self.marks.append(event)
        else:
            self.marks.append(time.perf_counter())

    def stop(self) -> tuple[list[float], dict[str, int]]:
        """Seconds of each step, and the peak of bytes since the start, none on a CPU."""
        pairs = itertools.pairwise(self.marks)
        if self.device.type != "cuda":
            return [end - begin for begin, end in pairs], {}
        torch.cuda.synchronize(self.device)
        memory = {
            "allocated": torch.cuda.max_memory_allocated(self.device),
            "reserved": torch.cuda.max_memory_reserved(self.device),
        }
        return [begin.elapsed_time(end) / 1000 for begin, end in pairs], memory
