"""Which tensors go into which file, in what order, and what the file's header says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from planc_runtime.convert.tensors import Layout, Target
from planc_runtime.safetensors import write_header

# Reflinks share whole blocks: source and target have to agree modulo this.
BLOCK = 4096


class Slot(NamedTuple):
    """A tensor in a file: its bytes begin at `begin`, counted from the file's start."""

    target: Target
    begin: int


class Shard(NamedTuple):
    """A file to write: its tensors in the order of their bytes, where those start, and its size."""

    name: str
    data_start: int
    slots: list[Slot]
    size: int

    @property
    def header(self) -> bytes:
        """The file's first bytes; made when they are asked for, because all files' together are large."""
        return _header(self.slots, self.data_start, self.data_start % BLOCK)


def plan_shards(layout: Layout, max_bytes: int) -> list[Shard]:
    """The files of the target: tensors in the model's order, each file filled up before the next is begun."""
    groups = split(in_order(layout), max_bytes)
    shards = []
    for number, group in enumerate(groups, 1):
        name = "model.safetensors"
        if len(groups) > 1:
            name = f"model-{number:05}-of-{len(groups):05}.safetensors"
        shards.append(_shard(name, layout, group))
    return shards


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


def split(targets: Sequence[Target], max_bytes: int) -> list[list[Target]]:
    """Fill one file after the other up to `max_bytes` of tensors. A tensor that is larger gets a file of its own."""
    groups: list[list[Target]] = []
    open_group: list[Target] = []
    size = 0
    for target in targets:
        if target.size > max_bytes:
            groups.append([target])
            continue
        if open_group and size + target.size > max_bytes:
            groups.append(open_group)
            open_group, size = [], 0
        open_group.append(target)
        size += target.size
    return [*groups, open_group] if open_group else groups


def _shard(name: str, layout: Layout, group: Sequence[Target]) -> Shard:
    residue, ordered = align([(target, _residue(layout, target)) for target in group])
    slots = []
    at = 0
    for target in ordered:
        slots.append(Slot(target, at))
        at += target.size
    data_start = len(_header(slots, 0, residue))
    moved = [Slot(target, data_start + begin) for target, begin in slots]
    return Shard(name, data_start, moved, data_start + at)


def _header(slots: Sequence[Slot], data_start: int, residue: int) -> bytes:
    entries = (
        (target.name, target.dtype, target.shape, begin - data_start, begin - data_start + target.size)
        for target, begin in slots
    )
    return write_header(entries, residue=residue, block=BLOCK)


def align(targets: Iterable[tuple[Target, int | None]]) -> tuple[int, list[Target]]:
    """
    Order a file's tensors so that as many as can be share blocks with the source.

    Args:
        targets: each with the residue modulo `BLOCK` at which it has to begin for that; None for one that cannot share.
    Returns:
        The residue at which the file's data has to begin, and the tensors. Those of one residue follow each other; the
        small ones that cannot share fill the gaps between residues, as far as their sizes add up to them.
    """
    classes: dict[int, list[Target]] = {}
    fillers: list[Target] = []
    for target, residue in targets:
        if residue is None:
            fillers.append(target)
        else:
            classes.setdefault(residue, []).append(target)
    # Python's sort keeps the order of equals, so that equal sizes stay in the model's order.
    order = sorted(classes, key=lambda residue: -sum(target.size for target in classes[residue]))
    first = at = order[0] if order and order[0] % 8 == 0 else 0
    ordered: list[Target] = []
    unreached: list[Target] = []
    for residue in order:
        steps = fill((residue - at) % BLOCK, fillers)
        if steps is None:
            unreached += classes[residue]
            continue
        taken = {id(target) for target in steps}
        fillers = [target for target in fillers if id(target) not in taken]
        ordered += steps + classes[residue]
        at = residue
    return first, ordered + unreached + fillers


def fill(distance: int, fillers: Sequence[Target]) -> list[Target] | None:
    """A few of the fillers whose sizes add up to `distance` modulo `BLOCK`, or None. Found by breadth, so the fewest."""
    if distance == 0:
        return []
    by_size: dict[int, list[Target]] = {}
    for target in fillers:
        if target.size % BLOCK:
            by_size.setdefault(target.size % BLOCK, []).append(target)
    reached: dict[int, tuple[int, ...]] = {0: ()}
    frontier = [0]
    while frontier:
        following = []
        for at in frontier:
            for size, same in by_size.items():
                used = reached[at].count(size)
                to = (at + size) % BLOCK
                if to in reached or used == len(same):
                    continue
                reached[to] = (*reached[at], size)
                if to == distance:
                    counts = {size: reached[to].count(size) for size in set(reached[to])}
                    return [target for size, number in sorted(counts.items()) for target in by_size[size][:number]]
                following.append(to)
        frontier = following
    return None


def _residue(layout: Layout, target: Target) -> int | None:
    """Where in a block the tensor has to begin so that the most of it shares blocks with the source, if any can."""
    if target.size < BLOCK or target.size % BLOCK:
        return None
    shared: dict[int, int] = {}
    for span in layout.spans(target):
        residue = (span.begin - span.at) % BLOCK
        shared[residue] = shared.get(residue, 0) + span.size
    # Experts of two files seldom agree; of equal shares the first counts.
    return max(shared, key=lambda residue: shared[residue])


def _first_byte(layout: Layout, target: Target) -> tuple[int, int]:
    spans: Iterator = layout.spans(target)
    first = next(spans)
    return first.file, first.begin
