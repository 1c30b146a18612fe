"""The ranks that torchrun started, against the ranks that the plan needs."""

from __future__ import annotations

import os

from planc_runtime.errors import UserError


def check_world_size(expected: int) -> None:
    """Raise `UserError` unless torchrun started exactly `expected` ranks."""
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started != expected:
        raise UserError(
            f"the plan's mesh has {expected} ranks but {started} were started; start the job with launch.sh, "
            f"or with torchrun --nproc-per-node {expected} on one machine"
        )


def hide_gpus() -> None:
    """Make every rank run on the CPU with gloo. Call it before torch is imported."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ["ACCELERATE_USE_CPU"] = "true"
