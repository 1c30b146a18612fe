"""Which tensors go into which file, in what order, and what the file's header says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from planc_runtime.convert.alignment import BLOCK, align
from planc_runtime.convert.tensors import Layout, Target
from planc_runtime.hub import shards as hub
from planc_runtime.safetensors import write_header


class Slot(NamedTuple):
    """A tensor in a file: its bytes begin at `begin`, counted from the file's start."""

    target: Target
    begin: int


class Shard(NamedTuple):
    """
    A file to write: its tensors in the order of their bytes, where those start, its size, and how much of it can at least
    be shared with the source.
    """

    name: str
    data_start: int
    slots: list[Slot]
    size: int
    shared: int

    @property
    def header(self) -> bytes:
        """The file's first bytes; made when they are asked for, because all files' together are large."""
        return _header(self.slots, self.data_start, self.data_start % BLOCK)


def plan_shards(layout: Layout, max_bytes: int) -> list[Shard]:
    """The files of the target: tensors in the model's order, each file filled up before the next is begun."""
    groups = hub.split(in_order(layout), max_bytes)
    names = hub.file_names(len(groups))
    return [_shard(names[number], layout, group) for number, group in enumerate(groups)]


def in_order(layout: Layout) -> list[Target]:
    """The target's tensors in the model's order; those that the program has no name for, as the source holds them."""
    ranks: dict[str, tuple[int, ...]] = {}
    part = 0
    for row, (name, layers) in enumerate(layout.program.names):
        if layers is None:
            # What stands outside of the layers comes before them or after them.
            part = 2 if part else 0
            ranks[name] = (part, 0, row)
            continue
        part = 1
        for layer in layers:
            ranks[name.replace("{layer}", str(layer))] = (1, layer, row)
    if not ranks:
        return sorted(layout.targets(), key=lambda target: _first_byte(layout, target))

    def rank(target: Target) -> tuple[int, ...]:
        name = target.name
        if target.expert is not None:
            name = layout.template(target).replace("{layer}", str(target.layer))
        found = ranks.get(name)
        return (3, *_first_byte(layout, target)) if found is None else (*found, target.expert or 0)

    return sorted(layout.targets(), key=rank)


def index_of(parameters: int | None, shards: Sequence[Shard]) -> dict[str, object]:
    """The index; `parameters`: their number by the source's index, None where it has none."""
    files = {slot.target.name: shard.name for shard in shards for slot in shard.slots}
    size = sum(slot.target.size for shard in shards for slot in shard.slots)
    return hub.index_of(files, size=size, parameters=parameters)


def _shard(name: str, layout: Layout, group: Sequence[Target]) -> Shard:
    residue, ordered, shared = align(layout, group)
    slots = []
    at = 0
    for target in ordered:
        slots.append(Slot(target, at))
        at += target.size
    data_start = len(_header(slots, 0, residue))
    moved = [Slot(target, data_start + begin) for target, begin in slots]
    return Shard(name, data_start, moved, data_start + at, shared)


def _header(slots: Sequence[Slot], data_start: int, residue: int) -> bytes:
    entries = (
        (target.name, target.dtype, target.shape, begin - data_start, begin - data_start + target.size)
        for target, begin in slots
    )
    return write_header(entries, residue=residue, block=BLOCK)


def _first_byte(layout: Layout, target: Target) -> tuple[int, int]:
    spans: Iterator = layout.spans(target)
    first = next(spans)
    return first.file, first.begin
