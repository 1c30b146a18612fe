"""How many bytes the job writes, from the lock's table of tensors or the headers of another checkpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from planc_runtime.preflight.options import Saving
from planc_runtime.safetensors import BITS, CheckpointError, read_header

ELEMENT_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


def num_elements(lock: Mapping[str, Any]) -> int:
    """Elements that a saved model has: shared storage is written once."""
    return sum(
        math.prod(tensor["shape"]) * len(tensor["layers"] or [0])
        for tensor in lock["model"]["tensors"]
        if "tied" not in tensor and tensor["stored"]
    )


def stored_bytes(lock: Mapping[str, Any]) -> int:
    """Bytes of the plan's checkpoint as it is stored."""
    return sum(
        math.prod(tensor["shape"]) * len(tensor["layers"] or [0]) * ELEMENT_BYTES.get(tensor["dtype"], 1)
        for tensor in lock["model"]["tensors"]
        if "tied" not in tensor and tensor["stored"]
    )


def num_elements_in(folder: Path) -> int | None:
    """Elements in the safetensors files of a folder; None where they cannot be read, which another check tells."""
    total = 0
    try:
        for file in sorted(folder.glob("*.safetensors")):
            for tensor in read_header(file).tensors.values():
                total += (tensor.end - tensor.begin) * 8 // BITS[tensor.dtype]
    except (OSError, CheckpointError):
        return None
    return total or None


def parameter_bytes(lock: Mapping[str, Any], *, cpu: bool) -> int:
    """Bytes of an element in memory, which is what is saved: the trainer saves what the optimizer updates."""
    return 4 if cpu else ELEMENT_BYTES[lock["plan"]["precision"]["parameters"]]


def checkpoint_bytes(lock: Mapping[str, Any], model: int, saving: Saving) -> int:
    """
    Bytes of one checkpoint on the way.

    Args:
        model: bytes of the model alone, or of what is trained in its place.
    """
    if saving.model_only:
        return model
    memory = lock["memory"]
    # As many states an element as the plan's optimizer keeps, in the format of what it updates, as the gradients are.
    return model + round(model * memory["optimizer"] / memory["gradients"])
