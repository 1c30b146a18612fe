"""The store that the ranks meet in. Nothing here needs a link between GPUs, so it can tell when one does not work."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from torch.distributed import PrefixStore, Store, TCPStore

from planc_runtime.errors import UserError


@dataclass(frozen=True)
class Rendezvous:
    """A rank of the world, and where the ranks meet."""

    rank: int
    world_size: int
    address: str
    port: int
    # Whether this process keeps the store.
    is_master: bool


def rendezvous_of(lock: Mapping[str, Any], *, node_rank: int, meet: str | None) -> Rendezvous:
    """
    Where this process meets the others: by torchrun's variables, or by launch.sh's where each machine has a torchrun.

    Args:
        meet: "host:port" where machines meet that each have a torchrun of their own.
    """
    rank = int(os.environ["RANK"])
    if meet is None:
        has_keeper = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
        address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
        return Rendezvous(rank, int(os.environ["WORLD_SIZE"]), address, port, rank == 0 and not has_keeper)
    address, _, port = meet.rpartition(":")
    rank += node_rank * lock["plan"]["cluster"]["gpus_per_node"]
    return Rendezvous(rank, lock["mesh"]["world_size"], address, int(port), rank == 0)


def open_store(rendezvous: Rendezvous, *, seconds: float) -> Store:
    """
    Connect to the store.

    Args:
        seconds: how long to wait for it.

    Raises:
        UserError: nobody answers there.
    """
    try:
        store = TCPStore(
            rendezvous.address,
            rendezvous.port,
            is_master=rendezvous.is_master,
            timeout=timedelta(seconds=seconds),
            wait_for_workers=False,
        )
    except (RuntimeError, ValueError) as error:
        raise UserError(
            f"rank 0 did not answer at {rendezvous.address} port {rendezvous.port} within {seconds:.0f} s: {first_line(error)}"
        ) from error
    return PrefixStore(f"planc-links-{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)


def absent(store: Store, keys: Sequence[str]) -> list[int]:
    """Positions of the keys that nobody has set."""
    if store.check(list(keys)):
        return []
    return [index for index, key in enumerate(keys) if not store.check([key])]


def first_line(error: BaseException) -> str:
    """What an exception of torch's says, without its place in the source and the native stack that follows."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = re.sub(r"^\[[^]]*:\d+\] ", "", lines[0]).split(". This is typically")[0] if lines else type(error).__name__
    return text[:300].rstrip(".")
