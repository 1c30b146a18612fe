"""
Save a model in Hub format from all ranks at once: each writes what it holds to where it belongs in the files.

Rank 0 has the stack say which files there are; nothing is gathered. All of it is prepared in a folder beside its place, read
back by ranks that have not written it, and moved there, the index last.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.distributed.tensor import DTensor

from planc_runtime.checkpoint.pieces import pieces_of
from planc_runtime.checkpoint.placing import Box, Window, runs_of, share_of, taken, window_of
from planc_runtime.checkpoint.ranks import Ranks
from planc_runtime.errors import UserError
from planc_runtime.hub.shards import INDEX, SINGLE
from planc_runtime.output import sentence
from planc_runtime.stack.saving import StoredFile, UntracedError, recorded
from planc_runtime.workers import work

PREPARED = ".planc-save.tmp"
SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
THREADS = 4

# What safetensors calls each format, in the order in which it stores them: the last first.
CODES = {
    torch.bool: "BOOL",
    torch.uint8: "U8",
    torch.int8: "I8",
    torch.float8_e5m2: "F8_E5M2",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.int16: "I16",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int32: "I32",
    torch.float32: "F32",
    torch.float64: "F64",
    torch.int64: "I64",
}


class Slot(NamedTuple):
    """A tensor to store: in which file, from which byte on, made of what of which parameter."""

    file: str
    begin: int
    width: int
    parameter: str
    window: Window


class Part(NamedTuple):
    """What one rank writes of a slot."""

    slot: Slot
    box: Box
    share: Box


@dataclass(frozen=True)
class Layout:
    """Every file of weights: its size, and what goes into which."""

    sizes: dict[str, int]
    slots: list[Slot]


def stream(model: Any, write: Callable[[Path], None], output: Path, ranks: Ranks) -> bool:
    """
    Save the model to `output`. Every rank calls this.

    Args:
        write: writes the model to a folder as the trainer does; rank 0 calls it.
    Returns:
        Whether that could be done: not where ranks do not share the folder, or where the stack stores what is no view of
        what is in memory. Nothing is left of it then.
    Raises:
        UserError: on every rank, when a rank could not write; what `output` had is still there.
    """
    state = {name: value.detach() for name, value in model.state_dict().items()}
    owners = _owners(state, ranks)
    if owners is None:
        return False
    prepared = output / PREPARED
    layout: Layout | None = ranks.from_first(lambda: _prepare(model, write, prepared, state))
    if layout is None:
        return False
    is_shared = all(ranks.gather(all((prepared / name).is_file() for name in layout.sizes)))
    problem = None
    if is_shared:
        parts = _parts(layout, owners, ranks.world_size)
        sums, problem = _try(lambda: _write(prepared, parts[ranks.rank], state))
        written = ranks.gather((sums, problem))
        problem = next((each for _, each in written if each is not None), None)
        if problem is None:
            # On another machine, where there is one: what it reads has been on the disk that all share.
            other = (ranks.rank + -(-ranks.world_size // 2)) % ranks.world_size
            _, problem = _try(lambda: _compare(prepared, parts[other], written[other][0]))
            problem = next((each for each in ranks.gather(problem) if each is not None), None)
    if not is_shared or problem is not None:
        ranks.from_first(lambda: shutil.rmtree(prepared, ignore_errors=True))
        if problem is not None:
            raise UserError(problem)
        return False
    ranks.from_first(lambda: _publish(prepared, output, layout))
    return True


def _try(action: Callable[[], Any]) -> tuple[Any, str | None]:
    """What came of it, or why nothing did: other ranks wait for either."""
    try:
        return action(), None
    except Exception as error:
        return None, sentence(error)


def _owners(state: dict[str, torch.Tensor], ranks: Ranks) -> dict[str, list[tuple[Box, int]]] | None:
    """
    Name -> every box of the tensor, and the rank that writes it: of those that hold it the one with the least to write.

    None where a tensor is not whole, or in a way that has no boxes.
    """
    try:
        own = {
            name: [Box(piece.offsets, tuple(piece.values.shape)) for piece in pieces_of(value)]
            for name, value in state.items()
        }
    except ValueError:
        own = None
    every = ranks.gather(own)
    if any(each is None for each in every):
        return None
    load = [0] * ranks.world_size
    owners: dict[str, list[tuple[Box, int]]] = {}
    for name, value in state.items():
        holders: dict[Box, list[int]] = {}
        for rank, boxes in enumerate(every):
            for box in boxes[name]:
                holders.setdefault(box, []).append(rank)
        if sum(prod(box.size) for box in holders) != value.numel():
            return None
        owners[name] = []
        for box, candidates in holders.items():
            rank = min(candidates, key=lambda each: load[each])
            load[rank] += prod(box.size) * value.element_size()
            owners[name].append((box, rank))
    return owners


def _prepare(
    model: Any, write: Callable[[Path], None], prepared: Path, state: dict[str, torch.Tensor]
) -> Layout | None:
    """Everything but the weights, and files with headers where those will be."""
    try:
        shutil.rmtree(prepared, ignore_errors=True)
        prepared.mkdir(parents=True)
        weights = {name: torch.empty(value.shape, dtype=value.dtype, device="meta") for name, value in state.items()}
        is_sharded = any(isinstance(value, DTensor) for value in state.values())
        with recorded(model, weights, is_sharded=is_sharded) as files:
            write(prepared)
        if not files:
            raise UntracedError("the model is saved by something else")
        sizes, slots = {}, []
        for file in files:
            header, begins, sizes[file.name] = laid_out(file)
            for name, view in file.tensors.items():
                window = window_of(view, tuple(state[view.parameter].shape))
                slots.append(Slot(file.name, begins[name], view.dtype.itemsize, view.parameter, window))
            with open(prepared / file.name, "xb") as stream:
                stream.write(header)
                stream.truncate(sizes[file.name])
        return Layout(sizes, slots)
    except UntracedError:
        shutil.rmtree(prepared)
        return None
    except Exception as error:
        # Of whatever kind: the other ranks wait.
        shutil.rmtree(prepared, ignore_errors=True)
        raise UserError(sentence(error)) from error


def laid_out(file: StoredFile) -> tuple[bytes, dict[str, int], int]:
    """
    A file as safetensors lays it out, byte for byte.

    Returns:
        Its header with the length before it, where each tensor begins, and the size of the whole.
    Raises:
        UntracedError: a format that safetensors has in an order of its own.
    """
    order = list(CODES)
    if not all(view.dtype in CODES for view in file.tensors.values()):
        raise UntracedError(f"{file.name} has a format that is not known")
    names = sorted(file.tensors, key=lambda name: (-order.index(file.tensors[name].dtype), name))
    entries: dict[str, Any] = {"__metadata__": file.metadata}
    begins, at = {}, 0
    for name in names:
        view = file.tensors[name]
        end = at + prod(view.shape) * view.dtype.itemsize
        entries[name] = {"dtype": CODES[view.dtype], "shape": list(view.shape), "data_offsets": [at, end]}
        begins[name], at = at, end
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    start = 8 + len(text)
    return struct.pack("<Q", len(text)) + text, {name: start + begin for name, begin in begins.items()}, start + at


def _parts(layout: Layout, owners: dict[str, list[tuple[Box, int]]], world_size: int) -> list[list[Part]]:
    """What each rank writes. The same on every rank."""
    parts: list[list[Part]] = [[] for _ in range(world_size)]
    placed: dict[str, int] = {}
    for slot in layout.slots:
        for box, rank in owners[slot.parameter]:
            share = share_of(slot.window, box)
            if share is not None:
                parts[rank].append(Part(slot, box, share))
                placed[slot.file] = placed.get(slot.file, 0) + prod(share.size) * slot.width
    data = {slot.file: 0 for slot in layout.slots}
    for slot in layout.slots:
        data[slot.file] += prod(slot.window.shape) * slot.width
    if any(placed.get(file, 0) != size for file, size in data.items()):
        # The boxes of each parameter are it, once: this is a mistake of planc's.
        raise RuntimeError("the ranks' parts are not the model")
    return parts


def _write(prepared: Path, parts: list[Part], state: dict[str, torch.Tensor]) -> list[int]:
    """Write this rank's parts, and return a checksum of each."""
    sums = [0] * len(parts)
    by_parameter: dict[str, list[int]] = {}
    for number, part in enumerate(parts):
        by_parameter.setdefault(part.slot.parameter, []).append(number)
    with _Files(prepared, os.O_WRONLY) as files:
        buffer = _HostBuffer()
        for parameter, numbers in by_parameter.items():
            boxes = buffer.boxes_of(state[parameter])

            def write(number: int, boxes: dict[Box, torch.Tensor] = boxes) -> None:
                slot, box, share = parts[number]
                values = taken(slot.window, box, share, boxes[box]).contiguous().reshape(-1)
                content = memoryview(values.view(torch.uint8).numpy())
                sums[number] = zlib.crc32(content)
                for at, begin, length in runs_of(slot.window, share):
                    run = content[begin * slot.width : (begin + length) * slot.width]
                    _write_all(files[slot.file], run, slot.begin + at * slot.width)

            work(numbers, write, THREADS)
        files.sync()
    return sums


def _compare(prepared: Path, parts: list[Part], sums: list[int]) -> None:
    """Read back what another rank has written."""
    with _Files(prepared, os.O_RDONLY) as files:

        def compare(number: int) -> None:
            slot, _, share = parts[number]
            found = 0
            for at, _, length in runs_of(slot.window, share):
                found = zlib.crc32(os.pread(files[slot.file], length * slot.width, slot.begin + at * slot.width), found)
            if found != sums[number]:
                raise OSError(f"{prepared / slot.file}: the disk gave back something else than was written")

        work(range(len(parts)), compare, THREADS)


class _HostBuffer:
    """Pinned memory, through which a GPU's tensors go to the disk one after another."""

    def __init__(self) -> None:
        self.bytes = torch.empty(0, dtype=torch.uint8)

    def boxes_of(self, tensor: torch.Tensor) -> dict[Box, torch.Tensor]:
        """The boxes that this rank holds, in host memory until the next call."""
        local = tensor.to_local() if isinstance(tensor, DTensor) else tensor
        if local.device.type != "cpu":
            if self.bytes.numel() < local.nbytes:
                self.bytes = torch.empty(local.nbytes, dtype=torch.uint8, pin_memory=True)
            on_host = self.bytes[: local.nbytes].view(local.dtype).view(local.shape)
            local = on_host.copy_(local)
        return {Box(piece.offsets, tuple(piece.values.shape)): piece.values for piece in pieces_of(tensor, local=local)}


class _Files:
    """The files of weights, opened as they are needed."""

    def __init__(self, folder: Path, flags: int) -> None:
        self.folder = folder
        self.flags = flags
        self.open: dict[str, int] = {}

    def __enter__(self) -> _Files:
        for path in sorted(self.folder.glob("*.safetensors")):
            self.open[path.name] = os.open(path, self.flags)
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self.open.values():
            os.close(descriptor)

    def __getitem__(self, name: str) -> int:
        return self.open[name]

    def sync(self) -> None:
        for descriptor in self.open.values():
            os.fsync(descriptor)


def _write_all(descriptor: int, view: memoryview, begin: int) -> None:
    while view:
        done = os.pwrite(descriptor, view, begin)
        view, begin = view[done:], begin + done


def _publish(prepared: Path, output: Path, layout: Layout) -> None:
    """Move the files to their place. Without an index, or the one file, nothing looks complete."""
    for path in _stale(output, layout):
        path.unlink()
    last = INDEX if len(layout.sizes) > 1 else SINGLE
    for path in sorted(prepared.iterdir(), key=lambda path: (path.name == last, path.name in layout.sizes, path.name)):
        target = output / path.name
        if path.is_dir() and target.is_dir():
            shutil.rmtree(target)
        path.rename(target)
    prepared.rmdir()
    with suppress(OSError):  # some network file systems flush no folders
        descriptor = os.open(output, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _stale(output: Path, layout: Layout) -> Iterator[Path]:
    """What an earlier save has left that is not replaced, or that would make a part of this one look complete."""
    yield from (path for path in (output / INDEX, output / SINGLE) if path.is_file())
    yield from (path for path in output.iterdir() if SHARD.fullmatch(path.name) and path.name not in layout.sizes)
