"""
Export a checkpoint of a few hundred MB and a tiny one, each in a process of its own.

    export_memory.py FOLDER LARGE_LOCK TINY_LOCK

Prints a JSON object: bytes of the large checkpoint and of its largest tensor, and by how many bytes the large export's peak
of resident memory is above the tiny one's.
"""

import json
import os
import resource
import runpy
import sys
from math import prod
from pathlib import Path

import torch
import torch.distributed.checkpoint as dcp

from planc_runtime.export.table import Table

folder = Path(sys.argv[1])
CONFIG = {"model_type": "qwen3_moe"}


def forked(function, *arguments: object) -> int:
    """Run something in a process of its own; the peak of its resident memory in bytes."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        status = 1
        try:
            function(*arguments)
            status = 0
        finally:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            os.write(writing, f"{peak if status == 0 else 0}".encode())
            os._exit(status)
    os.wait()
    return int(os.read(reading, 100))


def save(lock: Path, run: Path) -> None:
    """A checkpoint of the lock's model; what its numbers are does not matter."""
    table = Table(json.loads(lock.read_text()), layout="per_expert", dtype="bfloat16")
    state = {name: torch.full(shape, 0.5) for name, shape in table.parameters.items()}
    place = run / "checkpoint-1"
    dcp.save({"model": state}, checkpoint_id=place)
    about = {"version": 1, "step": 1, "model": {"config": CONFIG}}
    (place / "planc.json").write_text(json.dumps(about))


def export(lock: Path, run: Path, layout: str) -> None:
    output = folder / f"{run.name}-{layout}"
    options = ["--lock", str(lock), "--layout", layout, "--jobs", "2"]
    sys.argv = ["export", str(run), "--output", str(output), *options]
    sys.stdout = open(os.devnull, "w")
    runpy.run_module("planc_runtime.export", run_name="__main__")


def main() -> None:
    locks = {"large": Path(sys.argv[2]), "tiny": Path(sys.argv[3])}
    for name, lock in locks.items():
        assert forked(save, lock, folder / name)
    above = {}
    for layout in ("per_expert", "gate_up"):
        peaks = {name: forked(export, lock, folder / name, layout) for name, lock in locks.items()}
        assert all(peaks.values())
        above[layout] = peaks["large"] - peaks["tiny"]
    table = Table(json.loads(locks["large"].read_text()), layout="gate_up", dtype="bfloat16")
    sizes = [4 * prod(shape) for shape in table.parameters.values()]
    print(json.dumps({"checkpoint": sum(sizes), "largest": max(sizes), "above": above}))


if __name__ == "__main__":
    main()
