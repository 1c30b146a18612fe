"""The verdict on an axis, from what its ranks saw."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planc_runtime.preflight.check import Check
from planc_runtime.preflight.links.axes import Axis
from planc_runtime.preflight.links.expected import OPERATIONS, bus_rate, expected_pace

# Below this share of the link something is wrong: a cable, a slot, a setting, another job.
SLOW = 0.5

WORDS = {"all_gather": "all-gather", "all_to_all": "all-to-all"}


@dataclass(frozen=True)
class AxisReading:
    """What one rank saw along an axis."""

    rank: int
    # Operation -> ranks whose numbers came wrong.
    wrong: Mapping[str, Sequence[int]]
    # Operation -> buffer in bytes -> seconds; empty on the CPU.
    seconds: Mapping[str, Mapping[int, float]]

    @classmethod
    def from_json(cls, text: str | bytes) -> AxisReading:
        """A reading as another rank wrote it: JSON has no numbers for keys."""
        written = json.loads(text)
        seconds = {
            operation: {int(size): taken for size, taken in sizes.items()}
            for operation, sizes in written["seconds"].items()
        }
        return cls(written["rank"], written["wrong"], seconds)


def judge_axis(axis: Axis, readings: Sequence[AxisReading], lock: Mapping[str, Any]) -> Check:
    """The check of an axis, from the readings of all ranks: the slowest counts."""
    name = f"links {axis.name}"
    for operation in OPERATIONS:
        bad = [(source, reading.rank) for reading in readings for source in reading.wrong[operation]]
        if bad:
            what = ", ".join(f"from rank {source} to rank {rank}" for source, rank in bad[:3])
            more = f" and {len(bad) - 3} more" if len(bad) > 3 else ""
            message = f"{WORDS[operation]} brought wrong numbers {what}{more}"
            return Check(name, "fails", message, "drain the machine: its GPUs, links or driver corrupt data")
    groups = f"{axis.size} ranks, {len(readings) // axis.size} group{'s' if len(readings) > axis.size else ''}"
    if not any(reading.seconds for reading in readings):
        return Check(name, "ok", f"right numbers over {groups}")
    return judge_pace(name, axis, readings, lock, groups)


def judge_pace(name: str, axis: Axis, readings: Sequence[AxisReading], lock: Mapping[str, Any], groups: str) -> Check:
    """Right numbers: do they come at the pace of the link that the plan's GPUs have?"""
    gpu, gpus_per_node = lock["plan"]["cluster"]["gpu"], lock["plan"]["cluster"]["gpus_per_node"]
    words, slow, latencies = [], [], []
    for operation in OPERATIONS:
        # Groups on slower links leave the largest buffers out.
        sizes = set.intersection(*(set(reading.seconds[operation]) for reading in readings))
        seconds = {size: max(reading.seconds[operation][size] for reading in readings) for size in sizes}
        small = min(seconds)
        rate = max(bus_rate(size, axis.size, taken) for size, taken in seconds.items())
        pace = expected_pace(operation, axis.group(0), gpu.get("links"), gpus_per_node=gpus_per_node)
        beside = "" if pace is None else f" of {pace.rate:.0f} ({pace.over})"
        words.append(f"{WORDS[operation]} {rate:.0f} GB/s{beside}")
        latencies.append(seconds[small] * 1e6)
        if pace is not None and rate < SLOW * pace.rate:
            slow.append(pace.over)
    message = f"{', '.join(words)}; {small // 1024} KiB in {max(latencies):.0f} us; {groups}"
    if not slow:
        return Check(name, "ok", message)
    return Check(name, "warns", f"{message}; below half of what {gpu['name']} has", advice_for(slow))


def advice_for(slow: Iterable[str]) -> str:
    """What to look at when a link is slow."""
    if "the network" in slow:
        return "NCCL_DEBUG=INFO tells which network NCCL takes; see NCCL_IB_HCA and NCCL_SOCKET_IFNAME, ib_write_bw"
    if "NVLink" in slow:
        return "nvidia-smi topo -m and nvidia-smi nvlink -s tell what is down; see NCCL_P2P_DISABLE and other jobs"
    return "nvidia-smi topo -m tells the way between GPUs; see NCCL_P2P_DISABLE, ACS in the BIOS, and other jobs"
