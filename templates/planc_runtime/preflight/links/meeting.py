"""Who has come: each rank says so in the store, with what it runs on."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.distributed import Store

from planc_runtime.preflight.check import Check
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


def judge_absence(missing: Sequence[int], cluster: Mapping[str, Any], *, seconds: float) -> Check:
    """The check for ranks that did not come; a machine that is missing whole is named."""
    gpus_per_node = cluster["gpus_per_node"]
    message = f"{name_ranks(missing)} did not come within {seconds:.0f} s"
    if cluster["nodes"] == 1:
        return Check(
            "links", "fails", message, "their processes ended or hang; dmesg tells whether the kernel ended them"
        )
    nodes = sorted({rank // gpus_per_node for rank in missing})
    whole = len(missing) == len(nodes) * gpus_per_node
    message += f"; {'all' if whole else 'some'} of node {span(nodes)}"
    return Check("links", "fails", message, f"start launch.sh on each node; see what NODE_RANK {span(nodes)} printed")


def judge_ranks(about: Sequence[Mapping[str, str | None]]) -> Iterator[Check]:
    """
    Whether all ranks run the same, which NCCL and torch count on.

    Args:
        about: what each rank said of itself, by rank.
    """
    for what in ("torch", "nccl", "gpu"):
        ranks: dict[str | None, list[int]] = {}
        for rank, each in enumerate(about):
            ranks.setdefault(each[what], []).append(rank)
        if len(ranks) > 1:
            found = ", ".join(f"{value} on {name_ranks(held)}" for value, held in ranks.items())
            verdict = "warns" if what == "gpu" else "fails"
            yield Check("links", verdict, f"ranks differ in {what}: {found}", "install the same on every node")


def name_ranks(ranks: Sequence[int]) -> str:
    """ "rank 3", "ranks 0-3, 6"."""
    return f"rank{'s' if len(ranks) > 1 else ''} {span(ranks)}"


def span(numbers: Sequence[int]) -> str:
    """[0, 1, 2, 5] -> "0-2, 5"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs)
