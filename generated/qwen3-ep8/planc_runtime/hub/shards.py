"""Which tensor goes into which file, and the index: as the Hub's own library splits a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"


class Sized(Protocol):
    """A tensor to store, of `size` bytes."""

    @property
    def size(self) -> int: ...


Item = TypeVar("Item", bound=Sized)


def split(tensors: Iterable[Item], max_bytes: int) -> list[list[Item]]:
    """
    Fill one file after the other up to `max_bytes` of tensors.

    A tensor that is larger gets a file of its own, which comes before the one that is being filled; that one goes on.
    """
    groups: list[list[Item]] = []
    open_group: list[Item] = []
    size = 0
    for tensor in tensors:
        if tensor.size > max_bytes:
            groups.append([tensor])
            continue
        if size + tensor.size > max_bytes:
            groups.append(open_group)
            open_group, size = [], 0
        open_group.append(tensor)
        size += tensor.size
    return [*groups, open_group] if open_group else groups


def file_names(number: int) -> Sequence[str]:
    """The names of so many files."""
    if number == 1:
        return [SINGLE]
    return [f"model-{each:05}-of-{number:05}.safetensors" for each in range(1, number + 1)]


def index_of(files: Mapping[str, str], *, size: int, parameters: int | None) -> dict[str, object]:
    """
    The index, as transformers has it.

    Args:
        files: tensor name to file name.
        size: bytes of all tensors.
        parameters: their number, None where it is not known.
    """
    metadata = {} if parameters is None else {"total_parameters": parameters}
    return {"metadata": {**metadata, "total_size": size}, "weight_map": dict(sorted(files.items()))}
