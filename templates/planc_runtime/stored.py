"""Read what a checkpoint folder holds, from its index or its safetensors headers alone. Standard library only."""

from __future__ import annotations

import json
from pathlib import Path

from planc_runtime.safetensors import CheckpointError, read_header

# Why a checkpoint in blocks of fp8 is refused: what transformers 5.23 makes of it on a mesh.
FP8_IS_REFUSED = (
    "is stored in fp8 blocks, of which each rank would dequantise its own piece with its own piece of the scales, and so"
    " get other weights"
)


def stored_names(folder: Path) -> set[str]:
    """
    Names of every tensor in `folder`.

    Raises:
        CheckpointError: no safetensors files, or the index names a file that is not there.
    """
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        weight_map = json.loads(index.read_text(encoding="utf-8")).get("weight_map")
        if not isinstance(weight_map, dict):
            raise CheckpointError(f"{index.name} has no weight_map")
        for file in sorted(set(weight_map.values())):
            if Path(file).name != file or not (folder / file).is_file():
                raise CheckpointError(f"{index.name} names {file}, which is not there")
        return set(weight_map)
    single = folder / "model.safetensors"
    if not single.is_file():
        raise CheckpointError("neither model.safetensors nor model.safetensors.index.json is there")
    return set(read_header(single).tensors)
