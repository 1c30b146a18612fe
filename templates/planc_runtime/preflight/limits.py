"""Limits of a process that a job of many ranks meets: open files, locked memory, processes and threads."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planc_runtime.preflight.check import Check, mib

# Files that a rank holds besides its sockets: shards of the checkpoint, libraries, logs.
OWN_FILES = 512

# Sockets to each other rank: the store's, and NCCL's or gloo's two.
SOCKETS = 3

# Threads of a rank: those without which it does not start, and what torch, NCCL and the data take in comfort.
LEAST_THREADS, COMFORTABLE_THREADS = 24, 96

# What RDMA registers at least, and above what it does not complain.
LEAST_LOCKED, ENOUGH_LOCKED = 64 * 2**20, 2**40

UNLIMITED = resource.RLIM_INFINITY
CAP_IPC_LOCK = 14
CAP_SYS_RESOURCE = 24


@dataclass(frozen=True)
class LimitReading:
    """Soft limits, `UNLIMITED` where there is none."""

    files: int
    locked: int
    # Processes and threads that may still be started.
    threads: int
    # Whether the network is InfiniBand or RoCE, which pins the memory that it sends.
    has_rdma: bool


def check_limits(lock: Mapping[str, Any], *, num_workers: int) -> Iterator[Check]:
    """The limits of this process, which the ranks inherit."""
    cluster = lock["plan"]["cluster"]
    yield from judge_limits(
        read_limits(),
        world_size=lock["mesh"]["world_size"],
        num_ranks=cluster["gpus_per_node"],
        nodes=cluster["nodes"],
        num_workers=num_workers,
    )


def judge_limits(
    reading: LimitReading, *, world_size: int, num_ranks: int, nodes: int, num_workers: int
) -> Iterator[Check]:
    """
    Args:
        num_ranks: ranks of one machine.
        num_workers: of each rank's data loader.
    """
    least, comfortable = world_size + OWN_FILES // 4, SOCKETS * world_size + OWN_FILES
    yield judge_limit("open files", reading.files, least, comfortable, "a rank", "ulimit -n 65536")
    threads = (LEAST_THREADS, COMFORTABLE_THREADS)
    least, comfortable = (num_ranks * (each + num_workers * (1 + each // 32)) for each in threads)
    advice = "raise ulimit -u, or the container's limit of processes (docker run --pids-limit)"
    yield judge_limit("processes", reading.threads, least, comfortable, f"{num_ranks} ranks", advice)
    if nodes > 1 and reading.has_rdma:
        advice = "ulimit -l unlimited, docker run --ulimit memlock=-1, or the capability IPC_LOCK in Kubernetes"
        yield judge_limit("locked memory", reading.locked, LEAST_LOCKED, ENOUGH_LOCKED, "RDMA", advice, of_bytes=True)


def judge_limit(
    name: str, limit: int, least: int, comfortable: int, who: str, advice: str, *, of_bytes: bool = False
) -> Check:
    """A limit against what `who` cannot do without and what it wants."""
    say = mib if of_bytes else "{:,}".format
    if limit == UNLIMITED:
        return Check(name, "ok", "unlimited")
    if limit < least:
        return Check(name, "fails", f"{say(limit)} allowed; {who} cannot do with less than {say(least)}", advice)
    if limit < comfortable:
        wanted = "no limit" if of_bytes else f"{say(comfortable)}"
        return Check(name, "warns", f"{say(limit)} allowed; {who} may want {wanted}", advice)
    return Check(name, "ok", f"{say(limit)} allowed")


def read_limits() -> LimitReading:
    """Ask the kernel."""
    return LimitReading(
        files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        locked=UNLIMITED if has_capability(CAP_IPC_LOCK) else resource.getrlimit(resource.RLIMIT_MEMLOCK)[0],
        threads=threads_left(),
        has_rdma=has_rdma(),
    )


def threads_left() -> int:
    """What this user may still start, by its own limit and by that of the container."""
    left = [UNLIMITED]
    limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    if limit != UNLIMITED and not (os.geteuid() == 0 or has_capability(CAP_SYS_RESOURCE)):
        left.append(max(0, limit - threads_of(os.getuid())))
    for group in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/pids")):
        try:
            most, current = (
                (group / f"pids.{name}").read_text(encoding="utf-8").strip() for name in ("max", "current")
            )
            left.append(UNLIMITED if most == "max" else max(0, int(most) - int(current)))
        except (OSError, ValueError):
            continue
    return min((count for count in left if count != UNLIMITED), default=UNLIMITED)


def threads_of(user: int) -> int:
    """Threads that a user has running on this machine, as far as they can be seen."""
    count = 0
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and process.stat().st_uid == user:
                count += len(os.listdir(process / "task"))
        except OSError:
            continue
    return count


def has_capability(number: int) -> bool:
    """Whether this process has a capability, by which the limit of it does not hold."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    effective = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> number & 1)


def has_rdma() -> bool:
    """Whether NCCL would take InfiniBand or RoCE."""
    if os.environ.get("NCCL_IB_DISABLE") == "1":
        return False
    try:
        return any(Path("/sys/class/infiniband").iterdir())
    except OSError:
        return False
