"""A run's checkpoint: what `torch.distributed.checkpoint` saved, read a block at a time by one process without a group."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from math import prod
from operator import add, sub
from pathlib import Path

import torch
from torch.distributed.checkpoint import FileSystemReader
from torch.distributed.checkpoint.metadata import Metadata, MetadataIndex, TensorStorageMetadata

from planc_runtime.errors import UserError
from planc_runtime.export.chunks import BLOCK_BYTES, Chunk, DamagedError
from planc_runtime.export.parameter import Parameter, ends_of
from planc_runtime.export.table import Box

METADATA = ".metadata"
PREFIX = "model."


class Source:
    """
    The model in a run's checkpoint. Optimizer states stay unread.

    Attributes:
        parameters: by name in memory.
    """

    def __init__(self, folder: Path) -> None:
        """
        Raises:
            DamagedError: a file is missing or cut off; the message names it.
        """
        self.folder = folder
        metadata = _read_metadata(folder)
        self.parameters: dict[str, Parameter] = {}
        sizes: dict[str, int] = {}
        for key, stored in metadata.state_dict_metadata.items():
            if not key.startswith(PREFIX) or not isinstance(stored, TensorStorageMetadata):
                continue
            chunks = []
            for chunk in stored.chunks:
                if prod(chunk.sizes) == 0:
                    continue
                stored_at = metadata.storage_data[MetadataIndex(key, chunk.offsets)]
                if getattr(stored_at, "transform_descriptors", None):
                    raise UserError(f"{folder} was saved with an extension of torch, which the export does not read")
                path = folder / Path(stored_at.relative_path).name
                _check_length(path, stored_at.offset + stored_at.length, sizes)
                chunks.append(Chunk(path, stored_at.offset, stored_at.length, tuple(chunk.offsets), tuple(chunk.sizes)))
            self.parameters[key[len(PREFIX) :]] = Parameter(tuple(stored.size), stored.properties.dtype, chunks)

    def check(self, wanted: dict[str, tuple[int, ...]], optional: set[str]) -> None:
        """
        Compare names and shapes with what the plan's model has.

        Raises:
            UserError: the first parameter that is missing, too many, of another shape or not whole.
        """
        for name, shape in wanted.items():
            found = self.parameters.get(name)
            if found is None:
                raise UserError(f"{self.folder} lacks {name}: it is no checkpoint of this plan's model")
            if found.shape != shape:
                raise UserError(
                    f"{self.folder} holds {name} as {list(found.shape)}, this plan's model has {list(shape)}: it is a"
                    " checkpoint of another model"
                )
            if not found.dtype.is_floating_point:
                raise UserError(f"{self.folder} holds {name} as {found.dtype}, which is no floating-point format")
            if not found.is_whole():
                held = sum(prod(chunk.size) for chunk in found.chunks)
                raise DamagedError(
                    f"{self.folder / METADATA} places {held:,} numbers of {name}, not each of its {prod(shape):,} once;"
                    " take another checkpoint of the run"
                )
        surplus = set(self.parameters) - set(wanted) - optional
        if surplus:
            raise UserError(
                f"{self.folder} holds {min(surplus)}, which this plan's model does not have: it is a checkpoint of"
                " another model"
            )

    def blocks(self, box: Box) -> Iterator[torch.Tensor]:
        """
        The numbers of a box in their order, as flat tensors of a few MiB in the run's own format.

        Raises:
            DamagedError: a file is cut off or damaged.
        """
        parameter = self.parameters[box.parameter]
        for part in _split(box, BLOCK_BYTES // parameter.dtype.itemsize):
            yield self._read(parameter, part).reshape(-1)

    def _read(self, parameter: Parameter, box: Box) -> torch.Tensor:
        target = torch.empty(box.size, dtype=parameter.dtype)
        filled = 0
        for chunk in parameter.near(box):
            begin = tuple(map(max, box.begin, chunk.begin))
            ends = map(min, map(add, box.begin, box.size), ends_of(chunk))
            size = tuple(map(sub, ends, begin))
            if any(length <= 0 for length in size):
                continue
            part = target
            for dim, (start, origin, length) in enumerate(zip(begin, box.begin, size, strict=True)):
                part = part.narrow(dim, start - origin, length)
            within = tuple(start - origin for start, origin in zip(begin, chunk.begin, strict=True))
            if part.is_contiguous():
                chunk.read(part, within)
            else:
                read = torch.empty(size, dtype=parameter.dtype)
                chunk.read(read, within)
                part.copy_(read)
            filled += prod(size)
        if filled != target.numel():
            # `check` has seen that the chunks hold everything once, so this is a mistake of planc's.
            raise RuntimeError(f"{filled:,} of {target.numel():,} numbers of {box.parameter} were found")
        return target


def _split(box: Box, most: int) -> Iterator[Box]:
    """A box in parts of at most `most` elements, or of one row, which follow one another in it and in its chunks."""
    dim = next((dim for dim, length in enumerate(box.size) if length > 1), None)
    if dim is None or prod(box.size) <= most:
        yield box
        return
    row = prod(box.size[dim + 1 :])
    step = max(1, most // row)
    for start in range(0, box.size[dim], step):
        begin = (*box.begin[:dim], box.begin[dim] + start, *box.begin[dim + 1 :])
        size = (*box.size[:dim], min(step, box.size[dim] - start), *box.size[dim + 1 :])
        part = Box(box.parameter, begin, size)
        if step == 1 and row > most:
            yield from _split(part, most)
        else:
            yield part


def _read_metadata(folder: Path) -> Metadata:
    try:
        return FileSystemReader(folder).read_metadata()
    except FileNotFoundError as error:
        raise DamagedError(f"{folder} has no {METADATA}: it is no complete checkpoint of a run") from error
    except (OSError, EOFError, pickle.UnpicklingError, AttributeError, ImportError, ValueError, KeyError) as error:
        raise DamagedError(f"cannot read {folder / METADATA}: {error or 'it is cut off'}") from error


def _check_length(path: Path, end: int, sizes: dict[str, int]) -> None:
    if path.name not in sizes:
        if not path.is_file():
            raise DamagedError(f"{path} is missing; take another checkpoint of the run")
        sizes[path.name] = path.stat().st_size
    if sizes[path.name] < end:
        raise DamagedError(
            f"{path} is cut off: it has {sizes[path.name]:,} bytes of at least {end:,}; take another checkpoint of the run"
        )
