"""Read what a checkpoint folder holds, from its index or its safetensors headers alone. Standard library only."""

from __future__ import annotations

import json
import struct
from pathlib import Path

# The reference parser's own limit.
MAX_HEADER_BYTES = 100_000_000


# Why a checkpoint in blocks of fp8 is refused: what transformers 5.23 makes of it on a mesh.
FP8_IS_REFUSED = (
    "is stored in fp8 blocks, of which each rank would dequantise its own piece with its own piece of the scales, and so"
    " get other weights"
)


class CheckpointError(Exception):
    """The folder is no complete checkpoint."""


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
    return set(read_header(single)) - {"__metadata__"}


def read_header(file: Path) -> dict[str, object]:
    """The JSON header of a safetensors file."""
    with open(file, "rb") as stream:
        prefix = stream.read(8)
        if len(prefix) < 8:
            raise CheckpointError(f"{file.name} is cut off")
        (length,) = struct.unpack("<Q", prefix)
        if length > MAX_HEADER_BYTES:
            raise CheckpointError(f"{file.name} is no safetensors file")
        header = stream.read(length)
    if len(header) < length:
        raise CheckpointError(f"{file.name} is cut off")
    return json.loads(header)
