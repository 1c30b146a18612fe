"""Who has come: each rank says so in the store, with what it runs on."""

from __future__ import annotations

import json
import socket
import time

import torch
from torch.distributed import Store

from planc_runtime.preflight.links.store import absent


def arrive(store: Store, rank: int, device: torch.device) -> None:
    """Say that this rank is here."""
    on_gpu = device.type == "cuda"
    about = {
        "host": socket.gethostname(),
        "torch": torch.__version__,
        "nccl": ".".join(map(str, torch.cuda.nccl.version()[:3])) if on_gpu else None,
        "gpu": torch.cuda.get_device_name(device) if on_gpu else None,
    }
    store.set(f"here {rank}", json.dumps(about))


def wait_for_all(store: Store, world_size: int, *, seconds: float) -> list[int]:
    """Wait until every rank has come; the ranks that have not when time is up."""
    keys = [f"here {rank}" for rank in range(world_size)]
    deadline = time.monotonic() + seconds
    while not store.check(keys):
        if time.monotonic() > deadline:
            return absent(store, keys)
        time.sleep(0.1)
    return []
