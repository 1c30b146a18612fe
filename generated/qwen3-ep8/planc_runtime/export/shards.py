"""Which tensor goes into which file, and what the file's header says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from planc_runtime.export.table import Stored
from planc_runtime.safetensors import write_header


@dataclass(frozen=True)
class Shard:
    """A file to write: its tensors in the order of their bytes, which begin behind `header`, and its size."""

    name: str
    header: bytes
    tensors: tuple[Stored, ...]
    size: int


def plan_shards(tensors: Sequence[Stored], max_bytes: int) -> list[Shard]:
    """
    Fill one file after the other up to `max_bytes` of tensors; one that is larger gets a file of its own.
    """
    groups: list[list[Stored]] = [[]]
    size = 0
    for tensor in tensors:
        if groups[-1] and size + tensor.size > max_bytes:
            groups.append([])
            size = 0
        groups[-1].append(tensor)
        size += tensor.size
    if len(groups) == 1:
        return [_shard("model.safetensors", groups[0])]
    return [
        _shard(f"model-{number:05}-of-{len(groups):05}.safetensors", group) for number, group in enumerate(groups, 1)
    ]


def _shard(name: str, group: Sequence[Stored]) -> Shard:
    entries = []
    at = 0
    for tensor in group:
        entries.append((tensor.name, tensor.code, tensor.shape, at, at + tensor.size))
        at += tensor.size
    header = write_header(entries)
    return Shard(name, header, tuple(group), len(header) + at)


def index_of(shards: Sequence[Shard]) -> dict[str, object]:
    """The index, as transformers has it."""
    tensors = [tensor for shard in shards for tensor in shard.tensors]
    parameters = sum(prod(tensor.shape) for tensor in tensors)
    total = sum(tensor.size for tensor in tensors)
    names = {tensor.name: shard.name for shard in shards for tensor in shard.tensors}
    return {
        "metadata": {"total_parameters": parameters, "total_size": total},
        "weight_map": dict(sorted(names.items())),
    }
