"""
One rank: times its GPU, and the links to the others.

    python -m planc_runtime.bench.calibration.rank SPEC

What rank 0 measured goes to `calibration.json` beside SPEC.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path

import torch
import torch.distributed as dist

from planc_runtime.bench.calibration.links import measure_links
from planc_runtime.bench.calibration.shapes import shapes_of
from planc_runtime.bench.calibration.work import measure_gpu

VARIABLES = (("RANK", 0), ("WORLD_SIZE", 1), ("LOCAL_RANK", 0))


def main() -> None:
    """Measure, and end this process: 0, or 1 with the reason on the last line that begins with `error:`."""
    file = Path(sys.argv[1])
    status = 1
    try:
        measure(file)
        status = 0
    except BaseException as error:
        traceback.print_exc()
        print(f"error: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def measure(file: Path) -> None:
    """Write what was measured; the ranks leave when all of them have."""
    spec = json.loads(file.read_text(encoding="utf-8"))
    # A rank without others is started without torchrun's variables.
    rank, world, local = (int(os.environ.get(name, default)) for name, default in VARIABLES)
    toy = spec["toy"]
    device = torch.device("cpu") if spec["cpu"] else torch.device("cuda", local)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    # GPUs one beside the other heat and draw power as in training.
    found = measure_gpu(shapes_of(spec["lock"], spec["config"], toy=toy), device, toy=toy)
    found["links"] = None
    if world > 1:
        dist.init_process_group("gloo" if spec["cpu"] else "nccl")
        found["links"] = measure_links(device, toy=toy)
    if rank == 0:
        found["device"] = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
        written = file.with_name("calibration.writing")
        written.write_text(json.dumps(found), encoding="utf-8")
        written.rename(file.with_name("calibration.json"))
    # Whoever goes while another still waits for a message takes it down. A file is none.
    file.with_name(f"done-{rank}").touch()
    while len(list(file.parent.glob("done-*"))) < world:
        time.sleep(0.02)


if __name__ == "__main__":
    main()
