"""
Where the local part of a sharded tensor lies in the whole.

torch describes a local part as one box, which is wrong for `_StridedShard`: FSDP over experts that are already cut by
another axis. Here a part is as many boxes as it takes, so nothing has to be redistributed to be saved or loaded.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch.distributed.tensor import DTensor, Replicate


class Run(NamedTuple):
    """Indices of one dim that follow one another: `size` of them from `begin`."""

    begin: int
    size: int


class Piece(NamedTuple):
    """A box of a tensor: where it begins in the whole, one offset a dim, and its values, a view of the local part."""

    offsets: tuple[int, ...]
    values: torch.Tensor


def pieces_of(tensor: torch.Tensor, *, local: torch.Tensor | None = None) -> list[Piece]:
    """
    The boxes that this rank holds of `tensor`, none where it holds no element.

    Args:
        tensor: a DTensor, or a tensor that every rank holds whole.
        local: what to take views of instead of the tensor's own local part; same shape.

    Raises:
        ValueError: the tensor is placed in a way that no index has one place in.
    """
    if not isinstance(tensor, DTensor):
        return [Piece((0,) * tensor.dim(), tensor if local is None else local)]
    if local is None:
        local = tensor.to_local()
    cuts = [_runs(tensor, dim) for dim in range(tensor.dim())]
    held = tuple(sum(size for _, size in runs) for runs in cuts)
    if held != tuple(local.shape):
        raise ValueError(f"placed as {tensor.placements} a part has the shape {held}, but it has {tuple(local.shape)}")
    pieces = []
    for runs in itertools.product(*(_with_starts(runs) for runs in cuts)):
        values = local
        for dim, (start, run) in enumerate(runs):
            values = values.narrow(dim, start, run.size)
        pieces.append(Piece(tuple(run.begin for _, run in runs), values))
    return pieces


def _runs(tensor: DTensor, dim: int) -> list[Run]:
    """What this rank holds of a dim, in the order of the local part."""
    runs = [Run(0, tensor.shape[dim])]
    coordinate = tensor.device_mesh.get_coordinate()
    if coordinate is None:
        return []
    for axis, placement in enumerate(tensor.placements):
        if isinstance(placement, Replicate):
            continue
        if not hasattr(placement, "dim"):
            raise ValueError(f"a tensor that is placed as {placement} cannot be saved")
        if placement.dim != dim:
            continue
        # Only a strided placement has a factor: it was cut by another axis first.
        factor = getattr(placement, "split_factor", 1)
        num_parts = tensor.device_mesh.size(axis)
        runs = [run for part in range(factor) for run in _part(_part(runs, part, factor), coordinate[axis], num_parts)]
    return runs


def _part(runs: Sequence[Run], index: int, num_parts: int) -> list[Run]:
    """One of `num_parts` parts, cut as `torch.chunk` cuts: all of the same size, the last ones smaller or empty."""
    total = sum(run.size for run in runs)
    size = -(-total // num_parts)
    begin, end = min(index * size, total), min((index + 1) * size, total)
    part = []
    for start, run in _with_starts(runs):
        first, last = max(begin, start), min(end, start + run.size)
        if first < last:
            part.append(Run(run.begin + first - start, last - first))
    return part


def _with_starts(runs: Sequence[Run]) -> list[tuple[int, Run]]:
    """Each run with where it begins among them all. Runs that touch are one."""
    merged: list[Run] = []
    for run in runs:
        if merged and merged[-1].begin + merged[-1].size == run.begin:
            merged[-1] = Run(merged[-1].begin, merged[-1].size + run.size)
        else:
            merged.append(run)
    starts = itertools.accumulate((run.size for run in merged), initial=0)
    return list(zip(starts, merged, strict=False))
