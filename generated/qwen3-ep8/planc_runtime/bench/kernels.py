"""Which kernels a step spends its time in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile


def write_kernel_times(step: Callable[[], object], file: Path | None) -> None:
    """Run one step under the profiler; the rank that gets a file writes a line a kernel: ms, calls, name."""
    is_cuda = torch.cuda.is_available()
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if is_cuda else [])]
    with profile(activities=activities) as profiler:
        step()
        if is_cuda:
            torch.cuda.synchronize()
    if file is None:
        return
    kind = DeviceType.CUDA if is_cuda else DeviceType.CPU
    times = [
        ((event.self_device_time_total if is_cuda else event.self_cpu_time_total) / 1000, event.count, event.key)
        for event in profiler.key_averages()
        if event.device_type == kind
    ]
    lines = [f"{ms:10.3f} ms  {count:6}  {name}" for ms, count, name in sorted(times, reverse=True) if ms > 0]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{sum(ms for ms, _, _ in times):10.3f} ms          in all\n" + "\n".join(lines) + "\n")
