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


def stored_names(folder: Path) -> dict[str, str]:
    """
    Names of every tensor in `folder`, each with the name of its file.

    Raises:
        CheckpointError: no safetensors files, or the index names a file that is not there.
    """
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        content = json.loads(index.read_text(encoding="utf-8"))
        weight_map = content.get("weight_map") if isinstance(content, dict) else None
        if not isinstance(weight_map, dict):
            raise CheckpointError(f"{index.name} has no weight_map")
        for file in sorted({str(file) for file in weight_map.values()}):
            if Path(file).name != file or not (folder / file).is_file():
                raise CheckpointError(f"{index.name} names {file}, which is not there")
        return weight_map
    single = folder / "model.safetensors"
    if not single.is_file():
        if (folder / "adapter_model.safetensors").is_file():
            raise CheckpointError("it holds an adapter (adapter_model.safetensors), not a model")
        raise CheckpointError("neither model.safetensors nor model.safetensors.index.json is there")
    return dict.fromkeys(read_header(single).tensors, single.name)
