"""Which tensor goes into which file, and what the file's header says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from planc_runtime.export.table import Stored
from planc_runtime.hub import shards as hub
from planc_runtime.safetensors import write_header


@dataclass(frozen=True)
class Shard:
    """A file to write: its tensors in the order of their bytes, which begin behind `header`, and its size."""

    name: str
    header: bytes
    tensors: tuple[Stored, ...]
    size: int


def plan_shards(tensors: Sequence[Stored], max_bytes: int) -> list[Shard]:
    """The files of the checkpoint: tensors in the model's order, each file filled up before the next is begun."""
    groups = hub.split(tensors, max_bytes)
    return [_shard(name, group) for name, group in zip(hub.file_names(len(groups)), groups, strict=True)]


def _shard(name: str, group: Sequence[Stored]) -> Shard:
    entries = []
    at = 0
    for tensor in group:
        entries.append((tensor.name, tensor.code, tensor.shape, at, at + tensor.size))
        at += tensor.size
    header = write_header(entries)
    return Shard(name, header, tuple(group), len(header) + at)


def index_of(shards: Sequence[Shard]) -> dict[str, object]:
    """The index."""
    tensors = [tensor for shard in shards for tensor in shard.tensors]
    files = {tensor.name: shard.name for shard in shards for tensor in shard.tensors}
    parameters = sum(prod(tensor.shape) for tensor in tensors)
    return hub.index_of(files, size=sum(tensor.size for tensor in tensors), parameters=parameters)
