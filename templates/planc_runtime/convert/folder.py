"""Read what a checkpoint folder holds, from its index and its headers alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

from planc_runtime.hub.shards import INDEX, SINGLE
from planc_runtime.safetensors import CheckpointError, Tensor, read_header

CONFIG = "config.json"

# Weights in other formats, or of other tools: nobody would look for them beside converted ones.
OTHER_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".h5", ".msgpack", ".onnx")

# What conversions leave in a folder; each writes its own.
MANIFEST = "planc-conversion.json"
JOURNAL = "planc-conversion.journal"


class File(NamedTuple):
    """A file of weights, and what tells it from a changed one."""

    name: str
    size: int
    mtime_ns: int
    header: str
    data_start: int

    @property
    def identity(self) -> list[object]:
        return [self.name, self.size, self.mtime_ns, self.header]


class Checkpoint(NamedTuple):
    """
    A checkpoint folder. `others` are the files that go with the weights, `left` what no conversion takes along,
    `parameters` the number that its index gives, if any.
    """

    folder: Path
    files: list[File]
    tensors: dict[str, Tensor]
    others: list[str]
    left: list[str]
    parameters: int | None


def read_folder(folder: Path) -> Checkpoint:
    """
    Read the headers of a checkpoint.

    Raises:
        CheckpointError: it is not complete, or contradicts itself. The message names the file.
    """
    if not folder.is_dir():
        raise CheckpointError(f"{folder} is no folder")
    index, parameters = _read_index(folder)
    tensors: dict[str, Tensor] = {}
    files: list[File] = []
    for number, name in enumerate(sorted(set(index.values())) if index is not None else [SINGLE]):
        path = folder / name
        header = read_header(path, number)
        status = path.stat()
        files.append(File(name, header.size, status.st_mtime_ns, header.sha256, header.data_start))
        for tensor, found in header.tensors.items():
            if index is not None and index.pop(tensor, None) != name:
                raise CheckpointError(f"{name} holds {tensor}, which {INDEX} does not say")
            tensors[tensor] = found
    if index:
        missing, file = next(iter(index.items()))
        raise CheckpointError(f"{INDEX} says that {file} holds {missing}, which is not there")
    names = {file.name for file in files}
    others, left = [], []
    for name in sorted(os.listdir(folder)):
        if name in names or name in (INDEX, MANIFEST, JOURNAL):
            continue
        is_weights = name.endswith(OTHER_WEIGHTS) or name.endswith(".index.json")
        is_other = (folder / name).is_file() and not name.startswith(".") and not is_weights
        (others if is_other else left).append(name)
    return Checkpoint(folder, files, tensors, others, left, parameters)


def _read_index(folder: Path) -> tuple[dict[str, str] | None, int | None]:
    """Tensor names and their files, or None where one file holds all; and the number of parameters."""
    path = folder / INDEX
    if not path.is_file():
        if (folder / SINGLE).is_file():
            return None, None
        raise CheckpointError(f"{folder} holds neither {SINGLE} nor {INDEX}")
    try:
        index = json.loads(path.read_bytes().decode("utf-8"), object_pairs_hook=_without_duplicates)
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"cannot read {INDEX}: {error}") from error
    weight_map = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(weight_map, dict) or not weight_map:
        raise CheckpointError(f"{INDEX} has no weight_map")
    interned: dict[str, str] = {}
    for tensor, file in weight_map.items():
        check_file_name(file)
        weight_map[tensor] = interned.setdefault(file, file)
    for file in interned:
        if not (folder / file).is_file():
            raise CheckpointError(f"{INDEX} names {file}, which is not there")
    if (folder / SINGLE).is_file() and SINGLE not in interned:
        raise CheckpointError(f"{folder} holds both {SINGLE} and {INDEX}: remove the one that is out of date")
    metadata = index.get("metadata")
    parameters = metadata.get("total_parameters") if isinstance(metadata, dict) else None
    return weight_map, parameters if isinstance(parameters, int) else None


def check_file_name(name: object) -> None:
    """
    Raise unless `name` is the plain name of a safetensors file.

    Loaders join these names to the folder unseen, so that one with `..` in it reads, or overwrites, something else.
    """
    is_plain = (
        isinstance(name, str)
        and name.endswith(".safetensors")
        and not name.startswith(".")
        and not any(character in name for character in "/\\")
        and name.isprintable()
    )
    if not is_plain:
        raise CheckpointError(f"{INDEX} names {name!r}, which is no plain name of a safetensors file")


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))
        raise ValueError(f"{twice} is there twice")
    return found
