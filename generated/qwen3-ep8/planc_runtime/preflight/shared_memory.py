"""Room in /dev/shm, which the ranks of a machine and the workers of their data loaders talk through."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from planc_runtime.preflight.check import Check, mib
from planc_runtime.preflight.options import trainer_options

# One of NCCL's segments, as its error message names it; it takes one for each peer that it cannot reach otherwise.
NCCL_SEGMENT = 9_637_888

# What NCCL's documentation asks of a container (--shm-size=1g).
NCCL_SUGGESTED = 2**30

# Batches that a data loader's worker prepares ahead, and columns of 8 bytes a token in each.
PREFETCHED, COLUMNS = 2, 4


def check_shared_memory(lock: Mapping[str, Any], *, cpu: bool, num_workers: int, place: str = "/dev/shm") -> Check:
    """
    Free bytes at `place` against what the job takes there.

    Args:
        num_workers: of each rank's data loader.
    """
    num_ranks = lock["plan"]["cluster"]["gpus_per_node"]
    options = trainer_options(lock)
    length = int(options.get("max_length") or 1024)
    batch = int(options.get("per_device_train_batch_size") or 8) * length * COLUMNS * 8
    data = num_ranks * num_workers * PREFETCHED * batch
    try:
        state = os.statvfs(place)
    except OSError:
        return Check("shared memory", "fails", f"{place} is not there", "mount a tmpfs there")
    free, total = state.f_bavail * state.f_frsize, state.f_blocks * state.f_frsize
    return judge_shared_memory(free=free, total=total, data=data, uses_nccl=not cpu and num_ranks > 1, place=place)


def judge_shared_memory(*, free: int, total: int, data: int, uses_nccl: bool, place: str = "/dev/shm") -> Check:
    """
    Args:
        data: bytes that data loaders hold there.
        uses_nccl: whether several GPUs of a machine talk to each other.
    """
    least, suggested = (NCCL_SEGMENT, NCCL_SUGGESTED) if uses_nccl else (0, 0)
    message = f"{mib(free)} free of {mib(total)} at {place}"
    advice = "docker run --shm-size=8g (or --ipc=host); in Kubernetes an emptyDir of medium Memory on /dev/shm"
    if free < data + least:
        users = " and ".join((["NCCL"] if uses_nccl else []) + (["data loaders"] if data else []))
        return Check("shared memory", "fails", f"{message}; {users} take at least {mib(data + least)}", advice)
    if free < data + suggested:
        return Check("shared memory", "warns", f"{message}; NCCL's guide asks for {mib(data + suggested)}", advice)
    return Check("shared memory", "ok", message)
