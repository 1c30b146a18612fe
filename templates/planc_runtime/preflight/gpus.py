"""The GPUs of this machine against the plan's: how many, which, and how much memory is free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planc_runtime.preflight.check import GIB, Check

# Below this share of what the plan counted on, a GPU is another one. The driver keeps up to 0.8 % to itself.
MEMORY_TOLERANCE = 0.97

# Words before the name of a type, and words that make it another type.
MAKERS = ("NVIDIA", "Tesla", "Quadro", "GeForce")
OTHER_FORMS = ("NVL", "PCIe", "MIG", "SXM", "Ti", "SUPER", "D", "Laptop", "Max-Q")


@dataclass(frozen=True)
class GpuReading:
    """What a GPU says of itself: its device name, its memory in all and what of it is free, in bytes."""

    name: str
    total: int
    free: int
    # Why it does not start.
    problem: str | None = None


def judge_gpus(readings: Sequence[GpuReading], lock: Mapping[str, Any]) -> Iterator[Check]:
    """Checks on the GPUs that a machine shows, in its order."""
    cluster = lock["plan"]["cluster"]
    wanted, gpu = cluster["gpus_per_node"], cluster["gpu"]
    if len(readings) < wanted:
        message = f"{len(readings)} found; the plan needs {wanted} on each node"
        yield Check("gpus", "fails", message, "see CUDA_VISIBLE_DEVICES, change cluster in the plan, or try --cpu")
        return
    used = readings[:wanted]
    names = sorted({reading.name for reading in used})
    others = [name for name in names if not is_type(name, gpu.get("device_name"))]
    found = f"{len(readings)} x {names[0]}" if len(names) == 1 else f"{len(readings)}: {', '.join(names)}"
    if len(names) > 1:
        yield Check("gpus", "warns", f"{found}; every step waits for the slowest", "take GPUs of one type")
    elif others:
        message = f"{found}; the plan counts on {gpu['name']}"
        yield Check("gpus", "warns", message, "its figures are for another GPU: change cluster.gpu and compile again")
    elif len(readings) > wanted:
        yield Check("gpus", "ok", f"{found}; the plan takes the first {wanted}")
    else:
        yield Check("gpus", "ok", found)
    memory = lock["memory"]
    states = sum(memory[part] for part in ("parameters", "gradients", "optimizer", "reference"))
    peak = None if memory["peak"] is None else memory["peak"]["reserved"] + memory["outside"]
    for index, reading in enumerate(used):
        yield judge_memory(f"gpu {index}", reading, gpu, states, peak)


def judge_memory(name: str, reading: GpuReading, gpu: Mapping[str, Any], states: int, peak: int | None) -> Check:
    """
    A GPU's memory against the plan's GPU type and against what a rank takes of it.

    Args:
        states: bytes of parameters, gradients and optimizer states on the rank that holds the most.
        peak: bytes that it takes at the peak of a step; None where that is not foreseen.
    """
    if reading.problem is not None:
        return Check(
            name, "fails", f"does not start: {reading.problem}", "nvidia-smi -q tells its state; reboot or drain"
        )
    free, total = f"{reading.free / GIB:.1f} GiB free", f"{reading.total / GIB:.1f} GiB"
    if reading.total < MEMORY_TOLERANCE * gpu["memory"]:
        message = f"{total}; the plan counts on {gpu['memory'] / GIB:.1f} GiB ({gpu['name']})"
        return Check(name, "fails", message, "change cluster.gpu in the plan and compile again")
    if reading.free < states:
        message = f"{free} of {total}; a rank holds {states / GIB:.1f} GiB"
        return Check(name, "fails", message, "end the other processes on this GPU (nvidia-smi lists them)")
    takes = f"holds {states / GIB:.1f} GiB and its activations"
    if peak is not None:
        takes = f"takes {peak / GIB:.1f} GiB at the peak of a step"
    if reading.free < max(peak or 0, 0.9 * reading.total):
        message = f"{free} of {total}; a rank {takes}"
        return Check(name, "warns", message, "other processes are on this GPU (nvidia-smi lists them)")
    return Check(name, "ok", f"{free}; a rank {takes}")


def is_type(found: str, wanted: str | None) -> bool:
    """
    Whether a device is of a type: "NVIDIA H200" is an H200, and "NVIDIA H200 NVL" and "NVIDIA H20" are not.

    Args:
        wanted: the type's device name; None where planc has no record of it, which any device suits.
    """
    if wanted is None:
        return True
    words = [word for word in found.split() if word not in MAKERS]
    expected = [word for word in wanted.split() if word not in MAKERS]
    if words[: len(expected)] != expected:
        return False
    rest = words[len(expected) :]
    return not rest or rest[0] not in OTHER_FORMS


def read_gpus() -> list[GpuReading]:
    """The GPUs that torch shows to the job, CUDA_VISIBLE_DEVICES minded; starts each of them for a moment."""
    import torch

    if not torch.cuda.is_available():
        return []
    readings = []
    for index in range(torch.cuda.device_count()):
        name = torch.cuda.get_device_name(index)
        try:
            free, total = torch.cuda.mem_get_info(index)
            readings.append(GpuReading(name, total, free))
        except RuntimeError as error:
            readings.append(GpuReading(name, 0, 0, str(error).strip().split("\n")[0]))
    return readings
